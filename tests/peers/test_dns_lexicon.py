"""dns-lexicon, a client of many hosts that shares no code with ours, believes our fakes of those hosts."""

import asyncio
import json
import subprocess
import sys

import pytest

from fakes.clock import QuickClock
from fakes.hosts import fake_of
from fakes.peers import surroundings
from fakes.sdks import NOWHERE

HOME, OLD, NEW, OTHER = "home.example.com", "198.51.100.7", "203.0.113.8", "192.0.2.9"
# Let it in, list, make a record, change it by its id, and delete it, at a host whose URL it cannot be told otherwise.
SCRIPT = f"""
import importlib, json, sys
from lexicon.config import ConfigResolver

name, where, url, ttl, options = sys.argv[1:]
module = importlib.import_module(f"lexicon._private.providers.{{name}}")
if where != "api_endpoint":
    setattr(module, where, url)
given = {{"provider_name": name, "action": "list", "domain": "example.com", "type": "A", "ttl": int(ttl)}}
provider = module.Provider(ConfigResolver().with_dict({{**given, name: json.loads(options)}}))
if where == "api_endpoint":
    provider.api_endpoint = url
provider.authenticate()
assert [each["content"] for each in provider.list_records("A", "near.example.com")] == ["{OTHER}"]
provider.create_record("A", "{HOME}", "{OLD}")
for before, after in (("{OLD}", "{NEW}"), ("{NEW}", "{OLD}")):
    (found,) = provider.list_records("A", "{HOME}")
    assert (found["name"], found["content"]) == ("{HOME}", before), found
    provider.update_record(found["id"], "A", "{HOME}", after)
(found,) = provider.list_records("A", "{HOME}")
provider.delete_record(found["id"], "A", "{HOME}", "{OLD}")
assert not provider.list_records("A", "{HOME}")
print("done")
"""


def options(kind, host):
    """Return a host's credentials in dns-lexicon's words."""
    return {
        "gandi": lambda: {"auth_token": host.secret, "api_protocol": "rest"},
        "godaddy": lambda: {"auth_key": host.key, "auth_secret": host.secret},
        "ionos": lambda: {"api_key": host.secret},
        "netcup": lambda: {
            "auth_customer_id": host.customer,
            "auth_api_key": host.key,
            "auth_api_password": host.secret,
        },
        "porkbun": lambda: {"auth_key": host.api_key, "auth_secret": host.secret},
    }.get(kind, lambda: {"auth_token": host.secret})()


async def driven(kind, host, where, path, ttl, given):
    """Run the script at a fake; return how it ended and what it printed."""
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, kind, where, host.url + path, str(ttl)]
    return await asyncio.to_thread(
        subprocess.run,
        [*command, json.dumps(given)],
        env={**surroundings(), **NOWHERE},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("kind", "where", "path", "ttl"),
    [
        ("gandi", "api_endpoint", "/v5/livedns", 300),
        ("godaddy", "api_endpoint", "/v1", 600),
        ("ionos", "_ZONES_API", "/dns/v1/zones", 300),
        ("linode", "api_endpoint", "/v4/", 300),
        ("namesilo", "api_endpoint", "/api", 3600),
        ("netcup", "api_endpoint", "/endpoint.php?JSON", 300),
        ("porkbun", "api_endpoint", "/api/json/v3", 600),
        ("vultr", "api_endpoint", "/v2", 300),
    ],
)
async def test_it_believes_the_fake(kind, where, path, ttl):
    """It lists, creates, updates and deletes, leaves the neighbour alone, and is not let in with another secret."""
    host = fake_of(kind)()
    host.clock = QuickClock()
    near = host.create("near.example.com", "A", OTHER, 3600)
    given = options(kind, host)
    async with host.running():
        done = await driven(kind, host, where, path, ttl, given)
        assert (done.returncode, done.stdout) == (0, "done\n"), done.stdout + done.stderr
        assert [row.content for row in host.rows.values()] == [near.content]
        wrong = {name: value if name == "api_protocol" else f"{value}x" for name, value in given.items()}
        assert (await driven(kind, host, where, path, ttl, wrong)).returncode == 1
