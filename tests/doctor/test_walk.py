"""The walk through all checks."""

import importlib
import pkgutil

import pytest

import homeport.doctor
from fakes.patient import ids, patient
from homeport.doctor import walk
from homeport.doctor.finding import Sentence, ok
from homeport.errors import Unavailable

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
