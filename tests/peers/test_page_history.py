"""The history in a real browser: an address that changed twice is drawn, listed, filtered and taken along."""

import csv
import io
import json

import pytest

from fakes.browser import barriers, chromium, shoot, tab
from fakes.programs import Folder

NAME = "box.dyn.example.com"
PAGE = "http://127.0.0.1:29878"
CONFIG = f"""
agent:
  addresses:
    file: {{detect: [{{kind: file, path: address}}], allow_private: true}}
  records:
    - {{name: {NAME}, types: [A], address: file, provider: ours}}
  providers:
    ours: {{kind: homeport, server: "http://127.0.0.1:28053", token: "file:token", nameservers: ["127.0.0.1:25300"]}}
  web: {{listen: ["127.0.0.1:29878"]}}
  state: agent
server:
  zones:
    - name: dyn.example.com
      nameservers: [{{name: ns1.dyn.example.com, addresses: ["192.0.2.53"]}}]
  gateway: {{listen: "127.0.0.1:28053"}}
  dns: {{listen: "127.0.0.1:25300"}}
  store: {{kind: sqlite, path: server.db}}
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of an agent whose address changed twice, signed in."""
    folder = Folder(tmp_path_factory.mktemp("history"))
    folder.write("homeport.yaml", CONFIG)
    folder.write("address", "192.0.2.1")
    folder.run("host", "add", NAME)
    token = folder.json("token", "create", "--host", NAME)
    folder.write("token", f"{token['id']}.{token['secret']}")
    with (
        folder.running("serve", log="server.log"),
        folder.running("run", log="agent.log"),
        chromium() as browser,
    ):
        for number in (1, 2, 3):
            folder.write("address", f"192.0.2.{number}")
            folder.run("config", "reload")
            folder.wait_for("agent.log", "record.published", after=[f"192.0.2.{number}"])
        with tab(browser) as shown:
            shown.goto(folder.json("web", "open")["url"])
            shown.locator("main form button").click()
            yield shown


def test_the_chart_and_the_table_show_what_happened(page):
    """The newest first; two charts; no barrier."""
    page.goto(f"{PAGE}/history")
    page.wait_for_function("document.querySelectorAll('#charts canvas').length === 2")
    for title in ("Addresses over time", "Seconds from a change"):
        said = page.get_by_role("img", name=title)
        assert "table below" in said.get_attribute("aria-label")
    rows = page.locator(".scroll tbody tr").all_inner_texts()
    published = [row for row in rows if "published" in row]
    assert [row.split("→")[1].split()[0] for row in published] == ["192.0.2.3", "192.0.2.2", "192.0.2.1"]
    assert not (found := barriers(page)), found
    shoot(page, "history-en")


def test_a_filter_leaves_what_was_asked_for(page):
    """By what, and by a part of a name."""
    page.goto(f"{PAGE}/history")
    page.locator("select[name=kind]").select_option("addresses")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**kind=addresses**")
    rows = page.locator(".scroll tbody tr").all_inner_texts()
    assert len(rows) >= 3
    assert all("address" in row for row in rows)
    page.goto(f"{PAGE}/history?name=nowhere.example")
    assert "Nothing of that" in page.locator(".scroll tbody").inner_text()


def test_what_is_taken_along_is_what_is_shown(page):
    """As CSV for spreadsheets and as JSON for programs."""
    lines = page.request.get(f"{PAGE}/history.json?kind=updates").text()
    published = [each for each in json.loads(lines) if each["event"] == "record.published"]
    assert [each["fields"]["after"] for each in published] == [["192.0.2.3"], ["192.0.2.2"], ["192.0.2.1"]]
    table = list(csv.DictReader(io.StringIO(page.request.get(f"{PAGE}/history.csv?kind=updates").text())))
    assert [row["subject"] for row in table if row["event"] == "record.published"] == [f"{NAME} A"] * 3
    assert page.request.get(f"{PAGE}/history.exe").status == 404
