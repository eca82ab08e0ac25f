"""Mending: the fixes that findings carry, each tried once, and told whether it worked."""

from __future__ import annotations

from collections.abc import Iterable

from homeport.doctor.finding import Finding, Fix
from homeport.errors import HomeportError


def mend(findings: Iterable[Finding]) -> list[str]:
    """Do every fix, each once; return a line for each."""
    fixes = {finding.fix.what: finding.fix for finding in findings if finding.fix}
    return [_done(fix) for fix in fixes.values()]


def _done(fix: Fix) -> str:
    try:
        fix.do()
    except (HomeportError, OSError) as exc:
        return f"not mended: {fix.what}: {getattr(exc, 'strerror', None) or exc}"
    return f"mended: {fix.what}"
