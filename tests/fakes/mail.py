"""A mail server: aiosmtpd on a free port, with a certificate of a test's own authority and one account."""

import asyncio
import contextlib
import ssl
import warnings
from dataclasses import dataclass, field
from email import message_from_bytes, policy

import trustme
from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = "me@example.com", "Pa55-w0rd"
HOST = "mail.example"


@dataclass
class MailServer:
    """What came in.

    Attributes:
        messages: what was accepted, as it was read.
        refuses: what it answers to a recipient, or to the message, instead of yes.
    """

    port: int = 0
    messages: list = field(default_factory=list)
    recipients: list = field(default_factory=list)
    refuses: dict = field(default_factory=dict)
    raw: list = field(default_factory=list)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 -- aiosmtpd's name
        if said := self.refuses.get(address):
            return said
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- aiosmtpd's name
        if said := self.refuses.get("DATA"):
            if said == "hang up":
                server.transport.abort()
            return said
        self.raw.append(envelope.content)
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 taken"


def authority():
    """Return an authority, and whom a client trusts that knows it."""
    ca = trustme.CA()
    trust = ssl.create_default_context()
    ca.configure_trust(trust)
    return ca, trust


@contextlib.asynccontextmanager
async def mail_server(ca=None, *, implicit=False, name=HOST, wants_account=True):
    """Serve while the block runs; without an authority it speaks no TLS."""
    server, loop = MailServer(), asyncio.get_running_loop()
    context = None
    if ca is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(name).configure_cert(context)

    def authenticate(_server, _session, _envelope, _mechanism, data):
        is_right = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=is_right, handled=False)

    def made():
        with warnings.catch_warnings(action="ignore"):  # that it does not know of the TLS around it
            return SMTP(
                server,
                hostname=HOST,
                tls_context=None if implicit else context,
                require_starttls=context is not None and not implicit,
                authenticator=authenticate if wants_account else None,
                auth_required=wants_account,
                auth_require_tls=not implicit,
                loop=loop,
            )

    listener = await loop.create_server(made, "127.0.0.1", 0, ssl=context if implicit else None)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
