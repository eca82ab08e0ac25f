"""Waiting at a start for what cannot be had only for now: a full disk gets room, a read-only one is mounted anew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeVar

from homeport.errors import StoreUnavailable
from homeport.ports import Clock
from homeport.telemetry.events import Event, emit

AGAIN = 2.0  # seconds
T = TypeVar("T")


@asynccontextmanager
async def patient(opening: Callable[[], AbstractAsyncContextManager[T]], clock: Clock) -> AsyncIterator[T]:
    """Enter what `opening` makes. While its state is unavailable, that is told once, and it is made again and again.

    Raises:
        HomeportError: what it raised otherwise; a person is waited for.
    """
    is_told = False
    async with AsyncExitStack() as stack:
        while True:
            try:
                entered = await stack.enter_async_context(opening())
                break
            except (StoreUnavailable, BaseExceptionGroup) as exc:
                why = _only_why(exc)
            if not is_told:
                emit(Event.STATE_UNWRITABLE, error=str(why), hint=f"it is tried again every {AGAIN:g} s")
            is_told = True
            await clock.sleep(AGAIN)
        yield entered


def _only_why(error: BaseException) -> BaseException:
    """Return the store's own word, looking into the groups that tasks raise.

    Raises:
        BaseExceptionGroup: there is something else in it.
    """
    while isinstance(error, BaseExceptionGroup):
        if error.split(StoreUnavailable)[1]:
            raise error
        error = error.exceptions[0]
    return error
