"""What proves that somebody is the owner: the password, and a code of an authenticator where one is set up.

Every try is counted before it is looked at, so that many at once are no way round. Failures slow their own source; when
there are many, from wherever, those from where nobody signed in before are looked at one after another, slowly: that
costs whoever waits among them some seconds, and keeps nobody out. This machine's own command always leads in.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import unicodedata
from base64 import b32encode
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from homeport.config import secret_store
from homeport.errors import HomeportError
from homeport.ports import Clock
from homeport.stores.access import Access
from homeport.web.caller import account_of, network_of
from homeport.web.words import said
from homeport.wire import totp

LEAST = 10  # characters of a password
DIFFERENT = 5  # of them that differ
FREE = 5  # failures of one source that cost nothing
FREE_NETWORK = 40  # of all of an IPv6 /48
EVERYBODY = "*"
UNDER_ATTACK = 20  # failures of all together, after which strangers are looked at slowly
SLOWLY = 0.5  # seconds
WAITING = 40  # strangers that may wait at once
WANTED_LIFE = 600.0  # seconds in which an authenticator that was begun is confirmed
STEPS = (-1, 0, 1)  # periods that an authenticator's clock may be off
_NEVER = 2**62
_HASHER = PasswordHasher()
_STORE = "page-secrets.json"
_ACTIVE, _WANTED = "totp", "totp-wanted"
_WANTED_SINCE = "totp_wanted"  # beside the password, so that a reset on the machine forgets it as well

WRONG = said("That is not the password.")
WRONG_OR_CODE = said("The password or the code is not right.")
LATER = said("Wait a moment before you try again.")
UNREADABLE = said("The second step cannot be checked; `homeport web reset-password` on the machine leads in.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a try.

    Attributes:
        problem: why it did not succeed, for the person; nothing when it did.
        wait: seconds until the next try counts.
    """

    problem: str = ""
    wait: float = 0.0


class Proof:
    """Looks at what somebody says.

    Args:
        state: the folder in which the authenticator's secret is kept, encrypted.
    """

    def __init__(self, access: Access, state: Path, clock: Clock) -> None:
        self._access = access
        self._store = state / _STORE
        self._clock = clock
        self._trying: set[str] = set()
        self._strangers = asyncio.Semaphore(
            1
        )  # a hash takes 64 MB and a tenth of a second; waiting is in turn
        self._known = asyncio.Semaphore(1)

    async def look_at(self, source: str, password: str, code: str) -> Verdict:
        """Say whether somebody who comes from `source` is the owner."""
        account = account_of(source)
        is_known = account in {account_of(each.source) for each in self._access.sessions()}
        if account in self._trying or (not is_known and len(self._trying) >= WAITING):
            return Verdict(LATER, 1.0)
        self._trying.add(account)
        try:
            return await self._look_at(account, source, password, code, is_known=is_known)
        finally:
            self._trying.discard(account)

    async def _look_at(
        self, account: str, source: str, password: str, code: str, *, is_known: bool
    ) -> Verdict:
        counted = {account: FREE, EVERYBODY: _NEVER}
        if network := network_of(source):
            counted[network] = FREE_NETWORK
        if (wait := self._access.attempt(counted)) > 0:
            return Verdict(LATER, wait)
        if not await self._is_password(password, is_known=is_known):
            return Verdict(WRONG_OR_CODE if self.has_totp() else WRONG)
        if self.has_totp():
            try:
                if not self._is_code(secret_store.read(self._store, _ACTIVE), code):
                    return Verdict(WRONG_OR_CODE)
            except HomeportError:
                return Verdict(UNREADABLE)
        self._access.forgive(counted)
        return Verdict()

    async def _is_password(self, typed: str, *, is_known: bool) -> bool:
        kept = self._access.setting("password")
        async with self._known if is_known else self._strangers:
            if not is_known and self._access.failures(EVERYBODY) > UNDER_ATTACK:
                await self._clock.sleep(SLOWLY)
            try:
                is_right = kept is not None and await asyncio.to_thread(_HASHER.verify, kept, _plain(typed))
            except (Argon2Error, InvalidHashError):
                return False
        if is_right and kept is not None and _HASHER.check_needs_rehash(kept):
            await self.set_password(typed)
        return is_right

    async def set_password(self, password: str) -> None:
        """Keep a new password, and forget an authenticator that is not confirmed: somebody else may have begun it."""
        self._access.keep(_WANTED_SINCE, None)
        self._access.keep("password", await asyncio.to_thread(_HASHER.hash, _plain(password)))

    def has_totp(self) -> bool:
        """Tell whether a code is asked for."""
        return self._access.setting("totp") is not None

    def want_totp(self) -> str:
        """Return a fresh secret for an authenticator; it counts once a code of it was seen.

        Raises:
            HomeportError: it cannot be kept.
        """
        secret = b32encode(secrets.token_bytes(20)).decode()
        secret_store.put(self._store, _WANTED, secret)
        self._access.keep(_WANTED_SINCE, str(self._clock.now()))
        return secret

    def wanted_totp(self) -> str | None:
        """Return the secret that was made in the last minutes and is not confirmed yet.

        Raises:
            HomeportError: it cannot be read.
        """
        since = self._access.setting(_WANTED_SINCE)
        if since is None or abs(self._clock.now() - float(since)) > WANTED_LIFE:
            return None
        return secret_store.read(self._store, _WANTED)

    def confirm_totp(self, code: str) -> bool:
        """Ask for codes from now on, if this is one.

        Raises:
            HomeportError: it cannot be kept.
        """
        wanted = self.wanted_totp()
        if wanted is None or not self._is_code(wanted, code):
            return False
        secret_store.put(self._store, _ACTIVE, wanted)
        secret_store.remove(self._store, _WANTED)
        self._access.keep(_WANTED_SINCE, None)
        self._access.keep("totp", "on")
        return True

    def end_totp(self) -> None:
        """Ask for no codes any more.

        Raises:
            HomeportError: what was kept cannot be removed; no code is asked for all the same.
        """
        self._access.keep("totp", None)
        if _ACTIVE in secret_store.names(self._store):
            secret_store.remove(self._store, _ACTIVE)

    def _is_code(self, secret: str, typed: str) -> bool:
        """Tell whether it is a code of now; each is good once."""
        given, now = "".join(typed.split()), self._clock.now()
        for step in STEPS:
            at = now + step * totp.PERIOD
            if secrets.compare_digest(totp.code(secret, at).encode(), given.encode()):
                return self._access.rise("totp_step", int(at // totp.PERIOD))
        return False


def why_weak(password: str) -> str:
    """Say why a password is refused; nothing when it will do."""
    if len(_plain(password)) < LEAST:
        return said("A password has at least ten characters; a sentence is easy to remember.")
    if len(set(_plain(password))) < DIFFERENT:
        return said("That repeats too few characters; a sentence is easy to remember.")
    return ""


def link_for(secret: str) -> str:
    """Return what an authenticator reads from the picture.

    Source: https://github.com/google/google-authenticator/wiki/Key-Uri-Format
    """
    return f"otpauth://totp/Homeport:{quote(socket.gethostname())}?secret={secret}&issuer=Homeport"


def picture_of(link: str) -> str:
    """Return a picture of a link as a `data:` URL."""
    import segno

    return str(segno.make(link, error="m").svg_data_uri(scale=4, border=4, light="white"))


def _plain(password: str) -> str:
    """Return the one spelling of what keyboards of different systems make of the same keys (RFC 8265)."""
    return unicodedata.normalize("NFC", password)
