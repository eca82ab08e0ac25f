"""The API, tried by a program that knows its description alone: schemathesis, against a real agent's page.

What it tries is the same in every run. Streams have no end of their own and are tried elsewhere; so is what waits for
the doctor, which takes its time.
"""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from fakes.api import BASE, PATIENCE, access, client
from fakes.neighbourhood import neighbourhood
from homeport.web.api.docs import described

WEB = {"  state: state": "  state: state\n  web: {listen: '127.0.0.1:0'}"}
WRONG_TOKENS = "token 127.0.0.1"  # whom they are counted by
TRIED = settings(
    max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def described_parts(**chosen):
    """Return some of the description, as schemathesis reads it."""
    whole = schemathesis.openapi.from_dict(dict(described())).exclude(path_regex="(events|bundle)$")
    return whole.include(**chosen) if chosen else whole


everything = described_parts()
things = described_parts(path_regex="^/(?!config)")
file = described_parts(path_regex="^/config")
# Any text has the type that the file has; whether it can be the file is said by the file's own rules.
checks = file.config.checks
accepted, refused = checks.positive_data_acceptance, checks.negative_data_rejection
accepted.expected_statuses = [*accepted.expected_statuses, 412, 422]
refused.expected_statuses = [*refused.expected_statuses, 412, 413]
checks.missing_required_header.expected_statuses = [428]


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """A program with every right, and who may open the page."""
    with neighbourhood(tmp_path_factory.mktemp("api")) as around:
        around.configure(changes=WEB)
        with around.folder.running("run", log="log"):
            around.folder.wait_for("log", "record.verified")
            yield client(around.folder, "log"), access(around.folder.path / "state")


@things.parametrize()
@TRIED
def test_everything_is_answered_as_it_is_described(case, there):
    """Status, media type, headers and shape of every answer; what is wrong is refused, and nothing fails inside."""
    assert tried(case, *there).status_code < 500


@file.parametrize()
@TRIED
def test_the_file_is_answered_as_it_is_described(case, there):
    """The same of what is asked about the file, and done to it."""
    assert tried(case, *there).status_code < 500


@everything.parametrize()
@TRIED
def test_nothing_is_answered_to_who_has_no_token(case, there):
    """Whatever is sent, it is refused before it is looked at; tokens that are guessed have to wait in the end."""
    program, _ = there
    answer = case.call(base_url=f"http://{program.place}{BASE}", timeout=PATIENCE)
    assert answer.status_code in {401, 429}


def tried(case, program, kept):
    """Send it with a token that has every right, look at all there is to look at, and return the answer."""
    kept.forgive([WRONG_TOKENS])  # it shows many, one after another
    headers = {"Authorization": f"Bearer {program.token}"}
    return case.call_and_validate(base_url=f"http://{program.place}{BASE}", headers=headers, timeout=PATIENCE)
