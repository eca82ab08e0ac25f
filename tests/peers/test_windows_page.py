"""The page on Windows: sockets that are handed from the agent to its process, one after another."""

from fakes.browsing import Browsing
from fakes.peers import free_port
from fakes.programs import Folder, wait_until

FILE = """
agent:
  addresses: {{here: {{detect: [{{kind: static, address: 8.8.8.8}}]}}}}
  web: {{listen: "127.0.0.1:{port}"}}
  router_events: false
  state: state
"""


def test_the_page_is_opened_on_windows(tmp_path, logged_on_windows):
    """A knock starts it, the command's link signs in, and after other settings another process has sockets."""
    command, env = logged_on_windows
    folder, port = Folder(tmp_path, env, command), free_port()
    folder.write("homeport.yaml", FILE.format(port=port))
    with folder.running("run", log="log"):
        folder.wait_for("log", "page.unclaimed")
        browser = Browsing(f"127.0.0.1:{port}").enter(folder.json("web", "open")["url"])
        assert "Account" in browser.get("/account")
        folder.run("web", "reset-password")
        assert browser.ask("GET", "/account")[0] == 303
        folder.write(
            "homeport.yaml", FILE.format(port=port).replace("web: {", "web: {names: [nas.example], ")
        )
        folder.run("config", "reload")
        wait_until(lambda: [each for each in folder.events("log") if each["event"] == "config.reloaded"])
        browser.enter(folder.json("web", "open")["url"])
        assert browser.ask("GET", "/account", Host="nas.example")[0] == 200
