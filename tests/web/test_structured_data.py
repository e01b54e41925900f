"""What the permanent page tells programs, in the words of schema.org."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.atom import read_atom
from tests.domain.reminding import END
from tests.support import APRIL, BASE_URL, MARCH, MAY, plan_of, published
from webinars.db import Database
from webinars.domain import replays
from webinars.domain.plan import PlannedSession
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
    assert event["superEvent"] == {
        "@type": "EventSeries",
        "name": "Cycle 2019",
        "url": f"{BASE_URL}/cycles/2019",
        "startDate": "2019-03-21T13:00:00+01:00",
        "endDate": "2019-05-16T14:30:00+02:00",
    }
    assert event["image"].startswith(f"{BASE_URL}{PAGE}.png?v=")
    assert "previousStartDate" not in event
    assert "recordedIn" not in event
    assert said(client, f"/en{PAGE}")["url"] == f"{BASE_URL}/en{PAGE}"


def test_without_who_runs_it_programs_are_told_the_name_of_the_site(
    make_app: Callable[..., Flask], site: Database
) -> None:
    client = make_app(organisation="", site_name="Été").test_client()
    assert said(client)["organizer"]["name"] == "Été"
    assert read_atom(client.get("/announcements.atom").data).author == "Été"
    embedded = client.get("/oembed", query_string={"url": f"{BASE_URL}{PAGE}"}).json
    assert embedded is not None
    assert embedded["author_name"] == "Été"
    assert "ORGANIZER;CN=Été:mailto:" in client.get(f"{PAGE}.ics").text


def test_moved_and_cancelled(client: FlaskClient, site: Database) -> None:
    publish(site, replace(MARCH, date=date(2019, 4, 4)))
    event = said(client)
    assert event["eventStatus"] == f"{SCHEMA}EventRescheduled"
    assert event["startDate"] == "2019-04-04T13:00:00+02:00"
    assert event["previousStartDate"] == "2019-03-21T13:00:00+01:00"
    publish(site, replace(MARCH, date=date(2019, 4, 4), status=WebinarStatus.CANCELLED))
    assert said(client)["eventStatus"] == f"{SCHEMA}EventCancelled"


def test_moved_back_is_as_it_was_first_planned(client: FlaskClient, site: Database) -> None:
    away = date(2019, 4, 4)
    for day in (away, MARCH.date, away, date(2019, 3, 28)):
        publish(site, replace(MARCH, date=day))
        event = said(client)
        assert event["startDate"][:10] == day.isoformat()
        moved = day != MARCH.date
        assert event["eventStatus"] == SCHEMA + ("EventRescheduled" if moved else "EventScheduled")
        assert ("previousStartDate" in event) is moved
    assert event["previousStartDate"] == "2019-04-04T13:00:00+02:00"


def test_a_year_is_from_its_first_to_its_last(client: FlaskClient, site: Database) -> None:
    def of_year(*planned: PlannedSession) -> tuple[str, str]:
        with site.write() as session:
            published(session, plan_of(*planned))
        series = said(client)["superEvent"]
        return series["startDate"], series["endDate"]

    def cancelled(planned: PlannedSession) -> PlannedSession:
        return replace(planned, status=WebinarStatus.CANCELLED)

    march, april = "2019-03-21T13:00:00+01:00", "2019-04-18T14:30:00+02:00"
    assert of_year(MARCH, APRIL, cancelled(MAY)) == (march, april)
    assert of_year(cancelled(MARCH), cancelled(APRIL), cancelled(MAY)) == (
        march,
        "2019-05-16T14:30:00+02:00",
    )


def put_online(database: Database, video: Video) -> None:
    with database.write() as session:
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=MARCH.slug, video=video, now=END
        )


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://video.example.org/v", {}),
        ("http://video.example.org/v.mp4", {}),
        ("https://video.example.org/v.mp4/watch", {}),
        (
            "https://video.example.org/a/V.MP4?x=1",
            {"contentUrl": "https://video.example.org/a/V.MP4?x=1"},
        ),
        (
            "https://youtu.be/aqz-KE-bpKQ?t=3",
            {"embedUrl": "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ"},
        ),
        (
            "https://www.youtube.com/watch?list=x&v=aqz-KE-bpKQ&t=3",
            {"embedUrl": "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ"},
        ),
        ("https://www.youtube.com/playlist?list=x", {}),
        ("https://www.youtube.com.example.org/watch?v=aqz-KE-bpKQ", {}),
        (
            "https://vimeo.com/76979871",
            {"embedUrl": "https://player.vimeo.com/video/76979871?dnt=1"},
        ),
        ("https://vimeo.com/channels/staffpicks", {}),
        ("https://www.dailymotion.com/video/x7tgad0", {}),  # the page links it, and plays it not
    ],
)
def test_where_its_video_is(
    client: FlaskClient, site: Database, at, address: str, place: dict[str, str]
) -> None:
    at(END)
    put_online(site, Video(url=address, duration=None))
    video = said(client)["recordedIn"]
    assert {name: video[name] for name in ("contentUrl", "embedUrl") if name in video} == place
    assert video["url"] == f"{BASE_URL}{PAGE}"


def test_the_video_of_the_demonstration_is_a_file_of_ours(
    client: FlaskClient, site: Database, at
) -> None:
    at(END)
    put_online(site, Video(url="demo:demonstration.webm", duration=60))
    address = said(client)["recordedIn"]["contentUrl"]
    assert address.startswith(f"{BASE_URL}/static/demo/demonstration.webm?v=")
    with client.get(address.removeprefix(BASE_URL)) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "video/webm")


@pytest.mark.parametrize(("duration", "last"), [(3600, 3600), (None, None), (75, None)])
def test_a_chapter_ends_where_the_next_begins(
    client: FlaskClient, site: Database, at, duration: int | None, last: int | None
) -> None:
    at(END)
    chapters = [(0, "Début"), (75, "Suite")]
    put_online(site, Video("https://video.example.org/v", duration, chapters))
    clips = said(client)["recordedIn"]["hasPart"]
    assert [clip.get("endOffset") for clip in clips] == [75, last]


def test_its_video(client: FlaskClient, site: Database, at) -> None:
    at(END)
    chapters = [(0, "Début"), (75, "Suite")]
    put_online(site, Video("https://video.example.org/v", 3600, chapters))
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
