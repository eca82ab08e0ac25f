"""The best way of being started."""

import pytest

from homeport.errors import ConfigInvalid, NotAllowed
from homeport.system import choose


def only(*usable):
    """Return what says that nothing but `usable` can be used."""
    return lambda kind, scope: None if (kind, scope) in usable else f"no {kind} for the {scope}"


@pytest.mark.parametrize(
    ("platform", "role", "usable", "wanted"),
    [
        ("linux", "run", [("systemd", "machine"), ("cron", "machine")], ("systemd", "machine")),
        ("linux", "run", [("cron", "machine"), ("systemd", "user")], ("cron", "machine")),
        ("linux", "run", [("systemd", "user"), ("cron", "user")], ("systemd", "user")),
        ("linux", "run", [("openrc", "machine"), ("cron", "machine")], ("openrc", "machine")),
        ("linux", "once", [("openrc", "machine"), ("cron", "machine")], ("cron", "machine")),
        ("win32", "run", [("windows-service", "machine"), ("registry", "user")], ("windows-service", "machine")),
        ("win32", "once", [("windows-service", "machine"), ("task-scheduler", "machine")], ("task-scheduler", "machine")),
        ("win32", "run", [("registry", "user")], ("registry", "user")),
        ("darwin", "run", [("launchd", "user")], ("launchd", "user")),
        ("freebsd14", "run", [("cron", "user")], ("cron", "user")),
    ],
)  # fmt: skip
def test_the_first_of_the_order_that_can_be_used_is_it(platform, role, usable, wanted):
    """For the whole machine before the account, and what starts nothing periodically not for `once`."""
    found = choose.best(role, None, only(*usable), platform)
    assert (found.kind, found.scope) == wanted
    assert found.reason == choose.REASONS[found.kind]


def test_a_wanted_scope_is_kept():
    """Who asks for the account's way gets no other."""
    found = choose.best("run", "user", only(("systemd", "machine"), ("systemd", "user")), "linux")
    assert found.scope == "user"


def test_where_nothing_can_be_used_every_reason_is_given():
    """The sentence says of each way why not."""
    with pytest.raises(NotAllowed) as told:
        choose.best("run", None, only(), "linux")
    for kind in ("systemd", "openrc", "procd", "cron"):
        assert f"{kind}: no {kind} for the machine" in str(told.value)


def test_nssm_is_never_chosen_but_known():
    """It is there for who asks for it."""
    with pytest.raises(NotAllowed):
        choose.best("run", None, only(("nssm", "machine")), "win32")
    assert "nssm" in choose.kinds("win32")
    assert "nssm" not in choose.kinds("linux")


def test_an_unknown_way_is_refused_with_the_nearest():
    """A slip of the finger is helped."""
    with pytest.raises(ConfigInvalid, match="did you mean 'systemd'"):
        choose.load("sytemd")


def test_every_way_has_its_reason():
    """Nothing can be chosen in silence."""
    assert set(choose.REASONS) == set(choose.MODULES)
