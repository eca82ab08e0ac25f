"""The toolbox of a detector, a watcher or a provider, as a test wants it."""

from fakes.clock import FakeClock
from homeport.errors import Unavailable
from homeport.model.address import Family, parse_address
from homeport.net.http import HttpClient
from homeport.ports import Tools


class FakeResolver:
    """Knows the names it was given."""

    def __init__(self, known=None):
        self.known = {name: [parse_address(text) for text in texts] for name, texts in (known or {}).items()}

    async def addresses(self, host, family=None):
        found = [one for one in self.known.get(host, ()) if family in (None, Family.of(one))]
        if not found:
            raise Unavailable(f"{host} has no address here")
        return found


def toolbox(*, http=None, names=None, interfaces=(), clock=None, resolver=None) -> Tools:
    """Return tools with these interfaces and names; everything else is real, or stands still."""

    async def here():
        return list(interfaces)

    return Tools(
        clock or FakeClock(),
        http or HttpClient(timeout=60),
        resolver or FakeResolver(names),
        here,
        lambda: 0.5,
    )
