"""Runs inside the machine that `tools/machine` makes: hears commands on a serial port, and tells how they ended.

It is started before the first process of the system, so that the system's own beginning can be watched. One line of
JSON comes in, one goes out: `{"words": [...], "text": "", "timeout": 60}` and `{"status": 0, "out": "", "err": ""}`.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

PORT = Path("/dev/vport0p1")
HOME = str(Path("~root").expanduser())
ENVIRONMENT = {
    "HOME": HOME,
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "SYSTEMD_COLORS": "0",
    "SYSTEMD_PAGER": "",
}


def main():
    """Answer for as long as the machine runs."""
    while not PORT.exists():
        time.sleep(0.05)  # noqa: TID251 -- the kernel makes it when it finds the port
    with PORT.open("r+b", buffering=0) as port:
        heard = b""
        while True:
            said = port.read(65536)
            if not said:  # nobody is at the other end
                time.sleep(0.05)  # noqa: TID251 -- such a port has no other sign
                continue
            heard += said
            *lines, heard = heard.split(b"\n")
            for line in lines:
                tell(port, {"id": (wanted := json.loads(line))["id"], **done(wanted)})


def done(wanted):
    """Run a command to its end."""
    try:
        ran = subprocess.run(
            wanted["words"],
            input=wanted["text"].encode(),
            env={**ENVIRONMENT, **wanted["environment"]},
            cwd=HOME,
            capture_output=True,
            timeout=wanted["timeout"],
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"status": -1, "out": "", "err": str(error)}
    out, err = ran.stdout.decode(errors="replace"), ran.stderr.decode(errors="replace")
    return {"status": ran.returncode, "out": out, "err": err}


def tell(port, answer):
    """Send a line whole: a write may take a part of it."""
    left = json.dumps(answer).encode() + b"\n"
    while left:
        left = left[os.write(port.fileno(), left) :]


if __name__ == "__main__":
    sys.exit(main())
