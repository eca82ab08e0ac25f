"""Every sentence of the page exists in every language."""

import ast
import json
import re
import shutil
from pathlib import Path

import pytest

from fakes.front_door import front_door
from homeport.web import edit, forms, setup, words

ALONE = "nobody can connect to this machine by IPv4: use IPv6, a tunnel, or ask the provider for a public IPv4 address"
WEB = Path(words.__file__).parent
IN_TEMPLATE = re.compile(r"""_\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
FIELD = re.compile(r"\{(\w+)\}")


def sentences():
    """Yield what templates and code say, in English."""
    for path in WEB.glob("templates/*"):
        for found in IN_TEMPLATE.findall(path.read_text(encoding="utf-8")):
            yield ast.literal_eval(found)
    for path in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield from spoken(node)


def spoken(node):
    """Yield the sentences of one call: of `words(...)`, or what a template is given to translate."""
    if not isinstance(node, ast.Call):
        return
    is_words = isinstance(node.func, ast.Attribute) and node.func.attr == "_"
    literals = [
        each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    if is_words:
        yield from literals[:1]
    yield from (
        each.value.value
        for each in node.keywords
        if each.arg == "problem" and isinstance(each.value, ast.Constant) and each.value.value
    )
    if isinstance(node.func, ast.Name) and node.func.id in {"_account", "said"}:
        yield from literals


@pytest.mark.parametrize("code", sorted(set(words.languages()) - {words.ENGLISH}))
def test_a_language_has_every_sentence(code):
    """None is missing, and none is left of what nobody says any more."""
    wanted = {*sentences(), *forms.sentences(), *setup.sentences(), *edit.sentences()} | LOOKUPS
    there = words.languages()[code].sentences
    assert sorted(wanted - set(there)) == []
    assert sorted(set(there) - wanted) == []


@pytest.mark.parametrize("code", sorted(set(words.languages()) - {words.ENGLISH}))
def test_a_sentence_keeps_its_fields(code):
    """What is filled in there is filled in here."""
    for english, other in words.languages()[code].sentences.items():
        assert sorted(FIELD.findall(english)) == sorted(FIELD.findall(other)), english


LOOKUPS = {  # sentences that templates look up by a value
    "right",
    "changing",
    "held",
    "failing",
    "paused",
    "seen in the DNS",
    "listed by the host",
    "accepted, cannot be seen",
    "not yet",
    "{n} s",
    "{n} min",
    "{n} h",
}


@pytest.mark.parametrize(
    ("wanted", "accepted", "code"),
    [
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        (None, "zh-TW", "zh-CN"),
        (None, "fr, en;q=0.5", "en"),
        (None, "en;q=0.4, zh;q=0.6", "zh-CN"),
        (None, ";q=x,,", "en"),
        ("en", "zh-CN", "en"),
        ("xx", "", "en"),
    ],
)
def test_the_language_is_what_was_chosen_or_what_the_browser_wants(wanted, accepted, code):
    """A choice counts first, then the browser's weights, then English."""
    assert words.chosen(wanted, accepted).code == code


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("GET www.duckdns.org: the name cannot be resolved", "GET www.duckdns.org: 域名无法解析"),
        ("only 1 of the 2 needed saw 192.0.2.1 (ipify)", "需要 2 个来源，只有 1 个看到 192.0.2.1 (ipify)"),
        (
            f"the router has the shared address 100.64.0.9: the provider translates it (carrier-grade NAT); {ALONE}",
            "路由器得到的是共享地址 100.64.0.9：运营商在转换地址（CGNAT）; "
            + words.languages()["zh-CN"].reason(ALONE),
        ),
        (ALONE, "外面无法经 IPv4 连到本机：请使用 IPv6、隧道，或向运营商申请公网 IPv4"),
        (
            "http://a has no host b.example for this token: run `homeport host add b.example` on the server",
            "http://a 上没有此令牌可用的主机 b.example：请在服务器上运行 `homeport host add b.example`",
        ),
        ("http://a refuses the token: 401", "http://a 拒绝了令牌：401"),
        ("BadAuth <b>from the host</b>", "BadAuth <b>from the host</b>"),
        ("no answer within 3 s of another line's", "另一条线路已应答，而它在 3 秒内没有"),
    ],
)
def test_what_the_agent_says_is_said_in_the_language(said, shown):
    """Pieces are known with their fields; a host's own words stay."""
    assert words.languages()["zh-CN"].reason(said) == shown


def test_every_reason_is_one_that_the_agent_says():
    """A piece whose words were changed in the program would never be found again."""
    program = WEB.parent
    code = " ".join(
        path.read_text(encoding="utf-8")
        for room in ("detectors", "engine", "jobs", "model", "net", "providers")
        for path in program.glob(f"{room}/*.py")
    )
    said = re.sub(r'"\s*f?"', "", code)
    read = json.loads((WEB / "texts" / "zh-CN.json").read_text(encoding="utf-8"))
    for english in read["reasons"]:
        pieces = [piece.strip() for piece in FIELD.split(english)[::2]]
        assert all(piece in said for piece in pieces), english


def test_another_language_is_one_file(tmp_path, monkeypatch):
    """It is offered on every page, chosen by a button or by the browser, and what it lacks is said in English."""
    for path in words.TEXTS.glob("*.json"):
        shutil.copy(path, tmp_path)
    (tmp_path / "xx.json").write_text(
        json.dumps({"language": "Ixish", "sentences": {"Account": "Ixount", "Password": "<b>Ix</b>"}}),
        "utf-8",
    )
    monkeypatch.setattr(words, "TEXTS", tmp_path)
    words.languages.cache_clear()
    try:
        with front_door(tmp_path / "page") as door:
            cookie = door.sign_in()
            assert (
                '<button class="plain" name="language" value="xx" lang="xx">Ixish</button>'
                in door.ask("GET", "/login").text
            )
            chosen = door.post("/language", {"language": "xx", "next": "/account"}, cookie)
            assert chosen.headers["set-cookie"].startswith("language=xx;")
            by_choice = door.ask("GET", "/account", cookie=f"{cookie}; language=xx").text
            by_browser = door.ask("GET", "/account", cookie=cookie, accept_language="xx, en;q=0.5").text
    finally:
        words.languages.cache_clear()
    for told in (by_choice, by_browser):
        assert '<html lang="xx">' in told
        assert "<h1>Ixount</h1>" in told
        assert "&lt;b&gt;Ix&lt;/b&gt;" in told
        assert "New password" in told
