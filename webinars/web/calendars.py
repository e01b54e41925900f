"""For organisers: what programs have seen of the calendars, and a second parser's opinion."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import force_locale

from webinars.domain import feed_checks
from webinars.domain.calendars_seen import Client, Reach, SeenCycle, seen_cycle, seen_house
from webinars.domain.errors import NotFound
from webinars.domain.feed_checks import Checked, PublicFeed
from webinars.domain.fields import SLUG
from webinars.domain.plan import DEFAULT_ZONE
from webinars.domain.second_reading import PARSER
from webinars.i18n import LANGUAGES
from webinars.models import ClientFamily
from webinars.services import Services, services
from webinars.web import calendar_words as words
from webinars.web.change_words import change_in_words, quoted

MOST_CHANGES = 6
"""Of the latest publication that are said; the history has all of them."""
CHECK_SECONDS = 5
"""After which the page begins no other feed. The command reads all of them."""

blueprint = Blueprint("calendars", __name__, url_prefix="/organise")


@blueprint.get("/calendars")
def page() -> Response:
    """Every feed."""
    now = services().moment().now
    with services().database.read() as session:
        seen = seen_house(session, now=now)
    body = render_template(
        "organise/calendars.html",
        cycles=[_shown(cycle) for cycle in seen.cycles],
        everything=_rows(seen.everything),
        themes=[row for theme in seen.themes for row in _rows(theme.clients, theme.title)],
        persons=_rows(seen.persons),
        fetched=seen.is_fetched,
        ago=partial(words.ago, now=now),
        **_names(),
    )
    return make_response(body)


@blueprint.get("/cycles/<cycle>/calendars")
def of_cycle(cycle: str) -> Response:
    """The feed of one cycle."""
    now = services().moment().now
    with services().database.read() as session:
        seen = seen_cycle(session, cycle_slug=cycle, now=now)
    body = render_template(
        "organise/calendars_cycle.html",
        cycle=_shown(seen),
        ago=partial(words.ago, now=now),
        **_names(),
    )
    return make_response(body)


@blueprint.get("/calendars/check")
def check() -> Response:
    """Read the feeds with a second parser: all of them, or those of a cycle."""
    cycle = request.args.get("cycle", "")
    feeds = public_feeds(services(), cycle=cycle if SLUG.fullmatch(cycle) else None)
    if cycle and not feeds:
        raise NotFound(cycle)
    ends = time.monotonic() + CHECK_SECONDS
    checked: list[Checked] = []
    for feed in feeds:
        if time.monotonic() > ends:
            break
        checked += check_feed(services(), feed)
    body = render_template(
        "organise/calendars_check.html",
        cycle=cycle,
        checked=[(one, words.reading_words(one)) for one in checked],
        odd=sum(bool(one.reading.count) for one in checked),
        left=len(feeds) - len({one.feed for one in checked}),
        oddness_words=words.oddness_words,
        parser=PARSER,
    )
    return make_response(body)


def public_feeds(of: Services, *, cycle: str | None = None) -> tuple[PublicFeed, ...]:
    """Those that there are to check."""
    with of.database.read() as session:
        return feed_checks.public_feeds(session, cycle=cycle)


def check_feed(of: Services, feed: PublicFeed) -> Iterator[Checked]:
    """One feed, once in each language; nothing when it is gone meanwhile."""
    for language in LANGUAGES:
        with force_locale(language), of.database.read() as session:
            try:
                yield feed_checks.check(
                    session,
                    feed=feed,
                    writer=of.calendar_writer(language),
                    now=of.moment().now,
                )
            except NotFound:
                return


def _names() -> dict[str, Any]:
    return {
        "family_names": words.FAMILY_NAMES,
        "refreshes": words.REFRESHES,
        "reach_words": words.reach_words,
        "reach_signs": words.REACH_SIGNS,
        "cycle_client_words": words.cycle_client_words,
        "house_client_words": words.house_client_words,
        "zone": DEFAULT_ZONE,
    }


def _shown(cycle: SeenCycle) -> dict[str, Any]:
    """A cycle with its latest publication in words."""
    return {
        "seen": cycle,
        "changes": [
            (quoted(cycle.titles.get(change.slug, change.slug)), change_in_words(change))
            for change in cycle.changes[:MOST_CHANGES]
        ],
        "rows": _rows(cycle.clients),
        "more": max(0, len(cycle.changes) - MOST_CHANGES),
        "reached": _who(cycle.clients, Reach.HAS_IT),
        "not_yet": _who(cycle.clients, Reach.NOT_YET),
    }


def _rows(clients: Sequence[Client], beside: str | None = None) -> list[tuple[str | None, Client]]:
    """With what stands beside the name of each."""
    return [(beside, client) for client in clients]


def _who(clients: Sequence[Client], reach: Reach) -> list[tuple[ClientFamily, str]]:
    """Families with the language of their feed, in the order of the enumeration."""
    found = {(client.family, client.language) for client in clients if client.reach is reach}
    languages = sorted({language for _, language in found}, key=LANGUAGES.index)
    ordered = ((family, language) for language in languages for family in ClientFamily)
    return [one for one in ordered if one in found]
