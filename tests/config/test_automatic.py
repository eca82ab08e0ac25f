"""The address source that nobody has to write."""

import contextlib
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from fakes.echo import echo
from fakes.internet import HOME, internet
from fakes.stun import stun
from fakes.whoami import whoami
from homeport import detectors
from homeport.config import automatic, kinds, loader
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses
from homeport.model.operator import MAINLAND, WORLDWIDE
from homeport.model.rrset import ADDRESSES


def read(text):
    return loader.parse(dedent(text), Path("homeport.yaml")).config.agent


def witnesses(source):
    return [kinds.build(each) for each in source.detect if kinds.build(each).witnesses > 1]


RECORD = """\
agent:
  providers:
    d: {kind: duckdns, token: "env:T"}
  records:
    - {name: me.duckdns.org, provider: d}
"""


def test_a_record_may_leave_its_address_out():
    """Then it is the built-in source, for both families."""
    agent = read(RECORD)
    assert [agent.records[0].source(rrtype) for rrtype in ADDRESSES] == ["auto"] * 2
    assert list(agent.addresses) == ["auto"]


def test_an_agent_without_addresses_has_one_all_the_same():
    """So that `detect` shows where an address would come from."""
    assert list(read("agent: {interval: 60}").addresses) == ["auto"]


def test_who_writes_other_sources_is_not_asked_about_it():
    """An unused source would be questions for nothing."""
    assert list(read("agent: {addresses: {lan: {detect: [{kind: interface}]}}}").addresses) == ["lan"]


def test_it_stands_beside_others_where_a_record_uses_it():
    """One record names its source, another does not."""
    agent = read(RECORD + "  addresses: {lan: {detect: [{kind: interface}]}}\n")
    assert list(agent.addresses) == ["lan", "auto"]


def test_who_writes_it_replaces_it():
    """It is a name like any other, and has a meaning of its own only where nobody gave it one."""
    agent = read(RECORD + "  addresses: {auto: {detect: [{kind: static, address: 192.0.2.1}]}}\n")
    assert [kinds.kind_of(each) for each in agent.addresses["auto"].detect] == ["static"]


def test_a_mistyped_one_is_told():
    """The hint knows it."""
    text = RECORD.replace("provider: d}", "provider: d, address: atuo}")
    with pytest.raises(Exception, match='there is no address source "atuo"; did you mean "auto"'):
        read(text)


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("is_mainland", [False, True])
def test_any_one_of_its_witnesses_may_fail(is_mainland, family):
    """Without any one operator, or any one protocol, two independent ones are left."""
    able = [
        one
        for one in witnesses(automatic.source(is_mainland=is_mainland))
        if family in getattr(one, "families", Family)
    ]
    for operator in {one.operator for one in able}:
        assert len({one.operator for one in able} - {operator}) >= 2
    for protocol in {one.protocol for one in able}:
        assert len({one.operator for one in able if one.protocol != protocol}) >= 2


def test_in_mainland_china_both_camps_are_asked():
    """Elsewhere the worldwide ones alone."""
    here = {one.camp for one in witnesses(automatic.source(is_mainland=True))}
    elsewhere = {one.camp for one in witnesses(automatic.source(is_mainland=False))}
    assert (here, elsewhere) == ({MAINLAND, WORLDWIDE}, {WORLDWIDE})


def test_it_begins_with_this_machine_itself():
    """The interface is the source of IPv6, whatever the world confirms."""
    assert kinds.kind_of(automatic.source(is_mainland=False).detect[0]) == "interface"


def test_making_it_imports_nothing_heavy():
    """An idle agent stays small: what a witness needs comes when it is asked."""
    program = (
        "import sys\n"
        "from homeport.config import automatic, kinds\n"
        "[kinds.build(each) for each in automatic.source(is_mainland=True).detect]\n"
        "print(*sorted({'httpcore2', 'httpx2', 'dns', 'ruamel', 'cryptography', 'rich', 'ctypes'} & sys.modules.keys()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == ""


async def test_its_witnesses_are_asked_where_they_are(tmp_path, own_network):
    """Each over its own protocol, at its own name and port, with its own certificate: all see where we come from."""
    asked = automatic.source(is_mainland=True).detect
    web = ("api.ipify.org", "checkip.amazonaws.com", "4.ipw.cn", "ipv4.ddnspod.com", "ip.3322.net")
    async with internet(tmp_path) as world, contextlib.AsyncExitStack() as stack:
        at = world.place("96.7.49.80", *web)
        await stack.enter_async_context(echo(at, tls=world.tls(*web), port=443))
        at = world.place("96.7.49.81", "stun.cloudflare.com", "stun.miwifi.com")
        await stack.enter_async_context(stun(at, port=3478))
        await stack.enter_async_context(whoami(world.place("208.67.222.222"), port=53))
        made = [detectors.load(kinds.kind_of(each))(each, world.tools) for each in asked]
        outside = [each for each in made if each.witnesses > 1]
        said = {each.describe(): await each.detect(Family.V4) for each in outside}
    assert said == dict.fromkeys(said, Addresses((parse_address(HOME),)))
    assert len(said) == 8
