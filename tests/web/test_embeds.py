"""Programmes inside pages of other sites."""

import re
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from tests.support import (
    APRIL,
    BASE_URL,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    plan_of,
    publish,
)
from tests.web.support import END, OPENS, PAGE, Element, read, words
from webinars.db import Database
from webinars.domain import planning, replays
from webinars.domain.errors import WrongValue
from webinars.domain.fields import slug
from webinars.domain.plan import PlannedSession
from webinars.domain.replays import Video
from webinars.models import WebinarStatus

FRAMES = ("/embed", "/cycles/2019/embed", f"{PAGE}/embed")


def titles(page: Element, level: str = "h3") -> list[str]:
    return [heading.all("a")[0].content[0].strip() for heading in page.all(level)]  # type: ignore[union-attr]


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("address", FRAMES)
def test_it_may_be_framed_by_anybody_and_runs_nothing(
    client: FlaskClient, site: Database, address: str, prefix: str
) -> None:
    client.set_cookie("webinars_desk", "anything")
    answer = client.get(prefix + address)
    assert answer.status_code == 200
    policy = dict(
        part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["frame-ancestors"] == "*"
    for name in ("default-src", "script-src", "connect-src", "frame-src", "form-action"):
        assert policy[name] == "'none'", name
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "public, no-cache"
    tag = answer.headers["ETag"]
    unchanged = client.get(prefix + address, headers={"If-None-Match": tag})
    assert unchanged.status_code == 304
    page = read(answer)
    assert page.all("script", "form", "iframe", "img") == []
    assert page.one("html").attrs["lang"] == ("en" if prefix else "fr")
    links = page.all("a")
    assert links
    for link in links:
        assert link.attrs["target"] == "_blank"
        assert link.attrs["rel"] == "noopener"
        assert re.match(r"(https|webcal)://webinaires\.example\.org/", link.attrs["href"])
    canonical = page.one("link", rel="canonical").attrs["href"]
    assert canonical == BASE_URL + prefix + (address.removesuffix("/embed") or "/")


def test_only_frames_may_be_framed(client: FlaskClient, site: Database) -> None:
    for address in (
        "/",
        "/cycles/2019",
        PAGE,
        "/cycles/2019/x/embed",
        "/cycles/x/embed",
        "/oembed",
    ):
        policy = client.get(address).headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, address


def test_a_programme_begins_with_what_is_to_come(
    client: FlaskClient, app: Flask, site: Database, at
) -> None:
    page = read(client.get("/cycles/2019/embed"))
    assert page.one("h1").text.startswith("Cycle 2019")
    assert titles(page) == [MARCH.title, APRIL.title, MAY.title]
    assert [h.text for h in page.all("h2")] == [words(app, "To come")]
    at(END.replace(month=4, day=20))
    page = read(client.get("/cycles/2019/embed"))
    assert [h.text for h in page.all("h2")] == [words(app, "To come"), words(app, "Past webinars")]
    assert titles(page) == [MAY.title, APRIL.title, MARCH.title]
    assert page.links(f"{BASE_URL}/cycles/2019/") == [
        f"{BASE_URL}/cycles/2019/{planned.slug}" for planned in (MAY, APRIL, MARCH)
    ]


def test_states_are_said_in_words(client: FlaskClient, app: Flask, site: Database) -> None:
    moved = replace(APRIL, date=date(2019, 4, 25), exception_of=date(2019, 4, 18), reason="Fête")
    publish(site, replace(MARCH, status=WebinarStatus.CANCELLED), moved, MAY)
    text = read(client.get("/cycles/2019/embed")).one("main").text
    assert words(app, "Cancelled") in text
    said = words(app, "Moved from %(date)s: %(reason)s", date="18 avril 2019", reason="Fête")
    assert said in text
    one = read(client.get(f"/cycles/2019/{APRIL.slug}/embed")).one("main").text
    assert said in one
    assert words(app, "Register") in one
    assert words(app, "Register") not in read(client.get(f"{PAGE}/embed")).one("main").text


def test_one_webinar_in_its_three_lives(
    client: FlaskClient, app: Flask, site: Database, at
) -> None:
    with site.write() as session:
        video = Video("https://video.example.org/v", 60)
        march = {"cycle_slug": "2019", "webinar_slug": MARCH.slug, "now": END}
        replays.put_online(session, video=video, **march)  # type: ignore[arg-type]
    seen = []
    for instant in (NOW, OPENS, END):
        at(instant)
        (button,) = read(client.get(f"{PAGE}/embed")).all("a", class_="button button--small")
        seen.append(button.text.removesuffix(words(app, "(opens in a new tab)")).strip())
    assert seen == [words(app, text) for text in ("Register", "Join", "Watch the replay")]


def test_the_next_ones_of_all_cycles(client: FlaskClient, app: Flask, database, now) -> None:
    empty = read(client.get("/embed"))
    assert words(app, "The dates are being chosen") in empty.text
    publish(database, MARCH, MAY)
    publish(database, replace(APRIL, title="Ailleurs"), slug="autre", title="Autre cycle")
    assert titles(read(client.get("/embed"))) == [MARCH.title, "Ailleurs", MAY.title]


def test_a_cycle_without_webinars(client: FlaskClient, app: Flask, database, now) -> None:
    publish(database)
    page = read(client.get("/cycles/2019/embed"))
    assert words(app, "The dates are being chosen") in page.text
    assert page.all("ol") == []


def test_the_room_and_people_stand_in_no_frame(client: FlaskClient, alice: Database, at) -> None:
    for instant in (NOW, OPENS, END):
        at(instant)
        for address in FRAMES:
            body = client.get(address).data
            assert b"salle.example.org" not in body
            assert b"alice" not in body.lower()


def test_what_is_not_public_is_404(client: FlaskClient, site: Database) -> None:
    with site.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH, slug="draft"), now=NOW)
    for address in ("draft", "no-such", "2019/no-such", f"draft/{MARCH.slug}", "2019/a%00b"):
        assert client.get(f"/cycles/{address}/embed").status_code == 404
    assert client.post("/embed").status_code == 405


def test_no_webinar_can_take_the_address_of_the_frame() -> None:
    with pytest.raises(WrongValue, match="address of the product itself"):
        slug("embed")


@pytest.mark.parametrize("number", [1, 12])
def test_queries_do_not_grow(client: FlaskClient, database: Database, now, number: int) -> None:
    sessions = [
        PlannedSession(slug=f"w-{day}", title=f"W {day}", date=date(2019, 5, day + 1))
        for day in range(number)
    ]
    publish(database, *sessions)
    for address in ("/embed", "/cycles/2019/embed", "/cycles/2019/w-0/embed"):
        with counted_queries(database) as queries:
            assert client.get(address).status_code == 200
        assert len(queries) == 4
        with counted_queries(database) as queries:
            client.get(address)
        assert len(queries) == 1


ODD = "A \"B\" </textarea><script>alert(1)</script> & 'C'"


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_programme_offers_the_lines_to_paste(
    client: FlaskClient, database: Database, now, prefix: str
) -> None:
    publish(database, MARCH, title=ODD)
    answer = client.get(f"{prefix}/cycles/2019")
    assert "<script>alert" not in answer.text
    page = read(answer)
    field = page.by_id("embed-code")
    assert "readonly" in field.attrs
    assert page.one("label", for_="embed-code")
    assert page.one("button", **{"data-copy": "embed-code"}).attrs["type"] == "button"
    (inner,) = field.content
    assert isinstance(inner, str)
    frame = read_html(inner).one("iframe")
    assert frame.attrs["src"] == f"{BASE_URL}{prefix}/cycles/2019/embed"
    assert frame.attrs["title"] == ODD
    assert (frame.attrs["width"], frame.attrs["loading"]) == ("100%", "lazy")


def read_html(text: str) -> Element:
    return read(Response(text))
