"""Finding detectors by their kind."""

import pkgutil

import msgspec
import pytest

from homeport import detectors
from homeport.errors import ConfigInvalid


@pytest.mark.parametrize("kind", detectors.kinds())
def test_every_kind_is_whole(kind):
    """Kind, tag and module are one name, every setting is described, and a default for witnesses is there."""
    found = detectors.load(kind)
    module = __import__(found.__module__, fromlist=["Settings"])
    assert found.kind == kind
    assert module.Settings.__struct_config__.tag == kind
    assert module.Settings.__doc__
    assert found.witnesses >= 1
    [schema] = msgspec.json.schema_components([module.Settings])[1].values()
    assert all(field == "kind" or "description" in about for field, about in schema["properties"].items())


def test_all_are_found():
    """The kinds this version promises are there."""
    assert {"http_echo", "stun", "interface", "static", "command"} <= set(detectors.kinds())
    assert {module.name for module in pkgutil.iter_modules(detectors.__path__)} <= set(detectors.kinds())


@pytest.mark.parametrize(
    ("kind", "near"), [("http-echo", "http_echo"), ("stunn", "stun"), ("../x", "there are")]
)
def test_an_unknown_kind_names_the_nearest(kind, near):
    """A typing mistake is answered with the right word."""
    with pytest.raises(ConfigInvalid, match=near):
        detectors.load(kind)
