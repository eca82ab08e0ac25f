"""For programs that watch this one: is it ready, and its numbers in the words of Prometheus.

Neither says to strangers what the names are: `/readyz` says yes or no, and numbers are for the owner, by a token or a
session, or for every program of this machine where the configuration says so.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from homeport.errors import HomeportError
from homeport.web.desk import desk
from homeport.web.live import LOOKS

KIND = "text/plain; version=0.0.4; charset=utf-8"
Labels = Mapping[str, str]
Sample = tuple[Labels, float]


async def ready(request: Request) -> Response:
    """Say whether the agent answers and every name is as it should be."""
    status = await desk(request).pulse.status()
    is_ready = status is not None and status["exit_code"] == 0
    return PlainTextResponse("ready\n" if is_ready else "not ready\n", 200 if is_ready else 503)


async def metrics(request: Request) -> Response:
    """Show the numbers of the agent and its page."""
    tools = desk(request)
    try:
        status, counted = await tools.house.status(), await tools.house.ask("counts")
    except HomeportError as exc:
        return PlainTextResponse(f"{exc}\n", 503)
    text = exposition(status, counted, len(tools.connections))
    return Response(text, headers={"content-type": KIND})


def exposition(status: Mapping[str, Any], counted: Mapping[str, Any], connections: int) -> str:
    """Return everything in the text format.

    Args:
        status: how everything stands, as the agent says.
        counted: what it counted since its start.
        connections: that the page has now, with the one that asks.
    """
    return "\n".join(line for family in _families(status, counted, connections) for line in family) + "\n"


def _families(
    status: Mapping[str, Any], counted: Mapping[str, Any], connections: int
) -> Iterator[Iterable[str]]:
    agent, records = status["agent"], status["records"]
    yield _family("info", "gauge", "Which version runs.", [({"version": agent["version"]}, 1)])
    yield _family("start_time_seconds", "gauge", "When the agent started, unix time.", [({}, agent["since"])])
    yield from _of_records(records)
    yield from _of_addresses(status["addresses"])
    heard = [({"by": word["by"]}, word["at"]) for word in status.get("pushed", []) if word["at"]]
    yield _family("pushed_timestamp_seconds", "gauge", "When a router pushed last, unix time.", heard)
    events = counted["events"]
    yield _family("rounds_total", "counter", "Rounds since the start.", [({}, events["round.ended"])])
    told = [({"event": event}, count) for event, count in events.items()]
    yield _family("events_total", "counter", "What was told since the start, by event.", told)
    yield _histogram(counted["visible"])
    yield _family("page_connections", "gauge", "Connections to the page now.", [({}, connections)])


def _of_records(records: Iterable[Mapping[str, Any]]) -> Iterator[Iterable[str]]:
    named = [({name: record[name] for name in ("name", "type", "provider")}, record) for record in records]
    counts = Counter(record["state"] for _, record in named)
    states = [({"state": state}, float(counts[state])) for state in sorted({*LOOKS, *counts})]
    yield _family("records", "gauge", "RRsets that are kept, by state.", states)
    each = [({**labels, "state": record["state"]}, 1.0) for labels, record in named]
    yield _family("record_state", "gauge", "The state of each RRset.", each)
    for key, what, said in (
        ("published_at", "record_changed_timestamp_seconds", "When an RRset was changed last, unix time."),
        ("verified_at", "record_verified_timestamp_seconds", "When an RRset was seen last, unix time."),
        ("visible_after", "record_visible_seconds", "From the host's yes until its name servers answered."),
    ):
        known = [(labels, record[key]) for labels, record in named if record[key] is not None]
        yield _family(what, "gauge", said, known)


def _of_addresses(addresses: Iterable[Mapping[str, Any]]) -> Iterator[Iterable[str]]:
    known: dict[tuple[tuple[str, str], ...], float] = {}
    answers: dict[tuple[tuple[str, str], ...], float] = {}
    for learned in addresses:
        labels = (("source", learned["source"]), ("family", learned["family"]))
        known[labels] = float(bool(learned["addresses"]))
        for one in learned["witnesses"]:
            witness = (*labels, ("witness", one["witness"]), ("line", one["line"]))
            answers[witness] = max(answers.get(witness, 0.0), float(bool(one["addresses"])))
    said = "Whether an address source has a verdict."
    yield _family("address_known", "gauge", said, ((dict(labels), value) for labels, value in known.items()))
    said = "Whether a witness named an address that may be believed."
    yield _family("witness_up", "gauge", said, ((dict(labels), value) for labels, value in answers.items()))


def _histogram(visible: Mapping[str, Any]) -> Iterator[str]:
    name = "homeport_visible_seconds"
    yield f"# HELP {name} From the host's yes until its name servers answered."
    yield f"# TYPE {name} histogram"
    for bound, count in visible["at_most"]:
        yield _line(f"{name}_bucket", {"le": str(float(bound))}, count)
    yield _line(f"{name}_bucket", {"le": "+Inf"}, visible["count"])
    yield _line(f"{name}_sum", {}, visible["seconds"])
    yield _line(f"{name}_count", {}, visible["count"])


def _family(name: str, kind: str, said: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP homeport_{name} {said}"
    yield f"# TYPE homeport_{name} {kind}"
    for labels, value in samples:
        yield _line(f"homeport_{name}", labels, value)


def _line(name: str, labels: Labels, value: float) -> str:
    inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{inside}}} {float(value)!r}" if inside else f"{name} {float(value)!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


ROUTES = [
    Route("/readyz", ready, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
