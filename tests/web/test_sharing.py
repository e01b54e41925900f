"""Pictures of links that are shared, and how pages name them."""

import io
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from PIL import Image

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
from tests.web.support import END, OPENS, PAGE, START, read, words
from webinars.db import Database
from webinars.domain import planning, programme, replays
from webinars.domain.plan import PlannedSession
from webinars.domain.replays import Video
from webinars.models import Webinar, WebinarStatus
from webinars.web.sharing import webinar_picture

PICTURES = ("/picture.png", "/cycles/2019.png", f"{PAGE}.png")
EVERY = (*PICTURES, *(f"/en{address}" for address in PICTURES))
SHOWN_BY = {"/": "/picture.png", "/cycles/2019": "/cycles/2019.png", PAGE: f"{PAGE}.png"}


def tags(client: FlaskClient, address: str) -> dict[str, str]:
    """What a page tells programs that show links to it."""
    found = {}
    for meta in read(client.get(address)).all("meta"):
        name = meta.attrs.get("property", meta.attrs.get("name", ""))
        if name.startswith(("og:", "twitter:")):
            assert name not in found, name
            found[name] = meta.attrs["content"]
    return found


def picture(client: FlaskClient, address: str = PAGE) -> str:
    return tags(client, address)["og:image"]


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("address", sorted(SHOWN_BY))
def test_what_a_page_says_of_its_picture(
    client: FlaskClient, site: Database, address: str, prefix: str
) -> None:
    found = tags(client, prefix + address)
    expected = f"{BASE_URL}{prefix}{SHOWN_BY[address]}?v="
    assert found["og:image"].startswith(expected)
    assert len(found["og:image"]) == len(expected) + 10
    assert (found["og:image:width"], found["og:image:height"]) == ("1200", "630")
    assert found["og:image:alt"]
    assert found["og:type"] == "website"
    assert found["twitter:card"] == "summary_large_image"
    locales = [found["og:locale"], found["og:locale:alternate"]]
    assert locales == (["en_US", "fr_FR"] if prefix else ["fr_FR", "en_US"])
    parts = urlsplit(found["og:image"])
    answer = client.get(f"{parts.path}?{parts.query}")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert Image.open(io.BytesIO(answer.data)).size == (1200, 630)


@pytest.mark.parametrize(
    ("address", "title", "when", "what"),
    [
        (
            "/cycles/2019",
            "Cycle 2019",
            "3 webinaires, le troisième jeudi de chaque mois.",
            "Gratuits, chacun avec son replay et ses ressources.",
        ),
        (
            "/en/cycles/2019",
            "Cycle 2019",
            "3 webinars, third Thursday of each month.",
            "Free, each with its replay and its resources.",
        ),
        (
            PAGE,
            MARCH.title,
            "Jeudi 21 mars 2019, 13\xa0h – 14\xa0h\xa030.",
            "Gratuit, avec son replay et ses ressources.",
        ),
        (
            f"/en{PAGE}",
            MARCH.title,
            "Thursday, March 21, 2019, 1\xa0pm – 2:30\xa0pm.",
            "Free, with its replay and its resources.",
        ),
    ],
)
def test_what_stands_with_a_link(
    client: FlaskClient, site: Database, address: str, title: str, when: str, what: str
) -> None:
    found = tags(client, address)
    assert (found["og:title"], found["og:description"]) == (title, f"{when} {what}")


def test_a_link_says_why_and_whether_it_takes_place(client: FlaskClient, site: Database) -> None:
    publish(site, replace(MARCH, status=WebinarStatus.CANCELLED), APRIL, MAY)
    with site.write() as session:
        session.execute(sa.update(Webinar).values(why="Pour choisir."))
    assert tags(client, f"/en{PAGE}")["og:description"] == (
        "This webinar is cancelled. Thursday, March 21, 2019, 1\xa0pm – 2:30\xa0pm. Pour choisir."
    )


def test_the_name_of_the_site_stands_once(client: FlaskClient, make_app, site: Database) -> None:
    app = make_app(site_name="Vous & “nous” – ici")
    visitor = app.test_client()
    for address, title in (
        ("/", "Vous & “nous” – ici"),
        ("/replays", "Replays"),
        ("/cycles/2019", "Cycle 2019"),
        (PAGE, MARCH.title),
    ):
        found = tags(visitor, address)
        assert (found["og:site_name"], found["og:title"]) == ("Vous & “nous” – ici", title)
        assert read(visitor.get(address)).one("title").text.endswith("Vous & “nous” – ici")


def test_a_page_without_a_picture_of_its_own_has_that_of_the_site(
    client: FlaskClient, site: Database
) -> None:
    for address in ("/replays", "/resources", "/no-such", "/cycles/2019/register", "/your-data"):
        assert picture(client, address) == picture(client, "/")
    assert picture(client, "/en/replays") == picture(client, "/en/")


def test_the_picture_in_words(client: FlaskClient, app: Flask, site: Database) -> None:
    assert tags(client, PAGE)["og:image:alt"] == f"jeudi 21 mars 2019 – {MARCH.title}"
    assert tags(client, f"/en{PAGE}")["og:image:alt"] == f"Thursday, March 21, 2019 – {MARCH.title}"
    publish(site, replace(MARCH, status=WebinarStatus.CANCELLED), APRIL, MAY)
    alt = tags(client, PAGE)["og:image:alt"]
    assert alt == f"{words(app, 'Cancelled')} – jeudi 21 mars 2019 – {MARCH.title}"


def test_its_address_changes_with_what_is_drawn_and_with_nothing_else(
    client: FlaskClient, site: Database, at
) -> None:
    seen = [picture(client)]

    def again(*sessions: PlannedSession) -> bool:
        publish(site, *sessions)
        seen.append(picture(client))
        return seen[-1] != seen[-2]

    assert again(replace(MARCH, title="Autre"), APRIL, MAY)
    assert again(replace(MARCH, date=date(2019, 3, 28)), APRIL, MAY)
    assert again(replace(MARCH, exception_of=date(2019, 3, 14)), APRIL, MAY)
    assert again(replace(MARCH, status=WebinarStatus.CANCELLED), APRIL, MAY)
    assert again(MARCH, APRIL, MAY)
    assert seen[-1] == seen[0]
    assert again(MARCH, replace(APRIL, date=date(2019, 4, 11)), MAY)  # a cell of the ribbon
    assert again(MARCH, APRIL, MAY)
    assert not again(MARCH, replace(APRIL, title="Autre"), MAY)
    assert not again(replace(MARCH, join_url="https://salle.example.org/2"), APRIL, MAY)
    before = picture(client)
    for instant in (NOW, OPENS, START, END, END + timedelta(days=400)):
        at(instant)
        assert picture(client) == before  # what changes by itself is not drawn


def test_a_replay_has_a_picture_of_its_own_once_it_is_over(
    client: FlaskClient, site: Database, at
) -> None:
    plain, body = picture(client), client.get(f"{PAGE}.png").data
    with site.write() as session:
        video = Video("https://video.example.org/v", 60)
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=MARCH.slug, video=video, now=NOW
        )
    assert picture(client) == plain
    at(END)
    assert picture(client) != plain
    assert client.get(f"{PAGE}.png").data != body


def test_headers(client: FlaskClient, site: Database) -> None:
    for address in EVERY:
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (200, "image/png")
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert "Set-Cookie" not in answer.headers
        assert "Content-Encoding" not in answer.headers
        tag = answer.headers["ETag"]
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
        head = client.head(address)
        assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", tag)
        assert client.post(address).status_code == 405


def test_each_language_has_its_own(client: FlaskClient, site: Database) -> None:
    for address in PICTURES:
        assert client.get(address).data != client.get(f"/en{address}").data


def test_every_process_draws_the_same(make_app, site: Database) -> None:
    one, other = (make_app().test_client() for _ in range(2))
    for address in PICTURES:
        assert one.get(address).data == other.get(address).data


def test_a_publication_is_seen_at_once(client: FlaskClient, site: Database) -> None:
    before = {address: client.get(address).data for address in EVERY}
    publish(site, replace(MARCH, date=date(2019, 3, 14)), APRIL, MAY)
    for address, body in before.items():
        assert (client.get(address).data == body) is address.endswith("/picture.png")


def test_nobody_can_make_up_addresses(client: FlaskClient, app: Flask, site: Database) -> None:
    with site.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH, slug="draft"), now=NOW)
    for address in (
        "/cycles/no-such.png",
        "/cycles/2019/no-such.png",
        "/cycles/2019/no-such.png?v=1",
        "/cycles/draft.png",
        f"/cycles/draft/{MARCH.slug}.png",
        "/cycles/.png",
        "/cycles/2019/.png",
        "/cycles/2019/a%00b.png",
        "/themes/x.png",
    ):
        assert client.get(address).status_code == 404, address
    assert len(app.extensions["webinars.pages"]._pages) == 0
    first = client.get(f"{PAGE}.png")
    for query in ("?v=made-up", "?v=1&w=100", "?%ff"):
        assert client.get(f"{PAGE}.png{query}").data == first.data
    assert len(app.extensions["webinars.pages"]._pages) == 1


@pytest.mark.parametrize("number", [1, 12])
def test_a_picture_takes_a_fixed_number_of_queries(
    client: FlaskClient, database: Database, now, number: int
) -> None:
    sessions = [
        PlannedSession(slug=f"w-{day}", title=f"W {day}", date=date(2019, 5, day + 1))
        for day in range(number)
    ]
    publish(database, *sessions)
    for address, cold in (
        ("/cycles/2019.png", 4),
        ("/cycles/2019/w-0.png", 4),
        ("/picture.png", 2),
    ):
        with counted_queries(database) as queries:
            assert client.get(address).status_code == 200
        assert len(queries) == cold
        with counted_queries(database) as queries:
            assert client.get(address).status_code == 200
        assert len(queries) == 1


def test_the_first_of_a_month_is_an_ordinal_in_french(
    client: FlaskClient, app: Flask, database: Database, now
) -> None:
    publish(database, replace(APRIL, date=date(2019, 4, 1)))
    with database.read() as session, app.test_request_context():
        moment = app.extensions["webinars"].moment()
        view = programme.programme(session, cycle_slug="2019", moment=moment)
        for language, expected in (("fr", "er"), ("en", "")):
            with force_locale(language):
                drawn = webinar_picture(view.webinars[0], view)
            assert (drawn.hero, drawn.raised) == ("1", expected)


def test_odd_cycles_have_pictures(client: FlaskClient, database: Database, now) -> None:
    publish(database)
    assert client.get("/cycles/2019.png").status_code == 200
    many = [
        PlannedSession(slug=f"w-{day}", title="🎉", date=date(2019, 1, 1) + timedelta(days=day))
        for day in range(200)
    ]
    publish(database, *many)
    for address in ("/cycles/2019.png", "/cycles/2019/w-100.png", "/en/cycles/2019/w-199.png"):
        assert client.get(address).status_code == 200
