"""An address that stands in the configuration."""

import pytest

from fakes.tools import toolbox
from homeport.detectors.static import Settings, Static
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, NoAddress, Unknown


async def said(family, *texts):
    return await Static(Settings(address=texts), toolbox()).detect(family)


async def test_says_the_addresses_of_the_family_that_is_asked():
    """A list may hold both families."""
    texts = ("192.0.2.1", "2001:db8::1", "192.0.2.2")
    assert await said(Family.V4, *texts) == Addresses(
        (parse_address("192.0.2.1"), parse_address("192.0.2.2"))
    )
    assert await said(Family.V6, *texts) == Addresses((parse_address("2001:db8::1"),))


async def test_another_family_is_unknown():
    """An IPv4 address says nothing about IPv6, least of all that there is none."""
    assert isinstance(await said(Family.V6, "192.0.2.1"), Unknown)


async def test_none_is_no_address():
    """The one way to say that there is none."""
    assert isinstance(await said(Family.V4, "none"), NoAddress)


@pytest.mark.parametrize("texts", [(), ("none", "192.0.2.1"), ("home.example.com",), ("",)])
def test_anything_else_is_refused_when_it_is_read(texts):
    """`none` stands alone, and a name is no address."""
    with pytest.raises(ValueError, match="expected an address"):
        Settings(address=texts)


@pytest.mark.parametrize(
    ("texts", "lacks"),
    [(("192.0.2.1",), (Family.V6,)), (("2001:db8::1", "192.0.2.1"), ()), (("none",), ())],
)
def test_which_family_it_leaves_out(texts, lacks):
    """What is not written down will never be told."""
    assert Static(Settings(address=texts), toolbox()).lacks == lacks
