"""Named pipes for the control channel on Windows, open to the account that made them and to nobody else.

asyncio's own pipe server takes no security descriptor, and the default one lets everybody read.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

if sys.platform == "win32":
    import _winapi
    import ctypes
    from asyncio import windows_events
    from ctypes import wintypes

    OWNER_ONLY = "D:P(A;;GA;;;OW)(A;;GA;;;SY)(A;;GA;;;BA)"  # the owner, the system, administrators
    SDDL_REVISION_1 = 1
    BUFFER = 65536

    class SecurityAttributes(ctypes.Structure):
        """SECURITY_ATTRIBUTES of minwinbase.h."""

        _fields_ = (
            ("length", wintypes.DWORD),
            ("descriptor", ctypes.c_void_p),
            ("inherit", wintypes.BOOL),
        )

    def _owner_only() -> SecurityAttributes:
        """Return attributes that let in the owner alone; they live as long as the process."""
        descriptor = ctypes.c_void_p()
        convert = ctypes.WinDLL(
            "advapi32", use_last_error=True
        ).ConvertStringSecurityDescriptorToSecurityDescriptorW
        convert.argtypes = (wintypes.LPCWSTR, wintypes.DWORD, ctypes.c_void_p, ctypes.c_void_p)
        if not convert(OWNER_ONLY, SDDL_REVISION_1, ctypes.byref(descriptor), None):
            raise ctypes.WinError(ctypes.get_last_error())
        return SecurityAttributes(ctypes.sizeof(SecurityAttributes), descriptor, False)

    class PrivatePipeServer(windows_events.PipeServer):
        """asyncio's pipe server, its pipes made with our security attributes."""

        _attributes: SecurityAttributes | None = None

        def _server_pipe_handle(self, first: bool) -> Any:  # noqa: FBT001 -- asyncio's signature
            if self.closed():
                return None
            if PrivatePipeServer._attributes is None:
                PrivatePipeServer._attributes = _owner_only()
            flags = _winapi.PIPE_ACCESS_DUPLEX | _winapi.FILE_FLAG_OVERLAPPED
            if first:
                flags |= _winapi.FILE_FLAG_FIRST_PIPE_INSTANCE
            handle = _winapi.CreateNamedPipe(
                self._address,
                flags,
                _winapi.PIPE_WAIT,
                _winapi.PIPE_UNLIMITED_INSTANCES,
                BUFFER,
                BUFFER,
                _winapi.NMPWAIT_WAIT_FOREVER,
                ctypes.addressof(PrivatePipeServer._attributes),
            )
            pipe = windows_events.windows_utils.PipeHandle(handle)
            self._free_instances.add(pipe)
            return pipe

    async def listen(
        name: str, session: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any], limit: int
    ) -> Callable[[], Awaitable[None]]:
        """Serve `name`; the returned call ends that."""
        loop = asyncio.get_running_loop()
        theirs = windows_events.PipeServer
        windows_events.PipeServer = PrivatePipeServer  # type: ignore[misc]
        try:
            [server] = await loop.start_serving_pipe(  # type: ignore[attr-defined]
                lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader(limit=limit), session), name
            )
        finally:
            windows_events.PipeServer = theirs  # type: ignore[misc]

        async def stop() -> None:
            server.close()

        return stop

    async def connect(name: str, limit: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open the pipe `name`.

        Raises:
            FileNotFoundError: nobody serves it.
        """
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=limit)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.create_pipe_connection(lambda: protocol, name)  # type: ignore[attr-defined]
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
