"""What a router that calls is answered: dyndns2, read as the gateway reads it, decided by the agent.

`good` means that the address is on disk and a round begins: publishing takes longer than a router waits, and what fails
there is tried again without the router. A user and a password of `agent.push` stand behind it, looked at by the agent;
tries are counted before that, by where they come from, and never against a credential: nobody elsewhere can lock a
router out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from homeport.control.telling import Teller
from homeport.errors import HomeportError, Throttled
from homeport.gateway import auth
from homeport.gateway.dialects import dyndns2, parameters
from homeport.gateway.dialects.parameters import Addresses
from homeport.gateway.request import Answer, text
from homeport.gateway.request import Request as Asked
from homeport.model.name import Fqdn
from homeport.ports import Clock
from homeport.stores.access import STRANGER, Access
from homeport.telemetry.events import Event
from homeport.web.caller import account_of, network_of
from homeport.web.house import House
from homeport.wire.dyndns2 import Word

FREE, FREE_NETWORK = 10, 40  # wrong passwords of one source, and of an IPv6 /48, that cost nothing
_NOT_SEEN = "it names no address (myip), and {}, which it comes from, is not taken: {}"
_LATER = "too many wrong passwords came from there; it has to wait a moment"


class Pushing:
    """Answers routers.

    Args:
        house: the agent, which knows the credentials and keeps what is pushed.
    """

    def __init__(self, access: Access, house: House, clock: Clock) -> None:
        self._access = access
        self._house = house
        self._teller = Teller(clock)
        self._looking = asyncio.Lock()  # one at a time: many right ones at once are no guesses

    async def answer(self, asked: Asked) -> Answer:
        """Answer one call in the protocol's words; what is not theirs to know is in the log."""
        if asked.method not in {"GET", "POST"}:
            return text(Word.BADAGENT, 405)
        given = auth.user(asked)
        if given is None:
            return dyndns2.BADAUTH
        try:
            async with self._looking:
                who = await self._who(asked, *given)
            if who is None:
                return dyndns2.BADAUTH
            return await self._update(
                asked, str(who["credential"]), [Fqdn.parse(each) for each in who["names"]]
            )
        except HomeportError as exc:
            self._refuse(asked, str(exc))
            return dyndns2.answer([Word.EMERGENCY], asked)

    async def _who(self, asked: Asked, user: str, password: str) -> Any:
        """Return the credential and its names; `None` when user or password is wrong.

        Raises:
            HomeportError: that cannot be told now.
        """
        source = asked.source or "?"
        counted = {f"push {account_of(source)}": FREE}
        if network := network_of(source):
            counted[f"push {network}"] = FREE_NETWORK
        if (wait := self._access.attempt(counted)) > 0:
            raise Throttled(_LATER, retry_after=wait)
        who = await self._house.ask("push.who", user=user, password=password)
        if who is None:
            self._access.audit(STRANGER, source, "push.refused")
            self._refuse(asked, "user and password are no credential of agent.push")
        else:
            self._access.forgive(counted)
        return who

    async def _update(self, asked: Asked, credential: str, own: Sequence[Fqdn]) -> Answer:
        found = dyndns2.read(asked, own)
        if isinstance(found, Word):
            self._refuse(asked, dyndns2.WHY[found], credential)
            return dyndns2.answer([found], asked)
        hosts, wanted = found
        if any(host not in own for host in hosts):
            self._refuse(asked, "it names what this credential may not update", credential)
        if not any(host in own for host in hosts):
            return dyndns2.answer([_line(host, own, "") for host in hosts], asked)
        taken = await self._take(asked, credential, wanted)
        line = f"{_word(taken)} {','.join(taken['addresses'])}".rstrip()
        return dyndns2.answer([_line(host, own, line) for host in hosts], asked)

    async def _take(self, asked: Asked, credential: str, wanted: Addresses) -> Any:
        """Hand on what a router has, and tell why some of it was not taken.

        A prefix without an address is a line without IPv4: the address of the connection is not meant then.
        """
        prefix = parameters.prefix(asked.words)
        addresses = [str(address) for address in wanted.given]
        observed = asked.source if wanted.from_connection and not prefix else ""
        if observed and observed not in addresses:
            addresses.append(observed)
        said = {"addresses": addresses, "prefix": prefix, "source": asked.source}
        taken = await self._house.ask("push", credential=credential, **said)
        for refused, why in taken["refused"].items():
            is_given = refused != observed
            reason = f"{refused} is not taken: {why}" if is_given else _NOT_SEEN.format(observed, why)
            self._refuse(asked, reason, credential)
        return taken

    def _refuse(self, asked: Asked, reason: str, credential: str = "") -> None:
        """Tell of what was refused; of many at once the first."""
        if self._teller.is_wanted(Event.ADDRESS_REFUSED):
            by = {"by": credential} if credential else {}
            self._teller.tell(Event.ADDRESS_REFUSED, **by, source=asked.source, reason=reason)


def _word(taken: Any) -> Word:
    if taken["refused"] and not taken["addresses"]:
        return Word.DNSERR
    return Word.GOOD if taken["changed"] else Word.NOCHG


def _line(host: Fqdn | None, own: Sequence[Fqdn], line: str) -> str:
    if host is None:
        return Word.NOTFQDN
    return line if host in own else Word.NOHOST
