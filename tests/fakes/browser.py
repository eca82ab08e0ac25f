"""A real browser: Debian's Chromium as `tools/peers` unpacked it, driven by Playwright, and axe to look for barriers."""

import json
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes.peers import peer
from homeport.config.paths import ENVIRONMENT

TOP = Path(__file__).resolve().parents[2]
AXE = TOP / ".cache" / "assets" / "axe.min.js"
ALONE = (  # Chromium asks nobody else, and runs as root, whose sandbox it refuses to make
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SHOTS = TOP / "build" / "screenshots"
SLOW = 180_000  # milliseconds; a bound for machines that are very busy, never what a test measures
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts</dir><dir>{folder}</dir><cachedir>{cache}</cachedir>
<match target="pattern"><edit name="family" mode="append_last"><string>DejaVu Sans</string></edit></match>
<alias><family>system-ui</family><prefer><family>DejaVu Sans</family></prefer></alias>
<alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
<alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias></fontconfig>
"""  # a machine without a screen has no fonts; those that show Chinese came with the browser
LEAST = 4.5  # WCAG 2.2, 1.4.3: of text that is not large, to be on the safe side
CONTRAST = """(element, part) => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const over = (above, below) => { const a = above[3] ?? 1; return [0, 1, 2].map(i => above[i] * a + below[i] * (1 - a)); };
  const light = (colour) => colour.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = [];
  for (let at = element; at; at = at.parentElement) behind.unshift(parse(getComputedStyle(at).backgroundColor));
  const ground = behind.reduce((below, above) => over(above, below), [255, 255, 255]);
  const style = getComputedStyle(element, part);
  const colour = parse(style.color);
  const [a, b] = [light(over([...colour.slice(0, 3), (colour[3] ?? 1) * style.opacity], ground)), light(ground)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""
"""The contrast of an element's text, for where axe does not tell it: on a sign in the background, or of a hint."""
UNSURE = f"""[
  ...found.incomplete.filter(one => one.id === "color-contrast").flatMap(one => one.nodes)
    .filter(node => !node.any.some(check => check.data?.messageKey === "emptyValue"))
    .map(node => [node.html, contrast(document.querySelector(node.target[0]))]),
  ...[...document.querySelectorAll("input[placeholder]:not([placeholder=''])")]
    .map(each => [each.outerHTML, contrast(each, "::placeholder")]),
].filter(([, ratio]) => ratio < {LEAST})"""
ON = {"target-size": {"enabled": True}}  # WCAG 2.2 AA, and off unless it is asked for
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def chromium():
    """Yield Playwright's browser, whose expectations are patient; skip loudly where there is no Chromium."""
    from playwright.sync_api import expect, sync_playwright

    found = peer("chromium")
    expect.set_options(timeout=SLOW)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        fonts = Path(folder) / "fonts.conf"
        fonts.write_text(FONTS.format(folder=found.root / "usr/share/fonts", cache=folder))
        environment = dict(found.environment) | {"FONTCONFIG_FILE": str(fonts)}
        browser = playwright.chromium.launch(
            executable_path=found.command[0], env=environment, args=list(ALONE)
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def tab(browser, *, language="en", width=1280, height=900, scripts=True, dark=False, scale=1):
    """Yield a page of its own context that fails the test for an error on its console or a request elsewhere."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=language,
        java_script_enabled=scripts,
        color_scheme="dark" if dark else "light",
        device_scale_factor=scale,
    )
    context.set_default_timeout(SLOW)
    page = context.new_page()
    troubles = []
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda asked: troubles.append(asked.url) if _is_elsewhere(asked.url) else None)
    page.troubles = troubles
    try:
        yield page
    finally:
        context.close()
    assert not troubles, troubles


def _is_elsewhere(url):
    return not url.startswith(
        ("http://127.0.0.1:", "https://127.0.0.1:", "http://[::1]:", "data:", "about:", "blob:")
    )


def barriers(page):
    """Return what axe finds on a page, in short."""
    if not AXE.exists():
        why = "PEER MISSING: axe-core is not under .cache/assets: `tools/assets axe` fetches it from npm"
        if ENVIRONMENT.get("HOMEPORT_PEERS") == "required":
            pytest.fail(why)
        pytest.skip(why)
    found = page.evaluate(  # in a world of its own: the page's policy lets no script in
        f"async () => {{ {AXE.read_text(encoding='utf-8')}; const contrast = {CONTRAST}; "
        f"const found = await axe.run(document, {json.dumps({'runOnly': RULES, 'rules': ON})}); "
        f"return [found.violations, {UNSURE}]; }}"
    )
    return [
        *((one["id"], one["help"], [node["html"][:200] for node in one["nodes"]]) for one in found[0]),
        *(("color-contrast", f"{ratio:.2f} where axe was not sure", html[:200]) for html, ratio in found[1]),
    ]


def shoot(page, name):
    """Keep a picture of the page as build output."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
