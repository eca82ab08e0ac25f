"""A router on a loopback address of its own: UPnP with events, NAT-PMP and PCP, and every oddity met in the field."""

import asyncio
import contextlib
import itertools
import secrets
import struct
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from fakes.misbehaviour import Answer, _read

IGD = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
IP, PPP = "urn:schemas-upnp-org:service:WANIPConnection:1", "urn:schemas-upnp-org:service:WANPPPConnection:1"


def document(inner: bytes, attributes: bytes = b"") -> bytes:
    """Return a device description with this inside."""
    return b"<%b%b>%b</%b>" % (b"root", attributes, inner, b"root")


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE root [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, (b"&%c;" % (97 + i)) * 10) for i in range(9))
    + b"]>"
    + document(b"&j;")
)


@dataclass
class Service:
    """A service as the description has it; `says` is what it answers instead of the router's address."""

    kind: str = IP
    control: str = "/ctl"
    events: str = "/evt"
    says: str | None = None


@dataclass
class Mapping:
    """A mapping that was asked for over PCP, in the order of the requests; a lifetime of 0 gave it back."""

    client: IPv6Address
    protocol: int
    port: int
    lifetime: int
    nonce: bytes


@dataclass
class Router:
    """What the router is and does; a test changes it while it runs.

    Attributes:
        external: its address on the other side.
        external6: its IPv6 address there, which only a FRITZ!Box tells.
        speaks: what it answers to; the rest meets silence, or a closed port.
        location: what an SSDP answer says instead of the truth.
        ssdp_from: an address from which SSDP is answered instead.
        base: a URLBase in the description.
        description: the description instead of the true one.
        soap: the answer to a question instead of the true one.
        fault: the UPnP error of every question.
        result: the NAT-PMP or PCP result code of every answer.
        forgets: the subscriptions: a renewal is refused.
        refuses: the path where nothing can be subscribed to.
        lasts: what a subscription is granted, as its header says it.
        epoch: seconds since it began to keep mappings.
    """

    host: str
    external: str = "93.184.216.34"
    external6: str = ""
    speaks: frozenset[str] = frozenset({"upnp", "natpmp", "pcp"})
    services: list[Service] = field(default_factory=lambda: [Service()])
    location: str | None = None
    ssdp_from: str | None = None
    server: str = "Linux/2.6 UPnP/1.0 Some/1"
    base: str = ""
    description: Answer | None = None
    soap: Answer | None = None
    fault: tuple[int, str] | None = None
    result: int = 0
    forgets: bool = False
    refuses: str = ""
    lasts: str = "Second-1800"
    epoch: int = 1000
    port: int = 0
    requests: list = field(default_factory=list)
    searches: list[str] = field(default_factory=list)
    mappings: list[Mapping] = field(default_factory=list)
    subscribers: dict[str, str] = field(default_factory=dict)
    told: list[int] = field(default_factory=list)
    happened: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: dict[str, itertools.count] = field(default_factory=dict)

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    async def until(self, condition):
        """Wait until something that came makes `condition` true."""
        async with asyncio.timeout(60):
            while not condition():
                self.happened.clear()
                await self.happened.wait()

    # -- UPnP -------------------------------------------------------------------------------------

    def search_answer(self):
        lines = (
            "HTTP/1.1 200 OK",
            "CACHE-CONTROL: max-age=120",
            f"ST: {IGD}",
            f"SERVER: {self.server}",
            f"Location: {self.location or self.url + '/desc.xml'}",
        )
        return "\r\n".join((*lines, "", "")).encode()

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while request := await _read(reader):
                self.requests.append(request)
                answer = await self._answer(request)
                head = {"Content-Length": str(len(answer.body)), **answer.headers}
                lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
                writer.write(f"HTTP/1.1 {answer.status} As Told\r\n{lines}\r\n".encode() + answer.body)
                await writer.drain()
                self.happened.set()
        writer.close()

    async def _answer(self, request):
        if request.method == "POST":
            return self.soap or self._said(request)
        if request.method == "SUBSCRIBE":
            return await self._subscribed(request)
        if request.method == "UNSUBSCRIBE":
            gone = self.subscribers.pop(request.headers["sid"], None)
            return Answer(200 if gone else 412)
        if request.path.endswith(".xml"):
            return self.description or Answer(200, self.described(), {"Content-Type": "text/xml"})
        return Answer(404)

    def described(self):
        base = f"<URLBase>{self.base}</URLBase>" if self.base else ""
        services = "".join(
            f"<service><serviceType>{one.kind}</serviceType><serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId>"
            f"<controlURL>{one.control}</controlURL><eventSubURL>{one.events}</eventSubURL></service>"
            for one in self.services
        )
        inner = (
            "<deviceList><device><deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType><deviceList><device>"
            f"<serviceList>{services}</serviceList></device></deviceList></device></deviceList>"
        )
        device = f"<device><deviceType>{IGD}</deviceType><manufacturer>Some</manufacturer>{inner}</device>"
        whole = document((base + device).encode(), b' xmlns="urn:schemas-upnp-org:device-1-0"')
        return b'<?xml version="1.0"?>' + whole

    def _said(self, request):
        kind, _, action = request.headers["soapaction"].strip('"').partition("#")
        service = next(one for one in self.services if request.path.endswith(one.control.split("/")[-1]))
        if kind != service.kind or f'xmlns:u="{kind}"'.encode() not in request.body:
            return Answer(500, soap_fault(401, "Invalid Action"))
        if self.fault:
            return Answer(500, soap_fault(*self.fault))
        if action == "GetExternalIPAddress":
            value = self.external if service.says is None else service.says
            return Answer(200, soap_answer(kind, action, "NewExternalIPAddress", value))
        if action == "X_AVM_DE_GetExternalIPv6Address" and self.external6:
            return Answer(200, soap_answer(kind, action, "NewExternalIPv6Address", self.external6))
        return Answer(500, soap_fault(401, "Invalid Action"))

    async def _subscribed(self, request):
        sid = request.headers.get("sid")
        if request.path == self.refuses:
            return Answer(503)
        if sid:
            is_known = sid in self.subscribers and not self.forgets
            return Answer(200, headers={"SID": sid, "TIMEOUT": self.lasts}) if is_known else Answer(412)
        sid = f"uuid:{secrets.token_hex(8)}"
        self.subscribers[sid] = request.headers["callback"].strip("<>")
        self._numbers[sid] = itertools.count()
        await self.tell(sid)  # the first event overtakes the answer
        return Answer(200, headers={"SID": sid, "TIMEOUT": self.lasts})

    async def tell(self, sid, number=None, sender=None, to=None, **variables):
        """Send one event, and return the status it was answered with; 0 when the connection was not taken."""
        variables = variables or {"ConnectionStatus": "Connected", "ExternalIPAddress": self.external}
        body = propertyset(variables)
        number = next(self._numbers[sid]) if number is None else number
        fields = {"NT": "upnp:event", "NTS": "upnp:propchange", "SID": sid, "SEQ": str(number)}
        status = await notify(to or self.subscribers[sid], fields, body, sender or self.host)
        self.told.append(status)
        return status

    async def change(self, external):
        """Take another address and tell all who subscribed."""
        self.external = external
        for sid in tuple(self.subscribers):
            await self.tell(sid)

    # -- NAT-PMP and PCP --------------------------------------------------------------------------

    def port_control(self, data):
        """Return the answer to a datagram at port 5351."""
        if data == bytes(2) and "natpmp" in self.speaks:
            return self.natpmp_answer()
        if data[:1] == b"\2" and "pcp" in self.speaks:
            return self.pcp_answer(data)
        if data[:1] == b"\2" and "natpmp" in self.speaks:
            return struct.pack("!BBHI", 0, 0x80, 1, self.epoch)
        return None

    def natpmp_answer(self):
        head = struct.pack("!BBHI", 0, 128, self.result, self.epoch)
        return head + (b"" if self.result else IPv4Address(self.external).packed)

    def pcp_answer(self, data):
        _, opcode, lifetime, client = struct.unpack_from("!BBxxI16s", data)
        head = struct.pack("!BBxBII12x", 2, opcode | 0x80, self.result, lifetime, self.epoch)
        if opcode == 0:
            return head
        nonce, protocol, port, _, _ = struct.unpack_from("!12sBxxxHH16s", data, 24)
        self.mappings.append(Mapping(IPv6Address(client), protocol, port, lifetime, nonce))
        self.happened.set()
        external = bytes(10) + b"\xff\xff" + IPv4Address(self.external).packed
        return head + struct.pack("!12sBxxxHH16s", nonce, protocol, port, port, external)

    def announce_pcp(self):
        """Return the datagram that tells that mappings were lost."""
        return struct.pack("!BBxBII12x", 2, 0x80, 0, 0, self.epoch)

    def announce(self, data, to=("127.0.0.1", 5350)):
        """Send an announcement: to this machine alone, for loopback has no multicast."""
        self.control.sendto(data, to)


def soap_answer(kind, action, name, value):
    return (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<u:{action}Response xmlns:u="{kind}"><{name}>{value}</{name}></u:{action}Response></s:Body></s:Envelope>'
    ).encode()


def soap_fault(code, text):
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client'
        "</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError "
        f'xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>{code}</errorCode><errorDescription>{text}'
        "</errorDescription></UPnPError></detail></s:Fault></s:Body></s:Envelope>"
    ).encode()


def propertyset(variables):
    inner = "".join(f"<e:property><{name}>{value}</{name}></e:property>" for name, value in variables.items())
    return f'<e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0">{inner}</e:propertyset>'.encode()


async def notify(url, fields, body, sender, method="NOTIFY"):
    """Send an event as a router does, from the address `sender`; return the status, 0 when it hung up on us."""
    place, _, path = url.removeprefix("http://").partition("/")
    host, _, port = place.partition(":")
    try:
        reader, writer = await asyncio.open_connection(host, int(port), local_addr=(sender, 0))
        head = {"HOST": place, "CONTENT-LENGTH": str(len(body)), **fields}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        writer.write(f"{method} /{path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        async with asyncio.timeout(60):
            status = await reader.readline()
        writer.close()
        return int(status.split()[1]) if status else 0
    except OSError:
        return 0


class _Ssdp(asyncio.DatagramProtocol):
    def __init__(self, router, answering):
        self.router, self.answering = router, answering

    def datagram_received(self, data, addr):
        lines = data.decode().split("\r\n")
        assert lines[0] == "M-SEARCH * HTTP/1.1"
        assert 'MAN: "ssdp:discover"' in lines
        self.router.searches.append(next(line for line in lines if line.startswith("ST:"))[4:])
        if "upnp" in self.router.speaks:
            self.answering.sendto(self.router.search_answer(), addr)


class _PortControl(asyncio.DatagramProtocol):
    def __init__(self, router):
        self.router = router

    def connection_made(self, transport):
        self.router.control = transport

    def datagram_received(self, data, addr):
        if (answer := self.router.port_control(data)) is not None:
            self.router.control.sendto(answer, addr)


def loopback():
    """Return a loopback address that nobody else uses, for the ports of these protocols are fixed."""
    return f"127.{100 + secrets.randbelow(100)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"


@contextlib.asynccontextmanager
async def router(port: int = 0, **does):
    """Run one while the block runs; `port` is that of its web server."""
    made = Router(loopback(), **does)
    loop = asyncio.get_running_loop()
    running = set()

    async def serve(reader, writer):
        running.add(asyncio.current_task())
        with contextlib.suppress(asyncio.CancelledError):
            await made.serve(reader, writer)
        writer.close()

    answers_from = (made.ssdp_from or made.host, 0)
    answering, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=answers_from)
    transports = [answering]
    for ours, make in ((1900, lambda: _Ssdp(made, answering)), (5351, lambda: _PortControl(made))):
        transport, _ = await loop.create_datagram_endpoint(make, local_addr=(made.host, ours))
        transports.append(transport)
    listener = await asyncio.start_server(serve, made.host, port)
    made.port = listener.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        listener.close()
        for transport in transports:
            transport.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
