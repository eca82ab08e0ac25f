"""Mail, handed to a real server: TLS that is verified, an account, subjects in any script, and nothing smuggled in."""

import asyncio
import logging
from dataclasses import replace

import pytest

from fakes.mail import HOST, PASSWORD, USER, authority, mail_server
from fakes.misbehaviour import listening
from fakes.tools import toolbox
from homeport.errors import ConfigInvalid, PeerError, Refused, Unavailable, Unconfirmed
from homeport.model.secret import Secret
from homeport.notifiers import smtp
from homeport.notifiers.smtp import Mail, Settings, composed

TOOLS = toolbox(names={HOST: ["127.0.0.1"], "cloud.test": ["169.254.169.254"]})


@pytest.fixture(scope="module")
def trusted():
    return authority()


def settings(port, *, password=PASSWORD, **others):
    given = {
        "server": HOST,
        "port": port,
        "sender": "box@example.com",
        "to": ("a@example.com", "b@example.com"),
    }
    account = {"user": USER, "password": Secret.literal(password)} if password else {}
    return Settings(**{**given, **account, **others})


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_message_arrives(trusted, news, security):
    """With TLS either way, as the account, to everybody; the subject and the text are in the reader's language."""
    ca, trust = trusted
    async with mail_server(ca, implicit=security == "tls") as server:
        mail = Mail(settings(server.port, security=security, language="zh-CN"), TOOLS, trust)
        assert await mail.send(news) == f"{HOST} took the message"
    [message] = server.messages
    assert message["Subject"] == "2 个域名：已变更、无法更新"
    assert message["From"] == "Homeport <box@example.com>"
    assert message["To"] == "a@example.com, b@example.com"
    assert message["Auto-Submitted"] == "auto-generated"
    assert server.recipients == [["a@example.com", "b@example.com"]]
    assert "home_1.example.com A：198.51.100.1 -> 203.0.113.7" in message.get_content()
    assert server.raw[0].isascii()


async def test_nothing_that_happens_is_a_header(trusted, news):
    """A host's own words with line ends in them stay text: one line of it."""
    ca, trust = trusted
    only = replace(news, happened=news.happened[2:], machine="box\r\nBcc: eve@example.com")
    async with mail_server(ca) as server:
        await Mail(settings(server.port), TOOLS, trust).send(only)
    [message] = server.messages
    assert message["Bcc"] is None
    assert sorted(message.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"]
        + ["Content-Type", "Content-Transfer-Encoding"]
        + [name for name in ("X-Peer", "X-MailFrom", "X-RcptTo") if name in message]
    )
    assert server.recipients == [["a@example.com", "b@example.com"]]


async def test_a_certificate_of_somebody_else_is_none(trusted, news):
    """One for another name, or of an authority that nobody trusts: not even the account is named."""
    ca, trust = trusted
    stranger, _ = authority()
    for of, name in ((ca, "other.example"), (stranger, HOST)):
        for security in ("starttls", "tls"):
            async with mail_server(of, implicit=security == "tls", name=name) as server:
                with pytest.raises(Unavailable, match="certificate"):
                    await Mail(settings(server.port, security=security), TOOLS, trust).send(news)
            assert not server.messages


async def test_no_tls_is_no_way_round(news, trusted):
    """A server that offers no STARTTLS gets neither password nor message."""
    async with mail_server(wants_account=False) as server:
        with pytest.raises(Refused, match="offers no TLS"):
            await Mail(settings(server.port), TOOLS, trusted[1]).send(news)
        assert not server.messages
        plain = settings(server.port, password="", security="none")
        await Mail(plain, TOOLS, trusted[1]).send(news)
    assert len(server.messages) == 1


async def test_a_wrong_password_needs_a_person(trusted, news, caplog):
    """It is told in the server's words, and neither there nor in the log is the password."""
    caplog.set_level(logging.DEBUG)
    ca, trust = trusted
    async with mail_server(ca) as server:
        with pytest.raises(Refused, match="look at `user` and `password`") as told:
            await Mail(settings(server.port, password="wr0ng-passw0rd"), TOOLS, trust).send(news)
    assert "wr0ng" not in str(told.value) + caplog.text


async def test_what_a_server_says_of_a_message(trusted, news):
    """No for good, no for now, and a connection that ends before it is said."""
    ca, trust = trusted
    async with mail_server(ca) as server:
        mail = Mail(settings(server.port), TOOLS, trust)
        server.refuses = {"b@example.com": "550 nobody here"}
        assert await mail.send(news) == f"{HOST} took the message, not for b@example.com"
        server.refuses["a@example.com"] = "550 nobody here"
        with pytest.raises(Refused, match="nobody here"):
            await mail.send(news)
        server.refuses = {"DATA": "451 come back later"}
        with pytest.raises(Unavailable, match="come back later"):
            await mail.send(news)
        server.refuses = {"DATA": "554 this is spam"}
        with pytest.raises(Refused, match="spam"):
            await mail.send(news)
        server.refuses = {"DATA": "hang up"}
        with pytest.raises(Unconfirmed):
            await mail.send(news)


@pytest.mark.parametrize(("answers", "failure"), [(3, Unavailable), (5, Unconfirmed)])
async def test_a_server_that_takes_too_long(news, monkeypatch, answers, failure):
    """It has the message or has not: that is known by what has left, and decides whether it may be told twice."""
    given = [b"220 hello", b"250 hello", b"250 ok", b"250 ok", b"354 go on"][:answers]
    heard, limit = asyncio.Event(), asyncio.timeout(None)
    monkeypatch.setattr(smtp, "_patience", lambda: limit)

    async def serve(reader, writer):
        writer.write(given[0] + b"\r\n")
        for answer in given[1:]:
            await reader.readline()
            writer.write(answer + b"\r\n")
        await reader.readuntil(b"\r\n.\r\n" if answers == 5 else b"\r\n")
        heard.set()
        await reader.read()

    async with listening(serve) as port, asyncio.TaskGroup() as group:
        mail = Mail(settings(port, password="", security="none", to=("a@example.com",)), TOOLS)
        sending = group.create_task(_failure_of(mail.send(news)))
        await heard.wait()
        limit.reschedule(asyncio.get_running_loop().time())
        assert type(await sending) is failure


async def _failure_of(sending):
    with pytest.raises(PeerError, match="took longer than") as told:
        await sending
    return told.value


async def test_a_silent_server_is_let_go_at_once(news):
    """When the agent ends, so does the thread that waits for a greeting."""
    silent, gone = asyncio.Event(), asyncio.Event()

    async def serve(reader, writer):
        silent.set()
        await reader.read()
        gone.set()

    async with listening(serve) as port, asyncio.TaskGroup() as group:
        sending = group.create_task(Mail(settings(port), TOOLS).send(news))
        await silent.wait()
        await asyncio.sleep(0)
        sending.cancel()
        await asyncio.wait([sending])
        async with asyncio.timeout(60):
            await gone.wait()
    assert sending.cancelled()


async def test_nobody_there(news):
    """A host that is not known, a port that is closed, and a cloud's metadata service."""
    with pytest.raises(Unavailable, match=f"{HOST}:1: connection refused"):
        await Mail(settings(1), TOOLS).send(news)
    with pytest.raises(Unavailable, match="no address"):
        await Mail(settings(1, server="gone.example"), TOOLS).send(news)
    for server in ("cloud.test", "169.254.169.254"):
        with pytest.raises((Refused, Unavailable), match="nothing is sent"):
            await Mail(settings(25, server=server), TOOLS).send(news)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"sender": "me"}, "`sender`"),
        ({"to": ("a@example.com\nBcc: eve@example.com",)}, "`to`"),
        ({"to": ("Eve <eve@example.com>",)}, "`to`"),
        ({"sender": "mé@example.com"}, "`sender`"),
        ({"server": "https://smtp.example.com"}, "`server`"),
        ({"security": "none"}, "not sent in the clear"),
        ({"password": "", "user": "me"}, "`password` is missing"),
    ],
)
def test_what_cannot_be_is_said(given, why):
    """Every fault in a sentence with its way out."""
    with pytest.raises(ConfigInvalid) as told:
        settings(None, **given)
    assert why in str(told.value)


def test_the_port_follows_the_security():
    """465, 587 and 25, unless another is given."""
    for security, port in (("tls", 465), ("starttls", 587)):
        assert settings(None, security=security).where == (HOST, port)
    assert settings(None, password="", security="none").where == (HOST, 25)
    assert settings(2525).where == (HOST, 2525)


def test_a_test_says_that_it_is_one(news):
    """Nobody takes it for news."""
    message = composed(settings(1), replace(news, is_test=True, happened=()), news.told_at)
    assert message["Subject"] == "Homeport: a test"
    assert "Nothing happened" in message.get_content()
