"""A strict reader of Atom: what RFC 4287 demands with MUST, and RFC 3987 of addresses."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, fromstring

ATOM = "{http://www.w3.org/2005/Atom}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
TAG = re.compile(r"tag:[A-Za-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[\w./~:@!$&'()*+,;=?-]+")
IN_FEED = {
    "author", "category", "contributor", "entry", "generator", "icon", "id", "link", "logo",
    "rights", "subtitle", "title", "updated",
}  # fmt: skip
IN_ENTRY = {
    "author", "category", "content", "contributor", "id", "link", "published", "rights", "source",
    "summary", "title", "updated",
}  # fmt: skip
ONCE = {"generator", "icon", "id", "logo", "published", "rights", "subtitle", "title", "updated"}


@dataclass(frozen=True)
class AtomEntry:
    """What an entry says."""

    id: str
    title: str
    link: str
    published: datetime
    updated: datetime
    summary: str
    categories: tuple[str, ...]


@dataclass(frozen=True)
class AtomFeed:
    """What a feed says."""

    id: str
    title: str
    updated: datetime
    language: str
    author: str
    self: str
    alternate: str
    entries: tuple[AtomEntry, ...]


def read_atom(body: bytes) -> AtomFeed:
    """The feed, once everything that it must be has been looked at."""
    root = fromstring(body)
    assert root.tag == f"{ATOM}feed"
    _children(root, IN_FEED)
    entries = tuple(_entry(element) for element in root.findall(f"{ATOM}entry"))
    assert len({entry.id for entry in entries}) == len(entries)  # 4.1.1, one version of each
    feed = AtomFeed(
        id=_iri(_text(root, "id")),
        title=_text(root, "title"),
        updated=_instant(root, "updated"),
        language=root.attrib[XML_LANG],
        author=_author(root),
        self=_link(root, "self", "application/atom+xml"),
        alternate=_link(root, "alternate", "text/html"),
        entries=entries,
    )
    newest = max((entry.updated for entry in entries), default=feed.updated)
    assert feed.updated == newest
    return feed


def _entry(element: Element) -> AtomEntry:
    _children(element, IN_ENTRY)
    # 4.1.2: an alternate link where there is no content; a feed's author stands for its entries.
    summaries = element.findall(f"{ATOM}summary")
    assert len(summaries) <= 1
    assert summaries[0].get("type", "text") == "text"
    assert len(summaries[0]) == 0
    published, updated = _instant(element, "published"), _instant(element, "updated")
    assert published <= updated
    return AtomEntry(
        id=_iri(_text(element, "id")),
        title=_text(element, "title"),
        link=_link(element, "alternate", "text/html"),
        published=published,
        updated=updated,
        summary=summaries[0].text or "",
        categories=tuple(one.attrib["term"] for one in element.findall(f"{ATOM}category")),
    )


def _children(element: Element, known: set[str]) -> None:
    names = [child.tag.removeprefix(ATOM) for child in element]
    assert set(names) <= known, names
    for name in ONCE & set(names):
        assert names.count(name) == 1, name
    assert {"id", "title", "updated"} <= set(names)
    assert not (element.text or "").strip()
    keys = [
        (link.get("rel", "alternate"), link.get("type"), link.get("hreflang"))
        for link in element.findall(f"{ATOM}link")
    ]
    assert len(set(keys)) == len(keys)  # 4.1.1: no two alternates of one type and language


def _text(element: Element, name: str) -> str:
    child = element.find(f"{ATOM}{name}")
    assert child is not None
    assert len(child) == 0
    assert child.get("type", "text") == "text"
    assert child.text, name
    return child.text


def _instant(element: Element, name: str) -> datetime:
    text = _text(element, name)
    assert RFC_3339.fullmatch(text), text  # 3.3, with a capital T and Z
    return datetime.fromisoformat(text)


def _iri(text: str) -> str:
    """4.2.6: absolute, and compared as it is written."""
    assert text == text.strip()
    if text.startswith("tag:"):
        assert TAG.fullmatch(text), text
    else:
        assert urlsplit(text).netloc, text
    return text


def _author(element: Element) -> str:
    (author,) = element.findall(f"{ATOM}author")
    names = author.findall(f"{ATOM}name")
    assert len(names) == 1
    assert {child.tag.removeprefix(ATOM) for child in author} <= {"name", "uri", "email"}
    assert names[0].text
    return names[0].text


def _link(element: Element, rel: str, kind: str) -> str:
    found = [link for link in element.findall(f"{ATOM}link") if link.attrib["rel"] == rel]
    assert len(found) == 1, rel
    assert found[0].get("type") == kind
    assert len(found[0]) == 0
    assert urlsplit(found[0].attrib["href"]).scheme in {"http", "https"}
    return found[0].attrib["href"]
