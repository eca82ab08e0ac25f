"""The steps of setting up, asked over real sockets as a browser without scripts asks, in a network of their own."""

import contextlib
import html
from types import SimpleNamespace

import pytest

from fakes import cloudflare
from fakes.beside import beside
from fakes.front_door import Visit, front_door
from fakes.hosts import fake_of
from fakes.netns import ip, network_namespace, wire
from homeport import providers, trial
from homeport.config import loader, secret_store
from homeport.config.versions import FOLDER, Versions
from homeport.errors import CredentialsRefused, Refused, SecretUnreadable, Unavailable
from homeport.model.rrset import RRsetKey
from homeport.providers._zoned import Zoned
from homeport.web import forms, proposals, setup
from homeport.web.drafts import Draft
from homeport.web.words import languages

WRONG = "wr0ng-T0ken-55"
PROXY = "http://u:pr0xy-pass@127.0.0.1:1"


@contextlib.contextmanager
def at_home(tmp_path, fake, language="en"):
    """Yield a page without a file, a host to set it up at, and a browser that is signed in and keeps every answer."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(network_namespace())
        ip("link set lo up")
        wire()
        ip("addr add 9.9.9.9/24 dev wan0")
        host = stack.enter_context(beside(fake))
        door = stack.enter_context(front_door(tmp_path / "page"))
        visit = Visit(door, f"{door.sign_in()}; language={language}")
        yield SimpleNamespace(door=door, host=host, get=visit.get, post=visit.post, seen=visit.seen)


@pytest.fixture
def house(own_network, tmp_path):
    with at_home(tmp_path, cloudflare.Fake()) as there:
        yield there


def to_the_name(house):
    house.post("/setup/host", kind="cloudflare")
    return house.post("/setup/token", token=house.host.secret, base_url=f"{house.host.url}/client/v4")


def to_the_plan(house):
    to_the_name(house)
    house.post("/setup/name", label="home", zone="example.com", A="on", ttl="120")
    return house.post("/setup/address", source="machine")


def test_the_whole_way(house):
    """The plan says what would be; the file, its secret and a line in the audit log are there only afterwards."""
    assert house.get("/").headers["location"] == "/setup"
    assert "Cloudflare" in house.get("/setup").text
    plan = to_the_plan(house)
    assert "home.example.com A" in plan.text
    assert "9.9.9.9" in plan.text
    tools = house.door.desk
    assert not tools.config.exists()
    assert [path.name for path in tools.state.iterdir() if "secret" in path.name] == []
    assert house.post("/setup/plan").status == 503  # no agent runs here to take it
    [record] = loader.load(tools.config).config.agent.records
    assert (str(record.name), record.ttl, record.address) == ("home.example.com", 120, "machine")
    assert loader.load(tools.config).config.agent.providers["cloudflare"].token.reveal() == house.host.secret
    assert not house.host.rows
    assert not [answer for answer in house.seen if house.host.secret in answer.text]


def test_a_token_that_is_refused_is_said_at_once_and_never_shown(house):
    """In words that are ours, and the host's own beside them; other words for the secret are not in them either."""
    house.post("/setup/host", kind="cloudflare")
    told = house.post("/setup/token", token=WRONG, base_url=f"{house.host.url}/client/v4")
    assert "The host does not accept this." in told.text
    assert "Authentication error" in told.text
    told = house.post("/setup/token", token=WRONG, proxy=PROXY, base_url=f"{house.host.url}/client/v4")
    assert "The host cannot be reached." in told.text  # through a proxy that is not there
    assert not [answer for answer in house.seen if WRONG in answer.text or "pr0xy-pass" in answer.text]


def test_where_it_is_sent_to_changes_and_the_secret_is_typed_again(house):
    """Somebody at an unlocked browser cannot have the token sent to a place of their own."""
    assert "example.net" in to_the_name(house).text
    with beside(cloudflare.Fake()) as other:
        told = house.post("/setup/token", base_url=f"{other.url}/client/v4")
        assert setup.AGAIN in told.text
        assert other.requests == []
    kept = house.post("/setup/token", token=house.host.secret, base_url=f"{house.host.url}/client/v4")
    assert "example.net" in kept.text
    assert "example.net" in house.post("/setup/token", base_url=f"{house.host.url}/client/v4").text


@pytest.mark.parametrize(
    "place", ["http://169.254.169.254/", "http://[fe80::1]/", "http://metadata.google.internal/"]
)
def test_nothing_is_sent_to_where_clouds_keep_credentials(house, place):
    """Nobody may have this machine ask for its own credentials by way of a form."""
    house.post("/setup/host", kind="cloudflare")
    told = house.post("/setup/token", token=house.host.secret, base_url=place)
    assert "This page sends nothing there" in told.text
    assert "The host accepts it" not in told.text
    house.post("/setup/host", kind="rfc2136")
    told = house.post(
        "/setup/token", zone="example.com", server="169.254.169.254", key_name="k", key_secret="aaaa"
    )
    assert "This page sends nothing there" in told.text


def test_what_is_missing_is_said_at_its_field(house):
    """An empty token, a name that is none, no type, a TTL that is no number."""
    house.post("/setup/host", kind="cloudflare")
    assert setup.EMPTY in house.post("/setup/token").text
    to_the_name(house)
    told = house.post("/setup/name", label="a b", zone="example.com", ttl="soon").text
    assert [said for said in (setup.NO_NAME, setup.NO_TYPE, setup.NO_TTL) if said not in told] == []
    lost = house.post("/setup/name", label="home.example.org", zone="", A="on").text
    assert "home.example.org is in no zone" in lost
    assert "Go on all the same" in lost


def test_a_whole_name_counts_whatever_domain_is_chosen_beside_it(house):
    """People paste the whole name; the list beside it shows the first domain."""
    to_the_name(house)
    house.post("/setup/name", label="Home.example.net", zone="example.com", A="on")
    assert "home.example.net A" in house.post("/setup/address", source="machine").text


def test_several_values_are_left_alone_until_they_may_be_replaced(house):
    """The plan says why, and offers to take them over; what was chosen is in the file."""
    house.host.put(RRsetKey.parse("home.example.com A"), "8.8.8.8", "8.8.4.4", ttl=60)
    plan = to_the_plan(house).text
    assert "There are other addresses under home.example.com A already" in plan
    assert "<code>8.8.4.4</code>" in plan
    assert "Choose another name" in plan
    assert ">Publish</button>" not in plan  # it would change nothing, for ever
    plan = house.post("/setup/plan", adopt="yes").text
    assert "8.8.4.4" in plan
    assert "Leave what stands there" in plan
    house.post("/setup/plan")
    assert loader.load(house.door.desk.config).config.agent.records[0].adopt


def test_what_was_published_may_be_changed(house):
    """The file that this draft made is made anew of other answers."""
    to_the_plan(house)
    house.post("/setup/plan")
    house.post("/setup/address", source="lan")
    house.post("/setup/plan")
    [record] = loader.load(house.door.desk.config).config.agent.records
    assert record.address == "lan"


THERE = """\
# mine
agent:
  addresses:
    lan: {detect: [{kind: static, address: 192.168.7.7}], allow_private: true}   # not what the page means by lan
  providers:
    cloudflare: {kind: cloudflare, token: "file:token", base_url: %s/client/v4}   # the first
  records:
    # the first, too
    - {name: a.example.com, types: [A], address: lan, provider: cloudflare}
  interval: 77
"""


def test_another_name_at_a_host_that_the_file_has(house):
    """Nothing is typed twice; every line that was there stays, and what is meant by a name in it."""
    config = house.door.desk.config
    before = THERE % house.host.url
    config.write_text(before)
    config.with_name("token").write_text(house.host.secret)
    assert "Another name where you have one already" in house.get("/setup").text
    assert "example.net" in house.post("/setup/host", account="cloudflare").text
    house.post("/setup/name", label="b", zone="example.com", A="on")
    plan = house.post("/setup/address", source="lan").text
    assert "b.example.com A" in plan
    assert "9.9.9.9" in plan
    assert "a.example.com" not in plan
    house.post("/setup/plan")
    after = config.read_text()
    versions = Versions(config, house.door.desk.state / FOLDER)
    assert [versions.read(one.id) for one in versions.all()] == [before.encode()]
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    agent = loader.load(config).config.agent
    assert [(str(one.name), one.address) for one in agent.records] == [
        ("a.example.com", "lan"),
        ("b.example.com", "lan-2"),
    ]
    assert not [answer for answer in house.seen if house.host.secret in answer.text]


def test_another_host_beside_one_that_the_file_has(house):
    """A second account of the same kind gets a name and secrets of its own."""
    config = house.door.desk.config
    config.write_text(THERE % house.host.url)
    config.with_name("token").write_text("the first one's")
    to_the_plan(house)
    house.post("/setup/plan")
    agent = loader.load(config).config.agent
    assert agent.providers["cloudflare"].token.reveal() == "the first one's"
    assert agent.providers["cloudflare-2"].token.reveal() == house.host.secret
    assert [one.provider for one in agent.records] == ["cloudflare", "cloudflare-2"]


def test_a_file_that_only_moves_the_page_is_added_to(house):
    """It is what somebody writes by hand whose port 9876 is taken: nothing of a name is in it."""
    config = house.door.desk.config
    config.write_text('agent: {web: {listen: "127.0.0.1:9877"}}\n')
    assert "home.example.com A" in to_the_plan(house).text
    house.post("/setup/plan")
    agent = loader.load(config).config.agent
    assert agent.web.listen == ("127.0.0.1:9877",)
    assert [str(one.name) for one in agent.records] == ["home.example.com"]


def test_a_file_with_faults_is_not_added_to(house):
    """They are said with their lines; what was answered is there again once they are mended."""
    to_the_plan(house)
    house.door.desk.config.write_text("agent: {intervall: 5}\n")
    for told in (house.get("/setup"), house.post("/setup/plan")):
        assert "The file has faults" in told.text
        assert "intervall" in told.text
    house.door.desk.config.write_text("agent: {interval: 5}\n")
    plan = html.unescape(house.get("/setup/plan").text)
    assert setup.MOVED in plan
    assert "home.example.com A" in plan
    assert setup.MOVED not in html.unescape(house.get("/setup/plan").text)


def test_a_provider_that_the_file_has_keeps_its_token(house):
    """Back at the step that it skipped, another token would take the token of the names that are there."""
    config = house.door.desk.config
    config.write_text(THERE.replace('"file:token"', '"secret:cloudflare-token"') % house.host.url)
    store = config.with_name("secrets.json")
    secret_store.put(store, "cloudflare-token", house.host.secret)
    house.post("/setup/host", account="cloudflare")
    assert house.get("/setup/token").headers["location"] == "/setup/name"
    house.post("/setup/token", token=WRONG)
    house.post("/setup/name", label="b", zone="example.com", A="on")
    house.post("/setup/address", source="machine")
    house.post("/setup/plan")
    assert "b.example.com" in config.read_text()
    assert secret_store.read(store, "cloudflare-token") == house.host.secret


@pytest.mark.parametrize("before", ["", "agent: {interval: 77}\n"])
def test_a_change_in_the_moment_of_publishing_is_not_lost(house, monkeypatch, before):
    """The file is as somebody made it, without a secret put; the answers come back, as a plan for that file."""
    config, by_hand = house.door.desk.config, "agent: {interval: 99}   # by hand\n"
    if before:
        config.write_text(before)
    to_the_plan(house)

    async def late(*given):
        config.write_text(by_hand)
        await write(*given)

    with monkeypatch.context() as patch:
        write = proposals.write_first
        patch.setattr(proposals, "write_first", late)
        plan = html.unescape(house.post("/setup/plan").text)
    assert setup.MOVED in plan
    assert "home.example.com A" in plan
    assert config.read_text() == by_hand
    assert not config.with_name("secrets.json").exists()
    house.post("/setup/plan")
    agent = loader.load(config).config.agent
    assert (agent.interval, str(agent.records[0].name)) == (99, "home.example.com")
    assert agent.providers["cloudflare"].token.reveal() == house.host.secret


def test_a_plan_for_another_file_is_shown_before_it_is_published(house):
    """What is published is what was seen."""
    to_the_plan(house)
    house.door.desk.config.write_text("agent: {interval: 99}\n")
    assert setup.MOVED in html.unescape(house.post("/setup/plan").text)
    assert house.door.desk.config.read_text() == "agent: {interval: 99}\n"
    house.post("/setup/plan")
    assert "home.example.com" in house.door.desk.config.read_text()


@pytest.mark.parametrize("step", ["token", "name", "address", "plan"])
def test_a_step_that_comes_too_early_leads_back(house, step):
    """A draft that is gone is said to be gone, and nothing is shown of a step that has no answers before it."""
    answer = house.get(f"/setup/{step}")
    assert (answer.status, answer.headers["location"]) == (303, "/setup?lost=1")
    assert setup.LOST in house.get("/setup?lost=1").text
    house.post("/setup/host", kind="cloudflare")
    assert house.get(f"/setup/{step}").status == (200 if step in {"token", "name"} else 303)


def test_what_is_no_host_is_none(house):
    """A kind that nobody offered is not loaded."""
    assert "hosts" in house.post("/setup/host", kind="../../x").text
    assert house.get("/setup/token").status == 303


def test_each_failure_has_a_sentence():
    """What a person can do about it, in every language; the error's own words come beside it."""
    for error in (CredentialsRefused("x"), Refused("x"), Unavailable("x"), SecretUnreadable("x")):
        for words in languages().values():
            assert words(setup.why(error))
    assert setup.why(CredentialsRefused("x")) != setup.why(Unavailable("x"))


def test_an_error_of_a_file_that_is_not_there_names_no_line():
    """The place in it would lead nowhere."""
    assert setup.said(Refused("homeport.yaml:5: agent.zone: not a name\nhomeport.yaml:6: b")) == (
        "agent.zone: not a name; b"
    )
    assert setup.said(Refused("10000 Authentication error")) == "10000 Authentication error"


def test_the_sources_have_titles():
    """Each one that can be written can be chosen."""
    assert list(setup.TITLES) == list(trial.SOURCES)


ZONED = [
    kind
    for kind in providers.kinds()
    if hasattr(providers.load(kind), "zones") and providers.load(kind).zones is not Zoned.zones
]


@pytest.mark.parametrize("kind", ZONED)
async def test_every_host_that_knows_zones_is_asked_by_what_its_form_gives(kind):
    """What a person pastes into the generated form is enough to see the zones that the host holds."""
    async with fake_of(kind)().running() as host:
        given = {name: value for name, value in host.settings().items() if value is not None}
        posted = {
            one.name: one.initial for one in forms.inputs(kind) if one.type == "checkbox" and one.initial
        }
        for name, value in given.items():
            posted[name] = ", ".join(value) if isinstance(value, list) else str(value)
        typed = forms.read(kind, posted)
        assert typed.problems == {}
        assert forms.wanting(kind, typed) == []
        draft = Draft(kind=kind, account=kind, given=typed.given, secrets=typed.secrets)
        await setup.test(draft)
        assert (draft.problem, draft.said) == ("", "")
        assert host.zone in draft.zones


@pytest.mark.parametrize("kind", ["alidns", "dnspod", "tencentcloud"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_hosts_of_novices_are_walked(own_network, tmp_path, kind, language):
    """From the list to the plan, with nothing but what the page asks for, in both languages."""
    fake = fake_of(kind)()
    with contextlib.ExitStack() as stack:
        house = stack.enter_context(at_home(tmp_path, fake, language))
        chosen = house.post("/setup/host", kind=kind)
        assert providers.load(kind).about.made_at in chosen.text
        house.post("/setup/token", **{name: str(value) for name, value in fake.settings().items()})
        assert fake.zone in house.get("/setup/token").text
        house.post("/setup/name", label="home", zone=fake.zone, A="on")
        plan = house.post("/setup/address", source="machine")
        assert f"home.{fake.zone} A" in plan.text
        assert "9.9.9.9" in plan.text
        assert languages()[language]("Publish") in plan.text
