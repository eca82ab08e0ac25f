"""Logs, metrics, traces, health: one vocabulary of events for all of them."""

import sys

if "structlog" not in sys.modules and "rich" not in sys.modules:
    # structlog imports all of rich (3.3 MB and 0.3 s in every process) for tracebacks that are never printed.
    sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        import structlog  # noqa: F401 -- imported for the order
    finally:
        del sys.modules["rich"]
