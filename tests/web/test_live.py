"""The overview that is kept ready: what is sent after a change, and what is not."""

import asyncio

import pytest

from fakes.clock import FakeClock, settle
from fakes.front_door import PATIENCE, front_door
from fakes.programs import wait_until
from homeport.net import channel
from homeport.web import words
from homeport.web.house import House
from homeport.web.live import BLOCK, KEPT, Board, Live


def record(name, state="current", reason="", rdata="192.0.2.1"):
    published = {"rdata": [rdata], "ttl": 60, "options": {}}
    return {
        "name": name, "type": "A", "provider": "cf", "state": state, "reason": reason, "published": published,
        "published_at": 1_800_000_000.0, "verified": "dns", "visible_after": 0.2, "next_attempt": None,
        "given_up": False, "drift": None, "servers": [],
    }  # fmt: skip


def status(*records, addresses=()):
    return {"records": list(records), "addresses": list(addresses), "translations": []}


@pytest.fixture
def board():
    made = Board(words.languages()["en"], "2027-01-15", FakeClock(), 0)
    made.show(status(record("a.example.com"), record("b.example.com")))
    return made


def test_only_what_changed_is_sent(board):
    """One row and, where the counts changed, the summary."""
    before = board.number
    board.show(status(record("a.example.com", rdata="192.0.2.9"), record("b.example.com")))
    sent = board.since(before)
    assert "192.0.2.9" in sent
    assert "b.example.com" not in sent
    assert 'hx-target="#summary"' not in sent
    board.show(status(record("a.example.com", "halted", "no <b>rights</b>"), record("b.example.com")))
    sent = board.since(board.number - 1)
    assert "no &lt;b&gt;rights&lt;/b&gt;" in sent
    assert 'hx-target="#summary"' in sent


def test_nothing_new_is_nothing_sent(board):
    """The same again is no change, and who is up to date is sent nothing."""
    before = board.number
    board.show(status(record("a.example.com"), record("b.example.com")))
    assert board.number == before
    assert board.since(before) == ""


def test_who_missed_something_gets_what_changed_since(board):
    """Each piece once, as it is now."""
    first = board.number
    for number in range(3):
        board.show(status(record("a.example.com", rdata=f"192.0.2.{number + 10}"), record("b.example.com")))
    sent = board.since(first)
    assert sent.count('<tr role="row" id=') == 1
    assert "192.0.2.12" in sent


def test_who_missed_too_much_or_other_names_gets_everything(board):
    """A name that came or went, a page of another process, one that slept for long."""
    first = board.number
    board.show(status(record("a.example.com"), record("b.example.com"), record("c.example.com")))
    assert board.since(first).count('<tr role="row" id=') == 3
    assert board.since(-1).count('<tr role="row" id=') == 3
    assert board.since(board.number + 5).count('<tr role="row" id=') == 3
    last = board.number
    for number in range(KEPT + 1):
        board.show(
            status(
                record("a.example.com", rdata=f"192.0.2.{number}"),
                record("b.example.com"),
                record("c.example.com"),
            )
        )
    assert board.since(last).count('<tr role="row" id=') == 3


def test_many_names_stand_in_blocks(board):
    """Full ones, of which the style sheet knows how tall they are, and what is left."""
    names = [f"h{number:03}.example.com" for number in range(2 * BLOCK + 1)]
    board.show(status(*(record(name) for name in names)))
    full, also, rest = board.rows().split("</tbody>")[:-1]
    assert [each.count(' class="right"') for each in (full, also, rest)] == [BLOCK, BLOCK, 1]
    assert [each.partition(">")[0].endswith('class="full"') for each in (full, also, rest)] == [
        True,
        True,
        False,
    ]
    assert names[-1] in rest


def test_what_is_paused_says_until_when_and_what_it_would_be(board):
    """A name has one button, in its first row; a pause of every name stands above."""
    asleep = {"state": "paused", "paused_until": 1_800_003_600.0}
    would = {"state": "current", "rdata": ["192.0.2.9"], "why": ""}
    a = record("a.example.com") | asleep | {"would_be": would}
    aaaa = record("a.example.com") | {"type": "AAAA", "state": "paused"}
    aaaa |= {"paused_until": None, "would_be": would | {"rdata": None, "why": "the line is down"}}
    board.show(status(a, aaaa, record("b.example.com")) | {"paused": {"since": 1.0, "until": None}})
    first, second, other = board.rows().split("</tr>")[:3]
    assert "Paused until " in first
    assert "<code>192.0.2.9</code>" in first
    assert 'name="resume" value="a.example.com"' in first
    assert "Paused until you resume it." in second
    assert "the line is down" in second
    assert "<button" not in second
    assert 'href="/pause?name=b.example.com"' in other
    assert "Every name is paused, also those that are added." in board["summary"]


class Told:
    """What `House.changes` is to `Live`."""

    def __init__(self):
        self.queue = asyncio.Queue()

    async def changes(self):
        while True:
            yield await self.queue.get()


def test_who_answered_it_is_named(board):
    """The first two by address, where it is the ordinary port, and how many more."""
    servers = [{"server": f"192.0.2.{number}:53", "seconds": 0.1} for number in range(1, 5)]
    before = board.number
    board.show(status(record("a.example.com") | {"servers": servers}, record("b.example.com")))
    sent = board.since(before)
    assert "after 200 ms" in sent
    assert "at 192.0.2.1, 192.0.2.2 and 2 more servers" in sent


async def test_a_page_of_another_process_gets_everything():
    """Whatever number it has from there, in another language too, and though the clock was set back meanwhile."""
    strange = {0, 1, 2}
    for clock in (FakeClock(), FakeClock(), FakeClock(0.0)):
        live = Live(Told(), clock)
        await live.show(status(record("a.example.com")))
        for code in ("en", "zh-CN"):
            board = live.board(words.languages()[code])
            assert all(board.since(number).count('<tr role="row" id=') == 1 for number in strange)
            assert len(str(board.number)) < 16, "a page that comes back with more is not believed"
            strange.add(board.number)


async def test_a_page_that_comes_back_keeps_what_it_shows_until_the_agent_speaks():
    """An empty table would be no news."""
    live = Live(Told(), FakeClock())
    async with asyncio.TaskGroup() as group:
        coming = group.create_task(anext(live.pieces("en", 1)))
        await settle()
        assert not coming.done()
        await live.show(status(record("a.example.com")))
        assert "a.example.com" in (await coming)[1]


async def test_what_changes_while_something_is_sent_is_sent_next():
    """A browser that reads slowly misses nothing."""
    live = Live(Told(), FakeClock())
    await live.show(status(record("a.example.com")))
    pieces = live.pieces("en", -1)
    number, _ = await anext(pieces)
    await live.show(status(record("a.example.com", rdata="192.0.2.9")))
    async with asyncio.timeout(PATIENCE):
        later, sent = await anext(pieces)
    assert later == number + 1
    assert "192.0.2.9" in sent


async def test_whoever_looks_is_told_of_each_change_in_their_language():
    """The first is what they do not have yet."""
    told = Told()
    live = Live(told, FakeClock())
    assert not await live.first(0.01)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(live.run())
        told.queue.put_nowait((1, status(record("a.example.com"))))
        assert await live.first(60)
        english, chinese = live.pieces("en", -1), live.pieces("zh-CN", -1)
        number, piece = await anext(english)
        assert "right" in piece
        assert "正常" in (await anext(chinese))[1]
        told.queue.put_nowait((2, status(record("a.example.com", rdata="192.0.2.77"))))
        later, piece = await anext(english)
        assert later > number
        assert "192.0.2.77" in piece
        running.cancel()


def test_what_routers_pushed_is_shown_with_whom_and_when():
    """As text, whatever a source may have claimed to be; nothing where no router may push."""
    made = Board(words.languages()["en"], "2027-01-15", FakeClock(), 0)
    made.show(status(record("a.example.com")))
    assert "Pushed" not in made["pushed"]
    silent = {"by": "lte", "addresses": [], "prefix": None, "at": None, "from": "", "names": []}
    spoken = {
        "by": "<b>fritz</b>", "addresses": ["192.0.2.7"], "prefix": "2001:db8:1:2::/64", "at": 1_800_000_000.0,
        "from": "192.168.178.1", "names": ["a.example.com"],
    }  # fmt: skip
    before = made.number
    made.show(status(record("a.example.com")) | {"pushed": [silent, spoken]})
    sent = made.since(before)
    assert 'hx-target="#pushed"' in sent
    assert "a.example.com <small>" not in sent
    for piece in ("192.0.2.7", "2001:db8:1:2::/64", "Last heard of from 192.168.178.1", "&lt;b&gt;fritz"):
        assert piece in sent
    assert "pushed nothing yet" in sent
    assert "as user lte" in sent


OLD, NEW = (status(record("a.example.com", rdata=rdata)) for rdata in ("192.0.2.1", "192.0.2.9"))


@pytest.mark.parametrize("late", ["round", "status"])
async def test_what_a_button_did_is_not_shown_over_what_is_newer(tmp_path, late):
    """An answer that was on its way while the agent told its followers what happened since."""
    (tmp_path / "homeport.yaml").write_text("agent: {}\n")
    news = asyncio.Queue()
    with front_door(tmp_path) as door:
        owner = door.sign_in()

        def is_shown(rdata):
            return rdata in door.ask("GET", "/", cookie=owner).text

        async def follow(_):
            while True:
                yield await news.get()

        async def on_its_way(_):
            news.put_nowait(NEW)
            await asyncio.to_thread(wait_until, lambda: is_shown("192.0.2.9"))
            return OLD

        async def now(_):
            return NEW

        calls = {"round": now, "status": now, late: on_its_way}
        async with channel.serve(channel.path_for(tmp_path / "agent.db"), calls, {"follow": follow}):
            news.put_nowait(OLD)
            await asyncio.to_thread(wait_until, lambda: is_shown("192.0.2.1"))
            answer = await asyncio.to_thread(door.post, "/act", {"act": "round"}, owner)
            assert (answer.status, answer.headers["location"]) == (303, "/")
            assert await asyncio.to_thread(is_shown, "192.0.2.9")


async def test_what_a_button_did_is_shown_at_once(tmp_path):
    """Followers are told a moment later, and who works without JavaScript would not see it."""

    async def now(_):
        return NEW

    live = Live(House(tmp_path / "agent.db", FakeClock()), FakeClock())
    await live.show(OLD)
    async with channel.serve(channel.path_for(tmp_path / "agent.db"), {"status": now}):
        await live.refresh()
    assert "192.0.2.9" in live.board(words.languages()["en"]).rows()
