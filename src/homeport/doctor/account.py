"""The service's account, which is seldom the one that types: what it may not read, although this one may."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from homeport.config import loader, paths
from homeport.doctor.case import Case, Installed
from homeport.doctor.finding import Finding, Fix, note, ok, wrong
from homeport.doctor.secrets import secrets_of

FINE = ok("account.ok", "the account {account} of {kind} may read {path}")
UNKNOWN = note(
    "account.unknown",
    "{kind} runs as {account}, and there is no such account just now; systemd makes its own when it starts",
)
SHUT_FILE = wrong(
    "account.file",
    "{kind} runs as {account}, which may not read {path}",
    "sudo chown {account} {path}, or `homeport service install --method {kind}`, which copies it",
)
SHUT_FOLDER = wrong(
    "account.folder",
    "{kind} runs as {account}, which may not enter {folder} on the way to {path}",
    "`homeport service install --method {kind}` keeps the file where it may be read",
)


@dataclass(frozen=True, slots=True)
class Account:
    """An account of this machine, as permissions see it."""

    name: str
    uid: int
    gids: frozenset[int]

    def may(self, path: Path, right: int) -> bool:
        """Tell whether mode and owner let it (4 read, 1 enter); an access list may say otherwise."""
        if self.uid == 0:
            return True
        found = path.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode >> 6 & right)
        return bool(found.st_mode >> (3 if found.st_gid in self.gids else 0) & right)


async def check(case: Case) -> AsyncIterator[Finding]:
    """Look at the file with the eyes of the account that everything installed runs under."""
    if sys.platform == "win32":
        return
    for one in case.installed or ():
        name = one.standing.account
        if name and one.job.scope == "machine":
            for finding in _seen_by(name, one):
                yield finding


def _seen_by(name: str, one: Installed) -> Iterable[Finding]:
    names = {"kind": one.method.kind, "account": name}
    try:
        account = named(name)
    except KeyError:
        yield UNKNOWN.found(**names)
        return
    for path in _files(one):
        yield _obstacle(account, path, names)


def _obstacle(account: Account, path: Path, names: dict[str, str]) -> Finding:
    for folder in reversed(path.parents):
        if not account.may(folder, 1):
            return SHUT_FOLDER.found(folder=folder, path=path, **names)
    if account.may(path, 4):
        return FINE.found(path=path, **names)
    is_nobodys = path.stat().st_uid == 0  # of root, who reads it all the same afterwards
    fix = Fix(f"give {path} to {account.name}", partial(_give, path, account)) if is_nobodys else None
    return SHUT_FILE.found(fix, path=path, **names)


def _files(one: Installed) -> list[Path]:
    """Return the files it reads at its start, as far as they are there: its own, and those of the secrets in it."""
    config = one.job.config
    secrets = (path for path in _of_secrets(config) if str(path) not in one.standing.handed)
    found = [config, *(path for path in secrets if path.is_absolute())]
    return [path for path in dict.fromkeys(found) if _is_there(path)]


def _of_secrets(config: Path) -> Iterable[Path]:
    read = loader.examine(config).config
    for _, secret in secrets_of(read.agent.providers) if read and read.agent else ():
        scheme, _, rest = secret.source.partition(":")
        if scheme == "file":
            yield Path(rest)
        elif scheme == "secret":
            yield paths.secret_store(config.parent)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return False


def _give(path: Path, account: Account) -> None:
    os.chown(path, account.uid, -1)
    path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IRUSR)


def named(name: str) -> Account:
    """Return an account of this machine.

    Raises:
        KeyError: there is none; systemd makes a DynamicUser only while it runs.
    """
    if sys.platform == "win32":
        raise KeyError(name)
    import pwd

    found = pwd.getpwuid(int(name)) if name.isdecimal() else pwd.getpwnam(name)
    return Account(found.pw_name, found.pw_uid, frozenset(os.getgrouplist(found.pw_name, found.pw_gid)))
