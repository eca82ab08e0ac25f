"""What a button and a program have done: asked of a real channel, and written down with who wanted it."""

from types import SimpleNamespace

import pytest

from homeport.jobs.clock import SystemClock
from homeport.net import channel
from homeport.net.channel import Absent
from homeport.stores.access import Access
from homeport.system.files import create_private
from homeport.web.acts import act
from homeport.web.house import House


@pytest.fixture
def asked(tmp_path):
    """What a request carries: the page's tools, and where it comes from."""
    clock = SystemClock()
    tools = SimpleNamespace(
        access=Access(tmp_path / "access.db", clock, create_private),
        house=House(tmp_path / "agent.db", clock),
    )
    state = SimpleNamespace(source="127.0.0.1", session=None, token=None)
    return SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(desk=tools)), state=state)


async def test_an_act_is_written_down_and_asked_of_the_agent(asked, tmp_path):
    """What was not said is not asked for, and a token is named as who wanted it."""
    access = asked.app.state.desk.access
    asked.state.token = access.token(access.make_token("a script", "act"))
    heard = []

    async def pause(args):
        heard.append(dict(args))
        return {"paused": True}

    async with channel.serve(channel.path_for(tmp_path / "agent.db"), {"pause": pause}):
        assert await act(asked, "pause", name=None, seconds=60) == {"paused": True}
        assert await act(asked, "pause", name="home.example.com", seconds=60.5) == {"paused": True}
    assert heard == [{"seconds": 60}, {"name": "home.example.com", "seconds": 60.5}]
    last = access.audited()[0]
    assert (last.who, last.what, last.detail) == (asked.state.token.who, "pause", "home.example.com 60.5")


async def test_what_was_wanted_of_an_agent_that_is_not_there_is_written_down(asked):
    """Somebody in a browser is the owner."""
    with pytest.raises(Absent):
        await act(asked, "round")
    assert [(each.who, each.what) for each in asked.app.state.desk.access.audited()] == [("owner", "round")]
