"""The world, asked over each family."""

from ipaddress import ip_address

from fakes.clock import FakeClock
from fakes.echo import echo
from fakes.patient import agent, findings, ids, patient
from homeport.doctor.outside import check
from homeport.engine.learn import Learned
from homeport.engine.quorum import Statement
from homeport.model.address import Family
from homeport.model.observation import Unknown


def text(folder, *echoes, kinds="[A]"):
    detect = ", ".join(f"{{kind: http_echo, url: '{one.url()}'}}" for one in echoes)
    return agent(
        folder,
        f"""
  addresses: {{wan: {{detect: [{detect}], witnesses: {len(echoes)}}}}}
  records: [{{name: a.example.com, types: {kinds}, address: wan, provider: x}}]
  providers: {{x: {{kind: duckdns, token: "file:token"}}}}
""",
    )


async def test_a_family_that_works(tmp_path):
    """How many answered and what they saw; IPv6 is not needed, and not there."""
    async with echo() as one, echo() as other:
        one.body = other.body = b"8.8.8.8"
        case = patient(tmp_path, text(tmp_path, one, other))
        found = await findings(check, case)
        await case.tools.http.aclose()
    assert ids(found) == ["outside.ok", "outside.no_ipv6"]
    assert "2 of 2 services outside answered and see 8.8.8.8" in found[0].sentence


async def test_a_family_that_is_dead(tmp_path):
    """Nobody answers: the reasons of some of them, and the source that learns nothing."""
    async with echo() as one:
        address = text(tmp_path, one, kinds="[A, AAAA]")
    case = patient(tmp_path, address)
    found = await findings(check, case)
    await case.tools.http.aclose()
    assert ids(found) == ["outside.dead", "outside.unlearned"] * 2


async def test_witnesses_that_disagree(tmp_path):
    """The world is there, and the address is not known."""
    async with echo() as one, echo() as other:
        one.body, other.body = b"8.8.8.8", b"9.9.9.9"
        case = patient(tmp_path, text(tmp_path, one, other))
        found = await findings(check, case)
        await case.tools.http.aclose()
    assert ids(found)[:2] == ["outside.ok", "outside.unlearned"]
    assert "disagree" in found[1].sentence


async def test_a_source_that_asks_nobody(tmp_path):
    """A static address is what somebody said; whether the world is there is not known."""
    more = '  addresses: {here: {detect: [{kind: static, address: "8.8.8.8"}]}}\n'
    found = await findings(check, patient(tmp_path, agent(tmp_path, more)))
    assert ids(found) == ["outside.nobody_asked"]


async def test_witnesses_without_a_vote(tmp_path):
    """Of the running agent, for a look of a moment knows nobody's past."""
    case = patient(
        tmp_path, agent(tmp_path, "  addresses: {here: {detect: [{kind: static, address: 8.8.8.8}]}}\n")
    )
    witness = {"witness": "http_echo liar.example", "has_vote": False}
    case.reports["run"] = {
        "addresses": [{"source": "wan", "witnesses": [witness, {**witness, "has_vote": True}]}]
    }
    found = await findings(check, case)
    assert ids(found)[-1] == "outside.voteless"
    assert "liar.example of the source wan" in found[-1].sentence


async def test_a_provider_that_translates(tmp_path, monkeypatch):
    """A router with a shared address: nobody can connect, and what there is to do."""
    said = Statement(
        "router", "192.168.1.1", 1, False, Unknown("shared"), "router", claimed=(ip_address("100.64.0.9"),)
    )

    async def learned(source, family, tools, *, hears_all):
        return Learned("wan", family, Unknown("shared"), (said,) if family is Family.V4 else ())

    monkeypatch.setattr("homeport.doctor.outside.learn", learned)
    case = patient(tmp_path, agent(tmp_path))
    found = await findings(check, case)
    assert "outside.translated" in ids(found)
    assert any("carrier-grade NAT" in each.sentence for each in found)
    assert isinstance(case.tools.clock, FakeClock)
