"""Forms for whoever is told, made of types and of the table of services."""

import pytest

from homeport.config import loader
from homeport.config.models import Agent
from homeport.web import fields, told

TEXT = """\
agent:
  notify:
    phone: {kind: webhook, preset: telegram, token: "***", to: "42", names: [home.example.com], when: [changed]}
    mail: {kind: smtp, server: smtp.example.com, sender: a@example.com, to: [b@example.com]}
"""


def agent_of(text, tmp_path):
    return loader.parse(text, tmp_path / "homeport.yaml").config.agent


def names(part):
    return [one.name for one in part.fields]


@pytest.mark.parametrize("kind", told.KINDS)
def test_everybody_who_can_be_told_has_a_form(kind, tmp_path):
    """With what is needed first; what is typed into it is a file that loads, and nothing else is."""
    part = told.part(Agent(), "agent: {}\n", told.at("phone"), kind)
    needed = [one for one in part.fields if one.is_required]
    assert names(part)[: len(needed)] == [one.name for one in needed]
    assert not {"anywhere", "preset", "headers"} & set(names(part))
    typed = {"url": "https://x.example/hook", "to": "me@example.com", "server": "smtp.example.com"}
    posted = {one.name: typed.get(one.name, "me@example.com") for one in needed}
    text = fields.changed("agent: {}\n", part, posted | {"when": "changed, failing"})
    [(name, made)] = agent_of(text, tmp_path).notify.items()
    assert name == "phone"
    assert [what.value for what in made.when] == ["changed", "failing"]
    assert getattr(made, "preset", kind) in (kind, None)


def test_what_is_there_is_shown_without_secrets(tmp_path):
    """Its fields as the file has them; a secret's is empty, and left so keeps it."""
    agent = agent_of(TEXT, tmp_path)
    phone, mail = told.parts(agent, TEXT)
    values = {one.name: one.value for one in phone.fields}
    assert (values["to"], values["names"], values["when"], values["token"]) == (
        "42",
        "home.example.com",
        "changed",
        "",
    )
    assert {"method", "body", "secret"}.isdisjoint(values)
    assert told.title(agent.notify["phone"]) == "Telegram"
    assert told.title(agent.notify["mail"]) == "E-mail"
    changed = fields.changed(TEXT, phone, {"to": "43", "token": ""})
    assert changed == TEXT.replace('"42"', '"43"')
    assert mail.place == ("agent", "notify", "mail")


def test_only_what_is_known_has_a_form(tmp_path):
    """Another room, a kind that there is not, and nobody's name."""
    agent = agent_of(TEXT, tmp_path)
    assert told.part(agent, TEXT, "providers/x", "telegram") is None
    assert told.part(agent, TEXT, "notify/new", "command") is None
    assert told.part(agent, TEXT, "notify/", "telegram") is None
    assert told.part(agent, TEXT, "notify/phone").title == "phone"
