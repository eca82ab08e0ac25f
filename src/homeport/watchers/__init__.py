"""How a change is noticed, one way a file.

A watcher is one module: `WATCHER`, a class made of `Tools`; `poll` and `heartbeat`, which the file configures, are made
of their settings too. Those outside this tree join by the entry point group `homeport.watchers`.
"""

from homeport.registry import Room

_ROOM = Room(__name__, __path__, "WATCHER", "watcher")
kinds = _ROOM.kinds
load = _ROOM.load
