"""A sealed secret opens with its key and for its token only."""

import pytest

from homeport.control.sealing import Sealer, new_key
from homeport.errors import SecretUnreadable


def test_only_the_right_key_and_token_open_it():
    """Another key or another token id is an error that names the token and the way out, never the secret."""
    one, other = Sealer.read(new_key()), Sealer.read(new_key() + "\n")
    sealed = one.seal("abc", "s3cret")
    assert one.unseal("abc", sealed) == "s3cret"
    assert b"s3cret" not in sealed
    assert one.seal("abc", "s3cret") != sealed
    for sealer, token_id, content in ((other, "abc", sealed), (one, "abd", sealed), (one, "abc", b"short")):
        with pytest.raises(SecretUnreadable, match=r"server\.key") as caught:
            sealer.unseal(token_id, content)
        assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "zz" * 32, "11" * 31, "11" * 33])
def test_what_is_no_key_is_refused(text):
    """A key file that was cut or edited is not used."""
    with pytest.raises(ValueError, match=r"hexadecimal|fromhex"):
        Sealer.read(text)
