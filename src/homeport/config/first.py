"""One name at one host, as a first file or added to one, of the answers given to `homeport init` or to the page.

Secrets go into the encrypted store, and the file names them; what is written was read before as the loader reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from homeport import providers
from homeport.config import edit, loader, paths, secret_store
from homeport.config.kinds import settings_of
from homeport.config.models import AUTO, Agent
from homeport.config.schema import Setting, settings
from homeport.errors import StoreUnavailable
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType
from homeport.model.secret import Secret
from homeport.system.files import make_folder, replace_private

TTL = 60
Replace = Callable[[bytes], object]
LAN = "lan"
SOURCES: Mapping[str, str] = {
    AUTO: """\
  addresses: {}                     # what the world sees, found by itself: `homeport detect` shows how
""",
    "machine": """\
  addresses:
    machine:                        # the public address on an interface of this machine
      detect: [{kind: interface}]
""",
    "router": """\
  addresses:
    router:                         # the IPv4 address that the router says it has; IPv6 is this machine's own
      detect: [{kind: router}, {kind: interface}]
""",
    "web": """\
  addresses:
    web:                            # the address from which web services see this machine; two must agree
      detect: [{kind: http_echo, service: ipify}, {kind: http_echo, service: aws}]
""",
    LAN: """\
  addresses:
    lan:                            # the address on this network, private ones included
      detect: [{kind: interface}]
      allow_private: true
""",
}
"""Where the address may come from, by the name that it gets in the file, the one that suits most people first."""
DETECT: Mapping[str, Mapping[str, Any]] = {
    "machine": {"detect": [{"kind": "interface"}]},
    "router": {"detect": [{"kind": "router"}, {"kind": "interface"}]},
    "web": {"detect": [{"kind": "http_echo", "service": "ipify"}, {"kind": "http_echo", "service": "aws"}]},
    LAN: {"detect": [{"kind": "interface"}], "allow_private": True},
}
"""The same as data, for a file that is there; what is found by itself needs no word."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered.

    Attributes:
        settings: of the provider, as they stand in the file.
        secrets: the values to keep in the encrypted store, by the name they get there.
        source: one of `SOURCES`.
        adopt: take over what stands at the host under this name, even several values.
        account: what the provider is called in the file; its kind, where nothing is said. One that the file has
            already is used as it is there.
        base: the file that the name is added to; without one a first file is made.
        path: where the file is, so that what it refers to is found.
        seen: what stood there when it was looked at; `None` for nothing.
    """

    name: Fqdn
    kind: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    types: tuple[RRType, ...]
    source: str = AUTO
    ttl: int = TTL
    adopt: bool = False
    account: str = ""
    base: str = ""
    path: Path = Path(paths.FILE)
    seen: bytes | None = None

    @property
    def provider(self) -> str:
        """What the provider is called in the file."""
        return self.account or self.kind


def asked(kind: str) -> list[Setting]:
    """Return the settings to ask for: those that must be written, or those that the provider names instead."""
    found = {one.name: one for one in settings(settings_of(providers.load(kind)))}
    about = getattr(providers.load(kind), "about", None)
    if about and about.asks:
        return [found[name] for name in about.asks]
    return [one for one in found.values() if one.required]


def stored_as(account: str, field: str) -> str:
    """Return the name that a secret setting gets in the encrypted store."""
    return f"{account}-{field}"


def provider_of(kind: str, given: Mapping[str, Any], secrets: Mapping[str, str]) -> msgspec.Struct:
    """Return a provider's settings as the file would give them, with the secrets as they were typed.

    Raises:
        ConfigInvalid: they are not valid; a line for every fault.
    """
    text = f"agent:\n  providers:\n    {kind}: {_fields(kind, given)}\n"
    made: msgspec.Struct = _revealed(_agent(text), kind, given, secrets).providers[kind]
    return made


def agent_of(answers: Answers) -> Agent:
    """Return the agent that the file would make of this name alone, with the secrets as they were typed.

    Raises:
        ConfigInvalid: it is not valid; a line for every fault.
    """
    agent = _agent(render(answers), answers.path)
    alone = msgspec.structs.replace(agent, records=agent.records[-1:])
    return _revealed(alone, answers.provider, answers.settings, answers.secrets)


def write(path: Path, answers: Answers, replace: Replace | None = None, *, of_page: bool = False) -> None:
    """Write secrets first, then the file, whole, once it is known to load.

    Args:
        replace: puts the text in the place of the one that was looked at; without it a file that is there is kept
            beside it.
        of_page: the secrets may go when no file names them any more.

    Raises:
        ConfigInvalid: it would not; nothing was written.
        NotAllowed, StoreUnavailable: this account cannot write there.
    """
    text = render(answers)
    loader.parse(text, path)
    make_folder(path.parent)
    store = paths.secret_store(path.parent)
    for name, value in answers.secrets.items():
        secret_store.put(store, name, value, of_page=of_page)
    if replace is not None:
        replace(text.encode())
        return
    try:
        if path.exists():
            replace_private(path.with_name(path.name + ".old"), path.read_bytes())
        replace_private(path, text.encode())
    except OSError as error:
        raise StoreUnavailable(f"{path} cannot be written: {error.strerror}; look at the disk") from None


def render(answers: Answers) -> str:
    """Return the file's text.

    Raises:
        ConfigInvalid: the name cannot be added to the file that is there.
    """
    if answers.base:
        return _added(answers)
    types = ", ".join(rrtype.value for rrtype in answers.types)
    adopt = (
        "      adopt: true                   # whatever stood under this name before\n"
        if answers.adopt
        else ""
    )
    return f"""\
# Homeport: which name follows which address. `homeport config check` reads it without doing anything.
agent:
{SOURCES[answers.source]}
  providers:                        # secret: values are in the encrypted store, `homeport secret list`
    {answers.kind}: {_fields(answers.kind, answers.settings)}

  records:
    - name: {answers.name}
      types: [{types}]
      address: {answers.source}
      provider: {answers.kind}
      ttl: {answers.ttl:<23}       # seconds
{adopt}
  interval: 300                     # seconds between safety-net rounds; changes are noticed at once
"""


def _added(answers: Answers) -> str:
    """Return the file that is there with one more name, and its provider and source where it has none such."""
    agent = loader.parse(answers.base, answers.path).config.agent or Agent()
    text, source = answers.base, answers.source
    if answers.provider not in agent.providers:
        made = {"kind": answers.kind, **answers.settings}
        text = edit.put(text, ("agent", "providers", answers.provider), made)
    if answers.source != AUTO:
        wanted = _agent(f"agent:\n{SOURCES[answers.source]}").addresses[answers.source]
        source = free(answers.source, [name for name, found in agent.addresses.items() if found != wanted])
        if source not in agent.addresses:
            text = edit.put(text, ("agent", "addresses", source), DETECT[answers.source])
    record: dict[str, Any] = {
        "name": str(answers.name),
        "types": [rrtype.value for rrtype in answers.types],
        "address": source,
        "provider": answers.provider,
        "ttl": answers.ttl,
    }
    record |= {"adopt": True} if answers.adopt else {}
    return edit.put(text, ("agent", "records", len(agent.records)), record)


def free(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: itself, or with a number."""
    numbered = (f"{name}-{number}" for number in count(2))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def _fields(kind: str, given: Mapping[str, Any]) -> str:
    return f"{{kind: {kind}{''.join(f', {name}: {json.dumps(value)}' for name, value in given.items())}}}"


def _agent(text: str, path: Path = Path(paths.FILE)) -> Agent:
    agent = loader.parse(text, path).config.agent
    assert agent is not None  # noqa: S101 -- the text has an agent
    return agent


def _revealed(agent: Agent, kind: str, given: Mapping[str, Any], secrets: Mapping[str, str]) -> Agent:
    """Return the agent whose provider has the values themselves where the file has their names."""
    typed = {
        name: Secret.literal(secrets[text.removeprefix("secret:")])
        for name, text in given.items()
        if isinstance(text, str) and text.removeprefix("secret:") in secrets
    }
    provider = msgspec.structs.replace(agent.providers[kind], **typed)
    return msgspec.structs.replace(agent, providers={**agent.providers, kind: provider})
