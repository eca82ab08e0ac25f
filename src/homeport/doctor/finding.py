"""What a check can say, what it found, and what would mend it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from homeport.ports import Clock


class Verdict(StrEnum):
    """How bad it is. `wrong` alone makes the exit code 1."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Fix:
    """What is done with `--fix`; only what takes nothing away from anybody is one.

    Attributes:
        what: in the imperative: "make the folder /var/lib/homeport".
        do: does it; raises OSError or HomeportError when it cannot be done.
    """

    what: str
    do: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        said: which sentence it is.
        fields: what stands in its places.
        seconds: that the look took.
    """

    said: Sentence
    fields: Mapping[str, object] = field(default_factory=dict)
    fix: Fix | None = None
    seconds: float = 0.0

    @property
    def check(self) -> str:
        return self.said.check

    @property
    def verdict(self) -> Verdict:
        return self.said.verdict

    @property
    def sentence(self) -> str:
        return self.said.text.format_map(self.fields)

    @property
    def remedy(self) -> str:
        return self.said.remedy.format_map(self.fields)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing that can be said.

    Attributes:
        id: `check.what`; it never changes, for people search for it.
        text: the sentence, with places in braces.
        remedy: the way out; empty where nothing is to be done.
    """

    id: str
    verdict: Verdict
    text: str
    remedy: str = ""

    @property
    def check(self) -> str:
        return self.id.partition(".")[0]

    def found(self, fix: Fix | None = None, /, **fields: object) -> Finding:
        """Return a finding of this sentence with `fields` in its places."""
        return Finding(self, fields, fix)


def ok(name: str, text: str) -> Sentence:
    return Sentence(name, Verdict.OK, text)


def note(name: str, text: str, remedy: str = "") -> Sentence:
    return Sentence(name, Verdict.NOTE, text, remedy)


def wrong(name: str, text: str, remedy: str) -> Sentence:
    return Sentence(name, Verdict.WRONG, text, remedy)


async def timed(clock: Clock, work: Awaitable[Sequence[Finding]]) -> list[Finding]:
    """Return what `work` finds, each with the time that it took: what is done at once is not told as done in turn."""
    start = clock.monotonic()
    found = await work
    return [replace(finding, seconds=clock.monotonic() - start) for finding in found]
