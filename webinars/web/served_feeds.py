"""The public calendars as programs get them: through the application's own entry.

So what is kept in memory is read as it would be sent, by the process that reads.
"""

from collections.abc import Iterator
from contextvars import Context
from typing import Any

from flask import current_app
from werkzeug.test import EnvironBuilder, run_wsgi_app

from webinars.domain import feed_checks, site
from webinars.domain.feed_checks import Checked, PublicFeed, Served
from webinars.domain.feed_fetches import ALL, OF_CYCLE, OF_THEME, OF_WEBINAR
from webinars.i18n import LANGUAGES
from webinars.links import in_language
from webinars.services import Services
from webinars.web.kept_feeds import OWN_READING, Given

TRIES = 3
"""What is published while a calendar is read would be found odd: then it is read again."""


def public_feeds(of: Services, *, cycle: str | None = None) -> tuple[PublicFeed, ...]:
    """Those that there are to check."""
    with of.database.read() as session:
        return feed_checks.public_feeds(session, cycle=cycle)


def check_feed(of: Services, feed: PublicFeed) -> Iterator[Checked]:
    """One feed, once in each language; nothing when it is gone meanwhile, as a theme may be."""
    for language in LANGUAGES:
        checked = _checked(of, feed, language)
        if checked.reading.count and not feed.is_file and feed not in public_feeds(of):
            return
        yield checked


def _checked(of: Services, feed: PublicFeed, language: str) -> Checked:
    for _ in range(TRIES):
        version = of.database.peek(site.VERSION)
        served = _served(of, feed.name, language)
        with of.database.read() as session:
            checked = feed_checks.check(
                session, feed=feed, language=language, served=served, now=of.moment().now
            )
        if of.database.peek(site.VERSION) == version:
            break
    return checked


def _served(of: Services, name: str, language: str) -> Served:
    path = in_language(_path(name), language)
    plain, status, _ = _answer(of, path, "identity")
    packed, _, headers = _answer(of, path, "gzip")
    return Served(status, plain, packed, is_packed=headers.get("Content-Encoding") == "gzip")


def _path(name: str) -> str:
    if name.startswith(OF_CYCLE):
        return f"/cycles/{name.removeprefix(OF_CYCLE)}/calendar.ics"
    if name.startswith(OF_THEME):
        return f"/themes/{name.removeprefix(OF_THEME)}/calendar.ics"
    if name.startswith(OF_WEBINAR):
        return f"/cycles/{name.removeprefix(OF_WEBINAR)}.ics"
    assert name == ALL, f"no such feed: {name}"
    return "/calendar.ics"


def _answer(of: Services, path: str, encoding: str) -> Given:
    builder = EnvironBuilder(
        path=path, base_url=of.settings.base_url, headers=[("Accept-Encoding", encoding)]
    )
    environ: dict[str, Any] = {**builder.get_environ(), OWN_READING: True}
    entry = current_app.wsgi_app
    # In a context of its own: the answer must be nothing of the page that is being made, not its
    # language either.
    body, status, headers = Context().run(run_wsgi_app, entry, environ, buffered=True)
    return b"".join(body), status, headers
