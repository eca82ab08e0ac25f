"""What every notifier's tests tell."""

import pytest

from homeport.model.address import Family
from homeport.model.name import Fqdn
from homeport.model.news import Happened, News, What
from homeport.model.rrset import RRType

HOME = Fqdn.parse("home_1.example.com")
NOW = 1_800_000_000.0


@pytest.fixture
def news():
    """A change of both families, and a failure in the words of somebody's host."""
    old, new = "198.51.100.1", "203.0.113.7"
    nas = Fqdn.parse("nas.example.com")
    why = 'the host said "no" <b>& <!channel>\r\nBcc: eve@example.com\x07\\'
    return News(
        happened=(
            Happened(What.CHANGED, HOME, RRType.A, "cf", NOW, (old,), (new,)),
            Happened(What.CHANGED, HOME, RRType.AAAA, "cf", NOW, (), ("2001:db8::7",)),
            Happened(What.FAILING, nas, RRType.A, "cf", NOW - 900, why=why),
        ),
        told_at=NOW,
        machine="box",
        addresses={Family.V4: new, Family.V6: "2001:db8::7"},
        names={Family.V4: (str(HOME), str(nas)), Family.V6: (str(HOME),)},
    )
