"""What the permanent page tells programs, in the words of schema.org."""

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

from flask.testing import FlaskClient

from tests.domain.reminding import END
from tests.support import APRIL, BASE_URL, MARCH, MAY, plan_of, published
from webinars.db import Database
from webinars.domain import replays
from webinars.domain.replays import Video
from webinars.models import WebinarStatus

PAGE = f"/cycles/2019/{MARCH.slug}"
ELEMENT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
SCHEMA = "https://schema.org/"


def said(client: FlaskClient, address: str = PAGE) -> dict[str, Any]:
    (text,) = ELEMENT.findall(client.get(address).text)
    found: dict[str, Any] = json.loads(text)
    return found


def publish(database: Database, march: object) -> None:
    with database.write() as session:
        published(session, plan_of(march, APRIL, MAY))  # type: ignore[arg-type]


def test_an_event_to_come(client: FlaskClient, site: Database) -> None:
    event = said(client)
    assert (event["@context"], event["@type"]) == ("https://schema.org", "Event")
    assert event["name"] == MARCH.title
    assert (event["startDate"], event["endDate"]) == (
        "2019-03-21T13:00:00+01:00",
        "2019-03-21T14:30:00+01:00",
    )
    assert event["eventStatus"] == f"{SCHEMA}EventScheduled"
    assert event["location"] == {"@type": "VirtualLocation", "url": f"{BASE_URL}{PAGE}"}
    assert event["url"] == f"{BASE_URL}{PAGE}"
    assert event["superEvent"]["url"] == f"{BASE_URL}/cycles/2019"
    assert event["image"].startswith(f"{BASE_URL}{PAGE}.png?v=")
    assert "previousStartDate" not in event
    assert "recordedIn" not in event
    assert said(client, f"/en{PAGE}")["url"] == f"{BASE_URL}/en{PAGE}"


def test_moved_and_cancelled(client: FlaskClient, site: Database) -> None:
    publish(site, replace(MARCH, date=date(2019, 4, 4)))
    event = said(client)
    assert event["eventStatus"] == f"{SCHEMA}EventRescheduled"
    assert event["startDate"] == "2019-04-04T13:00:00+02:00"
    assert event["previousStartDate"] == "2019-03-21T13:00:00+01:00"
    publish(site, replace(MARCH, date=date(2019, 4, 4), status=WebinarStatus.CANCELLED))
    assert said(client)["eventStatus"] == f"{SCHEMA}EventCancelled"


def test_its_video(client: FlaskClient, site: Database, at) -> None:
    at(END)
    with site.write() as session:
        video = Video(
            url="https://video.example.org/v", duration=3600, chapters=[(0, "Début"), (75, "Suite")]
        )
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=MARCH.slug, video=video, now=END
        )
    video = said(client)["recordedIn"]
    assert (video["@type"], video["duration"]) == ("VideoObject", "PT3600S")
    assert video["thumbnailUrl"].startswith(f"{BASE_URL}{PAGE}.png?v=")
    assert [(clip["startOffset"], clip["url"]) for clip in video["hasPart"]] == [
        (0, f"{BASE_URL}{PAGE}?t=0"),
        (75, f"{BASE_URL}{PAGE}?t=75"),
    ]


def test_no_title_ends_the_element(client: FlaskClient, site: Database) -> None:
    title = 'A</script><script>alert(1)</script> & "B" <!--'
    publish(site, replace(MARCH, title=title))
    assert said(client)["name"] == title
    assert "alert(1)</script>" not in client.get(PAGE).text
