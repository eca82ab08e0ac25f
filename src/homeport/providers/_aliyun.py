"""Alibaba Cloud's RPC API, which its products share: an action in a header, its parameters in the query, signed with ACS3.

Source: https://www.alibabacloud.com/help/en/doc-detail/2593177.htm
"""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_hex
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._api import Api, Nothing, Sending, maybe
from homeport.providers._faults import Fault, Faults
from homeport.wire import canonical

T = TypeVar("T")
ACCESS = "RAM console > Identities > Users > Create User with a permanent AccessKey; grant it"
ACCESS_ZH = "RAM 控制台 > 身份管理 > 用户 > 创建用户并勾选“使用永久 AccessKey 访问”，再授予权限"
ALGORITHM = "ACS3-HMAC-SHA256"
FAULTS = Faults(
    credentials=(
        "InvalidAccessKeyId*",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "Forbidden*",
        "NoPermission*",
    ),
    throttled=("Throttling*",),
    # a wrong clock, which NTP is about to set right, is no fault of the key
    maintenance=("ServiceUnavailable*", "InvalidTimeStamp*", "SignatureNonceUsed"),
)


class Settings(_zoned.Settings, frozen=True, kw_only=True):
    """An AccessKey of the account, or better of a RAM user."""

    access_key_id: Annotated[str, Meta(description="the AccessKey ID")]
    access_key_secret: Annotated[Secret, Meta(description="the AccessKey Secret")]


class _Error(msgspec.Struct, rename="pascal"):
    code: str
    message: str = ""


class Aliyun(Api):
    """A product of Alibaba Cloud.

    Attributes:
        version: its API's.
    """

    version: ClassVar[str]

    async def act(self, action: str, shape: type[T] = Nothing, **fields: Any) -> T:  # type: ignore[assignment]
        """Do one action; what is `None` is not sent."""
        method = "GET" if action.startswith(("Describe", "List")) else "POST"
        headers = {"x-acs-action": action, "x-acs-version": self.version}
        return await self.call(method, "/", shape, query=fields, headers=headers)

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        stamp = self.stamp("%Y-%m-%dT%H:%M:%SZ")
        id_, secret = self.settings.access_key_id, await self.secret("access_key_secret")
        return signed(id_, secret, stamp, token_hex(16), sending)

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error)
        return Fault(error.code, error.message) if error else None


def signed(id_: str, secret: str, stamp: str, nonce: str, sending: Sending) -> dict[str, str]:
    """Return the headers that prove who sends a request, and when.

    Args:
        stamp: the time in UTC, as ISO 8601 has it.
        nonce: what was never sent before.
    """
    proof = {
        "x-acs-date": stamp,
        "x-acs-signature-nonce": nonce,
        "x-acs-content-sha256": canonical.digest(sending.body),
    }
    headers = {"host": sending.host, **sending.headers, **proof}
    query = canonical.query(sending.query)
    request = canonical.request(sending.method, sending.path, query, headers, sending.body)
    names, signature = canonical.signed_headers(headers), canonical.signature(secret, ALGORITHM, request)
    credential = f"{ALGORITHM} Credential={id_},SignedHeaders={names},Signature={signature}"
    return {**proof, "Authorization": credential}
