"""A secret can be used and not shown."""

import copy
import json

import pytest

from homeport.model.secret import Secret


def test_it_shows_nothing():
    """No way of printing it holds the value."""
    secret = Secret.literal("hunter2")
    for text in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r}",
        "{}".format(secret),  # noqa: UP032 -- one of the ways
        repr([secret]),
        repr({"a": secret}),
    ):
        assert "hunter2" not in text
    assert secret.reveal() == "hunter2"


def test_it_is_read_when_it_is_used():
    """A rotated value is the value, without a restart."""
    values = iter(["old", "new"])
    secret = Secret("env:TOKEN", lambda: next(values))
    assert (secret.reveal(), secret.reveal()) == ("old", "new")
    assert secret.source == "env:TOKEN"


def test_it_cannot_be_dumped_by_accident():
    """JSON refuses it."""
    with pytest.raises(TypeError):
        json.dumps({"token": Secret.literal("hunter2")})
    assert "hunter2" not in repr(copy.copy(Secret.literal("hunter2")))
