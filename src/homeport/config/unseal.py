"""The short-lived child that opens one secret: asked on standard input, answers on standard output."""

from __future__ import annotations

import sys

from homeport.config.secret_store import answer

if __name__ == "__main__":
    sys.stdout.buffer.write(answer(sys.stdin.buffer.read()))
