"""Tencent Cloud's API 3.0, which its products share: every request is an action that is posted, and signed with TC3.

An error comes with the status 200, inside the answer.
Source: the SDK that Tencent Cloud publishes for Python; https://tencentcloud.com/document/api/1160/51391 for the
codes that all products have.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Meta

from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._api import Sending, maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Records
from homeport.wire import canonical

T = TypeVar("T")
ACCESS = "CAM console > Access Key > API Keys > Create Key"
ACCESS_ZH = "访问管理控制台 > 访问密钥 > API 密钥管理 > 新建密钥"
FAULTS = Faults(
    credentials=(
        "AuthFailure",
        "AuthFailure.InvalidAuthorization",
        "AuthFailure.InvalidSecretId",
        "AuthFailure.SecretIdNotFound",
        "AuthFailure.SignatureFailure",
        "AuthFailure.TokenFailure",
        "AuthFailure.UnauthorizedOperation",
        "UnauthorizedOperation*",
    ),
    throttled=("RequestLimitExceeded*",),
    maintenance=("AuthFailure.SignatureExpire", "ResourceUnavailable", "ServiceUnavailable"),
    broken=("InternalError*", "FailedOperation"),
    pause=5.0,
)
ALGORITHM = "TC3-HMAC-SHA256"


class Settings(_zoned.Settings, frozen=True, kw_only=True):
    """A key pair of the account, or of a sub-user."""

    secret_id: Annotated[str, Meta(description="the SecretId")]
    secret_key: Annotated[Secret, Meta(description="the SecretKey")]


class Answer(msgspec.Struct, Generic[T]):
    """What is around every answer."""

    Response: T


class Done(msgspec.Struct):
    """An answer of which nothing else is read."""

    RequestId: str


class _Error(msgspec.Struct):
    Code: str
    Message: str = ""


class _Refusal(msgspec.Struct):
    Error: _Error


class Tencent(Records):
    """A product of Tencent Cloud.

    Attributes:
        service: its name, the first word of its host.
        version: its API's.
    """

    service: ClassVar[str]
    version: ClassVar[str]

    async def act(self, action: str, shape: type[Answer[T]] = Answer[Done], **fields: Any) -> T:  # type: ignore[assignment]
        """Do one action and return what it answers."""
        changes = not action.startswith("Describe")
        headers = {"X-TC-Action": action, "X-TC-Version": self.version}
        given = {name: value for name, value in fields.items() if value is not None}
        answer = await self.call("POST", "/", shape, json=given, headers=headers, changes=changes)
        return answer.Response

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        now = self.tools.clock.now()
        id_, key = self.settings.secret_id, await self.secret("secret_key")
        stamp = str(int(now))
        proof = authorization(id_, key, self.service, stamp, sending)
        return {"X-TC-Timestamp": stamp, "Authorization": proof}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = maybe(answer, Answer[_Refusal])
        return Fault(said.Response.Error.Code, said.Response.Error.Message) if said else None


def authorization(id_: str, key: str, service: str, stamp: str, sending: Sending) -> str:
    """Return the header that proves who sends a request, and when.

    Args:
        stamp: seconds since 1970, as the request says them.
    """
    date = datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d")
    scope = f"{date}/{service}/tc3_request"
    headers = {
        "content-type": sending.headers["Content-Type"],
        "host": sending.host,
        "x-tc-action": sending.headers["X-TC-Action"].lower(),
    }
    request = canonical.request(sending.method, sending.path, "", headers, sending.body)
    derived = canonical.derived(f"TC3{key}", date, service, "tc3_request")
    signature = canonical.signature(derived, ALGORITHM, request, stamp, scope)
    names = canonical.signed_headers(headers)
    return f"{ALGORITHM} Credential={id_}/{scope}, SignedHeaders={names}, Signature={signature}"
