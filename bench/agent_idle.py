"""What the agent costs while nothing happens: memory, CPU, and how long `homeport once` takes.

The agent follows a static address at a provider of ours on this machine, so that HTTP was used before it
idles; measured with a token in a file and with one in the encrypted store. Prints one JSON object.
"""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from _process import cpu, homeport, rss_mib
from _results import at_most, show

IDLE = float(os.environ.get("HOMEPORT_BENCH_IDLE", "60"))  # seconds
NAME = "box.dyn.example.com"
CONFIG = """\
agent:
  addresses:
    here: {{detect: [{{kind: interface}}], allow_private: true}}
    fixed: {{detect: [{{kind: static, address: 10.9.8.7}}], allow_private: true}}
  records:
    - {{name: {name}, types: [A], address: fixed, provider: ours}}
  providers:
    ours: {{kind: homeport, server: "http://127.0.0.1:18053", token: "{token}"}}
  state: agent
server:
  zones:
    - name: dyn.example.com
      nameservers: [{{name: ns1.dyn.example.com, addresses: ["192.0.2.53"]}}]
  gateway: {{listen: "127.0.0.1:18053"}}
  dns: {{listen: "127.0.0.1:15300"}}
  store: {{kind: sqlite, path: server.db}}
"""


def run(folder, *words, text=None):
    return subprocess.run(
        homeport(*words), cwd=folder, check=True, capture_output=True, text=True, input=text
    ).stdout


def configured(folder, token):
    Path(folder, "homeport.yaml").write_text(CONFIG.format(name=NAME, token=token))


def idle(folder, seconds):
    """Return MiB and CPU seconds a minute of an agent with nothing to do for so long."""
    agent = subprocess.Popen(homeport("run", "--no-web"), cwd=folder, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            time.sleep(0.1)
            said = subprocess.run(
                homeport("status", "--json"), cwd=folder, capture_output=True, text=True, check=False
            )
            if said.returncode == 0 and json.loads(said.stdout)["records"][0]["verified"] in {"dns", "api"}:
                break
        else:
            raise SystemExit(f"the agent never published: {said.stdout} {said.stderr}")
        time.sleep(2)
        before = cpu(agent.pid)
        time.sleep(seconds)
        return rss_mib(agent.pid), (cpu(agent.pid) - before) * 60 / seconds
    finally:
        agent.terminate()
        agent.wait()


def once(folder):
    """Return the median seconds of `homeport once` with nothing to do."""
    took = []
    for _ in range(11):
        start = time.perf_counter()
        run(folder, "once")
        took.append(time.perf_counter() - start)
    return statistics.median(took[1:])


def main():
    with tempfile.TemporaryDirectory() as folder:
        configured(folder, "file:token")
        server = None
        try:
            server = subprocess.Popen(homeport("serve"), cwd=folder, stderr=subprocess.DEVNULL)
            for _ in range(100):
                time.sleep(0.1)
                if (
                    subprocess.run(
                        homeport("host", "add", NAME), cwd=folder, capture_output=True, check=False
                    ).returncode
                    == 0
                ):
                    break
            token = json.loads(run(folder, "token", "create", "--host", NAME, "--json"))
            secret = f"{token['id']}.{token['secret']}"
            Path(folder, "token").write_text(secret)
            memory, seconds = idle(folder, IDLE)
            rows = [
                at_most("agent, idle: memory", memory, 45, "MiB"),
                at_most("agent, idle: CPU a minute", seconds, 0.05),
                at_most("homeport once, nothing to do", once(folder), 0.6),
            ]
            run(folder, "secret", "set", "ours", text=secret)
            configured(folder, "secret:ours")
            shutil.rmtree(Path(folder, "agent"))  # so that it publishes, and thus uses the token, again
            memory, _ = idle(folder, IDLE / 6)
            rows.append(at_most("agent, idle, token in the encrypted store: memory", memory, 45, "MiB"))
            show("agent_idle", rows)
        finally:
            if server:
                server.terminate()
                server.wait()


if __name__ == "__main__":
    main()
