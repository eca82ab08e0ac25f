"""Secrets that a page put into the encrypted store, and that nothing names any more.

A former version that is brought back must find its secrets, so that one goes when neither the file nor a version that
is kept names it. What its owner put there by `homeport secret set` is never touched.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

from homeport.config import secret_store
from homeport.config.hidden import leaves
from homeport.config.loader import MAX_BYTES
from homeport.config.reading import composed
from homeport.config.versions import Versions

WRITING = threading.Lock()
"""Held from putting secrets until the file names them: in between they are nobody's."""


def sweep(path: Path, store: Path, versions: Versions) -> list[str]:
    """Remove what is left over, and return its names.

    Raises:
        NotAllowed, StoreUnavailable, SecretUnreadable, InUse: the store, the file or a version cannot be read or
            written; what is left over stays until the next time.
    """
    with WRITING:
        wanted = secret_store.names_of_pages(store)
        if not wanted:
            return []
        texts = [path.read_bytes(), *(versions.read(each.id) or b"" for each in versions.all())]
        named = [*texts, *_beside(store)]
        left = [name for name in wanted if not any(_is_named(name, text) for text in named)]
        if left and (spelled := _spelled(texts)) is not None:
            left = [name for name in left if f"secret:{name}" not in spelled]
            for name in left:
                secret_store.remove(store, name)
            return left
        return []


def _beside(store: Path) -> Iterator[bytes]:
    """Yield what other files say that find their secrets in the same store, such as copies of this one."""
    for each in sorted(store.parent.iterdir()):
        is_ours = each.suffix in {store.suffix, ".key", ".lock"}
        if not is_ours and each.is_file() and each.stat().st_size <= MAX_BYTES:
            yield each.read_bytes()


def _is_named(name: str, text: bytes) -> bool:
    return re.search(rb"secret:" + re.escape(name.encode()) + rb"(?![A-Za-z0-9_.-])", text) is not None


def _spelled(texts: list[bytes]) -> set[str] | None:
    """Return every value of these files as it is read, escapes and all; `None` when one cannot be read."""
    found: set[str] = set()
    for text in texts:
        root = composed(text.decode("utf-8-sig", "replace")).root
        if root is None:
            return None
        found |= {node.text for _, node in leaves(root)}
    return found
