"""What a message says, in the language of who reads it: a title of one line, and a line for each thing that happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from homeport.model.address import Family
from homeport.model.news import Happened, News, What
from homeport.model.rrset import ADDRESSES

LINES = 25  # things that one message names
LATE = 120.0  # seconds after which a message says when it was
WHY = 300  # characters of a reason

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "test": "Homeport: a test",
        "test_text": "This is a test: the message arrives. Nothing happened.",
        "now": "{name} is now {after}",
        "gone": "{name} has no address any more",
        "several": "{n} names: {what}",
        "changed": "{record}: {before} -> {after}",
        "first": "{record}: {after}",
        "withdrawn": "{record}: withdrawn, it was {before}",
        "failing": "{record} cannot be updated since {since}: {why}",
        "held": "{record} is left as it is since {since}: {why}",
        "halted": "{record} needs you: {why}",
        "given_up": "{record} is given up until you look at it: {why}",
        "recovered": "{record} is right again",
        "title_failing": "{name} cannot be updated",
        "title_held": "{name} is left as it is",
        "title_halted": "{name} needs you",
        "title_given_up": "{name} needs you",
        "title_recovered": "{name} is right again",
        "word_changed": "changed",
        "word_failing": "cannot be updated",
        "word_held": "left as they are",
        "word_halted": "need you",
        "word_given_up": "need you",
        "word_recovered": "right again",
        "at": "{text} (at {when})",
        "more": "and {n} more",
        "lost": "{n} older things are not listed: they waited too long",
        "success": "success",
        "failed": "failed",
        "unchanged": "no changed",
        "and": ", ",
    },
    "zh-CN": {
        "test": "Homeport：测试",
        "test_text": "这是一条测试消息：能收到。没有发生任何变化。",
        "now": "{name} 现在是 {after}",
        "gone": "{name} 不再有地址",
        "several": "{n} 个域名：{what}",
        "changed": "{record}：{before} -> {after}",
        "first": "{record}：{after}",
        "withdrawn": "{record}：已撤下，原为 {before}",
        "failing": "{record} 从 {since} 起无法更新：{why}",
        "held": "{record} 从 {since} 起保持原样：{why}",
        "halted": "{record} 需要您处理：{why}",
        "given_up": "{record} 已放弃，等您处理：{why}",
        "recovered": "{record} 已恢复正常",
        "title_failing": "{name} 无法更新",
        "title_held": "{name} 保持原样",
        "title_halted": "{name} 需要您处理",
        "title_given_up": "{name} 需要您处理",
        "title_recovered": "{name} 已恢复正常",
        "word_changed": "已变更",
        "word_failing": "无法更新",
        "word_held": "保持原样",
        "word_halted": "需要处理",
        "word_given_up": "需要处理",
        "word_recovered": "已恢复",
        "at": "{text}（{when}）",
        "more": "另有 {n} 条",
        "lost": "更早的 {n} 条等待过久，未列出",
        "success": "成功",
        "failed": "失败",
        "unchanged": "未改变",
        "and": "、",
    },
}
"""`success`, `failed` and `unchanged` are ddns-go's own words in each language, which people's templates look for."""


class Words(NamedTuple):
    """A message in words: `title` is one line; `text` has several, and no other control characters."""

    title: str
    text: str


def words(news: News, language: str) -> Words:
    """Return what a message says."""
    texts = _TEXTS[language]
    if news.is_test:
        return Words(_plain(texts["test"]), _signed(texts["test_text"], news))
    lines = [_line(texts, one, news.told_at) for one in news.happened[-LINES:]]
    if (left := len(news.happened) - LINES) > 0:
        lines.append(texts["more"].format(n=left))
    if news.lost:
        lines.append(texts["lost"].format(n=news.lost))
    return Words(_title(texts, news.happened), _signed("\n".join(lines), news))


def values(news: News, language: str) -> dict[str, str]:
    """Return what people's own templates may have places for, by the words of `PLACES`."""
    texts = _TEXTS[language]
    title, text = words(news, language)
    found = {
        "title": title,
        "text": text,
        "what": "test" if news.is_test else ",".join(dict.fromkeys(one.what.value for one in news.happened)),
        "names": ",".join(_names(news.happened)),
        "machine": _plain(news.machine),
        "timestamp": str(int(news.told_at)),
        "timestamp_ms": str(int(news.told_at * 1000)),
    }
    for family in Family:
        key, own = f"ipv{int(family)}", [one for one in news.happened if one.type is family.rrtype]
        found[key] = news.addresses.get(family, "")
        found[f"{key}_result"] = texts[_result(own)]
        found[f"{key}_names"] = ",".join(_names(own) or news.names.get(family, ()))
    return found


def _result(happened: Sequence[Happened]) -> str:
    """Return how one family came out: one failure counts for all, as in ddns-go."""
    if any(one.what not in (What.CHANGED, What.RECOVERED) for one in happened):
        return "failed"
    return "success" if happened else "unchanged"


def _title(texts: Mapping[str, str], happened: Sequence[Happened]) -> str:
    names = _names(happened)
    kinds = list(dict.fromkeys(one.what for one in happened))
    if len(names) != 1:
        told = texts["and"].join(dict.fromkeys(texts[f"word_{what.value}"] for what in kinds))
        return _plain(texts["several"].format(n=len(names), what=told))
    worst = next(
        (what for what in (What.GIVEN_UP, What.HALTED, What.FAILING, What.HELD) if what in kinds), None
    )
    if worst is None and What.CHANGED in kinds:
        newest = {one.type: one.after for one in happened if one.what is What.CHANGED}
        after = [rdata for rrtype, each in newest.items() if rrtype in ADDRESSES for rdata in each]
        after = after or [rdata for each in newest.values() for rdata in each]
        return _plain(texts["now" if after else "gone"].format(name=names[0], after=texts["and"].join(after)))
    return _plain(texts[f"title_{(worst or What.RECOVERED).value}"].format(name=names[0]))


def _line(texts: Mapping[str, str], one: Happened, told_at: float) -> str:
    known = {
        "record": f"{one.name} {one.type.value}",
        "before": texts["and"].join(one.before),
        "after": texts["and"].join(one.after),
        "since": _when(one.at),
        "why": one.why[:WHY],
    }
    key = one.what.value
    if one.what is What.CHANGED and not one.after:
        key = "withdrawn"
    elif one.what is What.CHANGED and not one.before:
        key = "first"
    said = _plain(texts[key].format(**known))
    is_dated = key in {"failing", "held"} or told_at - one.at < LATE
    return said if is_dated else texts["at"].format(text=said, when=_when(one.at))


def _when(at: float) -> str:
    """Return a time on this machine's wall."""
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M}"


def _signed(text: str, news: News) -> str:
    return f"{text}\n-- {_plain(news.machine)}" if news.machine else text


def _names(happened: Sequence[Happened]) -> list[str]:
    return list(dict.fromkeys(str(one.name) for one in happened))


def _plain(text: str) -> str:
    """Return one line: a host's own words may hold anything."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
