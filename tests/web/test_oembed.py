"""How other sites learn how to embed a page."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree.ElementTree import fromstring

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from tests.support import (
    APRIL,
    BASE_URL,
    HOST,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    plan_of,
    published,
)
from tests.web.support import PAGE, read
from tests.web.test_embeds import ODD
from webinars.db import Database
from webinars.domain import planning
from webinars.domain.plan import PlannedSession

CYCLE = "/cycles/2019"


def ask(client: FlaskClient, url: str, /, **query: object) -> Any:
    return client.get(f"/oembed?{urlencode({'url': url, **query})}")


def said(client: FlaskClient, path: str, /, **query: object) -> dict[str, Any]:
    answer = ask(client, BASE_URL + path, **query)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found: dict[str, Any] = json.loads(answer.data)
    return found


def test_a_webinar(client: FlaskClient, app: Flask, site: Database) -> None:
    found = said(client, PAGE)
    settings = app.extensions["webinars"].settings
    assert {name: found[name] for name in found if "thumbnail" not in name and name != "html"} == {
        "version": "1.0",
        "type": "rich",
        "title": MARCH.title,
        "author_name": settings.organisation,
        "provider_name": settings.site_name,
        "provider_url": BASE_URL,
        "cache_age": 300,
        "width": 600,
        "height": 320,
    }
    frame = read(Response(found["html"])).one("iframe")
    assert frame.attrs["src"] == f"{BASE_URL}{PAGE}/embed"
    assert (frame.attrs["width"], frame.attrs["height"]) == ("600", "320")
    assert frame.attrs["title"] == MARCH.title
    assert client.get(urlsplit(frame.attrs["src"]).path).status_code == 200
    assert found["thumbnail_url"].startswith(f"{BASE_URL}{PAGE}.png?v=")
    assert (found["thumbnail_width"], found["thumbnail_height"]) == (1200, 630)


def test_a_cycle(client: FlaskClient, site: Database) -> None:
    found = said(client, CYCLE)
    assert (found["title"], found["width"], found["height"]) == ("Cycle 2019", 600, 582)
    assert f'src="{BASE_URL}/cycles/2019/embed"' in found["html"]


@pytest.mark.parametrize("asked_at", ["/oembed", "/en/oembed"])
def test_the_answer_is_of_the_language_of_the_address(
    client: FlaskClient, site: Database, asked_at: str
) -> None:
    for prefix in ("", "/en"):
        query = urlencode({"url": f"{BASE_URL}{prefix}{PAGE}"})
        found = json.loads(client.get(f"{asked_at}?{query}").data)
        assert f'src="{BASE_URL}{prefix}{PAGE}/embed"' in found["html"]
        assert found["thumbnail_url"].startswith(f"{BASE_URL}{prefix}{PAGE}.png?v=")
        address = client.get(f"{prefix}{PAGE}").text
        assert found["thumbnail_url"] in address  # the picture that the page names


@pytest.mark.parametrize(
    "rest", ["", "/", "?t=90", "?utm_source=x&y=%C3%A9", "#register", "?t=1#register", "?%ff"]
)
def test_query_and_fragment_change_nothing(client: FlaskClient, site: Database, rest: str) -> None:
    assert said(client, PAGE + rest) == said(client, PAGE)


def test_an_address_may_be_written_in_several_ways(client: FlaskClient, site: Database) -> None:
    for url in (
        f"http://{HOST}{PAGE}",
        f"https://{HOST.upper()}{PAGE}",
        f"HTTPS://{HOST}{PAGE}",
        f"  {BASE_URL}{PAGE} ",
        BASE_URL + PAGE.replace("-", "%2D"),
    ):
        assert ask(client, url).status_code == 200, url


@pytest.mark.parametrize(
    ("number", "wide", "narrow"), [(0, 334, 210), (1, 458, 320), (12, 1078, 1530), (40, 1600, 1600)]
)
def test_the_height_is_that_of_the_year(
    client: FlaskClient, database: Database, now, number: int, wide: int, narrow: int
) -> None:
    days = [date(2019, 5, 1) + timedelta(days=day) for day in range(number)]
    sessions = [PlannedSession(slug=f"w-{day}", title="W", date=day) for day in days]
    with database.write() as session:
        published(session, plan_of(*sessions))
    assert said(client, CYCLE)["height"] == wide
    assert said(client, CYCLE, maxwidth=320)["height"] == narrow
    pasted = read(client.get(CYCLE)).by_id("embed-code")
    assert f'height="{wide}"' in pasted.text


def test_a_webinar_is_higher_where_it_is_narrow(client: FlaskClient, site: Database) -> None:
    assert said(client, PAGE, maxwidth=320)["height"] == 420


def test_xml(client: FlaskClient, site: Database) -> None:
    answer = ask(client, BASE_URL + PAGE, format="xml")
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    root = fromstring(answer.data)
    assert root.tag == "oembed"
    assert {child.tag: child.text for child in root} == {
        name: str(value) for name, value in said(client, PAGE, format="json").items()
    }


@pytest.mark.parametrize(
    ("query", "size", "pictured"),
    [
        ({}, (600, 582), True),
        ({"maxwidth": 320}, (320, 540), False),
        ({"maxwidth": 559}, (559, 540), False),
        ({"maxwidth": 560}, (560, 582), False),
        ({"maxheight": 200}, (600, 200), False),
        ({"maxwidth": 280, "maxheight": 100}, (280, 100), False),
        ({"maxwidth": 5000, "maxheight": 5000}, (600, 582), True),
        ({"maxwidth": 1200, "maxheight": 630}, (600, 582), True),
        ({"maxwidth": 1199}, (600, 582), False),
        ({"maxwidth": 0, "maxheight": -5}, (600, 582), True),
        ({"maxwidth": "wide", "maxheight": ""}, (600, 582), True),
        ({"maxwidth": "9" * 60}, (600, 582), True),
    ],
)
def test_it_is_never_larger_than_what_is_asked(
    client: FlaskClient, site: Database, query: dict[str, object], size: Any, pictured: bool
) -> None:
    found = said(client, CYCLE, **query)
    assert (found["width"], found["height"]) == size
    assert f'width="{size[0]}" height="{size[1]}"' in found["html"]
    assert ("thumbnail_url" in found) is pictured


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/cycles/2019",
        f"https://{HOST}.evil.example/cycles/2019",
        f"https://evil.example@{HOST}:8443/cycles/2019",
        f"https://{HOST}:8443/cycles/2019",
        f"ftp://{HOST}/cycles/2019",
        "javascript:alert(1)",
        f"//{HOST}/cycles/2019",
        "/cycles/2019",
        "2019",
        "https://[::1/cycles/2019",
        f"https://{HOST}:port/cycles/2019",
        BASE_URL,
        f"{BASE_URL}/",
        f"{BASE_URL}/en",
        f"{BASE_URL}/replays",
        f"{BASE_URL}/organise/",
        f"{BASE_URL}/cycles/2020",
        f"{BASE_URL}/cycles/draft",
        f"{BASE_URL}/cycles/2019/no-such",
        f"{BASE_URL}/cycles/2019/calendar.ics",
        f"{BASE_URL}/cycles/2019/register",
        f"{BASE_URL}{PAGE}/embed",
        f"{BASE_URL}{PAGE}/join",
        f"{BASE_URL}/english{PAGE}",
        f"{BASE_URL}/cycles//2019",
        f"{BASE_URL}/cycles/2019%00",
        f"{BASE_URL}/cycles/%ff",
    ],
)
def test_what_is_not_ours_is_404(client: FlaskClient, site: Database, url: str) -> None:
    with site.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH, slug="draft"), now=NOW)
    for kind in ("json", "xml"):
        assert ask(client, url, format=kind).status_code == 404


def test_wrong_questions(client: FlaskClient, site: Database) -> None:
    for kind in ("yaml", "", "JSON", "xml2"):
        answer = ask(client, BASE_URL + PAGE, format=kind)
        assert answer.status_code == 501
        assert "format=json" in read(answer).one("main").text
    assert client.get("/oembed").status_code == 400
    assert client.get("/oembed?url=").status_code == 400
    assert client.post("/oembed").status_code == 405


def test_any_title(client: FlaskClient, site: Database) -> None:
    with site.write() as session:
        published(session, plan_of(replace(MARCH, title=ODD), APRIL, MAY))
    found = said(client, PAGE)
    assert found["title"] == ODD
    assert read(Response(found["html"])).one("iframe").attrs["title"] == ODD
    assert "<script" not in found["html"]
    root = fromstring(ask(client, BASE_URL + PAGE, format="xml").data)
    assert root.findtext("title") == ODD


def test_headers(client: FlaskClient, site: Database) -> None:
    answer = ask(client, BASE_URL + PAGE)
    assert answer.headers["Cache-Control"] == f"public, max-age={answer.json['cache_age']}"
    assert "Set-Cookie" not in answer.headers
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_who_has_the_answer_is_told_so(client: FlaskClient, site: Database) -> None:
    def again(tag: str) -> Any:
        query = urlencode({"url": BASE_URL + PAGE})
        return client.get(f"/oembed?{query}", headers={"If-None-Match": tag})

    tag = ask(client, BASE_URL + PAGE).headers["ETag"]
    assert tag.startswith('"')
    unchanged = again(tag)
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert unchanged.headers["Cache-Control"] == "public, max-age=300"
    with site.write() as session:
        published(session, plan_of(replace(MARCH, title="Autre"), APRIL, MAY))
    assert again(tag).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("page", [PAGE, CYCLE])
def test_pages_lead_to_it(client: FlaskClient, site: Database, page: str, prefix: str) -> None:
    found = read(client.get(f"{prefix}{page}?t=3"))
    for kind, mimetype in (("json", "application/json"), ("xml", "text/xml")):
        (link,) = found.all("link", type=f"{mimetype}+oembed")
        assert link.attrs["rel"] == "alternate"
        parts = urlsplit(link.attrs["href"])
        assert re.fullmatch(r"[\w.%&=-]+", parts.query)
        assert parse_qs(parts.query) == {"url": [f"{BASE_URL}{prefix}{page}"], "format": [kind]}
        answer = client.get(f"{parts.path}?{parts.query}")
        assert (answer.status_code, answer.mimetype) == (200, mimetype)


@pytest.mark.parametrize("number", [1, 12])
def test_queries_do_not_grow(client: FlaskClient, database: Database, now, number: int) -> None:
    sessions = [
        PlannedSession(slug=f"w-{day}", title=f"W {day}", date=date(2019, 5, day + 1))
        for day in range(number)
    ]
    with database.write() as session:
        published(session, plan_of(*sessions))
    for path in (CYCLE, f"{CYCLE}/w-0"):
        with counted_queries(database) as queries:
            said(client, path)
        assert len(queries) == 2
