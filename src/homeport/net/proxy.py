"""An HTTP or SOCKS proxy, of a URL read once: what of it may be shown, and what may not."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_LONGEST = 255  # octets of a user or password (RFC 1929 section 2)


@dataclass(frozen=True, slots=True)
class Proxy:
    """Through whom requests go. With either SOCKS scheme the proxy looks up the names.

    Attributes:
        auth: user and password, decoded, where there are any.
    """

    scheme: str
    host: str
    port: int
    auth: tuple[bytes, bytes] | None = field(repr=False, default=None)

    @classmethod
    def parse(cls, url: str) -> Proxy:
        """Read `scheme://user:password@host:port`; user, password and port may be left out.

        Raises:
            ValueError: it is no such URL. The text is not quoted, for it may hold a password.
        """
        wanted = "expected a proxy's URL: http, https, socks5 or socks5h, then ://host:port"
        try:
            split = urlsplit(url.strip())
            scheme, host = split.scheme, split.hostname or ""
            port = split.port or PORTS.get(scheme, 0)
        except ValueError:  # a bad port, an unclosed bracket
            raise ValueError(wanted) from None
        if scheme not in PORTS or not host or not host.isascii():
            raise ValueError(wanted)
        if split.path not in ("", "/") or split.query or split.fragment:
            raise ValueError(f"{wanted}, and nothing after it; write %2F for a slash in the password")
        return cls(scheme, host, port, _auth(split.username, split.password))

    def __str__(self) -> str:
        """Where it is, without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def _auth(user: str | None, password: str | None) -> tuple[bytes, bytes] | None:
    if user is None:
        return None
    pair = unquote(user).encode(), unquote(password or "").encode()
    if max(map(len, pair)) > _LONGEST:
        raise ValueError(f"a proxy's user and password have at most {_LONGEST} octets")
    return pair
