"""The walk through all checks."""

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import homeport.doctor
from fakes.patient import ids, patient
from homeport.doctor import walk, zh
from homeport.doctor.finding import Sentence, ok
from homeport.errors import Unavailable

TOP = Path(__file__).resolve().parents[2]
FINE = ok("one.ok", "well")


def modules():
    names = [module.name for module in pkgutil.iter_modules(homeport.doctor.__path__)]
    return {name: importlib.import_module(f"homeport.doctor.{name}") for name in names}


def test_every_check_has_its_place_in_the_walk():
    """A module with a check that nobody makes would be silence."""
    assert {name for name, module in modules().items() if hasattr(module, "check")} == {
        *walk.START,
        *walk.NETWORK,
    }


def test_every_sentence_is_named_for_its_check():
    """Who reads an id knows where it is said; no two sentences share one."""
    said = [(name, value) for name, module in modules().items() for value in vars(module).values()]
    own = {value: name for name, value in said if isinstance(value, Sentence)}
    assert all(sentence.check == name for sentence, name in own.items())
    assert len({sentence.id for sentence in own}) == len(own) > 60


@pytest.mark.parametrize("page", ["docs/it-does-not-start.md", "docs/zh/it-does-not-start.md"])
def test_everything_that_can_be_said_stands_on_the_page(page):
    """Each sentence with its id, word for word, and none beside them; the page is as the tool writes it."""
    text = (TOP / page).read_text(encoding="utf-8")
    said = {sentence.id: sentence for sentence in walk.sentences()}
    assert set(re.findall(r"(?m)^\| \S+ `(\w+\.\w+)` \|", text)) == set(said)
    for name, sentence in said.items():
        words, remedy = zh.SENTENCES[name] if "/zh/" in page else (sentence.text, sentence.remedy)
        [row] = [line for line in text.splitlines() if f" `{name}` | " in line]
        assert re.sub(r"‹(\w+)›", r"{\1}", row).endswith(
            f"`{name}` | {words} | {remedy} |".replace("  |", " |")
        )
    tool = [sys.executable, TOP / "tools" / "doctor_docs", "--check"]
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    assert page not in done.stdout, done.stdout


async def run(case, monkeypatch, check):
    monkeypatch.setattr("homeport.doctor.interface.check", check)
    return [finding async for finding in walk.walk(case, ["interface"])]


async def test_each_finding_has_its_time(tmp_path, monkeypatch):
    """The time since the finding before it, unless it brings its own."""
    case = patient(tmp_path)

    async def check(given):
        case.tools.clock._mono += 2
        yield FINE.found()
        case.tools.clock._mono += 3
        yield FINE.found()

    assert [one.seconds for one in await run(case, monkeypatch, check)] == [2, 3]


@pytest.mark.parametrize("error", [Unavailable("the system does not say"), KeyError("secret text")])
async def test_a_fault_in_one_check_is_a_finding(tmp_path, monkeypatch, error):
    """It ends that check alone, and a fault of ours does not quote what it was about."""

    async def check(given):
        yield FINE.found()
        raise error

    made = await run(patient(tmp_path), monkeypatch, check)
    assert ids(made) == ["one.ok", "walk.fault"]
    assert "secret text" not in made[1].sentence


async def test_a_check_that_waits_for_ever_is_left(tmp_path, monkeypatch):
    """The walk goes on."""
    monkeypatch.setattr(walk, "PATIENCE", 0.01)

    async def check(given):
        import asyncio

        await asyncio.Event().wait()
        yield FINE.found()

    assert ids(await run(patient(tmp_path), monkeypatch, check)) == ["walk.slow"]
