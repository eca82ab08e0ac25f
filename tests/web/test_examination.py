"""A walk of the doctor that several may look at."""

import asyncio

import pytest

from homeport.doctor.finding import Finding, wrong
from homeport.jobs.clock import SystemClock
from homeport.web.examination import Examination, told

CHECKS = ("configuration", "secrets", "state")


@pytest.fixture
def seen(tmp_path):
    return Examination(tmp_path / "homeport.yaml", ("homeport",), SystemClock(), CHECKS)


async def walked(seen):
    """Run one walk to its end, and return what somebody saw who looked from the start."""
    async with asyncio.TaskGroup() as group:
        running = group.create_task(seen.run())
        seen.start()
        found = [finding async for new in seen.after(seen.number, 0) for finding in new]
        await seen.finished()
        running.cancel()
    return found


async def test_whoever_looks_sees_every_finding_once(seen, tmp_path):
    """From the start, or from where one was; at the end there is no more to wait for."""
    (tmp_path / "homeport.yaml").write_text("agent: {state: state, records: [}\n")
    found = await walked(seen)
    assert found == seen.findings
    assert "configuration.invalid" in [each.said.id for each in found]
    assert not seen.is_running
    rest = [each async for new in seen.after(1, 1) for each in new]
    assert rest == found[1:]
    assert [each async for each in seen.after(2, 0)] == []


async def test_a_second_walk_forgets_the_first(seen, tmp_path):
    """What was mended meanwhile is not told any more; one that is under way is not begun again."""
    await walked(seen)
    assert "configuration.absent" in [each.said.id for each in seen.findings]
    (tmp_path / "homeport.yaml").write_text(
        f"agent:\n  state: {tmp_path}\n  providers: {{d: {{kind: duckdns, token: x}}}}\n"
        "  records: [{name: a.duckdns.org, provider: d}]\n"
    )
    seen.start()
    seen.start()
    assert seen.number == 2
    await walked(seen)
    ids = [each.said.id for each in seen.findings]
    assert "configuration.ok" in ids
    assert "configuration.absent" not in ids


async def test_a_check_that_cannot_be_made_is_told(tmp_path):
    """Whatever happens in it, the walk ends and another can begin."""
    seen = Examination(tmp_path / "homeport.yaml", ("homeport",), SystemClock(), ("no_such_check",))
    await walked(seen)
    assert "ModuleNotFoundError" in seen.problem
    seen.checks = CHECKS
    await walked(seen)
    assert seen.problem == ""
    assert seen.findings


def test_a_finding_is_told_in_the_readers_language():
    """Chinese for the Chinese, English for everybody else; a link that it quotes is left out."""
    from homeport.doctor.configuration import ABSENT

    finding = ABSENT.found(places="/etc")
    assert "没有" in told(finding, "zh-CN")["sentence"]
    assert told(finding, "fr") == told(finding, "en")
    quoting = Finding(wrong("x.y", "{line}", "none"), {"line": "http://me:word@host/enter?link=abc"})
    assert told(quoting, "en")["sentence"] == "http://***@host/enter?link=***"
