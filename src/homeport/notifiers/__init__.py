"""How people are told, one way a file.

A notifier is one module: `NOTIFIER`, a class with typed `Settings`. Nothing else is edited to add one; those outside
this tree join by the entry point group `homeport.notifiers`.
"""

from homeport.registry import Room

_ROOM = Room(__name__, __path__, "NOTIFIER", "notifier")
kinds = _ROOM.kinds
load = _ROOM.load
