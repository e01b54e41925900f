"""For organisers: what programs have seen of the calendars, and a second parser's opinion."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from webinars.domain.calendars_seen import Client, Reach, SeenCycle, seen_cycle, seen_house
from webinars.domain.errors import NotFound
from webinars.domain.feed_checks import Checked
from webinars.domain.fields import SLUG
from webinars.domain.plan import DEFAULT_ZONE
from webinars.domain.second_reading import PARSER
from webinars.i18n import LANGUAGES
from webinars.models import ClientFamily
from webinars.services import services
from webinars.web import calendar_words as words
from webinars.web.served_feeds import check_feed, public_feeds

MOST_CHANGES = 6
"""Of the latest publication that are said; the history has all of them."""
MOST_SEEN = 2
"""Of the publication that a program has."""
MOST_LACKING = 4
"""Of those that it lacks."""
CHECK_SECONDS = 5
"""After which the page begins no other feed. The command reads all of them."""

blueprint = Blueprint("calendars", __name__, url_prefix="/organise")


@dataclass(frozen=True, slots=True)
class Row:
    """A family of programs as the page shows it."""

    beside: str | None
    """What stands beside its name."""
    client: Client
    words: str
    lines: tuple[str, ...]
    """What it has and lacks."""
    more: int
    """How many changes it lacks beside these."""


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


def _names() -> dict[str, Any]:
    return {
        "family_names": words.FAMILY_NAMES,
        "refreshes": words.REFRESHES,
        "reach_words": words.reach_words,
        "reach_signs": words.REACH_SIGNS,
        "zone": DEFAULT_ZONE,
    }


def _shown(cycle: SeenCycle) -> dict[str, Any]:
    """A cycle with its latest publication in words."""
    return {
        "seen": cycle,
        "changes": [
            words.named_change(change, cycle.titles)
            for change in sorted(cycle.changes, key=words.weight)[:MOST_CHANGES]
        ],
        "since": [words.since_words(one, cycle.zone) for one in cycle.since],
        "rows": [_of_cycle(client, cycle) for client in cycle.clients],
        "more": max(0, len(cycle.changes) - MOST_CHANGES),
        "reached": _who(cycle.clients, Reach.HAS_IT),
        "not_yet": _who(cycle.clients, Reach.NOT_YET),
    }


def _of_cycle(client: Client, cycle: SeenCycle) -> Row:
    """What it has is said where it lacks something; who has everything needs no list."""
    has = sorted(client.has if client.lacks else (), key=words.weight)
    lacks = [
        (publication.revision, change)
        for publication in client.lacks
        for change in publication.changes or (None,)
    ]
    # What moves is said before the rest of all publications; stable, so the first of them first.
    lacks.sort(key=lambda one: words.weight(one[1]) if one[1] else len(words.WEIGHTS))
    return Row(
        beside=None,
        client=client,
        words=words.cycle_client_words(client, cycle.revision),
        lines=(
            *(words.seen_words(client.revision, one, cycle.titles) for one in has[:MOST_SEEN]),
            *(words.lacking_words(*one, cycle.titles) for one in lacks[:MOST_LACKING]),
            *(words.since_words(one, cycle.zone) for one in client.since),
        ),
        more=max(0, len(lacks) - MOST_LACKING),
    )


def _rows(clients: Sequence[Client], beside: str | None = None) -> list[Row]:
    """Of a feed over cycles."""
    return [
        Row(
            beside=beside,
            client=client,
            words=words.house_client_words(client),
            lines=tuple(words.since_words(one, DEFAULT_ZONE) for one in client.since),
            more=0,
        )
        for client in clients
    ]


def _who(clients: Sequence[Client], reach: Reach) -> list[tuple[ClientFamily, str]]:
    """Families with the language of their feed, in the order of the enumeration."""
    found = {(client.family, client.language) for client in clients if client.reach is reach}
    languages = sorted({language for _, language in found}, key=LANGUAGES.index)
    ordered = ((family, language) for language in languages for family in ClientFamily)
    return [one for one in ordered if one in found]
