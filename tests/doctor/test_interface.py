"""The interfaces, looked at."""

from ipaddress import ip_address

import pytest

from fakes.netns import network_namespace
from fakes.patient import findings, ids, patient
from fakes.tools import toolbox
from homeport.doctor.interface import check
from homeport.errors import Unavailable
from homeport.model.interface import InterfaceAddress
from homeport.net import interfaces


def one(address, name="eth0", **others):
    return InterfaceAddress(name, 2, ip_address(address), 24, **others)


@pytest.mark.parametrize(
    ("here", "said"),
    [
        ([one("192.168.1.7"), one("fe80::1")], ["interface.ok"]),
        ([one("127.0.0.1", "lo")], ["interface.none"]),
        ([], ["interface.none"]),
        ([one("192.168.1.7", has_carrier=False)], ["interface.no_carrier"]),
        ([one("169.254.3.4"), one("fe80::1")], ["interface.self_assigned"]),
        (
            [one("192.168.1.7"), one("10.0.0.1", "wlan0", has_carrier=False)],
            ["interface.ok", "interface.no_carrier"],
        ),
    ],
)
async def test_what_interfaces_can_be_like(tmp_path, here, said):
    """Each interface is a finding of its own."""
    assert ids(await findings(check, patient(tmp_path, tools=toolbox(interfaces=here)))) == said


async def test_a_system_that_does_not_tell(tmp_path):
    """That is no fault of the network."""
    case = patient(tmp_path)

    async def untold():
        raise Unavailable("the system does not tell its addresses")

    object.__setattr__(case.tools, "interfaces", untold)
    assert ids(await findings(check, case)) == ["interface.untold"]


async def test_a_machine_without_a_network(tmp_path):
    """A real one: an empty namespace."""
    with network_namespace():
        case = patient(tmp_path, tools=toolbox(interfaces=await interfaces.addresses()))
    assert ids(await findings(check, case)) == ["interface.none"]
