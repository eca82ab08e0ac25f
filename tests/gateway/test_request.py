"""A request as the routes see it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.gateway.request import Request, problem

FORM = (b"content-type", b"application/x-www-form-urlencoded")


def made(target, body=b"", *fields):
    return Request("GET", target, fields, body, "127.0.0.1", "127.0.0.1")


def test_the_target_is_what_was_sent_and_the_path_is_read():
    """A signature covers the one; routes look at the other."""
    request = made(b"/nic%2Fupdate?hostname=a.b&myip=1.2.3.4")
    assert request.target == "/nic%2Fupdate?hostname=a.b&myip=1.2.3.4"
    assert request.path == "/nic/update"
    assert request.words == {"hostname": "a.b", "myip": "1.2.3.4"}


def test_scheme_and_host_in_the_target_are_a_proxy_s():
    """What is asked of a proxy arrives with them."""
    assert made(b"http://dyn.example.com/ip?x=1").path == "/ip"


def test_a_form_is_read_after_the_query():
    """The first of a name counts, whatever its case."""
    request = made(b"/update?hostname=a.b", b"HOSTNAME=c.d&myip=1.2.3.4", FORM)
    assert request.words == {"hostname": "a.b", "myip": "1.2.3.4"}


def test_too_many_parameters_are_none():
    """Nobody sends hundreds; whoever does gets nothing for it."""
    assert made(b"/update?" + b"&".join(b"p%d=1" % number for number in range(100))).words == {}


def test_headers_are_found_in_any_case():
    """And what was not sent is empty."""
    request = made(b"/", b"", (b"x-forwarded-for", b" 192.0.2.1 "))
    assert request.header("X-Forwarded-For") == "192.0.2.1"
    assert request.header("Authorization") == ""


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_are_read(target, body):
    """Whatever came, reading it raises nothing."""
    request = made(target, body, FORM)
    assert isinstance(request.words, dict)
    assert isinstance(request.path, str)


@pytest.mark.parametrize("status", [400, 401, 404, 405, 413, 503])
def test_a_problem_says_what_it_is(status):
    """RFC 9457: type, title, status and detail, and what a program needs beside them."""
    answer = problem(status, "urn:homeport:problem:x", "no", server_time=5)
    said = json.loads(answer.body)
    assert (said["status"], said["detail"], said["server_time"]) == (status, "no", 5)
    assert said["title"] != "Error"
    assert answer.kind == b"application/problem+json"
