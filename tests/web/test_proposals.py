"""A change on its way: taken or refused by the agent, waiting, and shown."""

from pathlib import Path

import pytest

from homeport.config import loader, reading, secret_store
from homeport.config.first import Answers
from homeport.config.versions import KEPT, Changed, Versions
from homeport.errors import ConfigInvalid, NotAllowed
from homeport.jobs.clock import SystemClock
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType
from homeport.net import channel
from homeport.web import proposals
from homeport.web.house import House
from homeport.web.proposals import FOLDER, LIFE, MOST, Proposals, Wrong

TEXT = """\
agent:
  providers:
    d: {kind: duckdns, token: l1teral-t0ken}
  interval: 300
"""


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "homeport.yaml"
    found.write_text(TEXT)
    return found


def propose(path, before, after):
    current = proposals.read(path)
    return proposals.propose(current, current.shown.replace(before, after), path, "changed")


async def saved(path, answer):
    """Save a change with an agent that answers `reload` so."""
    made = propose(path, '"***"', "typed-t0ken")
    database = path.parent / "agent.db"

    async def reload(_):
        return answer()

    async with channel.serve(channel.path_for(database), {"reload": reload}):
        await proposals.save(made, path, path.parent, House(database, SystemClock()), 1000.0)


async def test_what_the_agent_takes_stays(path):
    """With the former file as a version."""
    await saved(path, list)
    assert "secret:d-token" in path.read_text()
    [version] = Versions(path, path.parent / FOLDER).all()
    assert Versions(path, path.parent / FOLDER).read(version.id) == TEXT.encode()


async def test_what_the_agent_refuses_is_taken_back(path):
    """The file, its versions and the encrypted store are as they were, and the reason is told."""

    def refuse():
        raise ConfigInvalid("not this one")

    with pytest.raises(ConfigInvalid, match="not this one"):
        await saved(path, refuse)
    assert path.read_text() == TEXT
    assert Versions(path, path.parent / FOLDER).all() == []
    assert secret_store.names(path.parent / "secrets.json") == []


async def written(path, made):
    """Save a change where no agent runs."""
    with pytest.raises(channel.Absent):
        await proposals.save(made, path, path.parent, House(path.parent / "agent.db", SystemClock()), 1000.0)


async def test_who_comes_second_takes_no_secret_from_who_was_first(path):
    """Both were shown the same name for what they typed; the second writes nothing, and removes nothing."""
    one, two = (propose(path, '"***"', f"t0ken-of-{each}") for each in ("one", "two"))
    assert one.typed.keys() == two.typed.keys() == {"d-token"}
    await written(path, one)
    with pytest.raises(Changed):
        await written(path, two)
    assert loader.load(path).config.agent.providers["d"].token.reveal() == "t0ken-of-one"
    path.write_text(TEXT)  # so that the name alone tells
    with pytest.raises(Changed, match="same name"):
        await written(path, two)
    assert secret_store.read(path.with_name("secrets.json"), "d-token") == "t0ken-of-one"


async def test_a_change_of_another_file_puts_no_secret(path):
    """Not for a moment: the store is as it was."""
    made = propose(path, '"***"', "typed-t0ken")
    path.write_text(TEXT + "# by hand\n")
    with pytest.raises(Changed):
        await written(path, made)
    assert not path.with_name("secrets.json").exists()


async def test_a_change_that_cannot_be_written_leaves_no_secret(path):
    """The folder of the versions is a file here."""
    path.with_name(FOLDER).write_text("")
    with pytest.raises(NotAllowed):
        await written(path, propose(path, '"***"', "typed-t0ken"))
    assert path.read_text() == TEXT
    assert secret_store.names(path.with_name("secrets.json")) == []


def test_a_change_waits_for_its_session_and_not_for_ever(path):
    """Another session has none, and after half an hour it is gone."""
    waiting, made = Proposals(), propose(path, "300", "600")
    waiting.keep(b"one", made, 0.0)
    assert waiting.of(b"one", 1.0) is made
    assert waiting.of(b"two", 1.0) is None
    assert waiting.is_open(LIFE)
    assert not waiting.is_open(LIFE + 1)
    for number in range(MOST + 2):
        waiting.keep(bytes([number]), made, float(number))
    assert waiting.of(bytes([0]), 10.0) is None
    assert waiting.of(bytes([MOST + 1]), 10.0) is made


def test_a_diff_names_the_lines(path):
    """And nothing of what is hidden."""
    lines = propose(path, "300", "600").diff()
    assert [(each.look, each.text) for each in lines if each.look != "same"] == [
        ("gone", "  interval: 300"),
        ("come", "  interval: 600"),
    ]
    assert not any("l1teral" in each.text for each in lines)


def test_what_changes_nothing_and_what_is_too_long(path):
    """Both are said."""
    with pytest.raises(Wrong, match="Nothing is changed"):
        propose(path, "300", "300")
    with pytest.raises(Wrong, match="longer than"):
        propose(path, "300", "300 #" + "x" * 600_000)


def test_line_ends_and_the_mark_of_utf_8_stay(path):
    """A file of Windows stays one."""
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    made = propose(path, "300", "600")
    assert made.data == b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").replace("300", "600").encode()


def test_the_mark_is_another_one_for_every_file(path):
    """Also where only what is hidden changed."""
    before = proposals.read(path).mark
    path.write_text(TEXT.replace("l1teral-t0ken", "an0ther-t0ken-longer"))
    assert proposals.read(path).mark != before


def test_a_check_parses_what_was_typed_and_what_it_makes(path, monkeypatch):
    """And nothing that was parsed before: an editor asks at every pause of the typing."""
    current = proposals.read(path)
    proposals.judge(current, current.shown.replace("300", "400"), path)
    parsed, events_of = [], reading.events_of
    monkeypatch.setattr(reading, "events_of", lambda text: parsed.append(text) or events_of(text))
    current = proposals.read(path)
    assert parsed == []
    proposals.judge(current, current.shown.replace("300", "500"), path)
    assert [text.count("500") for text in parsed] == [1, 1]
    assert len(set(parsed)) == 2


async def test_secrets_of_what_was_removed_go_with_the_last_version_that_names_them(path):
    """Not with the change itself, which may be undone."""
    store = path.with_name("secrets.json")
    secret_store.put(store, "mine", "of the owner")
    await saved(path, list)
    await saved_text(path, without_provider)
    assert secret_store.names(store) == ["d-token", "mine"]
    for number in range(KEPT):
        await saved_text(path, lambda text, number=number: text + f"# {number}\n")
    assert secret_store.names(store) == ["mine"]


async def saved_text(path, change):
    """Save a change of the text with an agent that takes it."""
    current = proposals.read(path)
    made = proposals.propose(current, change(current.shown), path, "changed")
    database = path.parent / "agent.db"

    async def reload(_):
        return []

    async with channel.serve(channel.path_for(database), {"reload": reload}):
        await proposals.save(made, path, path.parent, House(database, SystemClock()), 1000.0)


def without_provider(text):
    return "".join(line for line in text.splitlines(keepends=True) if "d:" not in line and "prov" not in line)


def answers(secret, base="", path=None):
    """Return what is answered when a first name is set up, or one more."""
    given, kept = {"token": "secret:duckdns-token"}, {"duckdns-token": secret}
    name = Fqdn.parse("home.duckdns.org")
    return Answers(
        name,
        "duckdns",
        given,
        kept,
        (RRType.A,),
        base=base,
        path=path or Path("homeport.yaml"),
        seen=base.encode() if base else None,
    )


@pytest.mark.parametrize("base", ["", TEXT])
async def test_what_is_set_up_is_not_written_over_what_came_meanwhile(tmp_path, base):
    """Whether there was a file before or none: it stays as somebody made it, and no secret is put."""
    path = tmp_path / "homeport.yaml"
    path.write_text(TEXT + "# by hand\n")
    with pytest.raises(Changed):
        await proposals.write_first(answers("typed-t0ken", base, path), path, tmp_path, 1000.0)
    assert [each.name for each in tmp_path.iterdir()] == ["homeport.yaml"]
    assert path.read_text() == TEXT + "# by hand\n"


async def test_what_is_set_up_is_written_as_a_page_may(tmp_path):
    """The file, and the secret as one that may go again."""
    path = tmp_path / "homeport.yaml"
    await proposals.write_first(answers("typed-t0ken"), path, tmp_path, 1000.0)
    assert loader.load(path).config.agent.providers["duckdns"].token.reveal() == "typed-t0ken"
    assert secret_store.names_of_pages(tmp_path / "secrets.json") == ["duckdns-token"]


@pytest.mark.parametrize("secret", ["env:HOME", "file:/etc/shadow", "secret:another"])
@pytest.mark.parametrize("base", ["", TEXT])
async def test_setting_up_is_bound_by_the_rules_of_every_page(tmp_path, secret, base):
    """A reference comes from nobody, whichever form sends it; nothing is written."""
    path = tmp_path / "homeport.yaml"
    if base:
        path.write_text(base)
    with pytest.raises(ConfigInvalid, match=r"agent\.providers\.duckdns\.token"):
        await proposals.write_first(answers(secret, base, path), path, tmp_path, 1000.0)
    assert (path.read_text() if base else path.exists()) == (base or False)
    assert not (tmp_path / "secrets.json").exists()
