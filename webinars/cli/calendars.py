"""Calendars on the command line: who has seen what, and what a second parser reads."""

import json
import sys
from collections.abc import Iterator

import click

from webinars.cli.support import with_services
from webinars.domain.calendars_seen import Client, SeenHouse, seen_house
from webinars.domain.feed_checks import Checked
from webinars.domain.feed_fetches import ALL, PERSON, cycle_feed, theme_feed
from webinars.i18n import iso
from webinars.services import Services
from webinars.web.calendar_words import reading_lines
from webinars.web.served_feeds import check_feed, public_feeds


@click.group("calendars")
def group() -> None:
    """Look after the public calendars."""


@group.command()
@click.option("--json", "as_json", is_flag=True, help="One object a line, for programs.")
@with_services
def seen(services: Services, as_json: bool) -> None:
    """Show which programs fetch which calendar, and whether they have its latest change."""
    with services.database.read() as session:
        house = seen_house(session, now=services.moment().now)
    for feed, present, client in _every(house):
        since = {one.origin.value: iso(one.at) for one in client.since}
        if as_json:
            row = {
                "feed": feed,
                "language": client.language,
                "family": client.family.value,
                "first_at": iso(client.first_at),
                "fetched_at": iso(client.fetched_at),
                "revision": client.revision,
                "present": present,
                "since": since,
                "reach": client.reach.value,
            }
            click.echo(json.dumps(row, ensure_ascii=False))
            continue
        who = f"{feed} ({client.language}) {client.family}"
        has = [f"{client.revision} of {present}"] if present else []
        has += [client.reach.replace("_", " ")]
        has += [f"{origin} since {at}" for origin, at in since.items()]
        click.echo(f"{iso(client.fetched_at)} {who}: {', '.join(has)}")


def _every(house: SeenHouse) -> Iterator[tuple[str, int | None, Client]]:
    """Feed, its present revision where it is a cycle's, and who fetches it."""
    for cycle in house.cycles:
        for client in cycle.clients:
            yield cycle_feed(cycle.slug), cycle.revision, client
    for client in house.everything:
        yield ALL, None, client
    for theme in house.themes:
        for client in theme.clients:
            yield theme_feed(theme.slug), None, client
    for client in house.persons:
        yield PERSON, None, client


@group.command()
@click.option("--json", "as_json", is_flag=True, help="One object a line, for programs.")
@with_services
def check(services: Services, as_json: bool) -> None:
    """Read every public calendar, as it is answered, with a second parser, and compare it.

    And of the files of single webinars that of one. What processes of the service keep in their
    memory is read by the page of the desk, which they answer.
    Nothing is changed. Ends with 1 when something is odd.
    """
    odd = 0
    for feed in public_feeds(services):
        for checked in check_feed(services, feed):
            odd += bool(checked.reading.count)
            _say(checked, as_json=as_json)
    sys.exit(1 if odd else 0)


def _say(checked: Checked, *, as_json: bool) -> None:
    reading = checked.reading
    if as_json:
        findings = [
            {
                "oddity": one.oddity.value,
                "entry": one.entry,
                "found": one.found,
                "wanted": one.wanted,
            }
            for one in reading.findings
        ]
        row = {
            "feed": checked.feed.name,
            "language": checked.language,
            "entries": reading.entries,
            "warnings": reading.count,
            "findings": findings,
        }
        click.echo(json.dumps(row, ensure_ascii=False))
        return
    said, *odd = reading_lines(checked, "en")
    click.echo(f"{checked.feed.name} ({checked.language}): {said}")
    for line in odd:
        click.echo(f"  {line}")
