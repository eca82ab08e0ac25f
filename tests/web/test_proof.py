"""What proves that somebody is the owner, and what wrong tries cost."""

import asyncio
from functools import partial

import pytest

from fakes.clock import FakeClock, settle
from homeport.stores.access import Access
from homeport.system.files import create_private
from homeport.web import proof as module
from homeport.web.proof import (
    EVERYBODY,
    FREE,
    LATER,
    UNDER_ATTACK,
    UNREADABLE,
    WAITING,
    WRONG,
    WRONG_OR_CODE,
    Proof,
    link_for,
    picture_of,
    why_weak,
)
from homeport.wire import totp

RIGHT = "correct horse battery"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def access(tmp_path, clock):
    return Access(tmp_path / "access.db", clock, create_private)


@pytest.fixture
async def proof(tmp_path, access, clock, monkeypatch):
    """A proof whose hashes are cheap; that real ones are argon2id is a test of its own."""
    monkeypatch.setattr(module, "_HASHER", module.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    made = Proof(access, tmp_path, clock)
    await made.set_password(RIGHT)
    return made


async def test_the_password_is_kept_as_argon2id(tmp_path, access, clock):
    """With the parameters of RFC 9106's second recommendation or more; one of before is hashed anew when it is typed."""
    made = Proof(access, tmp_path, clock)
    await made.set_password(RIGHT)
    kept = access.setting("password")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert RIGHT.encode() not in access.path.read_bytes()
    access.keep("password", module.PasswordHasher(time_cost=1, memory_cost=64).hash(RIGHT))
    assert await made.look_at("127.0.0.1", RIGHT, "") == module.Verdict()
    assert access.setting("password").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_right_and_wrong(proof, access):
    """One answer for each, and none at all gets in where no password is set."""
    assert (await proof.look_at("192.0.2.1", RIGHT, "")).problem == ""
    for wrong in ("", RIGHT + " ", RIGHT.upper(), "\0", "x" * 10_000):
        assert (await proof.look_at("192.0.2.1", wrong, "")).problem == WRONG
        access.forgive(["192.0.2.1"])
    access.keep("password", "no hash")
    assert (await proof.look_at("192.0.2.1", RIGHT, "")).problem == WRONG
    access.reset()
    assert (await proof.look_at("192.0.2.1", "", "")).problem == WRONG


async def test_keyboards_spell_one_password_differently(proof):
    """A composed letter and its parts are the same to people."""
    await proof.set_password("caf\u00e9 and a horse")
    assert (await proof.look_at("192.0.2.1", "cafe\u0301 and a horse", "")).problem == ""


async def test_wrong_tries_slow_their_own_source_alone(proof, clock):
    """After five a wait, also for the right password, and nobody else notices; the wait ends."""
    for _ in range(FREE):
        assert (await proof.look_at("192.0.2.1", "wrong", "")).problem == WRONG
    verdict = await proof.look_at("192.0.2.1", RIGHT, "")
    assert (verdict.problem, verdict.wait) == (LATER, 1.0)
    assert (await proof.look_at("198.51.100.1", RIGHT, "")).problem == ""
    clock.jump(1.0)
    assert (await proof.look_at("192.0.2.1", RIGHT, "")).problem == ""


async def test_an_ipv6_network_counts_together(proof, monkeypatch):
    """Another address of the same /64 is the same source, and a whole /48 has tries for few."""
    monkeypatch.setattr(module, "UNDER_ATTACK", 1000)
    for number in range(FREE):
        await proof.look_at(f"2001:db8:1:1::{number}", "wrong", "")
    assert (await proof.look_at("2001:db8:1:1::ffff", RIGHT, "")).wait > 0
    for number in range(module.FREE_NETWORK - FREE):
        assert (await proof.look_at(f"2001:db8:1:{number + 2:x}::1", "wrong", "")).wait == 0
    assert (await proof.look_at("2001:db8:1:ffff::1", RIGHT, "")).wait > 0
    assert (await proof.look_at("2001:db8:2::1", RIGHT, "")).problem == ""


async def test_many_tries_at_once_are_no_way_round(proof, access):
    """A hundred guesses sent together: one of a source is looked at, and each of those is counted before."""
    verdicts = await asyncio.gather(*(proof.look_at("192.0.2.1", f"guess {n}", "") for n in range(100)))
    assert [each.problem for each in verdicts].count(WRONG) == 1
    assert [each.problem for each in verdicts].count(LATER) == 99
    assert access.failures("192.0.2.1") == 1


async def test_an_attack_from_everywhere_keeps_nobody_out(proof, access, clock):
    """Strangers are looked at slowly then; who signed in from there before is not, and neither waits for ever."""
    access.open_session("203.0.113.9", "the owner's")
    for number in range(UNDER_ATTACK):
        await proof.look_at(f"198.51.100.{number}", "wrong", "")
    assert access.failures(EVERYBODY) == UNDER_ATTACK
    async with asyncio.TaskGroup() as group:
        strangers = [group.create_task(proof.look_at(f"192.0.2.{n}", "wrong", "")) for n in range(WAITING)]
        await settle()
        assert (await proof.look_at("192.0.2.200", RIGHT, "")).problem == LATER
        assert (await proof.look_at("203.0.113.9", RIGHT, "")).problem == ""
        assert access.failures(EVERYBODY) == 0
        assert not any(each.done() for each in strangers)
        await clock.advance(module.SLOWLY)
        assert {each.problem for each in await asyncio.gather(*strangers)} == {WRONG}
    assert (await proof.look_at("192.0.2.200", RIGHT, "")).problem == ""


async def enrolled(proof, clock):
    """Set a second step up; return its secret, once the code that confirmed it is over."""
    secret = proof.want_totp()
    assert proof.confirm_totp(totp.code(secret, clock.now()))
    clock.jump(5 * totp.PERIOD)
    return secret


async def test_a_code_is_asked_for_once_one_was_seen(proof, clock):
    """Nothing changes before; afterwards the password alone is not enough, and the answer does not say which was wrong."""
    secret = proof.want_totp()
    assert not proof.has_totp()
    assert not proof.confirm_totp("000000") or totp.code(secret, clock.now()) == "000000"
    assert (await proof.look_at("192.0.2.1", RIGHT, "")).problem == ""
    secret = await enrolled(proof, clock)
    now = totp.code(secret, clock.now())
    for password, code in (
        (RIGHT, ""),
        (RIGHT, "000000"),
        ("wrong", now),
        (RIGHT, now + "0"),
        (RIGHT, "१२३४५६"),
    ):
        assert (await proof.look_at("192.0.2.1", password, code)).problem == WRONG_OR_CODE
        clock.jump(120)
        now = totp.code(secret, clock.now())
    assert (await proof.look_at("192.0.2.1", RIGHT, f"{now[:3]} {now[3:]}")).problem == ""


async def test_a_code_is_good_once_and_one_period_off(proof, access, clock):
    """Seen over a shoulder it opens nothing; a phone's clock may be half a minute off."""
    secret = await enrolled(proof, clock)
    for off, is_good in ((-2, False), (2, False), (-1, True), (0, True), (1, True), (0, False), (1, False)):
        access.forgive(["192.0.2.1"])
        found = await proof.look_at("192.0.2.1", RIGHT, totp.code(secret, clock.now() + off * totp.PERIOD))
        assert (found.problem == "") is is_good, off


async def test_guessed_codes_are_throttled_too(proof, clock):
    """Who knows the password has as few tries at the code."""
    await enrolled(proof, clock)
    verdicts = [await proof.look_at("192.0.2.1", RIGHT, "000000") for _ in range(FREE + 1)]
    assert [each.wait > 0 for each in verdicts] == [False] * FREE + [True]


async def test_the_codes_secret_is_kept_encrypted(proof, clock, tmp_path):
    """No file of the state folder holds it as it is, and what cannot be read opens nothing."""
    secret = await enrolled(proof, clock)
    for path in tmp_path.rglob("*"):
        assert secret.encode() not in path.read_bytes()
    (tmp_path / "page-secrets.key").unlink()
    found = await proof.look_at("192.0.2.1", RIGHT, totp.code(secret, clock.now()))
    assert found.problem == UNREADABLE


async def test_the_second_step_can_be_ended_and_reset(proof, access, clock):
    """By its owner, and by the machine's own command; a new one has another secret."""
    first = await enrolled(proof, clock)
    proof.end_totp()
    assert (await proof.look_at("192.0.2.1", RIGHT, "")).problem == ""
    second = await enrolled(proof, clock)
    assert first != second
    access.reset()
    assert not proof.has_totp()
    assert proof.wanted_totp() is None
    assert not proof.confirm_totp(totp.code(second, clock.now()))


@pytest.mark.parametrize("is_late", [False, True])
async def test_an_authenticator_that_is_not_confirmed_lapses(proof, clock, is_late):
    """Its secret was shown to who typed the password; ten minutes later whoever sits there has typed none."""
    secret = proof.want_totp()
    clock.jump(601 if is_late else 599)
    assert (proof.wanted_totp() is None) is is_late
    assert proof.confirm_totp(totp.code(secret, clock.now())) is not is_late
    assert proof.has_totp() is not is_late


async def test_a_clock_that_was_set_back_keeps_no_authenticator_waiting(proof, clock):
    """It would be good for as long as the clock was wrong."""
    proof.want_totp()
    clock.jump(-86_400)
    assert proof.wanted_totp() is None


async def test_an_authenticator_that_is_not_confirmed_is_forgotten_with_the_password(proof, access, clock):
    """Who sets another, on the page or on the machine, is not led on by what somebody else had begun."""

    async def reset():
        access.reset()

    for forget in (partial(proof.set_password, "another long sentence"), reset):
        secret = proof.want_totp()
        await forget()
        assert proof.wanted_totp() is None
        assert not proof.confirm_totp(totp.code(secret, clock.now()))


@pytest.mark.parametrize(
    "weak", ["", "short", "         ", "aaaaaaaaaaaaaaaa", "abababababab", "e\u0301" * 6]
)
def test_a_weak_password_is_refused(weak):
    """Too short, or nothing but a few characters."""
    assert why_weak(weak)


def test_a_sentence_is_a_password():
    """In any script."""
    assert why_weak(RIGHT) == ""
    assert why_weak("今天天气真好我们去公园") == ""


def test_the_picture_is_an_image_without_script():
    """A `data:` URL, which the policy allows to images alone."""
    link = link_for("JBSWY3DPEHPK3PXP")
    assert link.startswith("otpauth://totp/Homeport:")
    assert picture_of(link).startswith("data:image/svg+xml")
    assert "script" not in picture_of(link)
