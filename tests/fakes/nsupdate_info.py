"""The nsupdate.info service itself, run by Django from an environment of its own, with a real BIND behind it."""

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass

from fakes.peers import Peer, free_port, peer, surroundings
from fakes.sdks import interpreter

ZONE = "example.test"
KEY = "b25lLWtleS1mb3ItdGhlLXdob2xlLXpvbmUtaXQtaXM="
SECRET = "s3cret-Of-0ne-h0st"
HOSTS = ("home", "other", "gone", "blocked")
ZONE_FILE = """\
$TTL 60
@   SOA ns1 hostmaster 1 3600 600 86400 60
    NS  ns1
ns1 A   127.0.0.1
"""
NAMED = """\
key "{zone}" {{ algorithm hmac-sha256; secret "{key}"; }};
options {{
  directory "{folder}"; pid-file none; session-keyfile none; recursion no; dnssec-validation no;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
}};
controls {{ }};
zone "{zone}" {{ type primary; file "zone"; update-policy {{ grant "{zone}" zonesub ANY; }}; }};
"""
SETTINGS = """\
import functools

import dns.query
import dns.resolver
from nsupdate.settings.base import *

SECRET_KEY = "for a test alone, and for no longer than it lasts: 0123456789"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
BASEDOMAIN = WWW_HOST = WWW_IPV4_HOST = WWW_IPV6_HOST = "127.0.0.1"
WE_HAVE_TLS = False
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "{folder}/service.sqlite"}}}}


class Resolver(dns.resolver.Resolver):
    def __init__(self, *args, **others):
        super().__init__(*args, **others)
        self.port = {port}


# The service knows no port but 53, which not everybody may open.
dns.resolver.Resolver = Resolver
dns.query.tcp = functools.partial(dns.query.tcp, port={port})
"""
FILL = """\
import django

django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command
from nsupdate.main.models import Domain, Host

call_command("migrate", verbosity=0)
me = get_user_model().objects.create_user("me", "me@example.test", "a password")
domain = Domain.objects.create(
    name="{zone}", nameserver_ip="127.0.0.1", nameserver_update_secret="{key}",
    nameserver_update_algorithm="HMAC_SHA256", available=True, created_by=me,
)
for name in {hosts}:
    host = Host(name=name, domain=domain, created_by=me, available=name != "gone")
    host.save()
    host.generate_secret("{secret}")
Host.objects.filter(name="blocked").update(abuse=True)
"""


@dataclass
class Service:
    """A running service.

    Attributes:
        nameserver: `address:port` of the BIND behind it.
        bind: that BIND, which a test may stop.
    """

    url: str
    nameserver: str
    bind: object


@contextmanager
def running(folder):
    """Run BIND and the service in a folder of their own."""
    python, port, dns_port = interpreter("nsupdate"), free_port(), free_port()
    (folder / "zone").write_text(ZONE_FILE)
    (folder / "named.conf").write_text(NAMED.format(folder=folder, port=dns_port, key=KEY, zone=ZONE))
    (folder / "service_settings.py").write_text(SETTINGS.format(folder=folder, port=dns_port))
    environment = {
        **surroundings(),
        "DJANGO_SETTINGS_MODULE": "service_settings",
        "PYTHONPATH": str(folder),
        "DNS_RESOLVER_TIMEOUT": "1",
        "DNS_UPDATE_TIMEOUT": "2",
    }
    fill = FILL.format(zone=ZONE, key=KEY, hosts=HOSTS, secret=SECRET)
    with peer("named").running("-g", "-c", str(folder / "named.conf")) as bind:
        bind.wait_for("all zones loaded")
        subprocess.run([python, "-W", "ignore", "-c", fill], env=environment, cwd=folder, check=True)
        django = Peer((str(python), "-W", "ignore", "-u", "-m", "django"), environment, folder)
        with django.running("runserver", f"127.0.0.1:{port}", "--noreload") as server:
            server.wait_for("Quit the server")
            yield Service(f"http://127.0.0.1:{port}", f"127.0.0.1:{dns_port}", bind)
