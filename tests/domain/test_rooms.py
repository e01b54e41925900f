"""Rooms whose own tool reminds as well."""

from dataclasses import replace

import pytest

from tests.support import MARCH, NOW, plan_of, published
from webinars.db import Database
from webinars.domain.board import board
from webinars.domain.programme import Moment
from webinars.domain.rooms import reminding_tool


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://us02web.zoom.us/j/123?pwd=x", "Zoom"),
        ("https://ZOOM.us/w/1", "Zoom"),
        ("https://app.livestorm.co/rameau/alliances/live", "Livestorm"),
        ("https://teams.microsoft.com/l/meetup-join/x", "Microsoft Teams"),
        ("https://events.teams.microsoft.com/event/x", "Microsoft Teams"),
        ("https://rameau.webex.com/meet/x", "Webex"),
        ("https://attendee.gotowebinar.com/register/1", "GoToWebinar"),
        ("https://notzoom.us/j/1", None),
        ("https://zoom.us.example.org/j/1", None),
        ("https://bbb.example.org/b/zoom.us", None),
        ("https://meet.jit.si/x", None),
        ("https://salle.example.org", None),
        ("https://[zoom.us/j/1", None),
        (None, None),
    ],
)
def test_a_tool_is_known_by_its_host(address: str | None, name: str | None) -> None:
    tool = reminding_tool(address)
    assert (tool.name if tool else None) == name


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({}, True),
        ({"reminders": ("replay",)}, False),
        ({"reminders": ("1h",)}, True),
        ({"join_url": "https://salle.example.org"}, False),
    ],
)
def test_the_board_warns_where_people_would_be_reminded_twice(
    database: Database, changes: dict[str, object], warned: bool
) -> None:
    zoom = replace(MARCH, join_url="https://zoom.us/j/1")
    with database.write() as session:
        published(session, plan_of(replace(zoom, **changes)))  # type: ignore[arg-type]
    for now, expected in ((NOW, warned), (NOW.replace(month=4), False)):
        with database.read() as session:
            moment = Moment.at(now, opens_minutes=15)
            (card,) = board(session, cycle_slug="2019", moment=moment).cards
        assert (card.tool is not None) is expected
