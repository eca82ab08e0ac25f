"""The codes of authenticators."""

import pytest

from homeport.wire import totp

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(at, code):
    """They are the last six digits of those in RFC 6238, appendix B."""
    assert totp.code(SECRET, at) == code


@pytest.mark.parametrize("spelled", ["jbsw y3dp ehpk 3pxp", "JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXP====\n"])
def test_a_secret_is_taken_as_services_show_it(spelled):
    """Groups, small letters and padding make no difference."""
    assert totp.code(spelled, 59) == totp.code("JBSWY3DPEHPK3PXP", 59)


def test_what_is_no_secret_is_said():
    """A secret that is not base32 is refused."""
    with pytest.raises(ValueError, match="base32"):
        totp.code("not a secret 0189", 59)
