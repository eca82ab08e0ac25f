"""The moves that providers share."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.errors import Refused, Throttled, Unavailable, Unconfirmed
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.ports import HttpAnswer
from homeport.providers import _base


def changes(count):
    keys = [RRsetKey.parse(f"h{i}.example.com A") for i in range(count)]
    return [Change(key, None, RRset.of(key, "192.0.2.1")) for key in keys]


@settings(deadline=None)
@given(st.integers(1, 40), st.sets(st.integers(0, 39)))
def test_apart_refuses_the_bad_ones_alone(count, bad):
    """Whichever changes a host refuses, they alone fail, and every other is sent and done once."""
    done = []
    wanted = changes(count)
    wrong = {wanted[i].key for i in bad if i < count}

    async def send(some):
        if refused := [change.key for change in some if change.key in wrong]:
            raise _base.OneRefused(Refused(str(refused[0])))
        done.extend(change.key for change in some)

    results = asyncio.run(_base.apart(wanted, send))
    assert {key for key, error in results.items() if error} == wrong
    assert sorted(done) == sorted(set(results) - wrong)
    assert all(str(error) == str(key) for key, error in results.items() if error)


async def test_apart_does_not_divide_what_concerns_all():
    """A failure of the whole request is every change's, and the request is made once."""
    asked = []

    async def send(some):
        asked.append(len(some))
        raise Throttled("wait", retry_after=5)

    results = await _base.apart(changes(9), send)
    assert asked == [9]
    assert {type(each) for each in results.values()} == {Throttled}


async def test_beside_is_bounded_and_in_order():
    """No more requests than allowed run at once, and the answers come in the order asked."""
    running, most = 0, 0

    async def work(i):
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(3):
            await asyncio.sleep(0)
        running -= 1
        return i

    assert await _base.beside(map(work, range(40))) == list(range(40))
    assert most == _base.AT_ONCE


async def test_beside_raises_the_error_itself():
    """A failure is one error and no group of them."""

    async def work(i):
        raise Unavailable(f"no {i}")

    with pytest.raises(Unavailable):
        await _base.beside(map(work, range(3)))


@settings(deadline=None)
@given(st.lists(st.integers(), max_size=50), st.integers(1, 20))
def test_chunks(items, size):
    """Chunks hold everything in order, and none more than allowed."""
    found = _base.chunks(items, size)
    assert [each for some in found for each in some] == items
    assert all(0 < len(some) <= size for some in found)


@settings(deadline=None)
@given(st.text())
def test_quoted_is_one_short_line_without_the_secret(text):
    """A host's own words never break a line, never go on for ever, and never hold the secret."""
    shown = _base.quoted(f"{text} s3cret {text}", "s3cret", "")
    assert len(shown) <= 200
    assert shown.isprintable()
    assert "s3cret" not in shown


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": ', b"\xff\xfe", b"[1]"])
def test_decode_says_what_came_instead(body):
    """A body that is not the host's JSON says so, and whether something may have changed."""
    answer = HttpAnswer(200, {"content-type": "text/html; charset=utf-8"}, body, "https://api.example.com/x")
    with pytest.raises(Unavailable, match=r"api\.example\.com answered text/html"):
        _base.decode(answer, dict[str, int], changes=False)
    with pytest.raises(Unconfirmed):
        _base.decode(answer, dict[str, int], changes=True)
