"""Event names. `room.happened`, past tense, constant: what is grepped is never formatted.

`emit` is the only way an event is told; logs are one listener, and whoever shows or counts events is another.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from typing import Any

import structlog

from homeport.telemetry import trace


class Event(enum.StrEnum):
    """Everything that is worth telling. `docs/events.md` explains each; a test holds the two together."""

    AGENT_STARTED = "agent.started"
    AGENT_STOPPED = "agent.stopped"
    CHANGE_HINTED = "change.hinted"
    ADDRESS_LEARNED = "address.learned"
    ADDRESS_UNKNOWN = "address.unknown"
    ADDRESS_PUSHED = "address.pushed"
    ADDRESS_REPEATED = "address.repeated"
    ADDRESS_REFUSED = "address.refused"
    RECORD_CURRENT = "record.current"
    RECORD_HELD = "record.held"
    RECORD_PUBLISHED = "record.published"
    RECORD_VERIFIED = "record.verified"
    RECORD_UNVERIFIED = "record.unverified"
    RECORD_FAILED = "record.failed"
    RECORD_HALTED = "record.halted"
    RECORD_GIVEN_UP = "record.given_up"
    RECORD_DRIFTED = "record.drifted"
    RECORD_RECOVERED = "record.recovered"
    RECORD_PAUSED = "record.paused"
    RECORD_RESUMED = "record.resumed"
    BREAKER_OPENED = "breaker.opened"
    BREAKER_CLOSED = "breaker.closed"
    ROUND_ENDED = "round.ended"
    ROUND_FAILED = "round.failed"
    WATCHER_FAILED = "watcher.failed"
    CONFIG_RELOADED = "config.reloaded"
    CONFIG_REJECTED = "config.rejected"
    CONFIG_ABSENT = "config.absent"
    STATE_SET_ASIDE = "state.set_aside"
    STATE_UNWRITABLE = "state.unwritable"
    STATE_WRITABLE = "state.writable"
    SERVER_STARTED = "server.started"
    SERVER_STOPPED = "server.stopped"
    LISTENER_OPENED = "listener.opened"
    LISTENER_EXPOSED = "listener.exposed"
    KEY_EXPOSED = "key.exposed"
    ZONE_LEFT_OVER = "zone.left_over"
    UPDATE_ACCEPTED = "update.accepted"
    UPDATE_UNCHANGED = "update.unchanged"
    UPDATE_REFUSED = "update.refused"
    HOST_SILENT = "host.silent"
    HOST_RETURNED = "host.returned"
    DNS_APPLIED = "dns.applied"
    STORE_FAILED = "store.failed"
    CONTROL_CALLED = "control.called"
    CONTROL_FAILED = "control.failed"
    SERVICE_FAILED = "service.failed"
    LOG_UNWRITABLE = "log.unwritable"
    HISTORY_UNWRITABLE = "history.unwritable"
    PAGE_UNCLAIMED = "page.unclaimed"
    PAGE_FAILED = "page.failed"
    PAGE_CERTIFIED = "page.certified"
    NOTICE_SENT = "notice.sent"
    NOTICE_FAILED = "notice.failed"
    NOTICE_UNWRITABLE = "notice.unwritable"


_QUIET = frozenset(
    {
        Event.ADDRESS_REPEATED,
        Event.ROUND_ENDED,
        Event.CHANGE_HINTED,
        Event.UPDATE_UNCHANGED,
        Event.DNS_APPLIED,
        Event.CONTROL_CALLED,
    }
)
_LOUD = frozenset(
    {
        Event.ADDRESS_UNKNOWN,
        Event.ADDRESS_REFUSED,
        Event.RECORD_HELD,
        Event.RECORD_UNVERIFIED,
        Event.RECORD_FAILED,
        Event.RECORD_DRIFTED,
        Event.BREAKER_OPENED,
        Event.WATCHER_FAILED,
        Event.LISTENER_EXPOSED,
        Event.KEY_EXPOSED,
        Event.ZONE_LEFT_OVER,
        Event.CONFIG_ABSENT,
        Event.STATE_SET_ASIDE,
        Event.UPDATE_REFUSED,
        Event.HOST_SILENT,
        Event.LOG_UNWRITABLE,
        Event.HISTORY_UNWRITABLE,
        Event.PAGE_FAILED,
        Event.NOTICE_FAILED,
        Event.NOTICE_UNWRITABLE,
    }
)
_ALARMING = frozenset(
    {
        Event.RECORD_HALTED,
        Event.RECORD_GIVEN_UP,
        Event.ROUND_FAILED,
        Event.CONFIG_REJECTED,
        Event.STATE_UNWRITABLE,
        Event.STORE_FAILED,
        Event.CONTROL_FAILED,
        Event.SERVICE_FAILED,
    }
)

_LOG = logging.getLogger("homeport")
Listener = Callable[[Event, dict[str, Any]], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> Callable[[], None]:
    """Hand every later event to `listener`, in the emitting task; the returned call ends that."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def level(event: Event) -> int:
    """Return the log level an event is told at, as `logging` numbers them."""
    if event in _QUIET:
        return logging.DEBUG
    if event in _LOUD:
        return logging.WARNING
    return logging.ERROR if event in _ALARMING else logging.INFO


_LEVELS = {event: level(event) for event in Event}


def is_heard(event: Event) -> bool:
    """Tell whether anybody would hear of `event`, for one whose fields have to be gathered first."""
    return bool(_listeners) or _LOG.isEnabledFor(_LEVELS[event])


def emit(event: Event, **fields: Any) -> None:
    """Tell that `event` happened. Fields are values for people and machines; a `Secret` prints as `***`."""
    is_logged = _LOG.isEnabledFor(_LEVELS[event])  # asked first: a busy server tells much that nobody reads
    if not is_logged and not _listeners:
        return
    if found := trace.current.get():
        fields.setdefault("trace", found)
    if is_logged:
        structlog.get_logger(_LOG.name).log(_LEVELS[event], event.value, **fields)
    for listener in tuple(_listeners):
        try:
            listener(event, fields)
        except Exception:  # noqa: BLE001 -- who listens never hurts who acts; the log has it
            _LOG.exception("a listener failed at %s", event.value)
