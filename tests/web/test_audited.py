"""What was done is told in words, and nothing that is written down is without them."""

import ast
from pathlib import Path

import homeport
from fakes.front_door import front_door
from homeport.web.audited import DEEDS
from homeport.web.words import languages

SOURCE = Path(homeport.__file__).parent
WRITERS = {"audit": 2, "noted": 1, "act": 1}  # functions, and which of their arguments is the key


def keys():
    """Yield every key that is written somewhere as it is."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = (
                getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            )
            if name in WRITERS and len(node.args) > WRITERS[name]:
                key = node.args[WRITERS[name]]
                if isinstance(key, ast.Constant):
                    yield key.value


def test_every_deed_has_words():
    """Those that are put together are named here: `file.` and what became of it."""
    assert {"login", "password.set", "round"} <= {*keys(), "round"}
    assert {*keys(), "file.changed", "file.undone"} - DEEDS.keys() == set()


def test_the_account_tells_them_in_the_language_of_the_page(tmp_path):
    """Who, from where and what; the detail as it is, and what no version knows any more as it was."""
    with front_door(tmp_path) as door:
        cookie = door.sign_in()
        door.access.audit("owner", "this machine", "login.failed", "<b>")
        door.access.audit("key ring", "192.0.2.1", "of.old", "")
        told = door.ask("GET", "/account", cookie=f"{cookie}; language=zh-CN").text
    words = languages()["zh-CN"]
    assert f"<td>{words('owner')}</td><td>{words('this machine')}</td>" in told
    assert f"<td>{words(DEEDS['login.failed'])}: &lt;b&gt;</td>" in told
    assert "<td>key ring</td><td>192.0.2.1</td><td>of.old</td>" in told
