"""Why something was not done, as programs read it."""

import json

import pytest

from homeport import errors
from homeport.config.node import Fault
from homeport.errors import HomeportError, Throttled
from homeport.net.channel import Absent
from homeport.web.api import problem

KINDS = [
    each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, HomeportError) and each is not Throttled
]


@pytest.mark.parametrize("kind", [*KINDS, Absent])
def test_no_error_that_is_raised_on_purpose_is_a_fault_of_the_server(kind):
    """Each says with its status whose turn it is, and in a sentence why."""
    answer = problem.of(kind("the cause; the way out"))
    said = json.loads(answer.body)
    assert answer.status_code in {409, 412, 422, 502, 503}
    assert (said["status"], said["detail"]) == (answer.status_code, "the cause; the way out")
    assert answer.media_type == "application/problem+json"


def test_a_peer_that_asks_for_patience_says_for_how_long():
    """In whole seconds, and never none."""
    assert problem.of(Throttled("slowly", retry_after=12.4)).headers["retry-after"] == "12"
    assert problem.of(Throttled("slowly", retry_after=0.1)).headers["retry-after"] == "1"


def test_what_a_url_was_opened_with_is_in_no_problem():
    """Nor a one-time link; neither in the sentence nor in what is wrong with a text."""
    told = "GET https://user:s3cret@host.example/enter?link=s3cret failed"
    answer = problem.answer(422, told, [Fault(3, "agent.records[0]", told)])
    assert b"s3cret" not in answer.body
    assert json.loads(answer.body)["faults"][0]["line"] == 3
