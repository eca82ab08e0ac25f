"""A machine under the doctor's eyes, made of what a test wants to be true of it."""

from fakes.clock import FakeClock
from fakes.tools import toolbox
from homeport.config import loader
from homeport.doctor.case import Case
from homeport.system.method import Standing


class FakeWay:
    """A way of being started that stands as it is told to, and remembers what was done with it."""

    def __init__(self, standing, kind="systemd", scope="machine", role="run"):
        self.kind = self.title = kind
        self._standing, self._scope, self._role = standing, scope, role
        self.done = []
        self.texts = {}

    def why_not(self, scope):
        return None if scope == self._scope else "not in this scope"

    def prepare(self, job):
        return job

    def standing(self, job):
        if isinstance(self._standing, Exception):
            raise self._standing
        is_it = (job.role, job.scope) == (self._role, self._scope)
        return self._standing if is_it else Standing(is_installed=False)

    def render(self, job):
        return self.texts

    def install(self, job):
        self.done.append(("install", job.role, str(job.config)))

    def start(self, job):
        self.done.append(("start", job.role))


def patient(folder, text=None, *, tools=None, **others):
    """Return a case: of a file with this text, or of none."""
    path = None
    if text is not None:
        path = folder / "homeport.yaml"
        path.write_text(text, encoding="utf-8")
    examined = loader.examine(path) if path else None
    return Case(path, examined, tools or toolbox(clock=FakeClock()), **others)


def agent(folder, more=""):
    """Return the text of a file whose agent keeps its state in `folder`."""
    return f"agent:\n  state: {folder / 'state'}\n{more}"


async def findings(check, case):
    """Return all that a check finds."""
    return [finding async for finding in check(case)]


def ids(found):
    """Return which sentences were said, each of which can be shown."""
    assert all(finding.sentence and "{" not in finding.remedy for finding in found)
    return [finding.said.id for finding in found]
