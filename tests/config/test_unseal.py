"""The child answers what it is asked and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys

from homeport.config import secret_store


def test_the_child_answers(tmp_path):
    """The value, or the reason, as JSON; nothing on standard error."""
    store = tmp_path / "secrets.json"
    secret_store.put(store, "cf", "hunter2")
    for name, answer in (("cf", ["hunter2", ""]), ("no", [None, None])):
        done = subprocess.run(
            [sys.executable, "-m", "homeport.config.unseal"],
            input=json.dumps([str(store), name]).encode(),
            capture_output=True,
            check=True,
        )
        value, why = json.loads(done.stdout)
        assert value == answer[0]
        assert (why == "") == (value is not None)
        assert done.stderr == b""
