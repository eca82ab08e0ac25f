"""Sockets and HTTP, bounded and classified once, here, for everybody."""
