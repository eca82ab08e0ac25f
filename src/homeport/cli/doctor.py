"""`homeport doctor`: what is wrong, and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeport.cli._options import config_option, json_option, logging_options, print_json

if TYPE_CHECKING:
    from homeport.doctor.case import Case
    from homeport.doctor.finding import Finding

Spoken = Callable[["Finding"], tuple[str, str]]
MARKS = {"ok": ("ok   ", "green"), "note": ("note ", "yellow"), "wrong": ("WRONG", "red")}


@click.command()
@config_option
@json_option
@logging_options
@click.option("--fix", is_flag=True, help="Mend what can be mended without taking anything from anybody.")
@click.option(
    "--port", "ports", multiple=True, type=click.IntRange(1, 65535), help="Try this port from outside, too."
)
@click.option(
    "--language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="What to speak."
)
def doctor(config: Path | None, *, as_json: bool, fix: bool, ports: tuple[int, ...], language: str) -> None:
    """Find what is wrong, from the file to the world's view of the name, and say what to do."""
    spoken = partial(_words, language)
    raise SystemExit(asyncio.run(_looked(config, ports, spoken, as_json=as_json, fix=fix)))


def _words(language: str, finding: Finding) -> tuple[str, str]:
    """Return a finding's sentence and remedy."""
    if language == "en":
        return finding.sentence, finding.remedy
    from homeport.doctor import zh

    return zh.sentence(finding), zh.remedy(finding)


async def _looked(
    config: Path | None, ports: tuple[int, ...], spoken: Spoken, *, as_json: bool, fix: bool
) -> int:
    from homeport.doctor.walk import walk

    mended = await _mended(config) if fix else []
    for line in [] if as_json else mended:
        click.echo(line)
    async with _case(config, ports) as case:
        findings = [finding async for finding in _shown(walk(case), spoken, quiet=as_json)]
    code = int(any(finding.verdict == "wrong" for finding in findings))
    if as_json:
        told = [_data(finding, spoken) for finding in findings]
        print_json({"findings": told, "mended": mended, "exit_code": code})
    else:
        click.echo(_summary(findings, spoken))
    return code


async def _mended(config: Path | None) -> list[str]:
    """Mend what stands between this machine and a start; return what was done, a line each."""
    from homeport.doctor.mend import mend
    from homeport.doctor.walk import START, walk

    async with _case(config) as case:
        return mend([finding async for finding in walk(case, START)])


def _case(config: Path | None, ports: tuple[int, ...] = ()) -> AbstractAsyncContextManager[Case]:
    from homeport.cli.service import program
    from homeport.doctor.case import opened
    from homeport.doctor.ways import ways
    from homeport.jobs.clock import SystemClock

    return opened(config, ways(), SystemClock(), ports=ports, program=program())


async def _shown(findings: AsyncIterator[Finding], spoken: Spoken, *, quiet: bool) -> AsyncIterator[Finding]:
    """Print each finding as it is made, for the next one may take long."""
    async for finding in findings:
        if not quiet:
            _print(finding, spoken)
        yield finding


def _print(finding: Finding, spoken: Spoken) -> None:
    sentence, remedy = spoken(finding)
    mark, colour = MARKS[finding.verdict]
    took = f"{finding.seconds * 1000:6.0f} ms" if finding.seconds < 10 else f"{finding.seconds:6.1f} s "
    click.echo(f"{click.style(mark, fg=colour)} {took}  {sentence}  [{finding.said.id}]")
    if remedy:
        click.echo(f"{'':17}-> {remedy}")
    if finding.fix:
        click.echo(f"{'':17}-> `homeport doctor --fix` does it: {finding.fix.what}")


def _summary(findings: Iterable[Finding], spoken: Spoken) -> str:
    wrongs = [finding for finding in findings if finding.verdict == "wrong"]
    if not wrongs:
        return "nothing is wrong"
    first = "" if len(wrongs) == 1 else f"; begin with the first: {spoken(wrongs[0])[0]}"
    return f"{len(wrongs)} wrong{first}"


def _data(finding: Finding, spoken: Spoken) -> dict[str, Any]:
    sentence, remedy = spoken(finding)
    return {
        "id": finding.said.id,
        "check": finding.check,
        "verdict": finding.verdict.value,
        "seconds": round(finding.seconds, 3),
        "sentence": sentence,
        "remedy": remedy,
        "fix": finding.fix.what if finding.fix else None,
    }
