"""Where records are published, one host a file.

A provider is one module: `PROVIDER`, a class with typed `Settings`. Nothing else is edited to add one;
those outside this tree join by the entry point group `homeport.providers`.
"""

from homeport.registry import Room


def _words() -> dict[str, str]:
    """Return what people call the hosts, in small letters, with their kinds."""
    abouts = {kind: getattr(load(kind), "about", None) for kind in kinds()}
    return {
        word: kind
        for kind, about in abouts.items()
        if about is not None
        for word in (about.title.lower(), *about.known_as)
    }


_ROOM = Room(__name__, __path__, "PROVIDER", "provider", _words)
kinds = _ROOM.kinds
load = _ROOM.load
meant = _ROOM.meant
