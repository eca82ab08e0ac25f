"""Who is told what happens, how that went last, and a test that says what was answered."""

from __future__ import annotations

import msgspec
from starlette.requests import Request

from homeport.errors import Unavailable
from homeport.web import notify
from homeport.web.acts import act
from homeport.web.api.file import current_file
from homeport.web.api.operation import operation
from homeport.web.api.problem import Refusal
from homeport.web.desk import desk
from homeport.web.redacted import redacted_as
from homeport.web.words import said


class Sent(msgspec.Struct, frozen=True):
    """The last message that arrived; `at` is unix seconds."""

    at: float
    answer: str


class Failed(msgspec.Struct, frozen=True):
    """The last try that did not; `at` is unix seconds."""

    at: float
    why: str


class Notifier(msgspec.Struct, frozen=True):
    """One way in which people are told.

    Attributes:
        preset: the service that it speaks to.
        when: what it is told of.
        names: which names; all of them where none is named.
        waiting: messages that did not arrive yet.
        lost: messages that were given up.
        next_attempt: unix seconds.
    """

    name: str
    kind: str
    preset: str | None
    when: list[str]
    names: list[str]
    waiting: int
    lost: int
    failures: int
    next_attempt: float | None
    sent: Sent | None
    failed: Failed | None


class Notifiers(msgspec.Struct, frozen=True):
    """Everybody who is told."""

    notifiers: list[Notifier]


class Outcome(msgspec.Struct, frozen=True):
    """How a test went, and what was answered."""

    sent: bool
    answer: str


@operation("GET", "/notifiers", may="read", others=(404, 409, 502), summary=said("Who is told what happens."))
async def notifiers(request: Request) -> Notifiers:
    tools = desk(request)
    found = await notify.standing(tools, await current_file(tools))
    try:
        return Notifiers([redacted_as({**one, "name": name}, Notifier) for name, one in found.items()])
    except msgspec.ValidationError as error:
        raise Unavailable(f"the agent is of another version ({error}); start it anew") from None


@operation(
    "POST",
    "/notifiers/{name}/test",
    may="act",
    others=(409, 502),
    summary=said("Send a notification as a test."),
)
async def test_notifier(request: Request, name: str) -> Outcome:
    tools = desk(request)
    if name not in await notify.standing(tools, await current_file(tools)):
        raise Refusal(404, "nobody of that name is told; /notifiers lists them")
    found = await act(request, "notify_test", name=name)
    return redacted_as(found[name], Outcome)


OPERATIONS = (notifiers, test_notifier)
