"""What routers push to this agent: who may, what of it is taken, and that it is looked at soon.

The page's process speaks to routers and asks here, over the control channel. What is taken is on disk before the answer
is: publishing it is the next round's work, and takes longer than a router waits.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from ipaddress import IPv6Network
from typing import Any

from homeport.config import pushers
from homeport.config.models import Agent as Settings
from homeport.errors import Refused, SecretUnreadable
from homeport.model.address import IPAddress, parse_address, why_not_public, why_not_unicast
from homeport.model.pushed import Pushed
from homeport.ports import Call, Clock
from homeport.ports import Pushes as Kept
from homeport.telemetry.events import Event, emit

MOST = 16  # addresses of one push


class Pushes:
    """The credentials of the configuration, and what was pushed with them.

    Args:
        hint: has the agent look soon, and why.
    """

    def __init__(self, settings: Settings, kept: Kept, clock: Clock, hint: Callable[[str], None]) -> None:
        self.settings = settings
        self._kept = kept
        self._clock = clock
        self._hint = hint

    async def who(self, user: str, password: str) -> dict[str, Any] | None:
        """Return a credential and the names it may update; `None` when it is none, or the password is wrong.

        Raises:
            SecretUnreadable: its password cannot be read here.
        """
        pusher = self.settings.push.get(user)
        if pusher is None:
            await self._take_as_long()
            return None
        expected = await asyncio.to_thread(pusher.password.reveal)
        if not secrets.compare_digest(_digest(expected), _digest(password)):
            return None
        return {"credential": user, "names": [str(name) for name in pushers.names_of(self.settings, user)]}

    async def _take_as_long(self) -> None:
        """Look a password up, so that the time it takes tells nobody which user names there are."""
        for pusher in tuple(self.settings.push.values())[:1]:
            with suppress(SecretUnreadable):
                await asyncio.to_thread(pusher.password.reveal)

    async def take(self, credential: str, texts: Sequence[str], prefix: str, source: str) -> dict[str, Any]:
        """Keep what a router says of its address, as far as it may be published, and look at it soon.

        Args:
            prefix: of the network behind it, empty when it names none.
            source: where it speaks from.

        Returns: whether that is news, what was taken, and why the rest was not.

        Raises:
            Refused: the credential is no more.
            StoreUnavailable: it could not be written; nothing was taken.
        """
        if credential not in self.settings.push:
            raise Refused("the credential was removed meanwhile")
        admits_private = pushers.admits_private(self.settings, credential)
        found = [parse_address(text) for text in texts[:MOST]]
        refused = {str(each): why for each in found if (why := _why_not(each, admits_private=admits_private))}
        taken = tuple(each for each in found if str(each) not in refused)
        network = _network(prefix, refused, admits_private=admits_private)
        is_news = False
        if taken or network:
            word = Pushed(taken, network, self._clock.now(), source)
            is_news = await self._kept.keep(credential, word, self.settings.push)
            said = {
                "addresses": [str(each) for each in taken],
                "prefix": str(network or ""),
                "source": source,
            }
            emit(Event.ADDRESS_PUSHED if is_news else Event.ADDRESS_REPEATED, by=credential, **said)
        if is_news:
            self._hint(f"{credential} pushed its address")
        shown = taken or ((network.network_address,) if network else ())
        return {"changed": is_news, "addresses": [str(each) for each in shown], "refused": refused}

    def status(self) -> list[dict[str, Any]]:
        """Return what each credential pushed last."""
        return [
            {
                "by": name,
                "addresses": [str(address) for address in word.addresses] if word else [],
                "prefix": str(word.prefix) if word and word.prefix else None,
                "at": word.at if word else None,
                "from": word.source if word else "",
                "names": [str(each) for each in pushers.names_of(self.settings, name)],
            }
            for name in sorted(self.settings.push)
            for word in (self._kept.words.get(name),)
        ]


def calls(pushes: Pushes | None) -> Mapping[str, Call]:
    """Return what the page asks when a router calls."""
    if pushes is None:
        return {}

    async def who(args: Mapping[str, Any]) -> Any:
        return await pushes.who(str(args["user"]), str(args["password"]))

    async def push(args: Mapping[str, Any]) -> Any:
        texts = [str(each) for each in args["addresses"]]
        return await pushes.take(str(args["credential"]), texts, str(args["prefix"]), str(args["source"]))

    return {"push.who": who, "push": push}


def _why_not(address: IPAddress, *, admits_private: bool) -> str | None:
    return why_not_unicast(address) if admits_private else why_not_public(address)


def _network(text: str, refused: dict[str, str], *, admits_private: bool) -> IPv6Network | None:
    """Read the prefix of the network behind a router; one that is none spoils no address beside it."""
    if not text:
        return None
    try:
        parse_address(text.partition("/")[0])  # a network keeps any text as a zone id
        network = IPv6Network(text, strict=False)
    except ValueError:
        refused["ip6lanprefix"] = "it is no IPv6 prefix"
        return None
    why = _why_not(network.network_address, admits_private=admits_private)
    if why or not 0 < network.prefixlen <= 64:
        refused[str(network)] = why or "a network of machines has a prefix of 64 bits or fewer"
        return None
    return network


def _digest(text: str) -> bytes:
    """Return what is compared: of one length, whatever was sent."""
    return hashlib.sha256(text.encode()).digest()
