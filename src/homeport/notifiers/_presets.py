"""Services that take a message by one HTTP request, as data: where, what is sent, and what their yes is.

Many answer HTTP 200 to what they refuse, so that each says by which member of its JSON a yes is known. `source` is
the maker's page of the format; of ServerChan, Gotify and Telegram it was read off other clients. None was driven
against the real service yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ANYTHING = object()


@dataclass(frozen=True, slots=True)
class Preset:
    """One service.

    Attributes:
        title: as people call it.
        url: where it is; `None` where everybody's is another, which is a setting then.
        path: what comes after the URL that is given or `url`.
        needs: settings without which nothing can be sent.
        headers: sent where every place in them has a value.
        body: sent as JSON, its texts with places in them; a member that becomes nothing is left out.
        yes: the member of the answer's JSON that tells, and its values that mean yes; nothing: any 2xx does.
        said: the members of the answer in which the service's own words are.
        patience: values of that member that ask for patience.
        sign: how it is signed where there is a `secret`: a name of `_signing.SIGNATURES`.
        signed_url: what the URL ends with then.
        signed_body: members that the body has in addition then.
        longest: bytes of a message's text that the service takes, or what a person would read.
        spelled: what stands in a message for marks that mean something to the service.
        language: of most people who use it.
        help: where its token or URL is found.
        source: where this was read.
    """

    title: str
    body: Mapping[str, Any]
    source: str
    help: str
    url: str | None = None
    path: str = ""
    needs: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    yes: tuple[str, tuple[Any, ...]] | None = None
    said: tuple[str, ...] = ("errmsg", "msg", "message", "description", "error", "errors")
    patience: tuple[Any, ...] = ()
    sign: str = ""
    signed_url: str = ""
    signed_body: Mapping[str, str] = field(default_factory=dict)
    longest: int = 3500
    spelled: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    language: str = "en"


PRESETS: Mapping[str, Preset] = {
    "dingtalk": Preset(
        title="DingTalk 钉钉",
        language="zh-CN",
        needs=("url",),
        body={"msgtype": "text", "text": {"content": "{title}\n{text}"}},
        yes=("errcode", (0,)),
        patience=(-1, 130101),
        sign="dingtalk",
        signed_url="&timestamp={timestamp_ms}&sign={sign}",
        hosts=("oapi.dingtalk.com",),
        help="group settings → robots → custom: the Webhook is the URL; with signing, the text that begins with SEC is the secret",
        source="https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages",
    ),
    "feishu": Preset(
        title="Feishu 飞书",
        language="zh-CN",
        needs=("url",),
        body={"msg_type": "text", "content": {"text": "{title}\n{text}"}},
        yes=("code", (0,)),
        patience=(11232, 99991400),
        sign="feishu",
        signed_body={"timestamp": "{timestamp}", "sign": "{sign}"},
        hosts=("open.feishu.cn", "open.larksuite.com"),
        help="group settings → bots → custom bot: the Webhook is the URL; with signature verification, its key is the secret",
        source="https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot",
    ),
    "wecom": Preset(
        title="WeCom 企业微信",
        language="zh-CN",
        needs=("url",),
        body={"msgtype": "text", "text": {"content": "{title}\n{text}"}},
        yes=("errcode", (0,)),
        patience=(-1, 45009),
        longest=1800,
        hosts=("qyapi.weixin.qq.com",),
        help="group settings → group robot: the Webhook is the URL",
        source="https://developer.work.weixin.qq.com/document/path/91770",
    ),
    "serverchan": Preset(
        title="ServerChan Server酱",
        language="zh-CN",
        url="https://sctapi.ftqq.com",
        path="/{token}.send",
        needs=("token",),
        body={"title": "{title}", "desp": "{text}"},
        yes=("code", (0,)),
        spelled={"\n": "\n\n"},
        hosts=("sctapi.ftqq.com",),
        help="sct.ftqq.com → SendKey: the token",
        source="https://sct.ftqq.com/sendkey",
    ),
    "bark": Preset(
        title="Bark",
        url="https://api.day.app",
        path="/push",
        needs=("token",),
        body={"device_key": "{token}", "title": "{title}", "body": "{text}", "group": "Homeport"},
        yes=("code", (200,)),
        longest=2500,
        hosts=("api.day.app",),
        help="the key in the address that the app shows is the token; url for a server of your own",
        source="https://github.com/Finb/bark-server/blob/master/docs/API_V2.md",
    ),
    "telegram": Preset(
        title="Telegram",
        url="https://api.telegram.org",
        path="/bot{token}/sendMessage",
        needs=("token", "to"),
        body={"chat_id": "{to}", "text": "{title}\n{text}", "disable_web_page_preview": True},
        yes=("ok", (True,)),
        hosts=("api.telegram.org",),
        help="@BotFather gives the token; `to` is the id of the chat, or @channel",
        source="https://core.telegram.org/bots/api#sendmessage",
    ),
    "ntfy": Preset(
        title="ntfy",
        url="https://ntfy.sh",
        path="/",
        needs=("to",),
        headers={"Authorization": "Bearer {token}"},
        body={"topic": "{to}", "title": "{title}", "message": "{text}"},
        yes=("id", (ANYTHING,)),
        hosts=("ntfy.sh",),
        help="`to` is the topic; url for a server of your own; token where a topic is reserved",
        source="https://docs.ntfy.sh/publish/#publish-as-json",
    ),
    "gotify": Preset(
        title="Gotify",
        path="/message",
        needs=("url", "token"),
        headers={"X-Gotify-Key": "{token}"},
        body={"title": "{title}", "message": "{text}", "priority": 5},
        yes=("id", (ANYTHING,)),
        help="url is your server; Apps → Create application gives the token",
        source="https://gotify.net/docs/pushmsg",
    ),
    "discord": Preset(
        title="Discord",
        needs=("url",),
        body={"content": "**{title}**\n{text}", "allowed_mentions": {"parse": []}},
        longest=1600,
        spelled={"_": "\\_", "*": "\\*", "`": "\\`"},
        hosts=("discord.com", "discordapp.com"),
        help="the channel's settings → Integrations → Webhooks: its URL",
        source="https://discord.com/developers/docs/resources/webhook#execute-webhook",
    ),
    "slack": Preset(
        title="Slack",
        needs=("url",),
        body={"text": "*{title}*\n{text}"},
        spelled={"&": "&amp;", "<": "&lt;", ">": "&gt;"},
        hosts=("hooks.slack.com",),
        help="the app's settings → Incoming Webhooks: its URL",
        source="https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks",
    ),
    "pushplus": Preset(
        title="PushPlus 推送加",
        language="zh-CN",
        url="https://www.pushplus.plus",
        path="/send",
        needs=("token",),
        body={
            "token": "{token}",
            "title": "{title}",
            "content": "{text}",
            "template": "txt",
            "topic": "{to}",
        },
        yes=("code", (200,)),
        patience=(900,),
        hosts=("www.pushplus.plus",),
        help="pushplus.plus gives the token; `to` is the code of a group, where it is for one",
        source="https://www.pushplus.plus/doc/guide/api.html",
    ),
    "pushover": Preset(
        title="Pushover",
        url="https://api.pushover.net",
        path="/1/messages.json",
        needs=("token", "to"),
        body={"token": "{token}", "user": "{to}", "title": "{title}", "message": "{text}"},
        yes=("status", (1,)),
        longest=1000,
        hosts=("api.pushover.net",),
        help="an application's API token is the token, your user key is `to`",
        source="https://pushover.net/api",
    ),
}


def of_host(host: str) -> Preset | None:
    """Return the service that a host is, by whose rules its answers are read even where a request is written out."""
    return next((preset for preset in PRESETS.values() if host.lower() in preset.hosts), None)
