"""The provider: that it can be reached, knows these credentials, and shows these records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from homeport.agent import compose
from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, Sentence, note, ok, wrong
from homeport.engine.account import Account
from homeport.engine.book import Book
from homeport.engine.contain import contained
from homeport.errors import CredentialsRefused, HomeportError
from homeport.model.rrset import RRsetKey
from homeport.ports import Observed
from homeport.stores.ledger import Remembered, peek

FINE = ok("credentials.ok", "{provider} ({kind}) takes the credentials and shows {count} of {wanted} records")
REFUSED = wrong(
    "credentials.refused",
    "{provider} ({kind}) refuses the credentials: {why}",
    "make new ones (`homeport providers {kind}` says where and with which rights), and `homeport secret set`",
)
FAILED = wrong(
    "credentials.failed",
    "{provider} ({kind}) cannot be read: {why}",
    "when it cannot be reached, look at the findings before this one; else it is the host's to mend",
)
UNUSABLE = wrong("credentials.unusable", "{why}", "correct the provider's settings in the file")
UNTRIED = note(
    "credentials.untried",
    "{provider} ({kind}) has nothing to read, so its credentials are tried only when something is written",
    "`homeport once` does it now",
)
IDLE = note("credentials.idle", "{provider} ({kind}) is configured, and no record uses it")


async def check(case: Case) -> AsyncIterator[Finding]:
    """Read from every provider what it holds of our records; nothing is written."""
    if case.agent is None:
        return
    try:
        accounts = accounts_of(case)
    except HomeportError as exc:
        yield UNUSABLE.found(why=exc)
        return
    for account in accounts:
        for finding in await _of(account):
            yield finding


def accounts_of(case: Case) -> tuple[Account, ...]:
    """Return the providers as the agent makes them.

    Raises:
        ConfigInvalid: one cannot be made of its settings.
    """
    remembered = Book(Remembered(peek(case.databases["run"])))
    return compose(case.settings, case.tools, remembered).accounts


async def _of(account: Account) -> list[Finding]:
    names = {"provider": account.name, "kind": account.provider.kind}
    if not account.wanted:
        return [IDLE.found(**names)]
    if account.provider.write_only:
        return [UNTRIED.found(**names)]
    try:
        with contained(account.title):
            observed = await account.provider.observe(list(account.wanted))
    except HomeportError as exc:
        return [FAILED.found(why=exc, **names)]
    return _read(observed, names)


def _read(observed: Mapping[RRsetKey, Observed], names: Mapping[str, str]) -> list[Finding]:
    errors = {str(each): each for each in observed.values() if isinstance(each, HomeportError)}
    if not errors:
        return [
            FINE.found(
                count=sum(each is not None for each in observed.values()), wanted=len(observed), **names
            )
        ]
    return [_failed(error).found(why=why, **names) for why, error in sorted(errors.items())]


def _failed(error: HomeportError) -> Sentence:
    return REFUSED if isinstance(error, CredentialsRefused) else FAILED
