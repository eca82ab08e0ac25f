"""A secret: something that can be used and cannot be shown."""

from __future__ import annotations

from collections.abc import Callable


class Secret:
    """A value that prints as `***` and is read only when it is used.

    Attributes:
        source: where it comes from (`env:CF_TOKEN`), safe to show; `***` when it stood in the file itself.
    """

    __slots__ = ("_read", "source")

    def __init__(self, source: str, read: Callable[[], str]) -> None:
        self.source = source
        self._read = read

    @classmethod
    def literal(cls, value: str) -> Secret:
        """Wrap a value that is already here, as tests and a plain-text configuration do."""
        return cls("***", lambda: value)

    def reveal(self) -> str:
        """Return the value, for the one call that needs it; never keep it.

        Raises:
            SecretUnreadable: the place it comes from does not have it.
        """
        return self._read()

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__
