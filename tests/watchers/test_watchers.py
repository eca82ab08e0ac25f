"""Finding watchers by their kind."""

import pytest

from homeport import watchers
from homeport.errors import ConfigInvalid


@pytest.mark.parametrize("kind", watchers.kinds())
def test_every_kind_is_its_module(kind):
    """Kind and module are one name."""
    found = watchers.load(kind)
    assert found.kind == kind
    assert found.__module__.endswith(f".{kind}")


def test_all_are_found():
    """The kinds this version promises are there."""
    assert {"iphlpapi", "netlink", "poll", "route_socket", "timerfd"} <= set(watchers.kinds())


@pytest.mark.parametrize(("kind", "near"), [("netlnk", "did you mean 'netlink'"), ("x", "there are: .*poll")])
def test_an_unknown_kind_names_the_nearest(kind, near):
    """A typing mistake is answered with the right word."""
    with pytest.raises(ConfigInvalid, match=near):
        watchers.load(kind)
