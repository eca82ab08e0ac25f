"""The error tree: a class says what to do next."""

import pytest

from homeport import errors
from homeport.errors import Disposition, HomeportError


def every_error():
    return [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HomeportError)
    ]


@pytest.mark.parametrize("kind", every_error())
def test_every_error_is_drawn_in_the_tree(kind):
    """The picture at the top of the module names each class and its disposition."""
    if kind in (HomeportError, errors.PeerError, errors.StoreError):
        assert kind.__name__ in errors.__doc__
        return
    [line] = [line for line in errors.__doc__.splitlines() if f" {kind.__name__} " in line]
    told = [name for name in ("RETRY", "WAIT", "OBSERVE", "HALT") if name in line] or ["HALT"]
    assert told == [kind.disposition.name]


def test_patience_is_kept():
    """A peer that asks for patience says for how long."""
    error = errors.Throttled("later", retry_after=7)
    assert (error.retry_after, error.disposition, str(error)) == (7, Disposition.WAIT, "later")


def test_exit_codes_are_those_of_the_surface():
    """2 configuration, 4 refused, 5 unreachable, otherwise 1."""
    codes = {kind.__name__: kind.exit_code for kind in every_error()}
    assert {name for name, code in codes.items() if code == 2} == {
        "ConfigInvalid",
        "SecretUnreadable",
        "InUse",
        "LaterVersion",
    }
    assert {name for name, code in codes.items() if code == 4} == {
        "CredentialsRefused",
        "Refused",
        "Abused",
        "NotAllowed",
    }
    assert {name for name, code in codes.items() if code == 5} == {"Unavailable", "Unconfirmed", "Throttled"}
