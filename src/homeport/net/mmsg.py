"""Many datagrams for two system calls: Linux's `recvmmsg` and `sendmmsg`, and the memory they work on.

An answer is written over its question and goes to the address that the kernel wrote beside it, which is never
read. All that is left to do for one datagram is to cut the question out, to find its answer and to put it in.

At a wildcard the kernel also writes which address was asked (ip(7) `IP_PKTINFO`, RFC 3542 section 6), and reads from
the same place where the answer is to come from. The interface beside it is wiped, so that routing chooses that.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import socket
import sys
from collections.abc import Callable
from typing import Any, Literal

_LARGEST = 65535
_STRIDE = (
    _LARGEST + 65
)  # no multiple of a page, so that the datagrams do not compete for the same cache lines
_ADDRESS = {socket.AF_INET: 16, socket.AF_INET6: 28}  # octets of a sockaddr_in and of a sockaddr_in6

_WORD = ctypes.sizeof(ctypes.c_size_t)
_CONTROL_HEADER = _WORD + 8  # a `struct cmsghdr`: length, level, type
_PKTINFO = {socket.AF_INET: 12, socket.AF_INET6: 20}  # octets of an in_pktinfo and of an in6_pktinfo
_INTERFACE = {socket.AF_INET: 0, socket.AF_INET6: 16}  # where in them the interface stands, 4 octets
_ASK_PKTINFO = {socket.AF_INET: (socket.IPPROTO_IP, 8), socket.AF_INET6: (41, 49)}  # as Linux numbers them

_Call = Callable[..., int]


def batch(family: socket.AddressFamily, size: int, *, is_wildcard: bool = False) -> Batch | None:
    """Return room for `size` datagrams at once, `None` where the system has no such calls or does not allow them.

    Args:
        is_wildcard: the sockets that it drains listen on every address, and each answer is to come from the one asked.
    """
    calls = _calls()
    return Batch(family, size, *calls, is_wildcard=is_wildcard) if calls else None


def ask_pktinfo(sock: socket.socket) -> None:
    """Have the kernel tell with every datagram which of this machine's addresses it came to."""
    sock.setsockopt(*_ASK_PKTINFO[sock.family], 1)


class _Part(ctypes.Structure):
    """A `struct iovec`."""

    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """A `struct msghdr`, as the kernel has it."""

    _fields_ = (
        ("address", ctypes.c_void_p),
        ("address_size", ctypes.c_uint32),
        ("parts", ctypes.POINTER(_Part)),
        ("part_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """A `struct mmsghdr`."""

    _fields_ = (("header", _Header), ("size", ctypes.c_uint))


class Batch:
    """Room for many datagrams and their addresses, for sockets of one family that one thread drains.

    There is room for the largest datagrams, so that none is cut short; what is never written to takes no memory.

    Args:
        size: datagrams at once.
        receive, send: `recvmmsg` and `sendmmsg`.
        is_wildcard: see `batch`.
    """

    def __init__(
        self,
        family: socket.AddressFamily,
        size: int,
        receive: _Call,
        send: _Call,
        *,
        is_wildcard: bool = False,
    ) -> None:
        self._receive, self._send = receive, send
        self._size = size
        self._octets = mmap.mmap(-1, size * _STRIDE)
        self._starts = range(0, size * _STRIDE, _STRIDE)
        self._addresses = (ctypes.c_char * _ADDRESS[family] * size)()
        self._questions, self._question_parts = self._messages()
        self._answers, self._answer_parts = self._messages()
        self._question_sizes = _column(self._questions, _Message.size, "I")
        self._answer_sizes = _column(self._answer_parts, _Part.size, "L")
        self._first = ctypes.byref(self._questions)
        self._control = _Control(family, size, self._questions, self._answers) if is_wildcard else None

    def drain(self, sock: socket.socket, answer: Callable[[bytes], bytes | None]) -> int:
        """Answer what has come, a batch at most; return how many answers were lost.

        When more are there, or an error that belongs to an earlier answer was met, `sock` stays readable.
        """
        if self._control:
            self._control.reset()
        count = self._receive(sock.fileno(), self._first, self._size, 0, None)
        if count <= 0:
            return 0
        if self._control:
            self._control.turn(count)
        octets, answer_sizes = self._octets, self._answer_sizes
        question_sizes = self._question_sizes[:count].tolist()
        unsent = lost = 0
        for i, start, size in zip(range(count), self._starts, question_sizes, strict=False):
            found = answer(octets[start : start + size])
            if found is None or len(found) > _LARGEST:
                lost += self._dispatch(sock, unsent, i) + (found is not None)
                unsent = i + 1
            else:
                answer_sizes[i] = size = len(found)  # noqa: PLW2901 -- of what stands there from now on
                octets[start : start + size] = found
        return lost + self._dispatch(sock, unsent, count)

    def _dispatch(self, sock: socket.socket, begin: int, end: int) -> int:
        """Send the answers from `begin` to `end`, each is tried once; return how many the system did not take."""
        lost = 0
        while begin < end:
            where = ctypes.byref(self._answers, begin * ctypes.sizeof(_Message))
            sent = self._send(sock.fileno(), where, end - begin, 0)
            lost += sent < 1  # the first of them failed; what comes after it has yet to be tried
            begin += max(sent, 1)
        return lost

    def _messages(self) -> tuple[ctypes.Array[_Message], ctypes.Array[_Part]]:
        octets = ctypes.addressof(ctypes.c_char.from_buffer(self._octets))
        parts = (_Part * self._size)(*[_Part(octets + start, _LARGEST) for start in self._starts])
        messages = (_Message * self._size)()
        for message, address, part in zip(messages, self._addresses, parts, strict=True):
            where = ctypes.addressof(address)
            message.header = _Header(where, ctypes.sizeof(address), ctypes.pointer(part), 1)
        return messages, parts


class _Control:
    """Which address each question came to, and so where each answer comes from."""

    def __init__(
        self,
        family: socket.AddressFamily,
        size: int,
        questions: ctypes.Array[_Message],
        answers: ctypes.Array[_Message],
    ) -> None:
        width = -(-(_CONTROL_HEADER + _PKTINFO[family]) // _WORD) * _WORD  # CMSG_SPACE, cmsg(3)
        octets = (ctypes.c_char * (width * size))()
        where = ctypes.addressof(octets)
        for i, (question, answer) in enumerate(zip(questions, answers, strict=True)):
            for message in (question, answer):
                message.header.control, message.header.control_size = where + i * width, width
        field = (_CONTROL_HEADER + _INTERFACE[family]) // 4
        self._interfaces = memoryview(octets).cast("B").cast("I")[field :: width // 4]
        self._anywhere = memoryview(bytes(4 * size)).cast("I")
        self._sizes, self._sent = _control_sizes(questions), _control_sizes(answers)
        self._full = memoryview((ctypes.c_size_t * size)(*[width] * size)).cast("B").cast("L")

    def reset(self) -> None:
        """Give the kernel the whole room again: it wrote there how much of it was needed."""
        self._sizes[:] = self._full

    def turn(self, count: int) -> None:
        """Make what was told of the questions what the answers need; what was not told is not sent."""
        self._sent[:count] = self._sizes[:count]
        self._interfaces[:count] = self._anywhere[:count]


def _control_sizes(messages: ctypes.Array[_Message]) -> memoryview:
    width = ctypes.sizeof(_Message) // _WORD
    first = (_Message.header.offset + _Header.control_size.offset) // _WORD
    return memoryview(messages).cast("B").cast("L")[first::width]


def _column(array: ctypes.Array[Any], field: Any, letter: Literal["I", "L"]) -> memoryview:
    """Return one field of every element, as a view that can be read and written."""
    width = ctypes.sizeof(array) // len(array)
    return memoryview(array).cast("B").cast(letter)[field.offset // field.size :: width // field.size]


def _calls() -> tuple[_Call, _Call] | None:
    """Return `recvmmsg` and `sendmmsg`, `None` on another system, with an old C library, in a sandbox."""
    if sys.platform != "linux":
        return None
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        calls = libc.recvmmsg, libc.sendmmsg
    except (OSError, AttributeError):
        return None
    return calls if all(map(_is_allowed, calls)) else None


def _is_allowed(call: _Call) -> bool:
    """Tell whether the kernel knows this call and lets us make it: one without a socket is refused for that alone."""
    return call(-1, None, 0, 0, None) == -1 and ctypes.get_errno() == errno.EBADF
