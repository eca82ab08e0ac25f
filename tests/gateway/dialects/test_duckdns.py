"""DuckDNS, byte for byte."""

import pytest

from fakes.door import door
from fakes.house import HOME, NAS
from homeport.errors import StoreUnavailable
from homeport.model.name import Fqdn


async def ask(at, query, **words):
    said = await at.ask(f"/update?token={at.joined}&{query}", **words)
    assert said.status == 200
    return said.text


async def test_ok_and_ko():
    """The body is `OK` or `KO` and nothing else."""
    async with door() as at:
        assert await ask(at, "domains=home&ip=198.51.100.7") == "OK"
        assert await ask(at, "domains=home.dyn.example.com&ip=198.51.100.7") == "OK"
        assert await ask(at, "domains=home,nas&ip=198.51.100.8&ipv6=2606:4700::1") == "OK"
        assert {str(a) for a in at.here.directory.binding(NAS).addresses} == {"198.51.100.8", "2606:4700::1"}
        for query in (
            "domains=nobody&ip=198.51.100.7",
            "domains=home,nobody&ip=198.51.100.7",
            "domains=&ip=198.51.100.7",
            "domains=home&ip=x",
            "domains=home&ip=127.0.0.1",
            "domains=home",
            "domains=home&ip=198.51.100.9&txt=hello",
        ):
            assert await ask(at, query) == "KO", query
        said = await at.ask("/update?domains=home&token=wrong&ip=198.51.100.7")
        assert (said.status, said.text) == (200, "KO")


async def test_verbose():
    """Four lines: OK, IPv4, IPv6 or nothing, and whether anything changed."""
    async with door() as at:
        assert await ask(at, "domains=home&ip=198.51.100.7&verbose=true") == "OK\n198.51.100.7\n\nUPDATED"
        assert (
            await ask(at, "domains=home&ipv6=2606:4700::1&verbose=true")
            == "OK\n198.51.100.7\n2606:4700::1\nUPDATED"
        )
        assert (
            await ask(at, "domains=home&ip=198.51.100.7&verbose=true")
            == "OK\n198.51.100.7\n2606:4700::1\nNOCHANGE"
        )
        assert await ask(at, "domains=nobody&verbose=true") == "KO"


async def test_clear():
    """`clear=true` empties both families, whatever addresses are given."""
    async with door() as at:
        await ask(at, "domains=home&ip=198.51.100.7&ipv6=2606:4700::1")
        assert await ask(at, "domains=home&ip=198.51.100.9&clear=true&verbose=true") == "OK\n\n\nUPDATED"
        assert not at.here.directory.binding(HOME).addresses


async def test_an_empty_ip_is_the_caller_s():
    """As DuckDNS detects it, through a trusted proxy here."""
    async with door(trusted=["127.0.0.1"]) as at:
        assert await ask(at, "domains=home&ip=", headers={"X-Forwarded-For": "1.1.1.1"}) == "OK"
        assert await ask(at, "domains=home&ip=", headers={"X-Forwarded-For": "unknown"}) == "KO"
        assert [str(a) for a in at.here.directory.binding(HOME).addresses] == ["1.1.1.1"]


async def test_the_form_without_parameters():
    """`/update/{domain}/{token}[/{ip}]`."""
    async with door() as at:
        assert (await at.ask(f"/update/home/{at.joined}/198.51.100.7")).text == "OK"
        assert (await at.ask(f"/update/home/{at.joined}")).text == "KO"
        assert (await at.ask("/update/home/wrong/198.51.100.7")).text == "KO"


async def test_a_bare_name_in_two_zones():
    """A bare name that could be either of two hosts is neither."""
    async with door() as at:
        from dataclasses import replace

        from fakes.house import ZONE

        await at.here.zones.add(replace(ZONE, name=Fqdn.parse("dyn.example.net")))
        twin = Fqdn.parse("home.dyn.example.net")
        await at.here.hosts.add(twin)
        both = await at.here.tokens.create([HOME, twin])
        joined = f"{both.id}.{both.secret}"
        assert (await at.ask(f"/update?domains=home&token={joined}&ip=198.51.100.7")).text == "KO"
        assert (await at.ask(f"/update?domains={twin}&token={joined}&ip=198.51.100.7")).text == "OK"


@pytest.mark.parametrize("method", ["HEAD", "PUT"])
async def test_other_methods_change_nothing(method):
    """Only GET and POST update."""
    async with door() as at:
        target = f"/update?domains=home&token={at.joined}&ip=198.51.100.7"
        assert (await at.ask(target, method=method)).status == 405
        assert not at.here.directory.bindings


async def test_a_store_that_cannot_write(monkeypatch):
    """A full disk is `KO`."""
    async with door() as at:

        async def full(*_, **__):
            raise StoreUnavailable("the disk is full")

        monkeypatch.setattr(at.here.store, "commit", full)
        assert await ask(at, "domains=home&ip=198.51.100.7") == "KO"
