"""Who answers under a host name: two servers of one operator are one witness."""

from __future__ import annotations

from ipaddress import ip_address

# Second-level labels under which country registries sell names; enough to tell operators apart, not a suffix list.
_REGISTRY_LABELS = frozenset({"ac", "co", "com", "edu", "go", "gob", "gov", "ne", "net", "nom", "or", "org"})


def operator_of(host: str, port: int) -> str:
    """Return the registrable domain of `host`; for an address or a single label, host and port.

    `host` may be an IPv6 address in brackets or bare.
    """
    bare = host.strip("[]").rstrip(".").lower()
    labels = bare.split(".")
    if _is_address(bare) or len(labels) == 1:
        return f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"
    by_country = len(labels[-1]) == 2 and labels[-2] in _REGISTRY_LABELS
    return ".".join(labels[-3 if by_country else -2 :])


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
