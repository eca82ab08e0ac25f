"""What the server keeps."""

from homeport.model.address import Family, parse_address
from homeport.model.directory import Binding, Token


def test_a_binding_is_read_by_family():
    """Addresses of one family, without the other's."""
    binding = Binding(frozenset(map(parse_address, ["8.8.8.8", "2606:4700::1"])))
    assert binding.of(Family.V4) == {parse_address("8.8.8.8")}
    assert binding.of(Family.V6) == {parse_address("2606:4700::1")}


def test_a_token_prints_nothing_that_checks_or_makes_a_signature():
    """Neither the digest nor the sealed secret is in its text."""
    text = repr(Token("id", frozenset(), digest=b"digest-bytes", sealed=b"sealed-bytes"))
    assert "digest-bytes" not in text
    assert "sealed-bytes" not in text
