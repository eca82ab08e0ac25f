"""XML, which a few hosts still speak: read in its bounds, an error when it is a page or a part, and written."""

from __future__ import annotations

from typing import Any

from homeport.ports import HttpAnswer
from homeport.providers import _base
from homeport.wire import xml
from homeport.wire.xml import Element

Tree = tuple[str | tuple[Any, ...], ...]
"""An element to be written: its name, then its text or what is in it."""


def maybe(answer: HttpAnswer) -> Element | None:
    """Return the document of an answer, `None` when it is none; how a host's error is recognised."""
    try:
        return xml.parse(answer.body)
    except ValueError:
        return None


def document(answer: HttpAnswer, name: str, *, changes: bool) -> Element:
    """Return an answer's document, whose root has this name.

    Raises:
        Unavailable: it is something else (a portal's page), or only a part came.
        Unconfirmed: the same, where the request may have changed something.
    """
    root = maybe(answer)
    if root is None or root.name != name:
        raise _base.not_understood(answer, "its XML", changes=changes)
    return root


def written(name: str, namespace: str, *inner: Tree) -> bytes:
    """Return a document with these elements in its root."""
    from xml.etree import ElementTree as ET

    def write(parent: ET.Element, tree: Tree) -> None:
        element = ET.SubElement(parent, str(tree[0]))
        for each in tree[1:]:
            if isinstance(each, str):
                element.text = each
            else:
                write(element, each)

    root = ET.Element(name, xmlns=namespace)
    for each in inner:
        write(root, each)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
