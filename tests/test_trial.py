"""What can be seen before anything is written: at the real fakes, over real sockets."""

import pytest

from fakes import cloudflare, duckdns
from fakes.homeport_gateway import Fake as Gateway
from homeport import trial
from homeport.config.first import Answers
from homeport.errors import ConfigInvalid, CredentialsRefused
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey, RRType

HOME = "home.example.com"


def answers(fake, kind, *, name=HOME, **secret):
    given = {field: f"secret:{kind}-{field}" for field in secret}
    base = {"base_url": fake.settings()["base_url"]}
    stored = {f"{kind}-{field}": value for field, value in secret.items()}
    return Answers(Fqdn.parse(name), kind, given | base, stored, (RRType.A,), source="machine")


@pytest.mark.parametrize(
    ("place", "is_refused"),
    [
        ("http://169.254.169.254/x", True),
        ("169.254.169.254:53", True),
        ("[fe80::1]:53", True),
        ("metadata", True),
        ("http://127.0.0.1:1/", False),
        ("192.0.2.53", False),
        ("localhost:53", False),
        ("nobody.invalid", False),
    ],
)
async def test_where_a_page_sends_nothing(place, is_refused):
    """A cloud's own services, as a URL or as a host; a name that leads nowhere is the connection's business."""
    assert bool(await trial.why_not_there(place)) is is_refused


async def test_the_zones_that_a_token_may_see():
    """They are listed by name; a wrong token is the host's own word."""
    async with cloudflare.Fake().running() as fake:
        told = answers(fake, "cloudflare", token=fake.secret)
        found = await trial.zones("cloudflare", told.settings, told.secrets)
        assert [str(zone) for zone in found] == ["example.com", "example.net"]
        told = answers(fake, "cloudflare", token="wrong-T0ken")
        with pytest.raises(CredentialsRefused, match="Authentication error") as refused:
            await trial.zones("cloudflare", told.settings, told.secrets)
        assert "wrong-T0ken" not in str(refused.value)


async def test_a_host_that_cannot_be_asked_for_zones():
    """Neither one that is only written to, nor one without zones of the account's own; nothing is sent there."""
    async with duckdns.Fake().running() as fake:
        told = answers(fake, "duckdns", token=fake.secret)
        assert await trial.zones("duckdns", told.settings, told.secrets) is None
    given = {"zone": "example.com", "token": "secret:t", "api_key": "secret:k"}
    assert await trial.zones("easydns", given, {"t": "x", "k": "y"}) is None


async def test_what_stands_under_a_name():
    """It is listed at the host; where nothing can be asked, only whether the host can hold such a name is known."""
    async with cloudflare.Fake().running() as fake:
        fake.put(RRsetKey.parse(f"{HOME} A"), "8.8.8.8", ttl=60)
        found = await trial.held(answers(fake, "cloudflare", token=fake.secret))
        assert [sorted(rrset.rdata) for rrset in found.values()] == [["8.8.8.8"]]
        assert trial.first_problem(found) is None
        lost = await trial.held(answers(fake, "cloudflare", name="home.example.org", token=fake.secret))
        assert "home.example.org is in no zone" in str(trial.first_problem(lost))
    async with duckdns.Fake().running() as fake:
        told = answers(fake, "duckdns", name="home.duckdns.org", token=fake.secret)
        assert await trial.held(told) is None
        with pytest.raises(ConfigInvalid, match="is no name at DuckDNS"):
            await trial.held(answers(fake, "duckdns", name="a.b.duckdns.org", token=fake.secret))


async def test_the_addresses_of_one_source():
    """A source of this machine's own is asked, and nobody else."""
    found = await trial.addresses("lan")
    assert {each["source"] for each in found["addresses"]} == {"lan"}
    asked = {witness["witness"] for each in found["addresses"] for witness in each["witnesses"]}
    assert asked == {"interface *"}


async def test_the_plan_is_made_of_what_was_typed(tmp_path):
    """It asks the host with the secret that no file has, and writes nothing anywhere."""
    async with Gateway().running() as gateway:
        gateway.hosts["home.dyn.example.com"] = set()
        told = Answers(
            Fqdn.parse("home.dyn.example.com"),
            "homeport",
            {"server": gateway.url, "token": "secret:homeport-token"},
            {"homeport-token": gateway.secret},
            (RRType.A,),
            source="lan",
        )
        made = await trial.plan(told, tmp_path / "homeport.yaml", tmp_path)
    assert [str(key) for key in (*(one.key for one in made.changes), *(key for key, _ in made.held))] == [
        "home.dyn.example.com A"
    ]
    assert list(tmp_path.iterdir()) == []
