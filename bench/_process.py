"""Processes of `homeport`, as people run it, and what they cost."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path


def homeport(*words):
    return [sys.executable, "-m", "homeport", *words]


@contextmanager
def running(folder, *commands):
    """Run these for the block; what they said is shown when the bench gives up."""
    with Path(folder, "log").open("ab") as log:
        processes = [subprocess.Popen(words, cwd=folder, stdout=log, stderr=log) for words in commands]
        try:
            yield processes
        except SystemExit:
            sys.stderr.write(Path(folder, "log").read_text())
            raise
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()


def cpu(pid):
    """Return the processor seconds that a process has spent."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid):
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2
