"""A fault in one adapter stays there: the agent outlives every provider and detector, ours or out of tree."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from homeport.errors import HomeportError, PeerError, Unavailable

_LOG = logging.getLogger("homeport.fault")


@contextmanager
def contained(what: str, kind: type[PeerError] = Unavailable) -> Iterator[None]:
    """Turn any exception of `what` that is not an error of ours into `kind`, which is handled like any other.

    Its own text is not told, for it may quote anything; the traceback is logged at debug.
    """
    try:
        yield
    except HomeportError:
        raise
    except Exception as exc:
        _LOG.debug("a fault in %s", what, exc_info=True)
        raise kind(f"a fault in {what} ({type(exc).__name__}); --log-level debug shows where") from exc
