"""A real PowerDNS with an SQLite database of its own: DNS, updates signed with TSIG, and the REST API."""

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fakes.peers import free_port, peer

CONF = """\
launch=gsqlite3
gsqlite3-database={folder}/pdns.db
module-dir={modules}
socket-dir={folder}
local-address=127.0.0.1
local-port={port}
dnsupdate=yes
lua-dnsupdate-policy-script={folder}/policy.lua
webserver=yes
webserver-address=127.0.0.1
webserver-port={api}
api=yes
api-key={api_key}
default-api-rectify=no
"""
POLICY = """\
function updatepolicy(input)
  local key, name = input:getTsigName():toString(), input:getQName():toString()
  return key == "all-key." or (key == "few-key." and name == "mine.example.test.")
end
"""


@dataclass(frozen=True)
class Server:
    """Where it is.

    Attributes:
        port: of DNS.
        url: of the REST API.
    """

    port: int
    url: str
    api_key: str


@contextmanager
def running(folder: Path, zone: str, keys=(), api_key="s3cret-pdns-K3y"):
    """Run PowerDNS with the zone `example.test`.

    Args:
        zone: the zone as a file has it.
        keys: name, algorithm and secret of each TSIG key.
    """
    program, tool = peer("pdns_server"), peer("pdnsutil")
    modules = next(program.root.glob("usr/lib/*/pdns"))
    schema = program.root / "usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"
    database = sqlite3.connect(folder / "pdns.db")
    database.executescript(schema.read_text())
    database.close()
    port, api = free_port(), free_port()
    (folder / "policy.lua").write_text(POLICY)
    (folder / "pdns.conf").write_text(
        CONF.format(folder=folder, modules=modules, port=port, api=api, api_key=api_key)
    )
    (folder / "example.test.zone").write_text(zone)
    where = f"--config-dir={folder}"
    for words in (
        ("load-zone", "example.test", str(folder / "example.test.zone")),
        *(("import-tsig-key", name, algorithm, secret) for name, algorithm, secret in keys),
        *(("add-meta", "example.test", "TSIG-ALLOW-DNSUPDATE", name) for name, *_ in keys),
    ):
        done = tool.run(where, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    with program.running(where, "--daemon=no", "--guardian=no") as server:
        server.wait_for("ready to distribute questions")
        yield Server(port, f"http://127.0.0.1:{api}/api/v1", api_key)
