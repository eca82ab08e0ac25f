"""A program of its own: does one job at one host with dns-lexicon, says what came of it, and leaves again.

It reads the job as JSON from its input and prints the outcome as JSON; `lexicon.py` starts it. It stands alone, so
that nothing of the agent is loaded beside 40 MB of dns-lexicon. No list of public suffixes is fetched: the zone is
told. A record is never updated in place, for a third of dns-lexicon's providers delete first: the new one is made
before the old one goes, and what stands there afterwards is looked up.
"""

import contextlib
import json
import logging
import socket
import sys
from collections.abc import Iterator
from importlib import import_module
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, quote_plus

Job = dict[str, Any]
Rows = list[dict[str, str]]
PASSES = 2  # some providers lose the new record with the old one; then it is made once more


def main() -> int:
    """Do the job that comes in; what dns-lexicon prints meanwhile goes elsewhere."""
    job = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        outcome = done(job)
    for failed in (outcome.get("failed"), *outcome.get("failures", {}).values()):
        if failed:
            failed["said"] = _without_secrets(failed.get("said", ""), job["secrets"])
    json.dump(outcome, sys.stdout)
    return 0


def _without_secrets(text: str, secrets: dict[str, str]) -> str:
    """Take out every secret, however an error text has spelled it."""
    for secret in secrets.values():
        for spelled in (secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]):
            text = text.replace(spelled, "***")
    return text


def done(job: Job) -> Job:
    """Return the records there are, and for each wish the failure it met, if any; or the failure of the whole."""
    logging.disable(logging.CRITICAL)  # it logs what it sends
    try:
        client = _client(job)
        _take_the_way(job["patience"], job["proxy"])
        with client as operations:
            return Work(operations, job).outcome()
    except ModuleNotFoundError as error:
        return {"failed": {"is": "missing" if error.name == "lexicon" else "unknown", "said": str(error)}}
    except Exception as error:  # noqa: BLE001 -- any of 88 providers' own; it is told
        return {"failed": failure(error)}


def _client(job: Job) -> Any:
    """Return dns-lexicon's client for exactly this zone."""
    module, resolver = import_module("lexicon.client"), import_module("lexicon.config").ConfigResolver()
    domain, _, suffix = job["zone"].partition(".")
    module.tldextract = _Told(domain, suffix)  # type: ignore[attr-defined]
    config = {"provider_name": job["provider"], "domain": job["zone"], "ttl": job["ttl"]}
    return module.Client(
        resolver.with_dict({**config, job["provider"]: {**job["options"], **job["secrets"]}})
    )


def _take_the_way(patience: float, proxy: str) -> None:
    """Let no request wait for ever, as those of most of its providers would, and let all go through the proxy."""
    socket.setdefaulttimeout(patience)
    adapter = import_module("requests.adapters").HTTPAdapter
    send = adapter.send
    way = {"proxies": {"http": proxy, "https": proxy}} if proxy else {}

    def sent(self: Any, request: Any, **given: Any) -> Any:
        return send(self, request, **{**given, **way, "timeout": given.get("timeout") or patience})

    adapter.send = sent


class _Told:
    """Stands in for the library that splits names by the list of public suffixes, which it would fetch."""

    def __init__(self, domain: str, suffix: str) -> None:
        self.domain, self.suffix = domain, suffix

    def TLDExtract(self, **_: Any) -> Any:  # noqa: N802 -- that library's own name
        return lambda _: self


class Work:
    """One job, once dns-lexicon was let in."""

    def __init__(self, operations: Any, job: Job) -> None:
        if operations.provider.domain != job["zone"]:
            raise ValueError(f"dns-lexicon takes the zone for {operations.provider.domain}")
        self._lexicon = operations
        self._job = job
        self._failures: dict[str, Job] = {}

    def outcome(self) -> Job:
        """Bring every wish about, as far as it goes, and say what is there at the end."""
        rows = self._listed()
        for _ in range(PASSES):
            steps = [step for wish in self._job["wishes"] for step in self._steps(wish, rows)]
            if not steps or not self._try(steps):
                break
            rows = self._listed()
        return {"rows": self._listed() if self._failures else rows, "failures": self._failures}

    def _listed(self) -> Rows:
        found = [
            row for rrtype in self._job["types"] for row in self._lexicon.list_records(rrtype, None, None)
        ]
        return [{word: str(row.get(word, "")) for word in ("id", "type", "name", "content")} for row in found]

    def _steps(self, wish: Job, rows: Rows) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Return what is to be made, then what is to go; nothing for a wish that cannot be had."""
        if wish["key"] in self._failures:
            return
        row_of = {"type": wish["type"], "name": wish["name"]}
        there = [row for row in rows if row["type"] == wish["type"] and self._is(row["name"], wish["name"])]
        now = {_one_form(row["content"]) for row in there}
        if now not in (set(wish["before"]), set(wish["contents"])) and not wish.get("begun"):
            self._failures[wish["key"]] = {"is": "moved", "said": "it was changed by someone else meanwhile"}
            return
        wish["begun"] = True
        for content in wish["contents"]:
            if content not in now:
                yield wish["key"], "create", {**row_of, "content": content}
        for row in there:
            if _one_form(row["content"]) not in wish["contents"]:
                yield wish["key"], "delete", {**row_of, "content": row["content"], "id": row["id"]}

    def _is(self, listed: str, name: str) -> bool:
        """Compare names by label; one that is listed relative to the zone counts as what it stands for."""
        bare, zone = _ascii(listed).rstrip("."), self._job["zone"]
        whole = bare if bare == zone or bare.endswith(f".{zone}") else f"{bare}.{zone}"
        return (zone if bare in ("", "@") else whole) == name

    def _try(self, steps: list[tuple[str, str, dict[str, str]]]) -> bool:
        """Do the steps; a refusal is of one wish alone, any other failure ends the pass. Tell whether all went well."""
        for key, action, row in steps:
            if key in self._failures:
                continue
            try:
                if action == "create":
                    self._lexicon.create_record(row["type"], row["name"], row["content"])
                else:
                    self._lexicon.delete_record(row["id"] or None, row["type"], row["name"], row["content"])
            except Exception as error:  # noqa: BLE001 -- any of 88 providers' own; it is told
                self._failures[key] = failed = failure(error)
                if failed["is"] != "refused":
                    self._failures |= {other: failed for other, _, _ in steps if other not in self._failures}
                    return False
        return True


def _one_form(content: str) -> str:
    """Return an address as it is spelled everywhere else, for hosts spell IPv6 in many ways."""
    try:
        return str(ip_address(content.strip()))
    except ValueError:
        return content


def _ascii(name: str) -> str:
    """Return a name in A-labels, for some hosts show people's letters."""
    try:
        return name.lower() if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return name


def failure(error: Exception) -> Job:
    """Return an exception as its name and words, and what a server answered, if one did."""
    name, said = type(error).__name__, str(error)
    answer = getattr(error, "response", None)
    if answer is not None and getattr(answer, "status_code", None):
        body = answer.text.strip()
        is_page = body[:1] == "<" or "html" in answer.headers.get("Content-Type", "")
        is_own = not is_page and 400 <= answer.status_code < 500 and answer.status_code != 429
        is_key = answer.status_code in (401, 403)
        return {
            "is": ("credentials" if is_key else "refused") if is_own else "answer",
            "said": body[:300] if not is_page else "",
            "status": answer.status_code,
            "headers": {word.lower(): text for word, text in answer.headers.items()},
        }
    own = {"AuthenticationError": "credentials", "ProviderNotAvailableError": "unknown"}
    return {"is": own.get(name, "fault"), "said": f"{name}: {said}"[:300]}


if __name__ == "__main__":
    sys.exit(main())
