"""The map of the site for search engines (https://www.sitemaps.org/protocol.html).

Each page stands in it once a language, with the others as alternates
(https://developers.google.com/search/docs/specialty/international/localized-versions).
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from xml.etree.ElementTree import Element

from flask import Blueprint, Response, request, url_for

from webinars.domain.site_map import SiteMap, site_map
from webinars.i18n import LANGUAGES, iso
from webinars.links import in_language
from webinars.services import services
from webinars.web.stored import for_all, stored
from webinars.web.xml_bytes import add, document

blueprint = Blueprint("sitemap", __name__)

KIND = "application/xml; charset=utf-8"
MOST_ADDRESSES = 50_000
"""That a sitemap may have; the pages that come first are those that change."""


@blueprint.get("/sitemap.xml")
def page() -> Response:
    """Every public page in each language: the same map at both of its addresses."""
    with services().database.read() as session:
        found = site_map(session)
    root = Element(
        "urlset",
        {
            "xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9",
            "xmlns:xhtml": "http://www.w3.org/1999/xhtml",
        },
    )
    for path, changed_at in islice(_pages(found), MOST_ADDRESSES // len(LANGUAGES)):
        _add_page(root, path.removeprefix(request.script_root), changed_at)
    return for_all(stored(document(root), found.changed_at, kind=KIND))


def _pages(found: SiteMap) -> Iterator[tuple[str, datetime | None]]:
    """Paths with the latest change, where it is stored."""
    yield url_for("public.home"), found.changed_at
    yield url_for("library.replays"), found.changed_at
    for cycle, changed_at in found.cycles:
        yield url_for("public.cycle", cycle=cycle), changed_at
    for cycle, webinar, changed_at in found.webinars:
        yield url_for("public.webinar", cycle=cycle, webinar=webinar), changed_at
    yield url_for("wishes.page"), found.changed_at
    yield url_for("library.resources"), None
    for theme in found.themes:
        yield url_for("library.theme", theme=theme), None
    for resource in found.resources:
        yield url_for("library.resource", resource=resource), None
    yield url_for("your_data.page"), None


def _add_page(root: Element, path: str, changed_at: datetime | None) -> None:
    links = services().links
    addresses = {language: links.absolute(in_language(path, language)) for language in LANGUAGES}
    for address in addresses.values():
        element = add(root, "url")
        add(element, "loc", address)
        if changed_at:
            add(element, "lastmod", iso(changed_at))
        for language, alternate in addresses.items():
            add(element, "xhtml:link", rel="alternate", hreflang=language, href=alternate)
