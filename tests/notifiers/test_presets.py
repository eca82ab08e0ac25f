"""The table of services, and the pages that name them."""

import json
import re
from pathlib import Path

import pytest

from homeport.config import loader
from homeport.notifiers._presets import PRESETS, of_host
from homeport.notifiers._signing import SIGNATURES
from homeport.notifiers.webhook import PLACES

PAGES = [Path(__file__).parents[2] / "docs" / name for name in ("notifications.md", "zh/notifications.md")]


@pytest.mark.parametrize("name", PRESETS)
def test_a_row_is_whole(name):
    """Places that there are, a signature that is known, and a URL from somewhere."""
    preset = PRESETS[name]
    texts = (json.dumps(preset.body), preset.path, preset.signed_url, *preset.headers.values())
    assert not [PLACES.misspelt(text, is_body=True) for text in texts if PLACES.misspelt(text, is_body=True)]
    assert {"title", "text"} <= PLACES.words(*texts)
    assert not preset.sign or preset.sign in SIGNATURES
    assert preset.url or "url" in preset.needs
    assert preset.url is None or preset.url.startswith("https://")
    assert all(of_host(host.upper()) is preset for host in preset.hosts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_every_service_is_documented(page):
    """With where its format was read."""
    text = page.read_text(encoding="utf-8")
    for name, preset in PRESETS.items():
        assert f"| `{name}` | [{preset.title}]({preset.source})" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_pages_examples_load(page, tmp_path):
    """What a page shows can be used as it stands."""
    examples = re.findall(r"```yaml\n(agent:.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        assert loader.parse(example, tmp_path / "homeport.yaml").config.agent.notify
