"""Messages by HTTP: every service that is known here, and requests that somebody wrote out."""

import json
import logging
import socket

import msgspec
import pytest

from fakes.chat import NEEDS, PLACES, SECRET, TOKEN, Chat, given
from fakes.clock import FakeClock
from fakes.misbehaviour import Mood
from fakes.proxy import SocksProxy
from fakes.tools import toolbox
from homeport.errors import ConfigInvalid, Refused, Throttled, Unavailable, Unconfirmed
from homeport.model.secret import Secret
from homeport.notifiers._presets import PRESETS
from homeport.notifiers.webhook import Settings, Webhook

SECRETS = {"url", "token", "secret", "proxy"}


def settings(**others):
    plain = {name: Secret.literal(value) if name in SECRETS else value for name, value in others.items()}
    return Settings(**plain)


@pytest.fixture
async def chat():
    chat = Chat()
    chat.clock = FakeClock()
    async with chat.running():
        yield chat


def webhook(chat, **others):
    return Webhook(settings(**others), toolbox(clock=chat.clock))


def test_every_service_is_driven_here():
    """A preset without a fake would be one nobody tried."""
    assert set(PRESETS) == {*NEEDS, *PLACES}
    [field] = [one for one in msgspec.structs.fields(Settings) if one.name == "preset"]
    assert all(f'"{name}"' in str(field.type).replace("'", '"') for name in PRESETS)
    assert all(preset.source.startswith("https://") and preset.help for preset in PRESETS.values())


@pytest.mark.parametrize("name", PRESETS)
async def test_a_message_arrives(chat, news, name):
    """Title and text are what people read, and what a host said breaks nothing."""
    answer = await webhook(chat, **given(name, chat.url)).send(news)
    [told] = chat.told
    plain = told.replace("\\_", "_").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    assert "home_1.example.com A: 198.51.100.1 -> 203.0.113.7" in plain
    assert "nas.example.com A cannot be updated" in plain
    assert '"no" <b>& <!channel> Bcc: eve@example.com \\' in plain.replace("\\\\", "\\")
    assert "\x07" not in told
    assert "127.0.0.1" in answer
    assert TOKEN not in answer


@pytest.mark.parametrize("name", PRESETS)
async def test_a_no_is_a_no_in_whatever_status(chat, news, name):
    """Many say it with HTTP 200; what is wrong is told in the service's own words, without the token."""
    wrong = "wr0ng-t0ken-of-somebody"
    asked = given(name, chat.url, wrong)
    if name in {"feishu", "ntfy"}:  # who has no token says no to something else
        chat.signed, asked = True, {**asked, "to": "no topic"}
    with pytest.raises((Refused, Unavailable)) as told:
        await webhook(chat, **asked).send(news)
    assert wrong not in str(told.value)
    assert not chat.told
    if name != "slack":  # a bare word with 404 may be anybody's
        assert type(told.value) is Refused


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("mood", [Mood.S500, Mood.S503, Mood.S401, Mood.PORTAL])
async def test_somebody_in_between_is_no_answer(chat, news, name, mood):
    """A portal's page, its 200 included, and a broken service: it is tried again."""
    chat.mood = mood
    with pytest.raises(Unavailable):
        await webhook(chat, **given(name, chat.url)).send(news)


async def test_patience_is_kept(chat, news):
    """429 with its seconds, and a service's own word for it."""
    chat.mood = Mood.S429
    with pytest.raises(Throttled) as told:
        await webhook(chat, **given("gotify", chat.url)).send(news)
    assert told.value.retry_after == 7
    chat.mood, chat.respelled = Mood.WELL, {b'"errcode": 0': b'"errcode": 45009'}
    with pytest.raises(Throttled):
        await webhook(chat, **given("wecom", chat.url)).send(news)


async def test_half_an_answer_is_no_answer(chat, news):
    """Whether it arrived is not known."""
    chat.mood = Mood.TRUNCATED
    with pytest.raises(Unconfirmed):
        await webhook(chat, **given("bark", chat.url)).send(news)


@pytest.mark.parametrize("name", ["dingtalk", "feishu"])
async def test_what_is_signed_is_believed(chat, news, name):
    """The group verifies the signature with its own code; without one, or with another secret, it refuses."""
    chat.signed = True
    await webhook(chat, **given(name, chat.url), secret=SECRET).send(news)
    assert len(chat.told) == 1
    with pytest.raises(Refused):
        await webhook(chat, **given(name, chat.url), secret="SEC-another").send(news)
    with pytest.raises(Refused):
        await webhook(chat, **given(name, chat.url)).send(news)
    chat.clock.jump(8 * 3600)
    await webhook(chat, **given(name, chat.url), secret=SECRET).send(news)
    assert len(chat.told) == 2


async def test_optional_members_are_left_out(chat, news):
    """A group that is not named is not sent as an empty one, nor a token that is not there."""
    await webhook(chat, **given("pushplus", chat.url)).send(news)
    assert "topic" not in chat.requests[-1].json
    await webhook(chat, **given("ntfy", chat.url)).send(news)
    assert "authorization" not in chat.requests[-1].headers
    await webhook(chat, **given("ntfy", chat.url), token=TOKEN).send(news)
    assert chat.requests[-1].headers["authorization"] == f"Bearer {TOKEN}"


async def test_a_webhook_of_ddns_go_is_sent_as_there(chat, news):
    """Its variables, JSON by what it looks like, and one failure counts for all of a family."""
    body = '{"v4": "#{ipv4Addr} #{ipv4Result}", "names": "#{ipv4Domains}", "v6": "#{ipv6Addr} #{ipv6Result}"}'
    hook = webhook(
        chat, url=f"{chat.url}/own?t=#{{timestamp}}", body=body, headers={"X-From": "#{ipv6Domains}"}
    )
    assert await hook.send(news) == f"127.0.0.1:{chat.port} answered 200 thanks"
    [request] = chat.requests
    assert (request.method, request.headers["content-type"]) == ("POST", "application/json")
    assert request.json == {
        "v4": "203.0.113.7 failed",
        "names": "home_1.example.com,nas.example.com",
        "v6": "2001:db8::7 success",
    }
    assert request.query == {"t": str(int(news.told_at))}
    assert request.headers["x-from"] == "home_1.example.com"


async def test_no_body_is_a_get(chat, news):
    """As in ddns-go; values are escaped for where they stand."""
    await webhook(chat, url=f"{chat.url}/own?said={{text}}").send(news)
    [request] = chat.requests
    assert request.method == "GET"
    assert "<!channel> Bcc" in request.query["said"]


async def test_success_is_what_somebody_says(chat, news):
    """What is not found in the answer is a no, and told without the URL's token."""
    await webhook(chat, url=f"{chat.url}/own", success="^thanks$").send(news)
    with pytest.raises(Refused, match="`success` is not found"):
        await webhook(chat, url=f"{chat.url}/own", success="^granted$").send(news)


async def test_a_service_cannot_keep_us_searching(chat, news):
    """However its answer is made for an expression that goes back and forth in it."""
    chat.respelled = {b"thanks": b"a" * 60_000}
    with pytest.raises(Refused, match="`success` is not found"):
        await webhook(chat, url=f"{chat.url}/own", success="a*a*b").send(news)


async def test_a_known_service_is_known_without_a_preset(chat, news, monkeypatch):
    """A request that is written out is judged by the service that its host is."""
    monkeypatch.setattr(
        "homeport.notifiers.webhook.of_host", lambda host: PRESETS["wecom"] if host == "127.0.0.1" else None
    )
    body = '{"msgtype": "text", "text": {"content": "{text}"}}'
    with pytest.raises(Refused, match="invalid webhook url"):
        await webhook(chat, url=f"{chat.url}/cgi-bin/webhook/send?key=wr0ng-key-0f-mine", body=body).send(
            news
        )


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://[fe80::1]/",
        "http://metadata.google.internal/",
        "http://cloud.test/",
    ],
)
async def test_no_clouds_metadata_is_told_anything(news, url):
    """By address, in every spelling, by name, and by a name that leads there when it is connected to."""
    tools = toolbox(names={"cloud.test": ["169.254.169.254"]})
    with pytest.raises((Refused, Unavailable), match="nothing is sent"):
        await Webhook(settings(url=url), tools).send(news)


async def test_the_file_may_allow_it(news):
    """With `anywhere: true` it is tried; here nobody is there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    tools = toolbox(names={})
    with pytest.raises(Unavailable, match="connection refused"):
        await Webhook(settings(url=f"http://127.0.0.1:{port}/", anywhere=True), tools).send(news)


async def test_a_host_is_not_made_of_what_happens(chat, news):
    """Places in a URL's host would let a name choose where a token goes."""
    with pytest.raises(Refused, match="in its host"):
        await webhook(chat, url="http://{names}/x?k={token}", token="t0p-s3cret").send(news)


async def test_a_service_is_reached_through_a_proxy(chat, news):
    """As providers are: Telegram, where the line does not lead there."""
    async with SocksProxy(("127.0.0.1", chat.port), ("me", "Pa55word")).running() as proxy:
        told = given("telegram", "http://telegram.test")
        await webhook(chat, **told, proxy=proxy.url("me:Pa55word")).send(news)
    assert proxy.seen == ["telegram.test:80"]
    assert len(chat.told) == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "`url` is missing"),
        ({"preset": "telegram", "token": "t"}, "`to` is missing"),
        ({"preset": "gotify", "token": "t"}, "`url` is missing"),
        ({"preset": "slack", "url": "u", "secret": "s"}, "signs nothing"),
        ({"preset": "slack", "url": "u", "body": "b"}, "leave it or `preset` out"),
        ({"url": "u", "body": "#{ipv4Adr}"}, "write #{ipv4Addr}"),
        ({"url": "u", "headers": {"A": "{titel}"}}, "write {title}"),
        ({"url": "u", "success": "("}, "no regular expression"),
        ({"url": "u", "success": "(" * 3000 + ")" * 3000}, "no regular expression"),
    ],
)
def test_what_cannot_be_is_said(given, why):
    """Every fault in a sentence with its way out."""
    with pytest.raises(ConfigInvalid) as told:
        settings(**given)
    assert why in str(told.value)


async def test_no_secret_is_told_or_logged(chat, news, caplog):
    """Not by an answer that echoes it in any spelling, and not by what is logged on the way."""
    caplog.set_level(logging.DEBUG)
    secret = "s3cret/with+marks"
    for mood in (Mood.WELL, Mood.S500, Mood.DROPPED):
        chat.mood = mood
        chat.respelled = {b"invalid webhook url": b"key s3cret/with+marks or s3cret%2Fwith%2Bmarks"}
        hook = webhook(chat, preset="wecom", url=f"{chat.url}/cgi-bin/webhook/send?key=s3cret%2Fwith%2Bmarks")
        with pytest.raises((Refused, Unavailable, Unconfirmed)) as told:
            await hook.send(news)
        assert secret not in str(told.value)
        assert "s3cret%2F" not in str(told.value)
    assert "s3cret" not in caplog.text
    assert "s3cret" not in repr(hook.settings)


async def test_no_part_of_a_secret_that_is_said_again_and_again_is_told(chat, news):
    """As PHP writes JSON, and where what is shown of an answer ends."""
    secret = "s3cret/" + "".join(map(str, range(40)))
    said = secret.replace("/", "\\/").encode()
    chat.respelled = {b"thanks": b"thanks for " + b" ".join([said] * 20)}
    answer = await webhook(chat, url=f"{chat.url}/own", token=secret, body="{token}").send(news)
    assert "thanks for *** ***" in answer
    assert "s3cret" not in answer


def test_secrets_written_out_are_found():
    """In headers and bodies, so that the file's reader can warn; in a URL they are a secret already."""
    body = json.dumps({"token": "abcdef", "text": "{text}"})
    found = settings(
        url="http://x/?key=1", body=body, headers={"Authorization": "Bearer abc"}
    ).literal_secrets
    assert found == {"headers": ["abc"], "body": ["abcdef"]}
