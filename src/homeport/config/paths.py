"""Where things lie on this platform: the file, the state, the server's database."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from homeport.errors import ConfigInvalid

FILE = "homeport.yaml"
VARIABLE = "HOMEPORT_CONFIG"
ENVIRONMENT: Mapping[str, str] = os.environ  # noqa: TID251 -- homeport.config is where the environment is read


def service(var: Path = Path("/var")) -> Path:
    """Return the state folder of a Unix machine; where /var lies in memory, as OpenWrt's does, one that stays."""
    is_volatile = var.resolve().is_relative_to("/tmp")  # noqa: S108 -- compared, not used
    return Path("/etc/homeport" if is_volatile else "/var/lib/homeport")


SERVICE = service()


class Places:
    """One platform's folders for one account; every argument is this machine's own when left out."""

    def __init__(
        self,
        platform: str = sys.platform,
        environment: Mapping[str, str] | None = None,
        *,
        home: Path | None = None,
        is_root: bool | None = None,
    ) -> None:
        self.environment = ENVIRONMENT if environment is None else environment
        self.platform = platform
        self.home = home or _home()
        self.is_root = (hasattr(os, "geteuid") and os.geteuid() == 0) if is_root is None else is_root

    def user_config(self) -> Path:
        """Return this account's configuration folder."""
        if self.platform == "win32":
            return self._variable("APPDATA", self.home / "AppData" / "Roaming") / "Homeport"
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support" / "Homeport"
        return self._variable("XDG_CONFIG_HOME", self.home / ".config") / "homeport"

    def machine_config(self) -> Path:
        """Return the machine's configuration folder."""
        if self.platform == "win32":
            return self._program_data()
        if self.platform == "darwin":
            return Path("/Library/Application Support/Homeport")
        return Path("/etc/homeport")

    def state(self) -> Path:
        """Return where state is kept: the machine's place for a service, else this account's own."""
        if self.platform == "win32":
            return self._program_data() if self.is_root else self._windows_state()
        if self.platform == "darwin":
            folder = Path("/Library/Application Support/Homeport")
            return folder if self.is_root else self.home / "Library" / "Application Support" / "Homeport"
        if given := self.environment.get("STATE_DIRECTORY", "").split(":")[0]:  # systemd's StateDirectory=
            return Path(given)
        if self.is_root:
            return SERVICE
        return self._variable("XDG_STATE_HOME", self.home / ".local" / "state") / "homeport"

    def _windows_state(self) -> Path:
        """Return %ProgramData% for LocalSystem and its like, who have no profile worth the name."""
        local = self._variable("LOCALAPPDATA", self.home / "AppData" / "Local")
        parts = {part.lower() for part in str(local).replace("\\", "/").split("/")}
        is_service = bool(parts & {"systemprofile", "serviceprofiles"})
        return self._program_data() if is_service else local / "Homeport"

    def _program_data(self) -> Path:
        return self._variable("PROGRAMDATA", Path("C:/ProgramData")) / "Homeport"

    def _variable(self, name: str, otherwise: Path) -> Path:
        """Return a folder the environment names; a relative one means nothing (XDG base directories)."""
        value = self.environment.get(name, "")
        is_absolute = value.startswith(("/", "\\\\")) or value[1:3] in {":\\", ":/"}
        return Path(value) if is_absolute else otherwise

    def candidates(self) -> list[Path]:
        """Return where the file may be when nobody says where, the first that is there wins.

        The last is where `service install` keeps it; elsewhere than on Linux that is the machine's folder, too.
        """
        found = [Path(FILE), self.user_config() / FILE, self.machine_config() / FILE]
        return (
            found if self.platform in {"win32", "darwin"} else list(dict.fromkeys([*found, SERVICE / FILE]))
        )


def find(explicit: Path | None = None, places: Places | None = None) -> Path | None:
    """Return the file to read, `None` when there is none in any of the places.

    What is named, by `--config` or by the environment, is returned whether it is there or not: reading it
    then says what is wrong with it.
    """
    places = places or Places()
    if explicit is not None:
        return explicit
    if named := places.environment.get(VARIABLE):
        return Path(named)
    return next((path for path in places.candidates() if _is_there(path)), None)


def require(explicit: Path | None = None, places: Places | None = None) -> Path:
    """Return the file to read.

    Raises:
        ConfigInvalid: there is none; the message says where it was looked for.
    """
    places = places or Places()
    if (path := find(explicit, places)) is not None:
        return path
    looked = ", ".join(f"./{path}" if path == Path(FILE) else str(path) for path in places.candidates())
    raise ConfigInvalid(
        f"there is no {FILE}: looked at {looked}; name it with --config or {VARIABLE}, or make one with"
        " `homeport init`"
    )


def first_writable(places: Places | None = None) -> Path:
    """Return where a new file can be saved: the first place it would be looked for that can be written.

    The folder a service is started in (`/`, or the system's own) is nobody's place for a file.

    Raises:
        ConfigInvalid: nowhere.
    """
    places = places or Places()
    for path in (found.absolute() for found in places.candidates()):
        there = next((parent for parent in path.parents if parent.exists()), None)
        if there is not None and os.access(there, os.W_OK) and not _is_the_systems(path.parent, places):
            return path
    raise ConfigInvalid(f"this account may write {FILE} nowhere; name a place with --config")


def _is_the_systems(folder: Path, places: Places) -> bool:
    system = places.environment.get("SYSTEMROOT", "") if places.platform == "win32" else ""
    return folder.parent == folder or (system != "" and folder.is_relative_to(Path(system)))


def state_folder(configured: Path | None, file: Path | None = None, places: Places | None = None) -> Path:
    """Return `agent.state`, or the platform's place: the machine's for a file that lies there.

    A service keeps its file in its state folder: whoever names that file means the service, under any account.
    """
    places = places or Places()
    machine = Places(places.platform, places.environment, home=places.home, is_root=True).state()
    is_service = file is not None and file.absolute().parent == machine
    return configured or (machine if is_service else places.state())


def server_database(configured: Path | None, file: Path | None = None, places: Places | None = None) -> Path:
    """Return `server.store.path`, or `server.db` in the platform's place, as `state_folder` finds it."""
    return configured or state_folder(None, file, places) / "server.db"


def callers() -> Places:
    """Return the places of whoever called: behind `sudo` that is not root."""
    name = variable("SUDO_USER") or "root"
    places = Places()
    try:
        home = Path(f"~{name}").expanduser()
    except RuntimeError:  # an account that is gone
        return places
    return Places(environment={}, home=home, is_root=False) if places.is_root and name != "root" else places


def log_file(folder: Path, *, is_server: bool = False) -> Path:
    """Return the log of what keeps its state in a folder."""
    return folder / ("server.log" if is_server else "homeport.log")


def server_key(source: str | None, database: Path) -> Path | None:
    """Return the file of the server's key, `None` when the key comes from elsewhere than a file.

    Args:
        source: `Secret.source` of `server.key`; `None` means the file beside the database.
    """
    if source is None:
        return database.with_suffix(".key")
    return Path(source.removeprefix("file:")) if source.startswith("file:") else None


def secret_store(folder: Path) -> Path:
    """Return the encrypted store of a configuration folder: it stands beside the file it serves."""
    return folder / "secrets.json"


def variable(name: str) -> str | None:
    """Return one variable of the environment."""
    return ENVIRONMENT.get(name)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _home() -> Path:
    """Return this account's home; an account without one has nothing of its own, and the machine's places do."""
    try:
        return Path("~").expanduser()
    except RuntimeError:
        return Path("/nonexistent")
