"""Every operation there is, by what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from homeport.web.api import doctor, file, history, log, notifiers, people, providers, standing
from homeport.web.api.operation import Operation
from homeport.web.words import said

GROUPS: Mapping[str, Sequence[Operation]] = {
    said("Names and addresses"): standing.OPERATIONS,
    said("History"): history.OPERATIONS,
    said("Configuration"): file.OPERATIONS,
    said("DNS hosts"): providers.OPERATIONS,
    said("Notifications"): notifiers.OPERATIONS,
    said("Log"): log.OPERATIONS,
    said("Doctor"): doctor.OPERATIONS,
    said("Access"): people.OPERATIONS,
}


def operations() -> Iterator[Operation]:
    """Yield every one, in the order of the documents."""
    for group in GROUPS.values():
        yield from group
