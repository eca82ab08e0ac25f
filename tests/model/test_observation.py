"""What was learned."""

import pytest

from homeport.model.observation import Addresses


def test_no_addresses_is_no_observation_of_addresses():
    """An empty answer can never be mistaken for "this machine has none"."""
    with pytest.raises(ValueError, match="NoAddress or Unknown"):
        Addresses(())
