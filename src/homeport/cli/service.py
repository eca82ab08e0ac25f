"""`homeport service`: started by the operating system, in the best way that this machine has, and proven to work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, redirect_stdout, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import click

from homeport.cli import Listing
from homeport.cli._options import config_option, json_option, logging_options, print_json
from homeport.cli._service_host import host
from homeport.system.choose import KINDS, LACKS
from homeport.system.method import Job, Method, Role, Scope, Standing

if TYPE_CHECKING:
    from homeport.cli._along import State

NOT_INSTALLED = 1
EVERY = 300.0
AGAIN = {
    "cron": "within five minutes; `homeport service uninstall` ends that",
    "task-scheduler": "with its next trigger, usually within five minutes; `homeport service uninstall` ends that",
    "registry": "at the next log-on",
}
"""When one that was stopped starts by itself, where that is not with the machine."""


class Installed(NamedTuple):
    """One installation that the system knows of."""

    method: Method
    job: Job
    standing: Standing


def which(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that choose among what is installed."""
    for option in (
        click.option(
            "--role", type=click.Choice(get_args(Role)), help="The agent, single rounds, or the server."
        ),
        click.option(
            "--scope", type=click.Choice(get_args(Scope)), help="The whole machine, or this account alone."
        ),
        click.option(
            "--method", type=click.Choice(KINDS), help="The way of being started; else the best one here."
        ),
    ):
        function = option(function)
    return function


reads_option = click.option(
    "--config", type=click.Path(path_type=Path, readable=False), help="Only what reads this file."
)


@click.group(cls=Listing)
def service() -> None:
    """Start with the machine, and again when it ends: install that, remove it, and see how it stands."""


service.add_command(host)


@service.command()
@which
@click.option(
    "--every", type=click.FloatRange(min=60), default=EVERY, show_default=True, help="Seconds, for `once`."
)
@click.option("--show", is_flag=True, help="Print what would be written, and change nothing.")
@config_option
@json_option
@logging_options
def install(
    config: Path | None,
    method: str | None,
    scope: Scope | None,
    role: Role | None,
    every: float,
    *,
    show: bool,
    as_json: bool,
) -> None:
    """Install it, start it, and see that it is well; else everything is as it was before."""
    aside = redirect_stdout(sys.stderr) if as_json else nullcontext()  # what is told on the way is no answer
    with aside:
        made = _install(config, method, scope, role, every, show=show)
    if as_json:
        print_json(made)
    elif show:
        for place, text in made["would_write"].items():
            click.echo(f"# {place}\n{text}")


def _install(
    config: Path | None,
    method: str | None,
    scope: Scope | None,
    role: Role | None,
    every: float,
    *,
    show: bool,
) -> dict[str, Any]:
    """Install what was asked for, telling of it on the way; return it, or what would be written."""
    from homeport.cli._formers import Formers
    from homeport.cli._handover import hand_over
    from homeport.config import paths

    path = paths.require(config)
    role = role or _role_of(path)
    way, scope, reason = _chosen(method, scope, role)
    job = way.prepare(replace(_job(role, scope), every=every))
    found, path = path, path if config or paths.variable(paths.VARIABLE) else _edited_last(path, job)
    job = placed(path, job)
    texts = way.render(job)
    if show:
        about = {
            "method": way.kind,
            "role": role,
            "scope": scope,
            "config": str(job.config),
            "reason": reason,
        }
        return about | {"would_write": {str(place): text for place, text in texts.items()}}
    click.echo(f"way: {way.kind}, for {_whose(scope)}; {reason}")
    if path != found:
        click.echo(f"taken: {path}, edited later than {found.absolute()}; `--config {found}` takes that one")
    if scope == "user" and way.kind in LACKS:
        click.echo(f"lacks: {LACKS[way.kind]}")
    formers = Formers(way, job, path, installed(None, None, None))
    formers.check()
    for line in formers.lines():
        click.echo(line)
    bring, along = partial(_settled, path, way, job), partial(_taken_along, path, job, formers.states())
    said = hand_over(way, job, formers.giving_way, bring, along)
    for place in texts:
        click.echo(f"wrote: {place}")
    click.echo(_proof(said, way, job))
    return _described(Installed(way, job, way.standing(job))) | {"reason": reason}


@service.command()
@which
@reads_option
@logging_options
def uninstall(method: str | None, scope: Scope | None, role: Role | None, config: Path | None) -> None:
    """Stop it and remove it; configuration and state stay."""
    found = installed(method, scope, role, config)
    for one in found:
        one.method.uninstall(one.job)
        click.echo(f"removed: {title(one)}; {one.job.config} and its state stay")
    if not found:
        click.echo("nothing is installed" if config is None else _nothing(config))


@service.command()
@which
@reads_option
@logging_options
def start(method: str | None, scope: Scope | None, role: Role | None, config: Path | None) -> None:
    """Start it now."""
    for one in _must_be(method, scope, role, config):
        one.method.start(one.job)
        click.echo(f"started: {title(one)}")


@service.command()
@which
@reads_option
@logging_options
def stop(method: str | None, scope: Scope | None, role: Role | None, config: Path | None) -> None:
    """Stop it now; it starts again with the machine."""
    for one in _must_be(method, scope, role, config):
        one.method.stop(one.job)
        click.echo(f"stopped: {title(one)}; it starts again {AGAIN.get(one.method.kind, 'with the machine')}")


@service.command()
@which
@reads_option
@logging_options
def restart(method: str | None, scope: Scope | None, role: Role | None, config: Path | None) -> None:
    """Stop it and start it again."""
    for one in _must_be(method, scope, role, config):
        again = getattr(one.method, "restart", None)
        if again:
            again(one.job)
        else:
            one.method.stop(one.job)
            one.method.start(one.job)
        click.echo(f"restarted: {title(one)}")


@service.command()
@which
@reads_option
@json_option
@logging_options
def status(
    method: str | None, scope: Scope | None, role: Role | None, config: Path | None, *, as_json: bool
) -> None:
    """Show what starts it, and how that stands; exit code 1 when nothing does."""
    found = installed(method, scope, role, config)
    if as_json:
        print_json([_described(one) for one in found])
    else:
        for one in found:
            click.echo("\n".join(_lines(one)))
        if not found:
            nothing = "nothing starts homeport on this machine; `homeport service install` does that"
            click.echo(nothing if config is None else _nothing(config))
    raise SystemExit(0 if found else NOT_INSTALLED)


def _role_of(path: Path) -> Role:
    """Return what a file is for: the agent where it has one."""
    from homeport.config import loader

    return "run" if loader.load(path).config.agent is not None else "serve"


def _edited_last(path: Path, job: Job) -> Path:
    """Return the file that counts: the installed one where somebody edited it later than the one that is found first.

    A copy is as old as what it was made of (`settle`): later is only what was edited.
    """
    from homeport.config import loader

    try:
        is_later = job.config.stat().st_mtime_ns > path.stat().st_mtime_ns
    except OSError:  # there is none, or none that this account may see
        return path
    if not is_later:
        return path
    found = loader.load(job.config).config
    return job.config if (found.server if job.role == "serve" else found.agent) is not None else path


def _chosen(method: str | None, scope: Scope | None, role: Role) -> tuple[Method, Scope, str]:
    """Return the way that was asked for, or the best.

    Raises:
        NotAllowed: it cannot be used here; the message says why.
    """
    from homeport.errors import NotAllowed
    from homeport.system import choose

    if method is None:
        best = choose.best(role, scope, lambda kind, each: choose.load(kind).why_not(each))
        return choose.load(best.kind), best.scope, best.reason
    way = choose.load(method)
    scopes: tuple[Scope, ...] = (scope,) if scope else ("machine", "user")
    whys = {each: way.why_not(each) for each in scopes}
    for each, why in whys.items():
        if why is None:
            return way, each, "you asked for it"
    raise NotAllowed(f"{method} cannot be used: {whys[scopes[0]]}")


def _job(role: Role, scope: Scope) -> Job:
    """Return what is to be started, as far as no way has its own places."""
    from homeport.config import paths

    places = paths.Places(is_root=True) if scope == "machine" else paths.Places()
    state = places.state()
    config = (state if scope == "machine" else places.user_config()) / paths.FILE
    return Job(role, program(), config, state, scope, parts=_parts())


def program(executable: str | None = None) -> tuple[str, ...]:
    """Return the words that start homeport from anywhere: its script beside the interpreter, or a frozen program.

    On Windows a script is a program that starts another, which no service manager sees: there it is the interpreter.
    """
    found = Path(executable or sys.executable)
    if getattr(sys, "frozen", False):
        return (str(found),)
    script = found.with_name("homeport")
    if sys.platform != "win32" and script.is_file():
        return (str(script),)
    return (str(found), "-m", "homeport")


def _parts() -> tuple[Path, ...]:
    """Return what the program is made of besides its first file; the interpreter of a virtual one lies elsewhere."""
    if getattr(sys, "frozen", False):
        return ()
    return (Path(sys.executable).resolve(), Path(__file__).resolve())


def placed(path: Path, job: Job) -> Job:
    """Return the job with what the file says of it: its database, and whether it listens on low ports.

    Raises:
        ConfigInvalid: the file wants the database where the service's account may not write.
    """
    from homeport.config import loader
    from homeport.config.listen import Low, low
    from homeport.config.settle import handed
    from homeport.errors import ConfigInvalid

    own = job.scope == "user"  # then relative paths lead where they lead; else state goes along with the file
    loaded = loader.load(path)
    config = loader.parse(loaded.text, path if own else job.config).config
    found, setting = wanted(config, job)
    if job.scope == "machine" and not found.is_relative_to(job.state):
        raise ConfigInvalid(
            f"{path}: {setting} names {found.parent}, where the service's account may not write; take that line out, and"
            f" it is {job.state}, or choose --scope user"
        )
    ports = low(config.server) if job.role == "serve" and config.server else Low()
    secrets = handed(loaded.references, job.state)
    return replace(job, database=found, dns=ports.dns, binds_low=ports.has_others, secrets=secrets)


def wanted(config: Any, job: Job) -> tuple[Path, str]:
    """Return the database of the role, and the setting that says so."""
    from homeport.agent import DATABASE

    if job.role == "serve":
        store = config.server.store.path if config.server else None
        return store or job.state / "server.db", "server.store.path"
    state = config.agent.state if config.agent else None
    return (state or job.state) / DATABASE, "agent.state"


def _settled(path: Path, way: Method, job: Job, keep: Callable[[Path], None]) -> Job:
    """Bring the file to where the job reads it; return the job with the place it has by then."""
    from homeport.config.settle import Account, settle

    hands = getattr(way, "hands", None)
    is_handed = hands is not None and hands(job)
    account = Account(partial(way.reaches, job), is_own=job.scope == "user", is_handed=is_handed)
    settled = settle(path, job.config.parent, account, keep)
    if settled.path == path.absolute():
        click.echo(f"file: {path}")
    else:
        click.echo(f"file: {settled.path}, copied from {path}; it is this one that counts from now on")
    if settled.secrets:
        click.echo(f"secrets: {', '.join(settled.secrets)}, sealed beside it")
    if settled.copies:
        copies = ", ".join(map(str, settled.copies))
        click.echo(f"copied: {copies}; after you renew the originals, install again")
    if settled.before:
        click.echo(f"before: the file that was there lies at {settled.before}")
    return replace(job, config=settled.path)


def _taken_along(path: Path, job: Job, states: Sequence[State], keep: Callable[[Path], None]) -> None:
    """Bring the state to where the job keeps it, where nothing lies there yet."""
    from homeport.cli._along import elsewhere, state, take_along
    from homeport.config import loader

    if job.database is None:
        return
    place = path if job.scope == "user" else job.config
    config = loader.parse(loader.load(path).text, place).config
    target = state(config, job.database, job.role)
    if taken := take_along(states, target, keep):
        click.echo(f"state: {job.database}, copied from {taken.database}")
        if taken.aside:
            click.echo(
                f"key: another one was left beside it, without a database; it lies at {taken.aside} now"
            )
    elif other := elsewhere(states, target):
        click.echo(
            f"state: {job.database}, which was there already; {other.database} is left where it is, unused"
        )


def _proof(said: dict[str, Any] | None, way: Method, job: Job) -> str:
    if said is None:
        return f"proven: it did a round; the next comes within {job.every:.0f} s"
    records = said.get("records")
    what = (
        f"it keeps {len(records)} records"
        if records is not None
        else f"it serves {said.get('zones', 0)} zones"
    )
    return f"proven: {way.kind} started it, and it answers; {what}. `homeport status` shows more"


def installed(
    method: str | None, scope: Scope | None, role: Role | None, config: Path | None = None
) -> list[Installed]:
    """Return every installation, or those that read one file; who may not install may look all the same."""
    from homeport.errors import HomeportError

    found: list[Installed] = []
    for way, job in _possible(method, scope, role):
        if config is not None and job.config.resolve() != config.resolve():
            continue
        try:
            standing = way.standing(job)
        except (HomeportError, OSError):
            if way.why_not(job.scope) is None:
                raise
            continue
        seen = {(one.method.kind, one.job.role, tuple(one.standing.places)) for one in found}
        if standing.is_installed and (way.kind, job.role, tuple(standing.places)) not in seen:
            found.append(Installed(way, job, standing))
    return found


def _possible(method: str | None, scope: Scope | None, role: Role | None) -> Iterator[tuple[Method, Job]]:
    from homeport.errors import Refused
    from homeport.system import choose

    scopes: tuple[Scope, ...] = (scope,) if scope else ("machine", "user")
    roles: tuple[Role, ...] = (role,) if role else ("run", "serve", "once")
    for kind in (method,) if method else choose.kinds():
        way = choose.load(kind)
        for each in scopes:
            for one in roles:
                with suppress(Refused):  # a role that this way does not start
                    yield way, _known(way.prepare(_job(one, each)))


def _known(job: Job) -> Job:
    """Return a job with what its file says, as far as that can be read."""
    from homeport.errors import HomeportError

    with suppress(HomeportError):
        return placed(job.config, job)
    return job


def _must_be(
    method: str | None, scope: Scope | None, role: Role | None, config: Path | None
) -> list[Installed]:
    """Return what is installed.

    Raises:
        ConfigInvalid: nothing is.
    """
    from homeport.errors import ConfigInvalid

    if found := installed(method, scope, role, config):
        return found
    raise ConfigInvalid(_nothing(config))


def _nothing(config: Path | None) -> str:
    if config is None:
        return "nothing is installed for this account or machine; `homeport service install` does that"
    return f"nothing is installed that reads {config}; without --config `homeport service status` shows all"


def title(one: Installed) -> str:
    """Return an installation as people know it."""
    return f"{one.method.kind} ({one.job.role}, for {_whose(one.job.scope)})"


def _whose(scope: Scope) -> str:
    return "the whole machine" if scope == "machine" else "this account"


def _described(one: Installed) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "method": one.method.kind,
        "role": one.job.role,
        "scope": one.job.scope,
        "config": str(one.job.config),
        **asdict(one.standing),
    }


def _lines(one: Installed) -> Iterator[str]:
    """Yield how an installation stands, as people read it."""
    standing = one.standing
    running = {True: "running", False: "not running", None: "whether it runs is not known"}[
        standing.is_running
    ]
    yield f"{title(one)}: {'enabled' if standing.is_enabled else 'DISABLED'}, {running}"
    for name, value in (("command", standing.command), ("account", standing.account)):
        if value:
            yield f"  {name}: {value}"
    if standing.last_exit is not None:
        yield f"  last exit code: {standing.last_exit}"
    yield from (f"  at: {place}" for place in standing.places)
    yield from (f"  note: {note}" for note in standing.notes)
