"""Homeport keeps a name pointing home."""

__version__ = "0.1.0"
