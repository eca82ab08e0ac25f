"""What every test gets: nobody beyond this machine is contacted, and tests that share something do not run at once."""

import ipaddress
import os
import socket
import sys
import tempfile
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

# What `tools/peers` fetched stands last on PATH: `ip` and `openssl` for machines that have none.
FETCHED = Path(__file__).resolve().parents[1] / ".cache" / "peers" / "bin"
os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin:{FETCHED}"  # noqa: TID251 -- to find them

# What keeps its state in the platform's place keeps it here, and never in that of the machine the tests run on.
STATE = tempfile.TemporaryDirectory(prefix="homeport-state-")
os.environ["STATE_DIRECTORY"] = STATE.name  # noqa: TID251 -- as systemd names it to a service

EVENTS = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
LOCAL_NAMES = {None, "", b"", "localhost", b"localhost", socket.gethostname()}


def is_local(host):
    """Tell whether a host is this machine; multicast is, for tests join groups on loopback alone."""
    try:
        address = ipaddress.ip_address(str(host).split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified or address.is_multicast


class Guard:
    """Looks at every address that Python is about to contact; `lifted` for tests in namespaces of their own.

    A name of elsewhere does not resolve, as on a machine without a network; to send to an address of elsewhere is
    the test's mistake.
    """

    lifted = False

    def __call__(self, event, arguments):
        if event in EVENTS and not self.lifted:
            sock, address = arguments[0], arguments[1]
            inet = sock.family in (socket.AF_INET, socket.AF_INET6)
            if inet and isinstance(address, tuple) and not self.allows(event, sock, address[0]):
                raise AssertionError(f"a test reaches beyond this machine: {event} {address[0]}")
        elif event == "socket.getaddrinfo" and not self.lifted:
            host = arguments[0]
            if host not in LOCAL_NAMES and not is_name_of_here(host):
                raise socket.gaierror(socket.EAI_NONAME, f"tests resolve no names of elsewhere: {host!r}")

    def allows(self, event, sock, host):
        """Tell whether a socket may do this; connecting a UDP socket sends nothing and only asks for the route."""
        return is_local(host) or (event == "socket.connect" and sock.type == socket.SOCK_DGRAM)


def is_name_of_here(host):
    """Tell whether asking for this host needs nobody: an address, or a name kept for this machine."""
    text = host.decode() if isinstance(host, bytes) else host
    try:
        ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return text.rstrip(".").endswith("localhost")
    return True


GUARD = Guard()
sys.addaudithook(GUARD)


@pytest.fixture
def own_network(monkeypatch):
    """Let a test that made network namespaces contact the addresses in them."""
    monkeypatch.setattr(GUARD, "lifted", True)


MACHINE, WINDOWS = "tests/peers/test_machine", "tests/peers/test_windows"


class Files(LoadScopeScheduling):
    """Give each of several processes (`-n`) a whole file, and one of them all files that run Windows programs."""

    def add_node_collection(self, node, collection):
        """Tell tests apart by their place: schemathesis gives one name to those of all operations."""
        super().add_node_collection(node, [f"{nodeid}#{place}" for place, nodeid in enumerate(collection)])

    def _split_scope(self, nodeid):
        return WINDOWS if nodeid.startswith(WINDOWS) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False
    return Files(config, log)


def pytest_collection_modifyitems(config, items):
    """Begin with what takes longest, where others go on beside it."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith((MACHINE, WINDOWS)))
