"""A port, tried from outside by a server of our own."""

import socket

import pytest

from fakes.door import door
from fakes.netns import network_namespace
from fakes.patient import agent, findings, ids, patient
from homeport.doctor.reach import check

HERE = "8.8.4.4"


async def test_nothing_is_claimed_that_was_not_tried(tmp_path):
    """Without a port, and without a server to try it, that is what is said."""
    assert ids(await findings(check, patient(tmp_path))) == ["reach.not_asked"]
    [found] = await findings(check, patient(tmp_path, ports=[443]))
    assert found.said.id == "reach.nobody"
    assert "port 443" in found.sentence


async def looked(folder, at, port, url=None, token=None):
    (folder / "token").write_text(token or at.joined)
    server = url or f"http://{at.address[0]}:{at.address[1]}"
    more = f'  providers: {{own: {{kind: homeport, server: "{server}", token: "file:token"}}}}\n'
    case = patient(folder, agent(folder, more), ports=[port])
    found = await findings(check, case)
    await case.tools.http.aclose()
    return found


@pytest.mark.usefixtures("own_network")
async def test_an_open_port_and_a_shut_one(tmp_path):
    """The gateway tells over the family that it was asked over; it has no IPv6 here, and that is said."""
    with network_namespace() as ip:
        ip("link set lo up")
        ip(f"addr add {HERE}/32 dev lo")
        ip(
            f"route replace local 127.0.0.1 dev lo src {HERE} table local"
        )  # so that we are seen to come from it
        async with door() as at:
            with socket.create_server((HERE, 0)) as listener:
                port = listener.getsockname()[1]
                found = await looked(tmp_path, at, port)
            assert ids(found) == ["reach.ok", "reach.untried"]
            assert f"port {port} of {HERE} answers from outside" in found[0].sentence
            found = await looked(tmp_path, at, port)
            assert ids(found) == ["reach.shut", "reach.untried"]
            assert "refused" in found[0].sentence


async def test_a_server_that_will_not_look(tmp_path):
    """Its own words are told: we come from where nobody can reach, or are not known."""
    async with door() as at:
        found = await looked(tmp_path, at, 443)
        assert "127.0.0.1, which the world cannot reach" in found[0].sentence
        found = await looked(tmp_path, at, 443, token="a.b")
        assert ids(found) == ["reach.untried"] * 2
        found = await looked(tmp_path, at, 443, url="http://127.0.0.1:1")
        assert ids(found) == ["reach.untried"] * 2
