"""The doctor: one walk at a time, for whoever looks, and what it found last."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from homeport.web import bundle
from homeport.web.acts import noted
from homeport.web.api.operation import ZIP, operation
from homeport.web.desk import desk, language
from homeport.web.examination import told
from homeport.web.words import said


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    Attributes:
        verdict: `ok`, `note` or `wrong`.
        remedy: what to do.
        fix: what `homeport doctor --fix` would do.
    """

    id: str
    verdict: str
    seconds: float
    sentence: str
    remedy: str
    fix: str | None


class Examination(msgspec.Struct, frozen=True):
    """A walk.

    Attributes:
        number: counted from 1; 0 before the first.
        ended: when, in unix seconds.
        problem: why it could not be made.
    """

    number: int
    is_running: bool
    ended: float | None
    problem: str
    findings: list[Finding]


class BundleWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it is made.

    Attributes:
        is_masked: with stand-ins for your names and addresses.
    """

    is_masked: bool = False


@operation("GET", "/doctor", may="read", summary=said("What the doctor found last, and finds now."))
async def doctor(request: Request) -> Examination:
    return _seen(request)


@operation("POST", "/doctor", may="act", status=202, summary=said("Have everything examined."))
async def examine(request: Request) -> Examination:
    noted(request, "doctor")
    desk(request).doctor.start()
    return _seen(request)


@operation("POST", "/bundle", may="act", media=ZIP, summary=said("A support bundle without secrets."))
async def support_bundle(request: Request, body: BundleWish) -> Response:
    noted(request, "bundle")
    return Response(await bundle.bundle(desk(request), is_masked=body.is_masked), media_type=ZIP)


def _seen(request: Request) -> Examination:
    seen = desk(request).doctor
    findings = [msgspec.convert(told(each, language(request).code), Finding) for each in seen.findings]
    return Examination(seen.number, seen.is_running, seen.ended, seen.problem, findings)


OPERATIONS = (doctor, examine, support_bundle)
