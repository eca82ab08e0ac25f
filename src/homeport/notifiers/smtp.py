"""Mail, by the mail server that somebody has an account at: with TLS that is verified, from a thread of its own.

Source: RFC 6409 (submission), RFC 8314 (which port speaks TLS from the start), RFC 3207 (STARTTLS).
"""

from __future__ import annotations

import asyncio
import re
import smtplib
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Annotated, Any, ClassVar, Literal, cast

from msgspec import Meta

from homeport.errors import ConfigInvalid, PeerError, Refused, Unavailable, Unconfirmed
from homeport.model.news import News
from homeport.model.secret import Secret
from homeport.net import reachable
from homeport.net.dial import Dialer
from homeport.net.failures import cause
from homeport.notifiers import _base, _wording
from homeport.ports import Resolver, Tools

PORTS = {"tls": 465, "starttls": 587, "none": 25}
TIMEOUT = 30.0  # seconds for each answer of the server
LONGEST = 50.0  # seconds for all of it: less than whoever sends has, for here it is known what has left
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+")
_POLICY = SMTP.clone(cte_type="7bit")  # no server has to know more than RFC 5321 asks of every one


class Settings(_base.Settings, frozen=True, kw_only=True, tag="smtp"):
    """The mail server, who sends and who is told."""

    server: Annotated[str, Meta(description="the mail server's host name")]
    security: Annotated[
        Literal["tls", "starttls", "none"],
        Meta(
            description="TLS from the start, TLS that is begun by STARTTLS, or none: then without a password"
        ),
    ] = "starttls"
    port: Annotated[
        int | None, Meta(ge=1, le=65535, description="465 for tls, 587 for starttls, 25 for none")
    ] = None
    user: Annotated[str, Meta(description="who signs in; the sender, unless it is said")] = ""
    password: Annotated[
        Secret | None, Meta(description="of the mail account; many hosts want one made for programs")
    ] = None
    sender: Annotated[str, Meta(description="the address that mail is from")]
    to: Annotated[tuple[str, ...], Meta(min_length=1, description="the addresses that are told")]

    def __post_init__(self) -> None:
        for name, addresses in (("sender", (self.sender,)), ("to", self.to)):
            for each in addresses:
                if not (each.isascii() and each.isprintable() and _ADDRESS.fullmatch(each)):
                    raise ConfigInvalid(f"`{name}` is to be a plain address such as me@example.com")
        if not self.server or not self.server.isprintable() or "/" in self.server or " " in self.server:
            raise ConfigInvalid("`server` is to be a mail server's host name, such as smtp.example.com")
        if self.password and self.security == "none":
            raise ConfigInvalid("a password is not sent in the clear; write `security: starttls` or `tls`")
        if self.user and not self.password:
            raise ConfigInvalid("`password` is missing, or `user` is one too many")

    @property
    def where(self) -> tuple[str, int]:
        """Host and port."""
        return self.server, self.port or PORTS[self.security]


class Mail:
    """Sends mail.

    Args:
        verify: for tests: whom to trust instead of whom the system trusts.
    """

    kind: ClassVar[str] = "smtp"

    def __init__(self, settings: Settings, tools: Tools, verify: ssl.SSLContext | None = None) -> None:
        self.settings = settings
        self._tools = tools
        self._verify = verify

    async def send(self, news: News) -> str:
        settings, (host, port) = self.settings, self.settings.where
        [password] = await _base.revealed(settings.password)
        message = composed(settings, news, self._tools.clock.now())
        resolver = self._tools.resolver
        if not settings.anywhere:
            if why := reachable.why_not_host(host):
                raise Refused(f"nothing is sent to {host}: {why}, with `anywhere: true`")
            resolver = cast("Resolver", _base.Wary(resolver))
        client = None
        try:
            async with _patience():
                sock = await _connected(resolver, host, port)
                client = _Client(sock, host, self._verify, implicit=settings.security == "tls")
                try:
                    return await asyncio.to_thread(client.deliver, settings, password, message)
                finally:
                    client.hang_up()  # so that the thread ends with us, and nothing leaves any more
        except TimeoutError:
            failed = Unconfirmed if client and client.has_left else Unavailable
            raise failed(f"{host}:{port}: it took longer than {LONGEST:g} s") from None


def _patience() -> asyncio.Timeout:
    return asyncio.timeout(LONGEST)


async def _connected(resolver: Resolver, host: str, port: int) -> socket.socket:
    """Return a connection to the server.

    Raises:
        Unavailable: there is none.
    """
    try:
        return await Dialer(resolver=resolver).connect(host, port)
    except (OSError, PeerError) as error:
        why = str(error) if isinstance(error, PeerError) else cause(error)
        raise Unavailable(f"{host}:{port}: {why}") from error


class _Client(smtplib.SMTP):
    """One session over a socket that is connected already."""

    def __init__(
        self, sock: socket.socket, host: str, verify: ssl.SSLContext | None, *, implicit: bool
    ) -> None:
        self._given = sock
        self._name = host
        self._verify = verify
        self._implicit = implicit
        self.has_left = False
        super().__init__(local_hostname=_own_name(), timeout=TIMEOUT)
        self._host = host  # whose name the certificate must have after STARTTLS

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:  # noqa: ARG002 -- smtplib's own seam
        self._given.setblocking(True)
        self._given.settimeout(timeout)
        if self._implicit:
            self._given = self._context().wrap_socket(self._given, server_hostname=self._name)
        return self._given

    def _context(self) -> ssl.SSLContext:
        self._verify = self._verify or ssl.create_default_context()
        return self._verify

    def deliver(self, settings: Settings, password: str, message: EmailMessage) -> str:
        """Hand one message over, and return what the server said of it.

        Raises:
            Refused: the server's own no.
            Unavailable: it is not there, or not now.
            Unconfirmed: the message left, and the server said nothing of it.
        """
        host, port = settings.where
        try:
            try:
                self._greeted(self.connect(host, port))
                if settings.security == "starttls":
                    self.starttls(context=self._context())
                if password:
                    self.login(settings.user or settings.sender, password)
                refused = self.send_message(message, settings.sender, list(settings.to))
                self.putcmd("quit")  # what it says to that changes nothing
            finally:
                self.hang_up()
        except smtplib.SMTPException as error:
            raise self._meaning(error, host, password) from None
        except OSError as error:
            raise Unavailable(f"{host}:{port}: {cause(error)}") from error
        left = f", not for {', '.join(sorted(refused))}" if refused else ""
        return f"{host} took the message{left}"

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.has_left = True
        return super().data(msg)

    @staticmethod
    def _greeted(greeting: tuple[int, bytes]) -> None:
        code, said = greeting
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)

    def _meaning(self, error: smtplib.SMTPException, host: str, password: str) -> PeerError:
        """Return what an error of the session means; the server's words without the password."""
        words: bytes | str
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            code, words = next(iter(error.recipients.values()))
        elif isinstance(error, smtplib.SMTPResponseException):
            code, words = error.smtp_code, error.smtp_error
        elif isinstance(error, smtplib.SMTPNotSupportedError):
            return Refused(f"{host}: the server offers no TLS, or no way to sign in; look at `security`")
        elif isinstance(error, smtplib.SMTPServerDisconnected) and self.has_left:
            return Unconfirmed(
                f"{host}: the connection was closed before the server said that it has the message"
            )
        else:
            return Unavailable(f"{host}: the server hung up")
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        text = f"{host} answered {code} {_base.shown(said, password)}"
        if isinstance(error, smtplib.SMTPAuthenticationError) and code >= 500:
            return Refused(f"{text}: look at `user` and `password`")
        return Refused(text) if 500 <= code < 600 else Unavailable(text)

    def hang_up(self) -> None:
        """End the session without waiting for anybody."""
        used = self.sock or self._given
        with suppress(OSError):
            used.shutdown(socket.SHUT_RDWR)
        for one in (self, self._given):
            with suppress(OSError):
                one.close()


def composed(settings: Settings, news: News, now: float) -> EmailMessage:
    """Return the mail of a message; nothing that happened can add a header to it."""
    title, text = _wording.words(news, settings.language)
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address("Homeport", addr_spec=settings.sender)
    message["To"] = [Address(addr_spec=each) for each in settings.to]
    message["Subject"] = title
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Message-ID"] = make_msgid(domain=settings.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
    message.set_content(f"{text}\n")
    return message


def _own_name() -> str:
    """Return what this machine greets with; a name that no server could read becomes a literal."""
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.-]{1,200}", name) else "[127.0.0.1]"


NOTIFIER = Mail
