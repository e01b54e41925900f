"""Feeds of news (RFC 4287): the latest replays, and what was announced.

Names and instants are stored ones, so the same state gives the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext

from webinars.domain import site
from webinars.domain.announcements import News, news, tag
from webinars.domain.replays import OnlineReplay, latest_online
from webinars.i18n import iso, language, long_date
from webinars.services import services
from webinars.web.news_words import summary_words, title_words
from webinars.web.stored import for_all, stored
from webinars.web.xml_bytes import add, document

blueprint = Blueprint("atom", __name__)

KIND = "application/atom+xml; charset=utf-8"
NAMESPACE = "http://www.w3.org/2005/Atom"
MOST_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. Instants are UTC; ``address`` is that of its page."""

    id: str
    title: str
    address: str
    published: datetime
    updated: datetime
    summary: str
    category: str | None = None


@blueprint.get("/replays.atom")
def replays() -> Response:
    """The replays that went online last."""
    with services().database.read() as session:
        found = latest_online(session, most=MOST_ENTRIES)
        changed_at = site.changed_at(session)
    return _feed(
        gettext("Replays"),
        gettext(
            "Every webinar to watch again, chapter by chapter, beside the resources of its theme."
        ),
        url_for("library.replays"),
        [_of_replay(one) for one in found],
        changed_at,
    )


@blueprint.get("/announcements.atom")
def announcements() -> Response:
    """New cycles and webinars, what was moved, renamed or cancelled, replays."""
    with services().database.read() as session:
        found = news(session, most=MOST_ENTRIES)
        changed_at = site.changed_at(session)
    return _feed(
        gettext("Announcements"),
        gettext("New webinars, dates that move, what is cancelled, replays that are online."),
        url_for("public.home"),
        [_of_news(one) for one in found],
        changed_at,
    )


def _feed(
    title: str, subtitle: str, page: str, entries: Sequence[Entry], changed_at: datetime
) -> Response:
    """``changed_at``: what is no longer listed has changed the feed, too."""
    updated = max((entry.updated for entry in entries), default=site.EPOCH)
    links, settings = services().links, services().settings
    address = links.absolute(request.script_root + request.path)
    root = Element("feed", {"xmlns": NAMESPACE, "xml:lang": language()})
    add(root, "id", address)
    add(root, "title", f"{title} – {settings.site_name}")
    add(root, "subtitle", subtitle)
    add(root, "updated", iso(updated))
    add(root, "link", rel="self", type="application/atom+xml", href=address)
    add(root, "link", rel="alternate", type="text/html", href=links.absolute(page))
    author = add(root, "author")
    add(author, "name", settings.organiser_name)
    add(author, "uri", links.home(language=language()))
    for entry in entries:
        _add_entry(root, entry)
    return for_all(stored(document(root), changed_at, kind=KIND))


def _add_entry(root: Element, entry: Entry) -> None:
    element = add(root, "entry")
    # Each language has entries of its own: a reader of both must not take one for the other.
    add(element, "id", f"{entry.id}/{language()}")
    add(element, "title", entry.title)
    add(element, "link", rel="alternate", type="text/html", href=entry.address)
    add(element, "published", iso(entry.published))
    add(element, "updated", iso(entry.updated))
    if entry.category:
        add(element, "category", term=entry.category)
    add(element, "summary", entry.summary, type="text")


def _of_replay(replay: OnlineReplay) -> Entry:
    webinar = replay.webinar
    said = [long_date(webinar.starts_at, replay.zone)]
    if webinar.speakers:
        said.append(gettext("With: %(speakers)s", speakers=", ".join(webinar.speakers)))
    if webinar.why:
        said.append(webinar.why)
    return Entry(
        id=tag(webinar, f"replay/{replay.cycle_slug}/{webinar.slug}"),
        title=webinar.title,
        address=services().links.webinar(replay.cycle_slug, webinar.slug, language=language()),
        published=replay.online_at,
        updated=max(replay.online_at, webinar.changed_at),
        summary="\n".join(said),
        category=replay.theme,
    )


def _of_news(one: News) -> Entry:
    links = services().links
    return Entry(
        id=one.id,
        title=title_words(one),
        address=links.cycle(one.cycle_slug, language=language())
        if one.slug is None
        else links.webinar(one.cycle_slug, one.slug, language=language()),
        published=one.at,
        updated=one.at,
        summary=summary_words(one),
        category=one.kind.value,
    )
