"""The providers, read from."""

import pytest

from fakes import cloudflare
from fakes.patient import agent, findings, ids, patient
from homeport.doctor.credentials import check
from homeport.model.rrset import RRsetKey


def text(folder, url, records="[{name: home.example.com, types: [A], address: here, provider: cf}]"):
    return agent(
        folder,
        f"""
  addresses: {{here: {{detect: [{{kind: static, address: 8.8.8.8}}]}}}}
  records: {records}
  providers:
    cf: {{kind: cloudflare, zone: example.com, token: "file:token", base_url: "{url}/client/v4"}}
    duck: {{kind: duckdns, token: "file:token", base_url: "{url}"}}
""",
    )


@pytest.fixture
async def cf(tmp_path):
    """Cloudflare, and a token that it knows."""
    async with cloudflare.Fake().running() as server:
        (tmp_path / "token").write_text(server.secret)
        yield server


async def looked(folder, *words):
    case = patient(folder, text(folder, *words))
    found = await findings(check, case)
    await case.tools.http.aclose()
    return found


async def test_credentials_that_work(tmp_path, cf):
    """What the host shows is counted; a provider without records is named, and nothing is written."""
    cf.put(RRsetKey.parse("home.example.com A"), "8.8.8.8", ttl=60)
    found = await looked(tmp_path, cf.url)
    assert ids(found) == ["credentials.ok", "credentials.idle"]
    assert "cf (cloudflare)" in found[0].sentence
    assert "shows 1 of 1 records" in found[0].sentence
    assert all(request.method == "GET" for request in cf.requests)


async def test_credentials_that_are_refused(tmp_path, cf):
    """In the host's own words, with where to get others."""
    (tmp_path / "token").write_text("another" * 6)
    found = await looked(tmp_path, cf.url)
    assert ids(found)[0] == "credentials.refused"
    assert "homeport providers cloudflare" in found[0].remedy


async def test_a_host_that_is_not_there(tmp_path, cf):
    """That says nothing about the credentials."""
    found = await looked(tmp_path, "http://127.0.0.1:1")
    assert ids(found)[0] == "credentials.failed"


async def test_a_secret_that_cannot_be_read(tmp_path):
    """Nothing is sent, and the reason is told."""
    found = await looked(tmp_path, "http://127.0.0.1:1")
    assert ids(found)[0] == "credentials.failed"
    assert "token" in found[0].sentence


async def test_a_host_that_can_only_be_written(tmp_path, cf):
    """It is not written for a trial."""
    records = "[{name: me.duckdns.org, types: [A], address: here, provider: duck}]"
    found = await looked(tmp_path, cf.url, records)
    assert ids(found) == ["credentials.idle", "credentials.untried"]
    assert cf.requests == []


async def test_no_agent_has_no_providers(tmp_path):
    """Nothing is said where there is nothing to look at."""
    assert await findings(check, patient(tmp_path)) == []
