"""What pages of other clients were found to get wrong, and the test that sees it right here: a table, and what it lacked."""

import ast
from pathlib import Path

import pytest

from fakes.front_door import PASSWORD, cookie_of, front_door

TESTS = Path(__file__).resolve().parents[1]
FAULTS = {
    "whoever comes first becomes the owner": "web/test_faults.py::test_the_first_visitor_is_a_stranger",
    "a session can be guessed, or is kept as it is": "web/test_faults.py::test_a_session_is_nothing_to_guess_or_to_read",
    "a session from before signing in is good after it": "web/test_faults.py::test_no_cookie_of_before_is_good_after",
    "signing in signs somebody else out": "web/test_faults.py::test_two_browsers_are_two_sessions",
    "an empty password is one": "web/test_faults.py::test_without_a_password_none_is_right",
    "cookies go along with other sites' requests": "web/test_entrance.py::test_the_cookie_is_for_this_page_alone",
    "cookies go over plain HTTP": "web/test_guard.py::test_through_a_trusted_proxy_with_tls_cookies_are_for_tls",
    "another site's form is followed": "web/test_guard.py::test_another_site_changes_nothing",
    "another site's page is followed by a real browser": "peers/test_page_door.py::test_another_sites_page_does_and_reads_nothing",
    "a body of another type is followed": "web/test_faults.py::test_no_type_of_body_is_a_way_round_the_token",
    "an image's address changes something": "web/test_guard.py::test_reading_changes_nothing",
    "another site may read the answers": "web/test_faults.py::test_no_other_site_may_read",
    "a name that leads here is believed (rebinding)": "web/test_guard.py::test_a_name_that_is_not_this_machines_is_refused",
    "behind a proxy everybody is at home": "web/test_faults.py::test_nobody_says_himself_where_he_comes_from",
    "from elsewhere it opens without a password": "web/test_guard.py::test_from_elsewhere_it_opens_with_a_password_alone",
    "guessing is not slowed down": "web/test_entrance.py::test_who_guesses_waits_and_is_told_how_long",
    "guessing locks the owner out": "web/test_proof.py::test_an_attack_from_everywhere_keeps_nobody_out",
    "guessing signs the owner out": "web/test_faults.py::test_guessing_leaves_the_owner_signed_in",
    "guessed codes are not slowed down": "web/test_proof.py::test_guessed_codes_are_throttled_too",
    "a host's error is HTML": "web/test_security.py::test_what_a_host_says_is_shown_as_text",
    "a browser's name is HTML": "web/test_account.py::test_what_was_done_is_shown_in_pages",
    "secrets are in answers": "web/test_security.py::test_no_secret_is_in_any_answer",
    "a host that repeats the token has it shown": "web/test_security.py::test_a_host_that_repeats_the_token_betrays_nothing",
    "a stranger reads what is kept": "web/test_security.py::test_a_strangers_crawl_finds_the_entrance_alone",
    "files beside the page can be read": "web/test_guard.py::test_nothing_but_what_is_published_is_read",
    "a spelling of a path gets past": "web/test_guard.py::test_no_spelling_of_a_path_gets_past",
    "a program is set from the page's editor": "web/test_edit.py::test_what_may_not_come_from_a_page_is_refused",
    "a program is set from the page's forms": "web/test_edit.py::test_what_no_page_may_set_is_not_set_by_a_form_either",
    "a program is set when setting up": "web/test_proposals.py::test_setting_up_is_bound_by_the_rules_of_every_page",
    "an address source asks a cloud for its secrets": "web/test_edit.py::test_an_address_source_asks_nobody_where_clouds_keep_credentials",
    "a host's answer keeps a search going for ever": "config/test_page_rules.py::test_an_attack_is_refused",
    "a host's address is a cloud's": "web/test_setup.py::test_nothing_is_sent_to_where_clouds_keep_credentials",
    "a name leads to a cloud's address": "net/test_reachable.py::test_what_a_name_led_to_is_looked_at_as_well",
    "a secret goes along to another address": "web/test_edit.py::test_where_a_form_sends_to_is_changed_with_the_secret_alone",
    "another site frames the page": "web/test_guard.py::test_every_answer_says_what_a_browser_may_not_do",
    "scripts stand in the page, or come from elsewhere": "web/test_security.py::test_no_page_wants_anything_from_elsewhere_or_runs_what_stands_in_it",
    "`next` leads to another site": "web/test_entrance.py::test_next_leads_nowhere_else",
    "slow requests take all there is": "web/test_doorman.py::test_slow_strangers_make_room",
    "a request that does not go on stays": "web/test_visitor.py::test_who_does_not_go_on_is_hung_up_on",
    "large requests take all there is": "web/test_entrance.py::test_a_stranger_sends_little",
    "streams take all there is": "web/test_guard.py::test_streams_are_bounded",
    "a stream's head holds a place for ever": "web/test_guard.py::test_who_asks_for_a_streams_head_follows_nothing",
    "handshakes that do not go on take all there is": "web/test_doorman.py::test_who_does_not_go_on_with_tls_makes_room",
    "a handshake that failed keeps the page from ending": "web/test_doorman.py::test_who_fails_at_tls_is_counted_no_more",
    "an open page shows for ever what was": "web/test_live.py::test_a_page_of_another_process_gets_everything",
    "a button shows what was, over what is": "web/test_live.py::test_what_a_button_did_is_not_shown_over_what_is_newer",
    "an agent that dies stops every page": "web/test_house.py::test_an_agent_that_dies_in_the_middle_of_a_word_is_followed_again",
    "a second step that was begun is shown to whoever sits there": "web/test_account.py::test_an_authenticator_that_is_not_confirmed_is_not_shown_again",
    "a change is written half": "config/test_versions.py::test_what_was_changed_meanwhile_is_not_written_over",
    "who saves second takes the first one's secret": "web/test_proposals.py::test_who_comes_second_takes_no_secret_from_who_was_first",
    "setting up writes over what somebody just wrote": "web/test_setup.py::test_a_change_in_the_moment_of_publishing_is_not_lost",
    "a step back replaces a token that is in use": "web/test_setup.py::test_a_provider_that_the_file_has_keeps_its_token",
    "nobody knows what was changed": "web/test_audited.py::test_every_deed_has_words",
}


@pytest.fixture
def door(tmp_path):
    with front_door(tmp_path / "page", names=("nas.example",)) as there:
        yield there


@pytest.mark.parametrize("place", FAULTS.values())
def test_the_table_names_tests_that_are_there(place):
    """A test that was renamed would leave its fault to nobody."""
    path, _, name = place.partition("::")
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    assert name in {getattr(node, "name", "") for node in ast.walk(tree)}


def test_the_first_visitor_is_a_stranger(door):
    """Without a link nobody sets a password, on this machine either, and no time passes in which it would be else."""
    for path, fields in (
        ("/account/password", {"password": PASSWORD, "again": PASSWORD}),
        ("/enter", {"link": ""}),
        ("/enter", {"link": "x" * 43}),
        ("/login", {"password": PASSWORD}),
        ("/setup/host", {"kind": "cloudflare"}),
    ):
        answer = door.ask("POST", path, fields)
        assert "set-cookie" not in answer.headers, path
        assert answer.headers.get("location", "/login").startswith("/login"), path
    assert door.access.setting("password") is None
    assert door.access.sessions() == []


def test_a_session_is_nothing_to_guess_or_to_read(door, tmp_path):
    """256 bits, none like another, and what is kept of it opens nothing."""
    secrets = {door.sign_in().partition("=")[2] for _ in range(20)}
    assert len(secrets) == 20
    assert {len(secret) for secret in secrets} == {43}
    assert not any(secret[:8] == other[:8] for secret in secrets for other in secrets - {secret})
    kept = b"".join(each.read_bytes() for each in (tmp_path / "page").iterdir() if each.is_file())
    assert not any(secret.encode() in kept for secret in secrets)
    digest = door.access.sessions()[0].digest.hex()
    assert door.ask("GET", "/account", cookie=f"homeport={digest}").status == 303


def test_no_cookie_of_before_is_good_after(door):
    """Somebody may have planted one (fixation): whoever signs in, or sets a password, gets another."""
    planted = "homeport=" + "A" * 43
    answer = door.ask("POST", "/enter", {"link": door.access.make_link()}, cookie=planted)
    mine = cookie_of(answer)
    assert mine != planted
    assert door.ask("GET", "/account", cookie=planted).status == 303
    after = cookie_of(door.post("/account/password", {"password": PASSWORD, "again": PASSWORD}, mine))
    assert after not in {mine, planted}
    again = door.ask("POST", "/login", {"password": PASSWORD}, cookie=planted)
    assert cookie_of(again) not in {mine, planted, after}
    for old in (planted, mine):
        assert door.ask("GET", "/account", cookie=old).status == 303


def test_two_browsers_are_two_sessions(door):
    """Each stays signed in, and is signed out by itself."""
    one, other = door.sign_in(), door.sign_in()
    assert [door.ask("GET", "/account", cookie=each).status for each in (one, other)] == [200, 200]
    door.post("/logout", {}, one)
    assert [door.ask("GET", "/account", cookie=each).status for each in (one, other)] == [303, 200]


@pytest.mark.parametrize("fields", [{}, {"password": ""}, {"password": "None"}, {"password": "\0"}])
def test_without_a_password_none_is_right(door, fields):
    """Neither an empty one, nor what an empty one might be read as."""
    answer = door.ask("POST", "/login", fields)
    assert answer.status in {403, 429}
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_no_type_of_body_is_a_way_round_the_token(door, kind):
    """What a form of another site can send is looked at as a form, whatever it says that it is."""
    owner = door.sign_in()
    for body in (
        b'{"session": "all"}',
        b"session=all",
        b'--x\r\ncontent-disposition: form-data; name="session"\r\n',
    ):
        answer = door.ask("POST", "/account/sessions", body, cookie=owner, content_type=kind)
        assert answer.status == 403
    assert len(door.access.sessions()) == 1


def test_no_other_site_may_read(door):
    """No answer says that another origin may, whatever it asks."""
    owner = door.sign_in()
    for method in ("GET", "OPTIONS", "HEAD"):
        for path in ("/", "/account", "/api/v1/status", "/login", "/static/homeport.css"):
            answer = door.ask(
                method,
                path,
                cookie=owner,
                origin="https://evil.example",
                access_control_request_method="POST",
            )
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "header", ["x_forwarded_for", "x_real_ip", "forwarded", "client_ip", "true_client_ip"]
)
def test_nobody_says_himself_where_he_comes_from(door, tmp_path, header):
    """A header of a stranger moves nobody: neither home, nor away from the counting of his tries."""
    door.set_password()
    door.access.end_sessions()
    answers = [
        door.ask("POST", "/login", {"password": "wrong"}, **{header: f"198.51.100.{number}"})
        for number in range(40)
    ]
    assert answers[-1].status == 429
    with front_door(tmp_path / "proxied", trusted_proxies=("127.0.0.1",)) as proxied:
        spoken = {"x_forwarded_for": "127.0.0.1, 203.0.113.9"}
        assert (
            proxied.ask(
                "GET", "/login", **spoken, **({} if header in spoken else {header: "127.0.0.1"})
            ).status
            == 403
        )


def test_guessing_leaves_the_owner_signed_in(door):
    """However many tries there were, on the same machine too."""
    owner = door.set_password()
    while door.ask("POST", "/login", {"password": "wrong"}).status != 429:
        pass
    assert door.ask("GET", "/account", cookie=owner).status == 200
    assert door.ask("POST", "/enter", {"link": door.access.make_link()}).status == 303
