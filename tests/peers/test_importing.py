"""Debian's ddclient reads its samples as our reader does; inadyn finds no fault in the samples of its own version."""

import subprocess
from pathlib import Path

import pytest

from fakes.peers import peer
from homeport.config.importing.ddclient import blocks_of

SAMPLES = Path(__file__).parents[1] / "config" / "samples"
DUMP = r"""
require $ARGV[0];
my (%hosts, %told);
ddclient::_read_config(\%hosts, \%told, '', $ARGV[1]);
for my $host (sort keys %hosts) {
    print join("\t", $host, map { $hosts{$host}{$_} // '' } qw(protocol server login password zone)), "\n";
}
"""
MORE = """\
use=web, web=checkip.dyndns.org/, web-skip='IP Address'
protocol=dyndns2, password='a b, c#d' a.example.com
protocol=dyndns2, password="quoted" b.example.com
protocol=noip, login=x, password=a#b c.example.com,d.example.com
protocol=dyndns2, password='it''s' e.example.com # a comment
server=dyn.example.net,\\
   login=l, password=abc \\
   f.example.com
g.example.com charlie secret
"""


def ours(text):
    blocks, _ = blocks_of(text)
    wanted = ("protocol", "server", "login", "password", "zone")
    return sorted(
        "\t".join((host, *(block.values.get(key, "") for key in wanted)))
        for block in blocks
        for host in block.hosts
    )


@pytest.mark.parametrize("name", ["v3.8.conf", "v3.10.conf", ""])
def test_ddclient_reads_the_same(tmp_path, name):
    """Hosts, and for each of them the protocol, the server and both credentials."""
    text = (SAMPLES / "ddclient" / name).read_text(encoding="utf-8") if name else MORE
    path = tmp_path / "ddclient.conf"
    path.write_text(text)
    path.chmod(0o600)
    program = peer("ddclient")
    done = subprocess.run(
        ["perl", "-e", DUMP, program.command[-1], path],
        env=program.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ours(text)


@pytest.mark.parametrize("name", ["v2.0.conf", "v2.10.conf"])
def test_inadyn_finds_no_fault(tmp_path, name):
    """What the samples say is what the program takes."""
    path = tmp_path / "inadyn.conf"
    path.write_text((SAMPLES / "inadyn" / name).read_text(encoding="utf-8"))
    done = peer("inadyn").run("--check-config", "-f", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
