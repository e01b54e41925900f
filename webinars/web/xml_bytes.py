"""XML documents: what XML 1.0 forbids in a text is left out. Pure."""

import re
from xml.etree.ElementTree import Element, SubElement, tostring

FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""https://www.w3.org/TR/xml/#charsets"""


def allowed(text: str) -> str:
    """The text without characters that cannot stand in XML, not even escaped."""
    return FORBIDDEN.sub("", text)


def add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """A new element at the end of another."""
    element = SubElement(
        parent, name, {key: allowed(value) for key, value in attributes.items() if value}
    )
    if text is not None:
        element.text = allowed(text)
    return element


def document(root: Element) -> bytes:
    """The whole document in UTF-8. Raises nothing for any text that came by ``add``."""
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
