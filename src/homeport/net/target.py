"""Where one HTTP request goes: a URL read once, with what of it may be shown and what may not."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, unquote, urlsplit

from homeport.errors import Unavailable

_PORTS = {"http": 80, "https": 443}
_SAFE = "%/:?#[]@!$&'()*+,;=~"  # RFC 3986 section 2.2, and what is encoded already


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in the parts a request needs.

    Attributes:
        host: as it goes into the Host header: A-labels, an IPv6 address in brackets.
        path: path and query, encoded; the query may hold a secret.
        authorization: a Basic header made of the URL's own user and password, or empty.
    """

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)
    authorization: str = field(repr=False, default="")

    @classmethod
    def parse(cls, url: str) -> Target:
        """Read an absolute http or https URL; a fragment is dropped.

        Raises:
            Unavailable: it is not one; nothing was sent. The text is not quoted, for it may hold a secret.
        """
        try:
            split = urlsplit(url.strip())
            host, port = _ascii(split.hostname or ""), split.port or _PORTS.get(split.scheme, 0)
        except ValueError:  # a bad port, an unclosed bracket, a label that has no A-label
            raise Unavailable("a request's address is not a URL") from None
        if split.scheme not in _PORTS or not host:
            raise Unavailable("a request's address must begin with http:// or https:// and name a host")
        path = quote(split.path or "/", safe=_SAFE)
        query = f"?{quote(split.query, safe=_SAFE)}" if split.query else ""
        return cls(split.scheme, host, port, path + query, _basic(split))

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them: the scheme's own port is left out."""
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def shown(self) -> str:
        """The URL without its query, user and password."""
        return f"{self.scheme}://{self.authority}{self.path.partition('?')[0]}"

    @property
    def certificate_name(self) -> str:
        """The name the certificate must be for."""
        return self.host.strip("[]")

    def headers(self, wanted: Mapping[str, str], defaults: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
        """Return the header fields of one request: `wanted`, and each of `defaults` that it does not name."""
        fields = {"Host": self.authority, **defaults}
        if self.authorization:
            fields["Authorization"] = self.authorization
        named = {name.lower() for name in wanted}
        kept = {name: value for name, value in fields.items() if name.lower() not in named}
        return [(name.encode(), value.encode()) for name, value in (kept | dict(wanted)).items()]


def _ascii(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    return host if host.isascii() else host.encode("idna").decode()


def _basic(split: SplitResult) -> str:
    if split.username is None:
        return ""
    pair = f"{unquote(split.username)}:{unquote(split.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
