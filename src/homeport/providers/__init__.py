"""Where records are published, one host a file.

A provider is one module: `PROVIDER`, a class with typed `Settings`. Nothing else is edited to add one;
those outside this tree join by the entry point group `homeport.providers`.
"""

from homeport.registry import Room

_ROOM = Room(__name__, __path__, "PROVIDER", "provider")
kinds = _ROOM.kinds
load = _ROOM.load
