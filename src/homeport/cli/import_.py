"""`homeport import`: the configuration of another program becomes a `homeport.yaml`, its secrets kept out of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeport.cli._options import logging_options, print_json
from homeport.errors import ConfigInvalid

if TYPE_CHECKING:
    from homeport.config.importing.moved import Moved
    from homeport.config.importing.write import Written

MAX_BYTES = 1024 * 1024
_STDOUT = Path("-")


@click.command()
@click.argument("tool")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "--config",
    "output",
    type=click.Path(path_type=Path),
    help="Where to write; the first place where a file is looked for. With - it is shown, and nothing is kept.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there; the old one is kept beside it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@logging_options
def import_(tool: str, file: Path, output: Path | None, *, force: bool, as_json: bool) -> None:
    """Make a homeport.yaml of the FILE of another program: ddns-go, newfuture, ddclient, inadyn, godns, ddns-updater.

    What cannot be carried over is listed, each with the reason. FILE itself is only read.
    """
    from homeport.config import importing

    name = importing.tool_of(tool)
    path = _place(output, force=force)
    try:
        moved = importing.read(name, _text(file))
    except ConfigInvalid as error:
        raise ConfigInvalid(f"{file}: {error}") from None
    if path is None:
        _show(moved)
        return
    written = _write(path, moved, force=force)
    if as_json:
        print_json(_report(path, moved, written))
    else:
        _say(path, moved, written)


def _place(output: Path | None, *, force: bool) -> Path | None:
    """Return the file to write, `None` for standard output.

    Raises:
        ConfigInvalid: it is there already, or there is nowhere to write one.
    """
    from homeport.config import paths

    if output == _STDOUT:
        return None
    path = (output or paths.first_writable()).absolute()
    if path.exists() and not force:
        raise ConfigInvalid(
            f"{path} is there already and was not touched; name another place with --output, or replace it with"
            " --force, which keeps a copy"
        )
    return path


def _text(file: Path) -> str:
    """Read another program's file, bounded.

    Raises:
        ConfigInvalid: it cannot be read, or is no text.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigInvalid("there is no such file") from None
    except PermissionError:
        raise ConfigInvalid("this account may not read it; run as its owner, or let it be read") from None
    except OSError as error:
        raise ConfigInvalid(f"it cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise ConfigInvalid(f"it is larger than {MAX_BYTES // 1024} KiB, and no configuration")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigInvalid("it is not UTF-8; save a copy of it as UTF-8 and name that") from None


def _show(moved: Moved) -> None:
    from homeport.config.importing.write import write

    written = write(moved)
    click.echo(written.text, nl=False)
    if written.secrets:
        click.echo(f"\nnot kept, for nothing was written: {', '.join(written.secrets)}", err=True)


def _write(path: Path, moved: Moved, *, force: bool) -> Written:
    """Check the text, then keep the secrets, then write the file, whole; an older one is kept beside it."""
    from homeport.config import loader, paths, secret_store
    from homeport.config.importing.write import write
    from homeport.errors import NotAllowed
    from homeport.system.files import make_folder, replace_private

    store = paths.secret_store(path.parent)
    written = write(moved, () if force else secret_store.names(store))
    loader.parse(written.text, path)
    make_folder(path.parent)
    for name, value in written.secrets.items():
        secret_store.put(store, name, value)
    try:
        if path.exists():
            replace_private(path.with_name(f"{path.name}.old"), path.read_bytes())
        replace_private(path, written.text.encode())
    except PermissionError as error:
        raise NotAllowed(
            f"{path}: this account may not write there; name another place with --output"
        ) from error
    return written


def _report(path: Path, moved: Moved, written: Written) -> dict[str, Any]:
    def told(notes: Any) -> list[dict[str, str]]:
        return [{"what": note.what, "why": note.why} for note in notes]

    return {
        "file": str(path),
        "records": [
            f"{record.name} {rrtype}" for record in moved.records for rrtype in sorted(record.address)
        ],
        "providers": {account.name: account.kind for account in moved.accounts},
        "secrets": sorted(written.secrets),
        "left": told(moved.left),
        "changed": told(moved.changed),
    }


def _say(path: Path, moved: Moved, written: Written) -> None:
    from homeport.config import paths

    for title, notes in (
        ("Not carried over:", moved.left),
        ("Carried over, and not quite the same:", moved.changed),
    ):
        if notes:
            click.echo("\n".join((title, *(f"  {note}" for note in notes), "")))
    store = f", their secrets in {paths.secret_store(path.parent).name} beside it" if written.secrets else ""
    names = sorted({str(record.name) for record in moved.records})
    click.echo(f"Written: {path}\n         {', '.join(names)}{store}")
    where = "" if path == Path(paths.FILE).absolute() else f" --config {path}"
    click.echo(
        f"Next:    homeport plan{where}    what would change\n"
        f"         stop {moved.tool}, for two programs would set the same names\n"
        f"         homeport run{where}     keep it so"
    )
