"""The one HTTP client: bounded, verified, family and source forced, and every failure classified."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import ssl
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from homeport import __version__
from homeport.errors import ConfigInvalid, PeerError, Throttled, Unavailable, Unconfirmed
from homeport.model.address import Family
from homeport.model.line import Line
from homeport.model.secret import Secret
from homeport.net.dial import Dialer
from homeport.net.failures import cause
from homeport.net.proxy import Proxy
from homeport.net.target import Target
from homeport.ports import HttpAnswer
from homeport.telemetry import trace

if TYPE_CHECKING:  # it costs 14 MB, and an agent that has nothing to ask does without
    import httpcore2

_KEEP = (
    15.0  # seconds a connection is kept: shorter than common servers do, so that they rarely hang up first
)
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_DAY = 86400.0
_LOCKED = ("407", "Invalid username", "Requested")  # how a proxy's refusal of who asks is worded
logging.getLogger("httpcore2").setLevel(logging.WARNING)  # below, it prints headers, which hold secrets


class HttpClient:
    """`ports.Http` on the connection pool of httpcore2, the transport below httpx2.

    Args:
        dialer: how names are looked up and how connections leave.
        timeout: seconds for a whole request.
        largest: bytes of an answer's body, as sent and unpacked.
        proxy: URL of an HTTP or SOCKS proxy, read anew for every request; a forced family is then that of the
            connection to the proxy.
        verify: for tests: the authorities to trust instead of the operating system's.
    """

    def __init__(
        self,
        dialer: Dialer | None = None,
        *,
        timeout: float = 15.0,
        largest: int = 1024 * 1024,
        proxy: Secret | None = None,
        verify: ssl.SSLContext | None = None,
    ) -> None:
        self._dialer = dialer or Dialer()
        self._timeout = timeout
        self._largest = largest
        self._proxy = proxy
        self._trust = _Trust(verify)
        self._pools: dict[tuple[str, Family | None, Line, Proxy | None], _Pool] = {}

    async def request(
        self,
        method: str,
        url: str,
        *,
        changes: bool,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        family: Family | None = None,
    ) -> HttpAnswer:
        sending = _Sending(method, Target.parse(url), content, headers or {})
        proxy = await self._through()
        try:
            async with asyncio.timeout(self._timeout) as whole:
                answer = await self._exchange(sending, family, proxy)
        except _failures() as error:
            why = f"timed out after {self._timeout:g} s" if whole.expired() else _why(error, proxy)
            failed = Unconfirmed if changes and sending.has_left else Unavailable
            raise failed(f"{method} {sending.target.host}: {why}") from _shown(error)
        if proxy and answer.status == 407:  # of a request in the clear; nobody but the proxy has seen it
            raise Unavailable(f"{method} {sending.target.host}: {_locked(proxy)}")
        return answer

    def bound(self, line: Line) -> HttpClient:
        client = copy.copy(self)  # the pools stay shared: who closes one closes all
        client._dialer = replace(self._dialer, line=line)  # noqa: SLF001 -- a copy of this very class
        return client

    def through(self, proxy: Secret) -> HttpClient:
        client = copy.copy(self)
        client._proxy = proxy  # noqa: SLF001 -- a copy of this very class
        return client

    async def renew(self) -> None:
        pools = tuple(self._pools.values())
        self._pools.clear()
        for pool in pools:
            await pool.retire()

    async def aclose(self) -> None:
        """Close every connection, kept or in use."""
        pools = tuple(self._pools.values())
        self._pools.clear()
        for pool in pools:
            await pool.connections.aclose()

    async def _through(self) -> Proxy | None:
        """Return the proxy as it is given now, read beside the loop.

        Raises:
            ConfigInvalid: what is given is no proxy.
            SecretUnreadable: the place it comes from does not have it.
        """
        if self._proxy is None:
            return None
        try:
            return Proxy.parse(await asyncio.to_thread(self._proxy.reveal))
        except ValueError as error:
            raise ConfigInvalid(f"`proxy` ({self._proxy.source}): {error}") from None

    async def _exchange(self, sending: _Sending, family: Family | None, proxy: Proxy | None) -> HttpAnswer:
        body = bytearray()
        async with (
            self._pool(sending.target.scheme, family, proxy).in_use() as connections,
            sending.start(connections) as response,
        ):
            headers = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            async with contextlib.aclosing(response.aiter_stream()) as chunks:
                async for chunk in chunks:
                    body += chunk
                    self._check(len(body))
        return HttpAnswer(
            response.status, headers, self._unpacked(bytes(body), headers), sending.target.shown
        )

    def _check(self, size: int) -> None:
        if size > self._largest:
            raise _TooLarge(f"the answer is larger than {self._largest} bytes")

    def _unpacked(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """Undo a compression that was not asked for, without letting a small answer become a huge one."""
        if headers.get("content-encoding", "identity").lower() not in ("gzip", "deflate") or not body:
            return body
        unpacked = zlib.decompressobj(wbits=47).decompress(body, self._largest + 1)
        self._check(len(unpacked))
        return unpacked

    def _pool(self, scheme: str, family: Family | None, proxy: Proxy | None) -> _Pool:
        """Return the pool of one scheme, family, line and proxy: a kept connection is never used for another."""
        key = (scheme, family, self._dialer.line, proxy)
        if key not in self._pools:
            self._pools[key] = _Pool(self._new_pool(scheme, family, proxy))
        return self._pools[key]

    def _new_pool(
        self, scheme: str, family: Family | None, proxy: Proxy | None
    ) -> httpcore2.AsyncConnectionPool:
        import httpcore2

        from homeport.net.backend import Backend

        return httpcore2.AsyncConnectionPool(
            ssl_context=self._trust.context() if scheme == "https" else self._trust.given,
            proxy=_proxy(proxy, self._trust) if proxy else None,
            max_connections=32,
            max_keepalive_connections=8,
            keepalive_expiry=_KEEP,
            network_backend=Backend(self._dialer, family, proxy),
        )


@dataclass(slots=True)
class _Trust:
    """Whose word on a certificate is taken: what was given, else the system's list, read once for every line."""

    given: ssl.SSLContext | None

    def context(self) -> ssl.SSLContext:
        if self.given is None:  # 2 MB and 50 ms: only when it is wanted
            import httpcore2

            self.given = httpcore2.default_ssl_context()
        return self.given


@dataclass(slots=True)
class _Pool:
    """Connections of one kind; once it is retired they are closed as soon as nobody uses one."""

    connections: httpcore2.AsyncConnectionPool
    users: int = 0
    is_retired: bool = False

    @contextlib.asynccontextmanager
    async def in_use(self) -> AsyncIterator[httpcore2.AsyncConnectionPool]:
        self.users += 1
        try:
            yield self.connections
        finally:
            self.users -= 1
            await self._close_unused()

    async def retire(self) -> None:
        self.is_retired = True
        await self._close_unused()

    async def _close_unused(self) -> None:
        if self.is_retired and not self.users:
            await self.connections.aclose()


class _TooLarge(Exception):
    """An answer over the bound; it is not read to its end."""


class _Sending:
    """One request on its way.

    Attributes:
        has_left: a byte of it may have reached the peer.
    """

    def __init__(
        self, method: str, target: Target, content: bytes | None, headers: Mapping[str, str]
    ) -> None:
        self.method = method
        self.target = target
        self.has_left = False
        self._content = b"" if content is None and method in _WITH_BODY else content
        self._headers = target.headers(headers, _defaults())

    def start(
        self, pool: httpcore2.AsyncConnectionPool
    ) -> contextlib.AbstractAsyncContextManager[httpcore2.Response]:
        """Return the context in which the answer may be read."""
        import httpcore2

        target = self.target
        url = httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        extensions = {"trace": self._watch, "sni_hostname": target.certificate_name}
        return pool.stream(
            self.method, url, headers=self._headers, content=self._content, extensions=extensions
        )

    async def _watch(self, step: str, info: Mapping[str, Any]) -> None:
        """Notice the moment the request itself goes out; a CONNECT to a proxy is not it."""
        if step.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.has_left = True


def _defaults() -> dict[str, str]:
    fields = {"User-Agent": f"homeport/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
    if current := trace.current.get():
        fields["traceparent"] = trace.parent(current)
    return fields


def _failures() -> tuple[type[Exception], ...]:
    """Return what a request may end with: httpcore2's errors, which have no common base, and those below it."""
    import httpcore2
    import socksio

    theirs = (
        httpcore2.NetworkError,
        httpcore2.ProtocolError,
        httpcore2.ProxyError,
        httpcore2.TimeoutException,
        httpcore2.UnsupportedProtocol,
        socksio.SOCKSError,
    )
    return (*theirs, OSError, PeerError, _TooLarge, zlib.error)


def _why(error: Exception, proxy: Proxy | None) -> str:
    import httpcore2
    import socksio

    match error:
        case PeerError() | _TooLarge():
            return str(error)
        case httpcore2.LocalProtocolError():
            return "the request holds a character that HTTP does not allow"
        case httpcore2.ProxyError() | socksio.SOCKSError():
            return _refused(error, proxy)
        case httpcore2.RemoteProtocolError():
            ended = "disconnected" in str(error) or "closed" in str(error)
            return (
                "the connection was closed before the whole answer came"
                if ended
                else "the answer is not HTTP"
            )
        case zlib.error():
            return "the answer is compressed and damaged"
        case _:
            return cause(error)


def _shown(error: Exception) -> Exception | None:
    """Return what a traceback may show: httpcore2's protocol errors quote headers, and they hold secrets."""
    import httpcore2

    return None if isinstance(error, httpcore2.ProtocolError) else error


def _refused(error: Exception, proxy: Proxy | None) -> str:
    import socksio

    if isinstance(error, socksio.SOCKSError):
        return f"the proxy {proxy} does not answer as a SOCKS proxy does; check `proxy`"
    said = str(error)
    return _locked(proxy) if said.startswith(_LOCKED) else f"the proxy {proxy} refused: {said[:80]}"


def _locked(proxy: Proxy | None) -> str:
    said = (
        "refuses the user or password that `proxy` gives"
        if proxy and proxy.auth
        else "wants a user and password"
    )
    return f"the proxy {proxy} {said}"


def _proxy(proxy: Proxy, trust: _Trust) -> httpcore2.Proxy:
    import httpcore2

    place = httpcore2.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target="/")
    context = trust.context() if proxy.scheme == "https" else None
    return httpcore2.Proxy(place, auth=proxy.auth, ssl_context=context)


def raise_for_status(answer: HttpAnswer, *, changes: bool) -> HttpAnswer:
    """Return a 2xx answer; the one reading of every other status, after the caller has read its host's own words.

    Raises:
        Throttled: 429, and 503 with Retry-After; nothing was changed.
        Unconfirmed: `changes` and the server failed.
        Unavailable: everything else; a 401, 403 or redirect without the host's own word may be a portal's.
    """
    status, said = answer.status, f"{urlsplit(answer.url).netloc} answered {_named(answer.status)}"
    if 200 <= status < 300:
        return answer
    if status == 429 or (status == 503 and "retry-after" in answer.headers):
        wait = retry_after(answer)
        raise Throttled(f"{said}: wait {wait:.0f} s", retry_after=wait)
    if 300 <= status < 400:
        raise Unavailable(f"{said}: redirected to another place, as captive portals do")
    if status in (401, 403, 511):
        raise Unavailable(f"{said}: something in between (a portal, a firewall) may have refused this")
    if status >= 500 and status != 503 and changes:
        raise Unconfirmed(f"{said}: whether it did what was asked is not known")
    raise Unavailable(said)


def retry_after(answer: HttpAnswer, default: float = 60.0) -> float:
    """Return the seconds a peer asks to wait, at most a day; a date is read against the answer's own Date.

    Source: RFC 9110 section 10.2.3.
    """
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _DAY)
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):  # TypeError: one of them has a zone and the other has none
        return default
    return min(max(wait.total_seconds(), 0.0), _DAY)


def _named(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase.lower()})"
    except ValueError:
        return str(status)
