"""The internet of one network namespace: well-known addresses, answered here, and one address it sees us come from."""

import contextlib
import ssl
from pathlib import Path

import trustme

from fakes import dns_server
from fakes.netns import ip, network_namespace
from fakes.tools import toolbox
from homeport.net.dial import Dialer
from homeport.net.http import HttpClient
from homeport.net.resolver import SystemResolver

HOME = "8.8.4.4"
"""Where we are seen to come from."""


class Internet:
    """Servers at addresses of one's choice, certificates that are trusted, and names.

    Attributes:
        tools: what a detector needs to ask here.
    """

    def __init__(self, folder: Path, names: dns_server.FakeDnsServer) -> None:
        self._authority = trustme.CA()
        self._names = names
        self.authorities = folder / "authorities.pem"
        self._authority.cert_pem.write_to_path(self.authorities)
        trusting = ssl.create_default_context(cafile=self.authorities)
        resolver = SystemResolver(servers=[names.address], timeout=30)
        self._http = HttpClient(Dialer(resolver=resolver, timeout=30), timeout=60, verify=trusting)
        self.tools = toolbox(http=self._http, resolver=resolver)

    def place(self, address: str, *names: str) -> str:
        """Let an address be here, under these names; return it."""
        ip(f"addr replace {address}/32 dev lo")
        ip(f"route replace local {address} dev lo src {HOME} table local")
        for name in names:
            self._names.put(name, "A", address)
        return address

    def tls(self, *names: str) -> ssl.SSLContext:
        """Return a server's context whose certificate is for these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*names).configure_cert(context)
        return context

    async def close(self) -> None:
        await self._http.aclose()


@contextlib.asynccontextmanager
async def internet(folder: Path):
    """Have one for the block; loud about being skipped without the right to."""
    with network_namespace():
        ip("link set lo up")
        ip(f"addr add {HOME}/32 dev lo")
        async with dns_server.running() as names:
            made = Internet(folder, names)
            try:
                yield made
            finally:
                await made.close()
