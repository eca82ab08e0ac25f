"""The agent is there before the network is, as at boot: nothing fails loudly, and the first address is published."""

import pytest

from fakes.neighbourhood import neighbourhood
from fakes.netns import ip, network_namespace
from fakes.programs import wait_until

INTERFACE = "\n        - {kind: interface, name: wan0}\n      allow_private: true"
LOUD = {"error", "critical"}


@pytest.fixture
def around(tmp_path, own_network):
    """What an agent meets, in a network that has nothing but the loopback."""
    with network_namespace():
        ip("link set lo up")
        with neighbourhood(tmp_path) as there:
            yield there


def loud(folder):
    return [event for event in folder.events("log") if event["level"] in LOUD]


def lines_about_the_address(folder):
    return [event["event"] for event in folder.events("log") if event["event"] == "address.unknown"]


def rounds(folder):
    return len([event for event in folder.events("log") if event["event"] == "round.ended"])


def watch_the_interface(around):
    witnesses = "".join(f"\n        - {{kind: http_echo, url: '{each.url()}'}}" for each in around.echoes)
    around.configure(changes={witnesses: INTERFACE})


def test_an_interface_that_comes_late(around):
    """No interface, then one without cable and address, then all of it: the first address is published at once."""
    watch_the_interface(around)
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "address.unknown")
        wait_until(lambda: rounds(around.folder) >= 3)
        assert lines_about_the_address(around.folder) == ["address.unknown"]  # and none for each try
        ip("link add wan0 type veth peer name wan0p")
        ip("link set wan0 up")
        ip("link set wan0p up")
        ip("addr add 10.1.0.1/24 dev wan0")
        around.folder.wait_for("log", "record.verified")
        assert around.held() == ["10.1.0.1"]
        assert not loud(around.folder)


def test_services_that_answer_late(around):
    """The link is up before names resolve and services answer, and nobody tells when they do: no poll is due yet."""
    for each in around.echoes:
        each.status = 503
    with around.folder.running("run", "--no-web", log="log"):
        wait_until(lambda: rounds(around.folder) >= 3)
        assert lines_about_the_address(around.folder) == ["address.unknown"]
        around.say("8.8.8.8")
        around.folder.wait_for("log", "record.verified")
        assert around.held() == ["8.8.8.8"]
        assert not loud(around.folder)
