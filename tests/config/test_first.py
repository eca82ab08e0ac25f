"""A first file, of what a person answered."""

import pytest

from fakes.neighbourhood import NAME
from homeport.config import first, loader
from homeport.config.first import SOURCES, Answers, render
from homeport.errors import ConfigInvalid, StoreUnavailable
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType

SECRET = "hunter2-T0ken"


def answers(**more):
    told = {
        "name": Fqdn.parse(NAME),
        "kind": "cloudflare",
        "settings": {"token": "secret:cloudflare-token"},
        "secrets": {"cloudflare-token": SECRET},
        "types": (RRType.A, RRType.AAAA),
    }
    return Answers(**(told | more))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("types", [(RRType.A,), (RRType.AAAA,), (RRType.A, RRType.AAAA)])
@pytest.mark.parametrize("adopt", [True, False])
def test_what_is_written_loads(tmp_path, source, types, adopt):
    """Every combination of answers is a file without faults, and the secret is not in it."""
    text = render(answers(source=source, types=types, adopt=adopt, ttl=86400))
    [record] = loader.parse(text, tmp_path / "homeport.yaml").config.agent.records
    assert (record.types, record.address, record.adopt, record.ttl) == (types, source, adopt, 86400)
    assert SECRET not in text


def test_a_file_and_its_secret(tmp_path):
    """The file names the secret, the store beside it has it, and a file that was there is kept."""
    path = tmp_path / "conf" / "homeport.yaml"
    first.write(path, answers())
    first.write(path, answers(types=(RRType.A,)))
    assert loader.load(path).config.agent.providers["cloudflare"].token.reveal() == SECRET
    assert path.stat().st_mode & 0o777 == 0o600
    assert "AAAA" in path.with_name("homeport.yaml.old").read_text()
    assert not [each for each in path.parent.iterdir() if SECRET.encode() in each.read_bytes()]


def test_answers_that_make_no_file_write_nothing(tmp_path):
    """Not even the secret."""
    with pytest.raises(ConfigInvalid, match="zone"):
        first.write(
            tmp_path / "homeport.yaml", answers(settings={"token": "secret:cloudflare-token", "zone": "!"})
        )
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_replaced(tmp_path):
    """The sentence names it, and what stands there stays."""
    path = tmp_path / "homeport.yaml"
    path.write_text("agent: {}")
    path.with_name("homeport.yaml.old").mkdir()
    with pytest.raises(StoreUnavailable, match="cannot be written: Is a directory"):
        first.write(path, answers())
    assert path.read_text() == "agent: {}"


def test_a_provider_of_what_was_typed(tmp_path):
    """It has the secret itself, which no file has yet; what is typed in a plain field is no reference."""
    told = answers(settings={"token": "secret:cloudflare-token", "base_url": "https://example.com"})
    made = first.provider_of("cloudflare", told.settings, told.secrets)
    assert (made.token.reveal(), made.base_url) == (SECRET, "https://example.com")
    assert first.agent_of(told).providers["cloudflare"].token.reveal() == SECRET
