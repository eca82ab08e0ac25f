#!/usr/bin/env python3
"""Is the agent or the server of this container well? It is asked on its control channel, and nobody else is.

Status 0 when it answers and has nothing to complain about. A DNS host that refuses or is away is no reason to start a
container again, and does not count.
"""

import asyncio
import sys

from homeport.config.paths import state_folder
from homeport.errors import HomeportError
from homeport.net import channel

PATIENCE = 8.0  # seconds, less than the HEALTHCHECK's own


async def ailments() -> list[str]:
    """Return what is wrong; nothing is."""
    for database in ("agent.db", "server.db"):
        path = channel.path_for(state_folder(None) / database)
        if not path.exists():
            continue
        try:
            async with asyncio.timeout(PATIENCE):
                said = await channel.call(path, "status")
        except (HomeportError, TimeoutError) as error:
            return [str(error) or f"no answer within {PATIENCE:.0f} s"]
        return list(said.get("ailments") or ())
    return [f"neither an agent nor a server runs in {state_folder(None)}"]


if __name__ == "__main__":
    found = asyncio.run(ailments())
    sys.stdout.write("\n".join(found or ["well"]) + "\n")
    sys.exit(1 if found else 0)
