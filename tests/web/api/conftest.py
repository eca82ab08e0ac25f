"""A real agent with its neighbourhood, and a program that has a token for its page."""

import pytest

from fakes.api import client
from fakes.neighbourhood import neighbourhood

WEB = {"  state: state": "  state: state\n  web: {listen: '127.0.0.1:0'}"}


@pytest.fixture(scope="package")
def around(tmp_path_factory):
    """An agent that runs and has published its name; what a test changes of it, it brings back."""
    with neighbourhood(tmp_path_factory.mktemp("api")) as there:
        there.configure(changes=WEB)
        with there.folder.running("run", log="log"):
            there.folder.wait_for("log", "record.verified")
            yield there


@pytest.fixture
def program(around):
    """A program that may everything."""
    return client(around.folder, "log")
