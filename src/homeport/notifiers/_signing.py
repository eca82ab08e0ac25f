"""How chat services have their requests signed: HMAC-SHA256 of a time and a secret, each in its own order.

Source: https://open.dingtalk.com/document/orgapp/customize-robot-security-settings and
https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping


def dingtalk(secret: str, now: float) -> str:
    """Sign the time in milliseconds and the secret, with the secret."""
    return _base64(secret, f"{int(now * 1000)}\n{secret}")


def feishu(secret: str, now: float) -> str:
    """Sign nothing, with the time in seconds and the secret."""
    return _base64(f"{int(now)}\n{secret}", "")


def _base64(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


SIGNATURES: Mapping[str, Callable[[str, float], str]] = {"dingtalk": dingtalk, "feishu": feishu}
