"""The page's certificate: one that is given, and one that is made."""

import os
import socket
import ssl
from datetime import timedelta

import pytest
import trustme
from cryptography import x509

from fakes.clock import FakeClock
from fakes.front_door import PATIENCE, cookie_of, front_door
from fakes.programs import wait_until
from homeport.config.models import Tls, Web
from homeport.errors import ConfigInvalid
from homeport.page import certificate_of as place
from homeport.page import fingerprint
from homeport.web.tls import LIFE, RENEW, certificate_of

GENERATED = Web(tls="generated", names=("nas.example",), listen=("0.0.0.0:0", "192.0.2.1:1"))


def test_a_certificate_is_made_for_every_name_of_this_machine(tmp_path):
    """Its key is its owner's alone, and it may sign for nobody."""
    certificate_of(GENERATED, tmp_path, FakeClock())
    certificate, key = place(tmp_path)
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = {
        str(each.value)
        for each in found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    }
    assert {"localhost", "127.0.0.1", "::1", "nas.example", "192.0.2.1", socket.gethostname()} <= names
    assert "0.0.0.0" not in names
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert key.stat().st_mode & 0o777 == 0o600
    assert fingerprint(certificate) == found.fingerprint(found.signature_hash_algorithm).hex(":").upper()


def test_it_is_kept_until_it_ends_or_does_not_fit(tmp_path):
    """The same at every start; another one a month before its end, for another name, or where it is damaged."""
    clock, certificate = FakeClock(), place(tmp_path)[0]

    def made(settings=GENERATED):
        certificate_of(settings, tmp_path, clock)
        return fingerprint(certificate)

    first = made()
    assert made() == first
    clock.jump((LIFE - RENEW - timedelta(days=1)).total_seconds())
    assert made() == first
    clock.jump(timedelta(days=2).total_seconds())
    second = made()
    assert second != first
    third = made(Web(tls="generated", names=("other.example",)))
    assert third != second
    certificate.write_bytes(b"damaged")
    assert made() != third


def test_a_certificate_that_cannot_be_used_is_said(tmp_path):
    """Which files, and where that is set."""
    with pytest.raises(ConfigInvalid, match=r"agent\.web\.tls: .*none\.pem"):
        certificate_of(
            Web(tls=Tls(certificate=tmp_path / "none.pem", key=tmp_path / "k")), tmp_path, FakeClock()
        )


def test_tls_end_to_end(tmp_path):
    """A session over TLS: `__Host-`, Secure, and an origin that is https."""
    authority = trustme.CA()
    given(authority, tmp_path)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    settings = {"tls": Tls(certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem")}
    with front_door(tmp_path / "page", context=context, **settings) as door:
        origin = f"https://127.0.0.1:{door.port}"
        answer = door.ask("POST", "/enter", {"link": door.access.make_link()}, origin=origin)
        assert answer.status == 303
        assert cookie_of(answer).startswith("__Host-homeport=")
        assert "; Secure" in answer.headers["set-cookie"]
        assert door.ask("GET", "/account", cookie=cookie_of(answer)).status == 200
        forged = door.ask("POST", "/enter", {}, origin=origin.replace("https", "http"))
        assert forged.status == 403
        plain = door.raw(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert plain.startswith(b"HTTP/1.1 400")
        assert b"https://" in plain
        old = ssl.create_default_context()
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            shake(door, old)


def test_a_certificate_that_changes_is_taken_while_people_look(tmp_path):
    """Within a second or so of its files' change; one that is half there is not, and the old one goes on."""
    first, second = trustme.CA(), trustme.CA()
    given(first, tmp_path)
    context = ssl.create_default_context()
    first.configure_trust(context)
    second.configure_trust(context)
    settings = {"tls": Tls(certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem")}
    with front_door(tmp_path / "page", context=context, **settings) as door:
        before = shake(door, context)
        (tmp_path / "cert.pem").write_bytes(b"half")
        os.utime(tmp_path / "cert.pem", (1, 1))
        assert shake(door, context) == before
        given(second, tmp_path)
        wait_until(lambda: shake(door, context) != before)


def given(authority, folder):
    made = authority.issue_cert("127.0.0.1")
    made.private_key_pem.write_to_path(str(folder / "key.pem"))
    folder.joinpath("cert.pem").write_bytes(b"".join(each.bytes() for each in made.cert_chain_pems))


def shake(door, context):
    """Return the certificate that a new connection is shown."""
    with (
        socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as sock,
    ):
        return sock.getpeercert(binary_form=True)
