"""Hear from Windows, the moment it happens, that an address or the default route changed, or that it woke up.

Four sources stir one `Lookout`. The IP helper calls back on threads of its own for addresses and routes; Winsock
signals an event when a family's address list changes, the second source for what the first might miss; the power
service calls back after sleep. Source: Microsoft Learn, `NotifyUnicastIpAddressChange`, `NotifyRouteChange2`,
`SIO_ADDRESS_LIST_CHANGE`, `PowerRegisterSuspendResumeNotification`.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from typing import ClassVar

from homeport.errors import Unavailable
from homeport.net.lookout import Lookout
from homeport.ports import Hint, Tools

Stir = Callable[[str], None]  # both may be called on any thread
Fail = Callable[[Unavailable], None]


class IpHlpApi:
    """Hints at what is new; what a notification says is only the reason to look."""

    kind: ClassVar[str] = "iphlpapi"

    def __init__(self, tools: Tools) -> None:
        self._lookout = Lookout(tools)

    async def events(self) -> AsyncIterator[Hint]:
        loop = asyncio.get_running_loop()

        def stir(why: str) -> None:
            loop.call_soon_threadsafe(self._lookout.stir, why)

        def fail(error: Unavailable) -> None:
            loop.call_soon_threadsafe(self._lookout.fail, error)

        with contextlib.ExitStack() as held:
            _listen(held, stir, fail)
            async for hint in self._lookout.hints():
                yield hint


if sys.platform == "win32":
    import ctypes
    import socket
    import threading
    from ctypes import wintypes

    from homeport.telemetry.events import Event, emit
    from homeport.wire import iphlpapi

    _SIO_ADDRESS_LIST_CHANGE = 0x28000017
    _PENDING = 997  # WSA_IO_PENDING
    _FOREVER = 0xFFFFFFFF
    _WAKE = 18  # PBT_APMRESUMEAUTOMATIC: after every sleep, whether somebody sits there or not
    _DEVICE_NOTIFY_CALLBACK = 2

    _OnChange = ctypes.WINFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
    _OnPower = ctypes.WINFUNCTYPE(wintypes.ULONG, ctypes.c_void_p, wintypes.ULONG, ctypes.c_void_p)

    class _Overlapped(ctypes.Structure):
        """OVERLAPPED of minwinbase.h; Windows writes into it until the request has ended."""

        _fields_ = (
            ("internal", ctypes.c_size_t),
            ("internal_high", ctypes.c_size_t),
            ("offset", wintypes.DWORD),
            ("offset_high", wintypes.DWORD),
            ("event", wintypes.HANDLE),
        )

    class _Subscription(ctypes.Structure):
        """DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS of powrprof.h."""

        _fields_ = (("callback", _OnPower), ("context", ctypes.c_void_p))

    def _listen(held: contextlib.ExitStack, stir: Stir, fail: Fail) -> None:
        """Open every source there is; `held` closes them.

        Raises:
            Unavailable: none of those that tell of addresses can be opened.
        """
        whys = []
        for source in (_addresses, _address_lists, _routes, _waking):
            try:
                source(held, stir, fail)
            except (OSError, AttributeError) as error:  # AttributeError: this Windows has no such function
                whys.append((source, f"{source.__name__.strip('_')}: {error}"))
        if {source for source, _ in whys} >= {_addresses, _address_lists}:
            raise Unavailable(f"Windows does not tell its changes: {'; '.join(why for _, why in whys)}")
        for _, why in whys:
            emit(Event.WATCHER_FAILED, watcher="iphlpapi", why=why)

    def _addresses(held: contextlib.ExitStack, stir: Stir, _fail: Fail) -> None:
        """Stir at every address that comes, goes or changes."""
        _notified(held, "NotifyUnicastIpAddressChange", _OnChange(lambda _context, _row, _kind: stir("")))

    def _routes(held: contextlib.ExitStack, stir: Stir, _fail: Fail) -> None:
        """Stir at default routes."""

        def told(_context: int, row: int, kind: int) -> None:
            if row and (why := iphlpapi.route_news(ctypes.string_at(row, iphlpapi.ROUTE_ROW), kind)):
                stir(why)

        _notified(held, "NotifyRouteChange2", _OnChange(told))

    def _notified(held: contextlib.ExitStack, function: str, callback: ctypes._FuncPointer) -> None:
        """Register `callback`, which lives as long as what is put into `held`."""
        library = ctypes.WinDLL("iphlpapi")
        handle = wintypes.HANDLE()
        register = getattr(library, function)
        register.argtypes = (
            ctypes.c_ushort,
            ctypes.c_void_p,
            ctypes.c_void_p,
            wintypes.BOOLEAN,
            ctypes.c_void_p,
        )
        code = register(socket.AF_UNSPEC, callback, None, False, ctypes.byref(handle))
        if code:
            raise ctypes.WinError(code)
        library.CancelMibChangeNotify2.argtypes = (wintypes.HANDLE,)
        held.callback(_ended, library.CancelMibChangeNotify2, handle, callback)

    def _ended(end: Callable[[wintypes.HANDLE], int], handle: wintypes.HANDLE, _kept: object) -> None:
        """End a registration; `end` returns when no callback runs any more, and only then may it be freed."""
        end(handle)

    def _waking(held: contextlib.ExitStack, stir: Stir, _fail: Fail) -> None:
        """Stir when the machine has woken up."""

        def told(_context: int, kind: int, _setting: int) -> int:
            if kind == _WAKE:
                stir("this machine woke up")
            return 0

        library = ctypes.WinDLL("powrprof")
        subscription, handle = _Subscription(_OnPower(told), None), wintypes.HANDLE()
        code = library.PowerRegisterSuspendResumeNotification(
            _DEVICE_NOTIFY_CALLBACK, ctypes.byref(subscription), ctypes.byref(handle)
        )
        if code:
            raise ctypes.WinError(code)
        library.PowerUnregisterSuspendResumeNotification.argtypes = (wintypes.HANDLE,)
        held.callback(_ended, library.PowerUnregisterSuspendResumeNotification, handle, subscription)

    def _address_lists(held: contextlib.ExitStack, stir: Stir, fail: Fail) -> None:
        """Stir when the address list of a family changes."""
        lists = _AddressLists(stir, fail)
        held.callback(lists.close)
        lists.start()

    class _AddressLists:
        """A thread that waits for both families' lists.

        A thread of its own, for Windows cancels what a thread asked for when that thread ends, as those of its
        pool may at any time.
        """

        def __init__(self, stir: Stir, fail: Fail) -> None:
            self._stir, self._fail = stir, fail
            self._winsock = ctypes.WinDLL("ws2_32", use_last_error=True)
            self._kernel = _kernel()
            self._stop = self._kernel.CreateEventW(None, True, False, None)
            self._asked: list[tuple[socket.socket, _Overlapped]] = []
            self._thread = threading.Thread(target=self._wait, name="address lists", daemon=True)

        def start(self) -> None:
            for family in (socket.AF_INET, socket.AF_INET6):
                with contextlib.suppress(OSError):  # a machine may lack a family
                    self._add(socket.socket(family, socket.SOCK_DGRAM))
            if not self._asked:
                raise OSError("no address list can be asked about")
            self._thread.start()

        def _add(self, sock: socket.socket) -> None:
            request = _Overlapped(event=self._kernel.CreateEventW(None, True, False, None))
            try:
                self._ask(sock, request)
            except OSError:
                self._kernel.CloseHandle(request.event)
                sock.close()
                raise
            self._asked.append((sock, request))

        def _ask(self, sock: socket.socket, request: _Overlapped) -> None:
            """Ask to be told once; `request.event` is set then."""
            code = self._winsock.WSAIoctl(
                ctypes.c_size_t(sock.fileno()),
                wintypes.DWORD(_SIO_ADDRESS_LIST_CHANGE),
                *(None, 0, None, 0, ctypes.byref(wintypes.DWORD()), ctypes.byref(request), None),
            )
            if code and (error := ctypes.get_last_error()) != _PENDING:
                raise ctypes.WinError(error)

        def _wait(self) -> None:
            events = (wintypes.HANDLE * (1 + len(self._asked)))(
                self._stop, *(request.event for _, request in self._asked)
            )
            while which := self._kernel.WaitForMultipleObjects(len(events), events, False, _FOREVER):
                try:
                    self._ask(*self._asked[which - 1])  # before the look, so that nothing comes between
                except (OSError, IndexError) as error:  # IndexError: the wait itself failed
                    self._fail(Unavailable(f"Windows no longer tells its address lists: {error}"))
                    return
                self._stir("")

        def close(self) -> None:
            """End the thread, then every request: its memory is Windows's until it has ended."""
            self._kernel.SetEvent(self._stop)
            if self._thread.ident:
                self._thread.join()
            for sock, request in self._asked:
                self._kernel.CancelIoEx(sock.fileno(), ctypes.byref(request))
                self._kernel.WaitForSingleObject(request.event, _FOREVER)
                self._kernel.CloseHandle(request.event)
                sock.close()
            self._kernel.CloseHandle(self._stop)

    def _kernel() -> ctypes.WinDLL:
        kernel = ctypes.WinDLL("kernel32")
        kernel.CreateEventW.restype = wintypes.HANDLE
        kernel.CreateEventW.argtypes = (ctypes.c_void_p, wintypes.BOOL, wintypes.BOOL, wintypes.LPCWSTR)
        for name in ("SetEvent", "CloseHandle"):
            getattr(kernel, name).argtypes = (wintypes.HANDLE,)
        kernel.WaitForMultipleObjects.restype = wintypes.DWORD
        kernel.WaitForSingleObject.argtypes = (wintypes.HANDLE, wintypes.DWORD)
        waits = (wintypes.DWORD, ctypes.c_void_p, wintypes.BOOL, wintypes.DWORD)
        kernel.WaitForMultipleObjects.argtypes = waits
        kernel.CancelIoEx.argtypes = (wintypes.HANDLE, ctypes.c_void_p)
        return kernel

else:

    def _listen(_held: contextlib.ExitStack, _stir: Stir, _fail: Fail) -> None:
        raise Unavailable("only Windows tells changes by iphlpapi")


WATCHER = IpHlpApi
