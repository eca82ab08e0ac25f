"""Commands are tried as a user runs them: against servers on this machine, in processes of their own."""

import pytest

from fakes.neighbourhood import neighbourhood


@pytest.fixture
def around(tmp_path):
    """Two address services, Cloudflare and its name server, and a folder whose configuration leads to them."""
    with neighbourhood(tmp_path) as there:
        yield there
