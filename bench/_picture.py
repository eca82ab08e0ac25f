"""Draw docs/pictures/side_by_side.svg, and its Chinese sister, from the numbers that `make bench` kept last."""

import json
import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
PICTURES = TOP / "docs" / "pictures"
LEFT, WIDTH, ROW, MOST = 190, 470, 22, 60  # pixels but for the last: seconds
EVERY = {"ddclient": 60, "inadyn": 30, "ddns": 60}
WORDS = {
    "": {
        "title": "From a changed address to the changed DNS answer",
        "legend": "seconds within which half of the changes (bar) and 95 of 100 (line) are answered",
        "own interface": "the machine's own interface changes",
        "behind a router": "behind a router that speaks UPnP or NAT-PMP",
        "behind a silent one": "behind a router that tells nothing (heartbeat)",
        "every": "{}, every {} s",
    },
    ".zh-CN": {
        "title": "从地址变化到 DNS 应答更新",
        "legend": "一半（条形）与 95%（细线）的变化在多少秒内得到应答",
        "own interface": "本机网卡地址变化",
        "behind a router": "位于支持 UPnP 或 NAT-PMP 的路由器之后",
        "behind a silent one": "位于不发通知的路由器之后（心跳）",
        "every": "{}，每 {} 秒",
    },
}


def measured() -> dict[str, dict[str, dict[str, float]]]:
    """Return seconds by place, client and percentile."""
    newest = max((TOP / "bench" / "history").glob("*.json"), key=_order)
    found: dict[str, dict[str, dict[str, float]]] = {}
    for row in json.loads(newest.read_text())["benches"].get("side_by_side", ()):
        if row["unit"] == "s":
            place, client, percentile = re.fullmatch(r"(.+): (.+), (.+)", row["what"]).groups()
            found.setdefault(place, {}).setdefault(client, {})[percentile] = row["value"]
    return found


def _order(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.stem)]


def picture(places, words) -> str:
    """Return the drawing."""
    lines, y = [text(16, 28, words["title"], "title"), text(16, 48, words["legend"], "faint")], 78
    for place, clients in places.items():
        lines.append(text(16, y, words[place], "place"))
        for name, took in sorted(clients.items(), key=lambda each: each[1]["p50"]):
            y += ROW
            label = words["every"].format(name, EVERY[name]) if name in EVERY else name
            lines += [text(LEFT - 10, y + 4, label, "name"), *bar(y, took, name not in EVERY)]
        y += 34
    grid = [ruler(seconds, y - 20) for seconds in range(0, MOST + 1, 10)]
    right, bottom = LEFT + WIDTH + 80, y + 12
    return FRAME.format(
        right=right, bottom=bottom, width=right + 2, height=bottom + 2, inside="\n".join(grid + lines)
    )


def bar(y, took, is_ours):
    kind = "ours" if is_ours else "other"
    half, most = (x(min(took[name], MOST)) for name in ("p50", "p95"))
    yield f'<rect class="{kind}" x="{LEFT}" y="{y - 6}" width="{max(half - LEFT, 2):.1f}" height="13"/>'
    yield f'<path class="{kind}" d="M{half:.1f} {y}H{most:.1f}m0 -4v9"/>'
    yield text(most + 6, y + 4, f"{took['p50']:.2g} / {took['p95']:.2g}", "value")


def ruler(seconds, bottom):
    at = x(seconds)
    return f'<path class="grid" d="M{at:.1f} 60V{bottom}"/>' + text(at, bottom + 16, str(seconds), "scale")


def x(seconds):
    return LEFT + WIDTH * seconds / MOST


def text(at, y, said, kind):
    return f'<text class="{kind}" x="{at:.1f}" y="{y}">{said}</text>'


FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 {width} {height}" font-family="sans-serif" font-size="12">
<style>
.paper {{ fill: #fff; stroke: #d0d7de }} .title {{ font-size: 16px; font-weight: bold }} .place {{ font-weight: bold }}
.faint, .scale {{ fill: #57606a }} .scale, .grid {{ text-anchor: middle }} .name {{ text-anchor: end }}
.grid {{ stroke: #eaeef2 }} rect.ours {{ fill: #1a7f37 }} path.ours {{ stroke: #1a7f37; fill: none }}
rect.other {{ fill: #8c959f }} path.other {{ stroke: #8c959f; fill: none }}
</style>
<rect class="paper" width="{right}" height="{bottom}" rx="6"/>
{inside}
</svg>
"""


def main() -> None:
    if places := measured():
        for language, words in WORDS.items():
            (PICTURES / f"side_by_side{language}.svg").write_text(picture(places, words), encoding="utf-8")


if __name__ == "__main__":
    main()
