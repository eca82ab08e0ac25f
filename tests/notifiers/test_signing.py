"""Signatures against values that the vendors' own sample code gives."""

from homeport.notifiers._signing import dingtalk, feishu

DINGTALK = "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="
FEISHU = "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


def test_each_signs_in_its_own_order():
    """Computed with `openssl dgst -sha256 -hmac`, by the order of each vendor's page."""
    assert dingtalk("this is secret", 1_577_262_236.757) == DINGTALK
    assert feishu("demo", 1_599_360_473.0) == FEISHU
