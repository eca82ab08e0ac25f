"""One question over TCP or TLS."""

import asyncio
import socket
import ssl

import pytest
import trustme

from fakes.whoami import whoami
from homeport.errors import Unavailable
from homeport.model.address import Family
from homeport.net.dns_stream import exchange
from homeport.wire import dns

QUERY = dns.query(7, "whoami.test", dns.Type.A)
LONG = 60.0  # seconds; a bound for machines that are very busy


def answered(wire):
    message = dns.parse(wire)
    return [message.text(record) for record in message.answer]


async def test_asks_over_tcp():
    """A question of two octets of length, and an answer of the same form."""
    async with whoami() as server:
        assert answered(await exchange(("127.0.0.1", server.port), QUERY, timeout=LONG)) == ["127.0.0.1"]
    assert server.over == ["tcp"]


@pytest.mark.parametrize(
    ("certificate", "name", "why"),
    [
        ("dns.test", "dns.test", ""),
        ("127.0.0.1", "127.0.0.1", ""),
        ("other.test", "dns.test", "the certificate does not match"),
    ],
)
async def test_over_tls_the_certificate_must_name_the_server(certificate, name, why, monkeypatch, tmp_path):
    """Verified against the system's authorities, by name or by address."""
    authority, theirs = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    authority.issue_cert(certificate).configure_cert(theirs)
    async with whoami(tls=theirs) as server:
        asking = exchange(("127.0.0.1", server.port), QUERY, timeout=LONG, tls_name=name)
        if why:
            with pytest.raises(Unavailable, match=why):
                await asking
        else:
            assert answered(await asking) == ["127.0.0.1"]
    assert server.over == ([] if why else ["tls"])


async def test_over_tls_an_authority_that_nobody_trusts_is_refused():
    """A certificate that somebody made for himself proves nothing."""
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("dns.test").configure_cert(theirs)
    async with whoami(tls=theirs) as server:
        with pytest.raises(Unavailable, match="not trusted"):
            await exchange(("127.0.0.1", server.port), QUERY, timeout=LONG, tls_name="dns.test")


async def test_every_failure_names_the_server():
    """Nobody there, nothing said, something else said."""
    async with whoami(hang_up=True) as server:
        with pytest.raises(Unavailable, match=f"127.0.0.1:{server.port} closed the TCP connection"):
            await exchange(("127.0.0.1", server.port), QUERY, timeout=LONG)
    with pytest.raises(
        Unavailable, match=f"127.0.0.1:{server.port} does not answer over TCP: connection refused"
    ):
        await exchange(("127.0.0.1", server.port), QUERY, timeout=LONG)
    async with whoami(reask=True) as server:
        with pytest.raises(Unavailable, match="answered another question over TCP"):
            await exchange(("127.0.0.1", server.port), QUERY, timeout=LONG)


async def test_it_does_not_wait_for_ever():
    """A server that takes the connection and is silent is given up."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(Unavailable, match=r"did not answer over TCP within 0.1 s"):
            await exchange(silent.getsockname(), QUERY, timeout=0.1, family=Family.V4)
        await asyncio.sleep(0)
