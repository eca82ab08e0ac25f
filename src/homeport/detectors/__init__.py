"""How an address is learned, one way a file.

A detector is one module: `DETECTOR`, a class with typed `Settings`. Nothing else is edited to add one; those
outside this tree join by the entry point group `homeport.detectors`.
"""

from homeport.registry import Room

_ROOM = Room(__name__, __path__, "DETECTOR", "address source")
kinds = _ROOM.kinds
load = _ROOM.load
