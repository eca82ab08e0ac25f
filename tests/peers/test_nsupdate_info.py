"""The `dyndns2` provider at the nsupdate.info service itself, which writes into a real BIND."""

import pytest

from fakes.clock import FakeClock
from fakes.hosts import no_interfaces
from fakes.nsupdate_info import SECRET, ZONE, running
from homeport.errors import Abused, CredentialsRefused, Refused, Throttled
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.net.http import HttpClient
from homeport.net.resolver import SystemResolver
from homeport.ports import Tools
from homeport.providers.dyndns2 import DynDns2, Settings

OLD, NEW, OLD6, NEW6 = "198.51.100.7", "203.0.113.8", "2001:db8::7", "2001:db8:1::8"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Run the service for all of these tests: it takes its time to start."""
    with running(tmp_path_factory.mktemp("nsupdate")) as service:
        yield service


@pytest.fixture
async def provider_of(service):
    """Return what makes a provider with the credentials of a host."""
    http = HttpClient()

    def make(host, secret=SECRET):
        settings = Settings(
            service="nsupdate.info",
            base_url=service.url,
            user=f"{host}.{ZONE}",
            password=Secret.literal(secret),
        )
        return DynDns2(settings, Tools(FakeClock(), http, SystemResolver(), no_interfaces, lambda: 0.5))

    yield make
    await http.aclose()


def key(host, rrtype="A"):
    return RRsetKey.parse(f"{host}.{ZONE} {rrtype}")


def to(name, address):
    return Change(name, None, RRset.of(name, address))


async def test_set_change_and_delete(service, provider_of):
    """Both families are set, set again, changed and deleted, and BIND answers what was asked each time."""
    provider, home, home6 = provider_of("home"), key("home"), key("home", "AAAA")
    ask = SystemResolver().ask
    for address, address6 in ((OLD, OLD6), (OLD, OLD6), (NEW, NEW6)):
        results = await provider.apply([to(home, address), to(home6, address6)])
        assert results == {home: None, home6: None}
        assert await ask(service.nameserver, home) == {address}
        assert await ask(service.nameserver, home6) == {address6}
    assert await provider.apply([Change(home6, RRset.of(home6, NEW6), None)]) == {home6: None}
    assert await ask(service.nameserver, home) == {NEW}
    assert await ask(service.nameserver, home6) == set()


@pytest.mark.parametrize(
    ("host", "secret", "name", "error"),
    [
        ("home", "wrong", "home", CredentialsRefused),
        ("nobody", SECRET, "nobody", CredentialsRefused),
        ("home", SECRET, "other", Refused),
        ("gone", SECRET, "gone", Refused),
        ("blocked", SECRET, "blocked", Abused),
    ],
)
async def test_its_own_words(service, provider_of, host, secret, name, error):
    """What the service refuses in its words halts with the right error, and changes nothing in DNS."""
    wanted = key(name)
    before = await SystemResolver().ask(service.nameserver, wanted)
    found = (await provider_of(host, secret).apply([to(wanted, "192.0.2.9")]))[wanted]
    assert type(found) is error
    assert SECRET not in str(found)
    assert await SystemResolver().ask(service.nameserver, wanted) == before


async def test_what_it_does_with_an_address_that_is_a_network(service, provider_of):
    """It deletes instead of setting, and says so: that is no success, and never told as one."""
    wanted = key("other", "AAAA")
    found = (await provider_of("other").apply([to(wanted, "2001:db8:5::")]))[wanted]
    assert found is not None
    assert await SystemResolver().ask(service.nameserver, wanted) == set()


async def test_without_its_name_server(service, provider_of):
    """`dnserr` is patience: half an hour, and nothing is believed to be set. It is the last test: BIND does not come back."""
    service.bind.stop()
    wanted = key("other")
    found = (await provider_of("other").apply([to(wanted, OLD)]))[wanted]
    assert type(found) is Throttled
    assert found.retry_after == 1800
