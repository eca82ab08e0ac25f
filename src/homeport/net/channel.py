"""The local control channel: how another process on this machine talks to the one that owns a database.

A Unix socket of mode 0600 beside the database, a named pipe with an owner-only DACL on Windows. One JSON
object a line: `{"call": name, "args": {}}` is answered by `{"ok": value}` or `{"error": {...}}`, and
`{"follow": name, "args": {}}` by `{"item": value}` lines until either side closes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import stat
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

from homeport import errors
from homeport.errors import HomeportError, InUse, NotAllowed, StoreUnavailable, Throttled, Unavailable
from homeport.ports import Call
from homeport.telemetry.events import Event, emit

_GONE = "the process on the other side of the control channel went away; ask again"
LINE_LIMIT = 16 * 1024 * 1024  # one host's history fits; a base is many items, never one
Stream = Callable[[Mapping[str, Any]], AsyncIterator[Any]]
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Absent(Unavailable):
    """Nobody listens on this channel: the process that would is not running."""


def path_for(database: Path) -> Path:
    """Return where the owner of `database` listens."""
    if sys.platform == "win32":
        name = hashlib.sha256(str(database.absolute()).lower().encode()).hexdigest()[:24]
        return Path(rf"\\.\pipe\homeport-{name}")
    return database.with_name(database.name + ".sock")


@asynccontextmanager
async def serve(
    path: Path, calls: Mapping[str, Call], streams: Mapping[str, Stream] | None = None
) -> AsyncIterator[None]:
    """Listen on `path` until the block ends; the caller holds the database's lock, so a stale socket is ours.

    Raises:
        NotAllowed: this account may not listen there.
    """
    sessions: set[asyncio.Task[None]] = set()

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- a stream callback always runs in a task
        sessions.add(task)
        try:
            with suppress(asyncio.CancelledError):  # by us, at the end; asyncio would log it as a fault
                await _session(reader, writer, calls, streams or {})
        finally:
            sessions.discard(task)

    stop = await _listen(path, session)
    try:
        yield
    finally:
        await stop()
        for task in tuple(sessions):
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)


async def call(path: Path, name: str, /, **args: Any) -> Any:
    """Ask the process that listens on `path` and return its answer.

    Raises:
        Absent: nobody listens there.
        HomeportError: whatever the other side raised, as the same class.
    """
    reader, writer = await _connect(path)
    try:
        await _ask(writer, {"call": name, "args": args})
        return _answer(await _line(reader))
    finally:
        await _close(writer)


async def follow(path: Path, name: str, /, **args: Any) -> AsyncIterator[Any]:
    """Yield what the process that listens on `path` streams, until it ends the stream.

    Raises:
        Absent: nobody listens there.
        HomeportError: whatever the other side raised, as the same class.
    """
    reader, writer = await _connect(path)
    try:
        await _ask(writer, {"follow": name, "args": args})
        while line := await _line(reader):
            yield _answer(line)
    finally:
        await _close(writer)


async def _ask(writer: asyncio.StreamWriter, value: Any) -> None:
    try:
        await _send(writer, value)
    except OSError as exc:
        raise Unavailable(_GONE) from exc


def _answer(line: bytes) -> Any:
    if not line:
        raise Unavailable(_GONE)
    said = json.loads(line)
    if error := said.get("error"):
        raise _rebuild(error)
    return said["ok"] if "ok" in said else said["item"]


def _rebuild(error: Mapping[str, Any]) -> HomeportError:
    """Return the error the other side raised."""
    kind = getattr(errors, str(error.get("type")), HomeportError)
    message = str(error.get("message"))
    if kind is Throttled:
        return Throttled(message, retry_after=float(error.get("retry_after", 60)))
    return (
        kind(message)
        if isinstance(kind, type) and issubclass(kind, HomeportError)
        else HomeportError(message)
    )


async def _session(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    calls: Mapping[str, Call],
    streams: Mapping[str, Stream],
) -> None:
    """Serve one connection; its end, however it comes, is nobody's failure."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        try:
            while line := await _line(reader):
                await _serve_one(line, reader, writer, calls, streams)
        finally:
            await _close(writer)


async def _serve_one(
    line: bytes,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    calls: Mapping[str, Call],
    streams: Mapping[str, Stream],
) -> None:
    try:
        asked = json.loads(line)
        name, args = str(asked.get("call") or asked.get("follow")), dict(asked.get("args") or {})
        if "follow" in asked and name in streams:
            await _stream(streams[name](args), reader, writer)
            return
        if "call" not in asked or name not in calls:
            raise errors.Refused(f"this process does not know {name!r}; is it of the same version?")
        answer = await calls[name](args)
        emit(Event.CONTROL_CALLED, call=name)
        await _send(writer, {"ok": answer})
    except ConnectionError:
        raise
    except HomeportError as exc:
        error = {
            "type": type(exc).__name__,
            "message": str(exc),
            "retry_after": getattr(exc, "retry_after", None),
        }
        await _send(writer, {"error": error})
    except Exception as exc:  # noqa: BLE001 -- a fault in one command must not end the process that owns the data
        emit(Event.CONTROL_FAILED, error=type(exc).__name__)
        await _send(
            writer, {"error": {"type": "HomeportError", "message": "that failed inside; the log has more"}}
        )


async def _stream(
    items: AsyncIterator[Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Send items until they end or the other side closes, whichever comes first."""

    async def send() -> None:
        async for item in items:
            await _send(writer, {"item": item})
        writer.close()

    async with asyncio.TaskGroup() as group:
        sending = group.create_task(send())
        gone = group.create_task(reader.read(1))
        await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
        sending.cancel()
        gone.cancel()


async def _send(writer: asyncio.StreamWriter, value: Any) -> None:
    writer.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    await writer.drain()


async def _line(reader: asyncio.StreamReader) -> bytes:
    """Return one line, empty at the end; one that the end cut short was not said."""
    try:
        line = await reader.readline()
    except ValueError as exc:
        raise Unavailable("the control channel carried a line over its limit") from exc
    except OSError:
        return b""
    return line if line.endswith(b"\n") else b""


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError, OSError):
        await writer.wait_closed()


Session = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]


if sys.platform == "win32":
    from homeport.net import pipe

    async def _listen(path: Path, session: Session) -> Callable[[], Any]:
        return await pipe.listen(str(path), session, LINE_LIMIT)

    async def _connect(path: Path) -> _Streams:
        try:
            return await pipe.connect(str(path), LINE_LIMIT)
        except FileNotFoundError as exc:
            raise Absent("no homeport process listens here; is it running?") from exc
        except PermissionError as exc:
            raise NotAllowed(
                "another account runs that homeport process; use an administrator's prompt"
            ) from exc
        except OSError as exc:
            raise Unavailable(f"the homeport process here cannot be asked now ({exc}); ask again") from exc
else:

    async def _listen(path: Path, session: Session) -> Callable[[], Any]:
        _remove_stale(path)
        listener = socket.socket(socket.AF_UNIX)
        mask = os.umask(0o177)
        try:
            with _short(path) as short:
                listener.bind(short)
        except PermissionError as exc:
            raise NotAllowed(f"{path}: this account may not listen there; run as the folder's owner") from exc
        except OSError as exc:
            raise StoreUnavailable(
                f"{path} cannot be made ({exc.strerror}); it takes a disk that is writable and has room"
            ) from exc
        finally:
            os.umask(mask)
        server = await asyncio.start_unix_server(session, sock=listener, limit=LINE_LIMIT)

        async def stop() -> None:
            server.close()
            with suppress(FileNotFoundError):
                path.unlink()  # noqa: ASYNC240 -- one system call

        return stop

    async def _connect(path: Path) -> _Streams:
        try:
            with _short(path) as short:
                return await asyncio.open_unix_connection(short, limit=LINE_LIMIT)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as exc:
            raise Absent(f"no homeport process listens on {path}; is it running?") from exc
        except PermissionError as exc:
            raise NotAllowed(f"{path}: another account runs that process; use its account, or sudo") from exc
        except OSError as exc:
            raise Unavailable(f"{path} cannot be asked now ({exc.strerror}); ask again") from exc

    def _remove_stale(path: Path) -> None:
        """Remove the socket of a process that was killed; anything that is no socket is somebody's file."""
        with suppress(FileNotFoundError):
            if not stat.S_ISSOCK(path.lstat().st_mode):
                raise InUse(f"{path} is in the way of the control channel; move it elsewhere")
            path.unlink()

    @contextmanager
    def _short(path: Path) -> Iterator[str]:
        """Yield a spelling of `path` that fits a socket address, which holds about 100 bytes."""
        if len(os.fsencode(path)) < 100:
            yield str(path)
            return
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            yield f"/proc/self/fd/{descriptor}/{path.name}"
        finally:
            os.close(descriptor)
