"""One DNS question over a stream: TCP, or TLS on top of it.

Source: RFC 7766 section 8, RFC 7858 section 3.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from contextlib import suppress
from typing import Any

from homeport.errors import Unavailable
from homeport.model.address import Family
from homeport.model.line import ANY_LINE, Line
from homeport.net.dial import Dialer
from homeport.net.failures import cause
from homeport.net.udp import show
from homeport.wire import dns

_LENGTH = struct.Struct("!H")
_PARTING = 0.5  # seconds a TLS peer has to say goodbye


async def exchange(
    server: tuple[str, int],
    query: bytes,
    *,
    timeout: float,  # noqa: ASYNC109 -- the error names the server, which a bare TimeoutError cannot
    family: Family | None = None,
    line: Line = ANY_LINE,
    tls_name: str = "",
) -> bytes:
    """Send one question on a connection of its own and return the message that answers it.

    Args:
        timeout: seconds, connecting included.
        tls_name: speak TLS, and this is whom the certificate must name.

    Raises:
        Unavailable: no connection, a certificate that is not trusted, no answer in time, or not to this question.
    """
    shown, how = show(server), "TLS" if tls_name else "TCP"
    try:
        async with asyncio.timeout(timeout):
            answer = await _asked(Dialer(line=line, timeout=timeout), server, family, query, tls_name)
    except TimeoutError as error:
        raise Unavailable(f"{shown} did not answer over {how} within {timeout:g} s") from error
    except EOFError as error:
        raise Unavailable(f"{shown} closed the {how} connection without an answer") from error
    except OSError as error:
        raise Unavailable(f"{shown} does not answer over {how}: {cause(error)}") from error
    if not dns.is_answer(answer, query):
        raise Unavailable(f"{shown} answered another question over {how}")
    return answer


async def _asked(
    dialer: Dialer, server: tuple[str, int], family: Family | None, query: bytes, tls_name: str
) -> bytes:
    tls = _tls(tls_name) if tls_name else {}
    reader, writer = await asyncio.open_connection(sock=await dialer.connect(*server, family), **tls)
    try:
        writer.write(_LENGTH.pack(len(query)) + query)
        (size,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        return await reader.readexactly(size)
    finally:
        writer.close()
        with suppress(OSError):  # the answer is here, whatever becomes of the goodbye
            await writer.wait_closed()


def _tls(name: str) -> dict[str, Any]:
    """Return what makes a connection one of TLS, verified against the system's authorities."""
    context = ssl.create_default_context()
    return {"ssl": context, "server_hostname": name, "ssl_shutdown_timeout": _PARTING}
