"""The code of a cycle's feed; what cameras read in it, tests/e2e/test_calendar_menus.py shows."""

import gzip
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from tests.support import APRIL, BASE_URL, MARCH, NOW, counted_queries, plan_of, published
from tests.web.support import read
from webinars.db import Database
from webinars.domain import planning
from webinars.web import qr_codes

CODE = "/cycles/2019/calendar.svg"
QUIET = 4
"""Modules of margin on each side (ISO/IEC 18004 section 9.1)."""


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_it_leads_to_where_the_cycle_is_subscribed_to(
    client: FlaskClient, site: Database, prefix: str
):
    answer = client.get(prefix + CODE)

    assert answer.status_code == 200
    assert answer.mimetype == "image/svg+xml"
    assert answer.data == qr_codes.draw(f"{BASE_URL}{prefix}/cycles/2019#subscribe")
    assert "Set-Cookie" not in answer.headers


def test_it_is_black_on_white_with_its_margin(client: FlaskClient, site: Database):
    picture = ET.fromstring(client.get(CODE).data)
    svg = "{http://www.w3.org/2000/svg}"
    ground, drawing = picture
    assert (ground.tag, ground.attrib["fill"]) == (f"{svg}rect", "white")
    assert (drawing.tag, drawing.attrib["fill"]) == (f"{svg}path", "#000000")
    side = int(picture.attrib["viewBox"].split()[2])
    squares = [square.split(",") for square in drawing.attrib["d"].replace("M", "z").split("z")]
    across = [int(square[0]) for square in squares if len(square) > 1]
    assert min(across) == QUIET
    assert max(across) == side - QUIET - 1


def test_it_is_kept_by_who_has_it(client: FlaskClient, site: Database):
    first = client.get(CODE)
    assert first.headers["Cache-Control"] == "public, max-age=86400"
    again = client.get(CODE, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(CODE + "?x=%00").data == first.data
    assert client.head(CODE).headers["ETag"] == first.headers["ETag"]
    packed = client.get(CODE, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == first.data


def test_it_costs_one_query(client: FlaskClient, site: Database):
    with counted_queries(site) as queries:
        client.get(CODE)
    assert len(queries) == 1


@pytest.mark.parametrize("cycle", ["2018", "2019.svg", "%00", "..%2f2019"])
def test_no_code_of_what_is_not_there(client: FlaskClient, site: Database, cycle: str):
    assert client.get(f"/cycles/{cycle}/calendar.svg").status_code == 404


def test_no_code_of_a_draft(client: FlaskClient, database: Database, now):
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH), now=NOW)
    assert client.get(CODE).status_code == 404


def test_a_webinar_may_be_called_so(client: FlaskClient, database: Database, now):
    with database.write() as session:
        published(session, plan_of(replace(MARCH, slug="calendar-svg"), APRIL))
    assert client.get("/cycles/2019/calendar-svg").mimetype == "text/html"
    assert client.get(CODE).mimetype == "image/svg+xml"


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_programme_shows_it_on_screen_and_on_paper(
    client: FlaskClient, site: Database, prefix: str
):
    page = read(client.get(f"{prefix}/cycles/2019"))

    assert [image.attrs["src"] for image in page.all("img")] == [prefix + CODE] * 2
    block = page.by_id("subscribe").one("figure")
    (download,) = block.all("a")
    assert (download.attrs["href"], download.attrs["download"]) == (prefix + CODE, "2019.svg")
    assert block.one("img").attrs["alt"]
    sheet = page.one("figure", class_="code-sheet print-only")
    assert sheet.one("figcaption").text


def test_other_blocks_have_none(client: FlaskClient, site: Database):
    assert read(client.get("/")).by_id("subscribe").all("img") == []
