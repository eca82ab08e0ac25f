"""What a bench prints: rows of what was measured beside what is promised."""

import json


def row(what, value, unit, target, *, ok):
    return {"what": what, "value": round(value, 4), "unit": unit, "target": target, "ok": ok}


def at_most(what, value, target, unit="s"):
    return row(what, value, unit, f"at most {target} {unit}", ok=value <= target)


def percentile(took, percent):
    """Return that of values in order."""
    return took[int(len(took) * percent / 100)]


def show(name, rows):
    """Print the one JSON object that `tools/bench` reads."""
    print(json.dumps({"name": name, "results": list(rows)}))
