"""Services that take messages, each with its own yes and no; what is signed is verified here, by code of its own."""

import base64
import hashlib
import hmac
import re

from fakes.misbehaviour import Answer, HttpFake

TOKEN = "t0ken-of-the-service"
SECRET = "SEC-s1gning"


class Chat(HttpFake):
    """Any of them, by what is asked for.

    Attributes:
        told: what people would read, a text each.
        signed: whether the group wants signatures.
    """

    def __init__(self):
        super().__init__()
        self.told = []
        self.signed = False

    def is_write(self, request):
        return True

    def answer(self, request):
        for pattern, answer in ROUTES:
            if re.fullmatch(pattern, request.path):
                return answer(self, request)
        return Answer.text("no such page", 404)

    def hear(self, *texts):
        assert all(isinstance(text, str) and text for text in texts), texts
        self.told.append("\n".join(texts))

    def now(self):
        return self.clock.now()


def signed_text(key, text):
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def dingtalk(chat, request):
    if request.query.get("access_token") != TOKEN:
        return Answer.of({"errcode": 300001, "errmsg": "token is not exist"})
    if chat.signed:
        stamp = request.query.get("timestamp", "0")
        wanted = signed_text(SECRET, f"{stamp}\n{SECRET}")
        if request.query.get("sign") != wanted or abs(int(stamp) / 1000 - chat.now()) > 3600:
            return Answer.of({"errcode": 310000, "errmsg": "sign not match"})
    if request.json["msgtype"] != "text":
        return Answer.of({"errcode": 40035, "errmsg": "invalid msgtype"})
    chat.hear(request.json["text"]["content"])
    return Answer.of({"errcode": 0, "errmsg": "ok"})


def feishu(chat, request):
    if chat.signed:
        stamp = request.json.get("timestamp", "0")
        wanted = signed_text(f"{stamp}\n{SECRET}", "")
        if request.json.get("sign") != wanted or abs(int(stamp) - chat.now()) > 3600:
            return Answer.of({"code": 19021, "msg": "sign match fail or timestamp is not within one hour"})
    if request.json["msg_type"] != "text":
        return Answer.of({"code": 9499, "msg": "Bad Request", "data": {}})
    chat.hear(request.json["content"]["text"])
    return Answer.of({"code": 0, "msg": "success", "data": {}, "StatusCode": 0})


def wecom(chat, request):
    if request.query.get("key") != TOKEN:
        return Answer.of({"errcode": 93000, "errmsg": f"invalid webhook url, key {request.query.get('key')}"})
    content = request.json["text"]["content"]
    assert len(content.encode()) <= 2048
    chat.hear(content)
    return Answer.of({"errcode": 0, "errmsg": "ok"})


def serverchan(chat, request):
    if request.path != f"/{TOKEN}.send":
        return Answer.of({"code": 40001, "message": "bad pushtoken"}, 400)
    chat.hear(request.json["title"], request.json["desp"])
    return Answer.of({"code": 0, "message": "", "data": {"errno": 0}})


def bark(chat, request):
    if request.json.get("device_key") != TOKEN:
        return Answer.of({"code": 400, "message": "failed to get device token"}, 400)
    chat.hear(request.json["title"], request.json["body"])
    return Answer.of({"code": 200, "message": "success", "timestamp": 1})


def telegram(chat, request):
    if request.path != f"/bot{TOKEN}/sendMessage":
        return Answer.of({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)
    if request.json.get("chat_id") != "42":
        return Answer.of({"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}, 400)
    chat.hear(request.json["text"])
    return Answer.of({"ok": True, "result": {"message_id": 1}})


def gotify(chat, request):
    if request.headers.get("x-gotify-key") != TOKEN:
        return Answer.of({"error": "Unauthorized", "errorCode": 401}, 401)
    chat.hear(request.json["title"], request.json["message"])
    return Answer.of({"id": 25, "appid": 5, "message": "..."})


def ntfy(chat, request):
    if request.headers.get("authorization", f"Bearer {TOKEN}") != f"Bearer {TOKEN}":
        return Answer.of({"code": 40101, "http": 401, "error": "unauthorized"}, 401)
    if request.json.get("topic") != "42":
        return Answer.of({"code": 40009, "http": 400, "error": "invalid topic"}, 400)
    chat.hear(request.json["title"], request.json["message"])
    return Answer.of({"id": "sPs71M8A2T", "event": "message", "topic": "42"})


def discord(chat, request):
    if request.path != f"/api/webhooks/1/{TOKEN}":
        return Answer.of({"message": "Unknown Webhook", "code": 10015}, 404)
    assert request.json["allowed_mentions"] == {"parse": []}
    assert len(request.json["content"]) <= 2000
    chat.hear(request.json["content"])
    return Answer(204)


def slack(chat, request):
    if request.path != f"/services/T/B/{TOKEN}":
        return Answer.text("no_service", 404)
    assert not re.search(r"<[!@#]", request.json["text"])
    chat.hear(request.json["text"])
    return Answer.text("ok")


def pushplus(chat, request):
    if request.json.get("token") != TOKEN:
        return Answer.of({"code": 903, "msg": "用户token不存在", "data": None})
    chat.hear(request.json["title"], request.json["content"])
    return Answer.of({"code": 200, "msg": "请求成功", "data": "1"})


def pushover(chat, request):
    if (request.json.get("token"), request.json.get("user")) != (TOKEN, "42"):
        return Answer.of({"token": "invalid", "errors": ["application token is invalid"], "status": 0}, 400)
    assert len(request.json["message"]) <= 1024
    chat.hear(request.json["title"], request.json["message"])
    return Answer.of({"status": 1, "request": "647d2300"})


def own(chat, request):
    """Somebody's own program."""
    chat.hear(request.body.decode() or request.target)
    return Answer.text("thanks")


ROUTES = (
    ("/robot/send", dingtalk),
    ("/open-apis/bot/v2/hook/.+", feishu),
    ("/cgi-bin/webhook/send", wecom),
    (r"/[^/]+\.send", serverchan),
    ("/push", bark),
    ("/bot.+/sendMessage", telegram),
    ("/message", gotify),
    ("/", ntfy),
    ("/api/webhooks/.+", discord),
    ("/services/.+", slack),
    ("/send", pushplus),
    ("/1/messages.json", pushover),
    ("/own.*", own),
)
PLACES = {
    "dingtalk": f"/robot/send?access_token={TOKEN}",
    "feishu": f"/open-apis/bot/v2/hook/{TOKEN}",
    "wecom": f"/cgi-bin/webhook/send?key={TOKEN}",
    "discord": f"/api/webhooks/1/{TOKEN}",
    "slack": f"/services/T/B/{TOKEN}",
}
"""Of those whose URL is everybody's own: its path."""
NEEDS = {
    "serverchan": {"token"},
    "bark": {"token"},
    "telegram": {"token", "to"},
    "gotify": {"token"},
    "ntfy": {"to"},
    "pushplus": {"token"},
    "pushover": {"token", "to"},
}


def given(name, url, token=TOKEN):
    """Return the settings of a service that is at `url`."""
    needs = NEEDS.get(name, set())
    return {
        "preset": name,
        "url": f"{url}{PLACES.get(name, '').replace(TOKEN, token)}",
        **({"token": token} if "token" in needs else {}),
        **({"to": "42"} if "to" in needs else {}),
    }
