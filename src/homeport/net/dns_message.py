"""One DNS message to one server: UDP first, TCP when it is large, its answer was cut off, or none came."""

from __future__ import annotations

import asyncio
import struct

from homeport.errors import Unavailable
from homeport.model.line import Line
from homeport.net import udp
from homeport.net.dial import Dialer
from homeport.net.failures import cause

DATAGRAM = 1232  # bytes that fit every path (RFC 9715); more goes over TCP
UDP_WAIT, TCP_WAIT = 2.0, 6.0  # seconds


class Sending:
    """One message on its way.

    Attributes:
        has_left: the server may have got it.
    """

    def __init__(self, wire: bytes, line: Line) -> None:
        self.has_left = False
        self._wire = wire
        self._line = line

    async def to(self, where: tuple[str, int]) -> bytes:
        """Return the answer.

        Raises:
            Unavailable: there was none.
        """
        if len(self._wire) <= DATAGRAM:
            try:
                answer = await udp.exchange(
                    where, self._wire, timeout=UDP_WAIT, accept=self._is_answer, line=self._line
                )
                if not answer[2] & 2:  # TC
                    return answer
            except Unavailable as error:
                self.has_left = isinstance(error.__cause__, TimeoutError)
        return await self._over_tcp(where)

    async def _over_tcp(self, where: tuple[str, int]) -> bytes:
        try:
            async with asyncio.timeout(TCP_WAIT):
                return await self._stream(where)
        except (OSError, EOFError) as error:  # TimeoutError is an OSError
            why = "the connection was closed" if isinstance(error, EOFError) else cause(error)
            raise Unavailable(f"{udp.show(where)} does not answer: {why}") from error

    async def _stream(self, where: tuple[str, int]) -> bytes:
        sock = await Dialer(line=self._line, timeout=TCP_WAIT).connect(*where)
        reader, writer = await asyncio.open_connection(sock=sock)
        try:
            self.has_left = True
            writer.write(struct.pack("!H", len(self._wire)) + self._wire)
            while True:
                (size,) = struct.unpack("!H", await reader.readexactly(2))
                answer = await reader.readexactly(size)
                if self._is_answer(answer):
                    return answer
        finally:
            writer.close()

    def _is_answer(self, data: bytes) -> bool:
        """Tell whether `data` is a response with our id and opcode."""
        return (
            len(data) >= 12 and data[:2] == self._wire[:2] and data[2] & 0xF8 == 0x80 | self._wire[2] & 0x78
        )
