"""The page's certificate: the one that is given, taken anew when its files change, or one that is made here.

A certificate of our own is signed by nobody, so that a browser asks once; its fingerprint is told where it is made, to
be compared. It lies in the state folder, its key 0600.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from homeport.config.models import GENERATED, Web
from homeport.errors import ConfigInvalid
from homeport.page import certificate_of as place
from homeport.page import fingerprint
from homeport.ports import Clock
from homeport.system.files import replace_private
from homeport.telemetry.events import Event, emit

LIFE = timedelta(days=730)
RENEW = timedelta(days=30)  # before its end
LATE = timedelta(days=1)  # a clock may be slow by so much
ALWAYS = ("localhost", "127.0.0.1", "::1")


class Certificate:
    """A certificate and its key, as TLS uses them.

    Raises:
        ConfigInvalid: they cannot be used.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = certificate, key
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._stamp = self._stamps()
        self._tried = self._stamp
        self._take()

    def refresh(self) -> None:
        """Take changed files for every later connection; what cannot be used is told, and the old one stays."""
        stamp = self._stamps()
        if stamp in (self._stamp, self._tried):
            return
        self._tried = stamp
        try:
            Certificate(*self._files)  # a context may be left with half of a pair
            self._take()
            self._stamp = stamp
        except ConfigInvalid as exc:
            emit(Event.PAGE_FAILED, why=str(exc))

    def _take(self) -> None:
        certificate, key = self._files
        try:
            self.context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as exc:
            raise ConfigInvalid(
                f"agent.web.tls: {certificate} and {key} are not a readable certificate and its key: "
                f"{exc.strerror or exc}"
            ) from exc

    def _stamps(self) -> tuple[Any, ...]:
        found: list[tuple[int, int, int] | None] = []
        for path in self._files:
            try:
                stat = path.stat()
            except OSError:
                found.append(None)
            else:
                found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
        return tuple(found)


def certificate_of(settings: Web, state: Path, clock: Clock) -> Certificate | None:
    """Return the certificate that the page shows; `None` where it speaks no TLS.

    Raises:
        ConfigInvalid: it cannot be used.
    """
    if settings.tls is None:
        return None
    if settings.tls != GENERATED:
        return Certificate(settings.tls.certificate, settings.tls.key)
    certificate, key = place(state)
    now = datetime.fromtimestamp(clock.now(), UTC)
    wanted = _names(settings)
    if not _is_good(certificate, wanted, now):
        _make(certificate, key, wanted, now)
        emit(Event.PAGE_CERTIFIED, certificate=str(certificate), fingerprint=fingerprint(certificate))
    return Certificate(certificate, key)


def _names(settings: Web) -> list[str]:
    """Return what the certificate is for: this machine, by every name and address that it is asked by."""
    import socket

    from homeport.config.listen import endpoint

    listens = [endpoint(text).host for text in settings.listen]
    found = [*ALWAYS, *settings.names, socket.gethostname(), *listens]
    return [name for name in dict.fromkeys(found) if name not in {"0.0.0.0", "::", ""}]  # noqa: S104 -- not listened on


def _is_good(certificate: Path, wanted: Iterable[str], now: datetime) -> bool:
    """Tell whether a certificate is there, covers every name, and is good for a while."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    covered = {str(each.value) for each in names}
    return (
        set(wanted) <= covered
        and found.not_valid_before_utc <= now
        and found.not_valid_after_utc - RENEW > now
    )


def _make(certificate: Path, key: Path, names: Sequence[str], now: datetime) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    secret = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Homeport")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - LATE)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = secret.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        replace_private(key, private)
        replace_private(certificate, made.public_bytes(pem))
    except OSError as exc:
        raise ConfigInvalid(
            f"agent.web.tls: {certificate} cannot be made ({exc.strerror}); look at the disk and the folder's owner"
        ) from exc


def _general(name: str) -> Any:
    from ipaddress import ip_address

    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
