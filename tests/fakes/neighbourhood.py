"""What an agent meets on the internet, small and local: address services, Cloudflare, and its name servers.

They run on an event loop of their own in a thread, so that a test may run whole programs against them.
"""

import asyncio
import contextlib
import threading
from dataclasses import dataclass, field

from fakes import cloudflare, dns_server
from fakes.echo import Echo, echo
from fakes.programs import Folder
from homeport.model.rrset import RRsetKey

NAME = "home.example.com"


@dataclass
class Neighbourhood:
    """The servers, and the configuration that leads to them."""

    folder: Folder
    cloudflare: cloudflare.Fake
    dns: dns_server.FakeDnsServer
    echoes: list[Echo] = field(default_factory=list)

    def say(self, text, status=200):
        """Let every address service answer `text`."""
        for each in self.echoes:
            each.body, each.status = text.encode(), status

    def configure(self, **replaced):
        """Write the file; `replaced` names pieces of text and what stands there instead."""
        detect = "".join(f"\n        - {{kind: http_echo, url: '{each.url()}'}}" for each in self.echoes)
        text = f"""
agent:
  addresses:
    wan:
      detect:{detect}
  records:
    - {{name: {NAME}, types: [A], address: wan, provider: cf}}
  providers:
    cf:
      kind: cloudflare
      zone: example.com
      token: "file:token"
      base_url: {self.cloudflare.url}/client/v4
      nameservers: ["{self.dns.address}"]
  debounce: 0.05
  router_events: false
  state: state
"""
        for old, new in replaced.get("changes", {}).items():
            assert old in text, old
            text = text.replace(old, new)
        self.folder.write("homeport.yaml", text)
        self.folder.write("token", self.cloudflare.secret)

    def held(self):
        """Return the addresses Cloudflare has under the name."""
        return sorted(row.content for row in tuple(self.cloudflare.rows.values()) if row.name == NAME)

    def put(self, *addresses):
        self.cloudflare.rows.clear()
        self.cloudflare.put(RRsetKey.parse(f"{NAME} A"), *addresses, ttl=60)


def _answer_from(cf, dns):
    """Let the name server answer what Cloudflare has."""
    plain = dns.answer

    def answer(query):
        dns.records = {}
        for row in tuple(cf.rows.values()):
            dns.records.setdefault((row.name, row.type), []).append(row.content)
        return plain(query)

    dns.answer = answer


@contextlib.contextmanager
def neighbourhood(path, echoes=2):
    """Run everything for the block, in a thread of its own."""
    ready, stop = threading.Event(), asyncio.Event()
    made, loops = [], []

    async def serve():
        loops.append(asyncio.get_running_loop())
        async with contextlib.AsyncExitStack() as stack:
            cf = await stack.enter_async_context(cloudflare.Fake().running())
            dns = await stack.enter_async_context(dns_server.running())
            there = [await stack.enter_async_context(echo()) for _ in range(echoes)]
            _answer_from(cf, dns)
            made.append(Neighbourhood(Folder(path), cf, dns, there))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(60), "the neighbourhood did not come up"
        made[0].say("8.8.8.8")
        made[0].configure()
        yield made[0]
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join()
