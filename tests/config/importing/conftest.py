"""Reads the samples, and holds every result to what all of them must be."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from homeport.config import loader
from homeport.config.importing import read
from homeport.config.importing.write import write
from homeport.config.kinds import kind_of

SAMPLES = Path(__file__).parents[1] / "samples"


class Carried(NamedTuple):
    """What became of a configuration.

    Attributes:
        records: each type of each name, with the provider's kind and the address source.
        left: what was left, as people read it.
    """

    records: set[tuple[str, str, str, str]]
    agent: Any
    secrets: dict[str, str]
    left: list[str]
    changed: list[str]
    text: str


@pytest.fixture
def carry():
    """Carry a text over: it must load, and no secret of it may stand in the file or in a note."""

    def carry(tool, text):
        moved = read(tool, text)
        written = write(moved)
        for secret in ("hunter2", "s3cret", "pa55word"):
            assert secret not in written.text
        assert all(written.secrets.values())
        agent = loader.parse(written.text, Path("homeport.yaml")).config.agent
        records = {
            (str(one.name), str(rrtype), kind_of(agent.providers[one.provider]), one.source(rrtype))
            for one in agent.records
            for rrtype in one.types
        }
        left, changed = ([str(note) for note in notes] for notes in (moved.left, moved.changed))
        return Carried(records, agent, dict(written.secrets), left, changed, written.text)

    return carry


@pytest.fixture
def sample(carry):
    """Carry over one of the samples."""

    def sample(tool, name):
        folder = SAMPLES / tool.replace("-", "_")
        return carry(tool, (folder / name).read_text(encoding="utf-8"))

    return sample
