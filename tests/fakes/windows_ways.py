"""The ways Windows has of starting something, by themselves: a script that prints what each does, run by a Windows Python.

`windows_ways.py KIND SCOPE ROLE FILE WORD...`: each word is a call of the way, or `wait` for a line on standard input.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from homeport.errors import HomeportError
from homeport.system import choose
from homeport.system.method import Job
from homeport.system.windows import _advapi

CALL = _advapi.call


def say(**what):
    print(json.dumps(what, default=str), flush=True)  # noqa: T201 -- this is what the test reads


def noting(function, *given, **how):
    """Call Windows, and note what a service is made of."""
    if function == "ChangeServiceConfig2W" and given[1] == _advapi.FAILURE_ACTIONS:
        actions = given[2]._obj
        delays = [(each.type, each.delay) for each in actions.actions[: actions.count]]
        say(recovery=delays, reset_after=actions.reset_after)
    if function == "ChangeServiceConfig2W" and given[1] == _advapi.FAILURE_FLAG:
        say(also_after_exit_codes=given[2]._obj.value)
    return CALL(function, *given, **how)


def main():
    kind, scope, role, file, *words = sys.argv[1:]
    _advapi.call = noting
    way = choose.load(kind)
    program = (sys.executable, "-m", "homeport")
    job = way.prepare(Job(role, program, Path(file), Path(file).parent, scope))
    for word in words:
        if word == "wait":
            sys.stdin.readline()
            continue
        try:
            done = getattr(way, word)(scope if word == "why_not" else job)
        except HomeportError as error:
            say(word=word, error=str(error))
        else:
            say(word=word, done=asdict(done) if word == "standing" else done)


if __name__ == "__main__":
    main()
