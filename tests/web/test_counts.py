"""The organisers' screens of what was counted: none, one, three; periods, pictures and files."""

import csv
import io
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook

from tests.support import APRIL, MARCH, counted_queries, load_library
from tests.web.desk import sign_in
from tests.web.support import Element, read
from webinars.db import Database
from webinars.domain import counting, replays
from webinars.domain.counting import Counted, Opened, OpenedFrom, Played, Viewed
from webinars.models import Chapter, Place, Replay, Resource

AFTER = datetime.fromisoformat("2019-05-30T09:00:00+00:00")
TODAY = date(2019, 5, 30)
A_DAY = timedelta(days=1)
MIDNIGHT = datetime.fromisoformat("2019-05-29T00:00:00")
PAGE = "/organise/counts"
OF_MARCH = f"/organise/cycles/2019/webinars/{MARCH.slug}/counts"


@pytest.fixture
def desk(organiser: FlaskClient, site: Database, at) -> FlaskClient:
    """Dominique at the desk; March and April have replays of 150 seconds, in two chapters."""
    at(AFTER)
    with site.write() as session:
        load_library(session, "themes.toml", "resources.toml")
        for webinar in (MARCH, APRIL):
            replays.put_online(
                session,
                cycle_slug="2019",
                webinar_slug=webinar.slug,
                video=replays.Video(url="https://video.example.org/1.mp4", duration=150),
                now=AFTER,
            )
        for replay in session.scalars(sa.select(Replay)):
            replay.chapters = [
                Chapter(starts_at=0, title="Ouverture"),
                Chapter(starts_at=70, title="=Échanges"),
            ]
    assert sign_in(organiser).status_code == 302
    return organiser


def add(database: Database, number: int = 1, day: date = TODAY) -> None:
    """So many replays and resources were each played and opened once, on a day."""
    counts: dict[Counted, int] = {}
    with database.write() as session:
        played = session.scalars(sa.select(Replay.id).order_by(Replay.id)).all()
        opened = session.scalars(
            sa.select(Resource.id).where(Resource.url.is_not(None)).order_by(Resource.id)
        ).all()
        for replay in played[:number]:
            counts |= {Viewed(replay, day): 2, Played(replay, day, 1): 1}
        for resource in opened[:number]:
            counts |= {
                Opened(resource, day, Place.REPLAY): 1,
                OpenedFrom(played[0], resource, day): 1,
            }
        counting.add(session, counts=counts)


def tallies(page: Element) -> list[str]:
    return [one.text for one in page.one("dl", class_="tallies count-tallies").all("dd")]


def titles(page: Element) -> list[str]:
    return [heading.text for heading in page.one("main").all("h2")]


def csv_rows(client: FlaskClient, address: str) -> list[list[str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_while_nothing_was_counted_the_pages_say_what_will_be_there(desk: FlaskClient) -> None:
    page = read(desk.get(PAGE))
    assert titles(page) == ["Rien n’a encore été compté", "Comment lire cette page"]
    assert page.all("svg", role="img") == []
    assert "Dès que quelqu’un le lit" in read(desk.get(OF_MARCH)).text
    may = read(desk.get(OF_MARCH.replace(MARCH.slug, "definir-sa-strategie")))
    assert "Son replay n’est pas en ligne." in may.text
    assert desk.get(OF_MARCH.replace(MARCH.slug, "nothing")).status_code == 404


def test_one_and_three_are_lines_of_tables_and_bars_of_pictures(
    desk: FlaskClient, site: Database
) -> None:
    add(site)
    page = read(desk.get(PAGE))
    assert titles(page) == ["Vues par jour", "Replays", "Ressources", "Comment lire cette page"]
    assert tallies(page) == ["2", "1", "1"]
    pictures = page.all("svg", role="img")
    assert [len(one.all("rect", class_="picture__bar")) for one in pictures] == [1, 1]
    assert {one.one("rect", class_="picture__bar").text for one in pictures} == {
        "30 mai 2019 : 2 vues"
    }
    assert page.links(OF_MARCH) == [OF_MARCH]
    add(site, 3, TODAY - 40 * A_DAY)
    assert tallies(read(desk.get(PAGE))) == ["2", "1", "1"]
    page = read(desk.get(f"{PAGE}?period=90"))
    assert tallies(page) == ["6", "3", "4"]
    assert [len(table.all("tr")) - 1 for table in page.all("table")] == [41, 2, 3]
    assert page.links(OF_MARCH) == [f"{OF_MARCH}?period=90"]


def test_a_replay_has_its_curve_with_chapters(desk: FlaskClient, site: Database) -> None:
    add(site)
    page = read(desk.get(OF_MARCH))
    assert titles(page) == [
        "Vues par jour",
        "Minute par minute",
        "Ressources ouvertes depuis sa page",
        "Comment lire cette page",
    ]
    assert tallies(page) == ["2", "1", "1"]
    assert [one.text for one in page.one("ol", class_="count-chapters").all("li")] == [
        "00:00 Ouverture",
        "01:10 =Échanges",
    ]
    minutes = page.all("table")[1]
    assert [row.text.split() for row in minutes.all("tr")[1:]] == [
        ["00:00", "0", "Ouverture"],
        ["01:00", "1", "Ouverture"],
        ["02:00", "0", "=Échanges"],
    ]
    assert page.links(f"{OF_MARCH.removesuffix('counts')}replay") != []
    edit = read(desk.get(f"{OF_MARCH.removesuffix('counts')}replay"))
    assert edit.links(OF_MARCH) == [OF_MARCH]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "https://tube.example.org/w/kkGMgK9ZtnKfYAgnEtQxbv",
            "La vidéo est lue par le lecteur de tube.example.org",
        ),
        ("https://elsewhere.example.org/watch?v=1", "La vidéo s’ouvre sur elsewhere.example.org"),
    ],
)
def test_of_other_hosts_it_says_what_is_not_known(
    desk: FlaskClient, site: Database, url: str, said: str
) -> None:
    add(site)
    with site.write() as session:
        session.execute(sa.update(Replay).values(video_url=url))
        session.execute(sa.text("DELETE FROM replay_minutes"))
    assert said in read(desk.get(OF_MARCH)).text


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("?from=2019-05-01&to=2019-05-20", []),
        ("?from=2019-05-30", []),
        ("?to=2018-01-01", []),
        ("?from=0000-00-00&to=x", ["from", "to"]),
        ("?from=2019-05-20&to=2019-05-01", ["to"]),
        ("?period=nothing", []),
    ],
)
def test_days_of_ones_own(desk: FlaskClient, site: Database, query: str, errors: list[str]) -> None:
    add(site, 3, TODAY - 12 * A_DAY)
    answer = desk.get(PAGE + query)
    assert answer.status_code == (422 if errors else 200)
    page = read(answer).one("main")
    wrong = [one.attrs["name"] for one in page.all("input", **{"aria-invalid": "true"})]
    assert wrong == errors
    files = desk.get(f"{PAGE}/days.csv{query}")
    assert files.status_code == (400 if errors else 200)


def test_every_table_is_a_file(desk: FlaskClient, site: Database) -> None:
    add(site, 1, TODAY - A_DAY)
    add(site)
    days = ["2019-05-29", "2", "1", "1"], ["2019-05-30", "2", "1", "1"]
    heads = ["Jour", "Vues", "Minutes vues", "Ressources ouvertes"]
    assert csv_rows(desk, f"{PAGE}/days.csv") == [heads, *days]
    assert csv_rows(desk, f"{OF_MARCH}/days.csv?period=all") == [heads, *days]
    assert csv_rows(desk, f"{PAGE}/replays.csv")[1:] == [
        ["2019", MARCH.title, MARCH.slug, "4", "2", "2"]
    ]
    assert [row[2:] for row in csv_rows(desk, f"{PAGE}/resources.csv")[1:]] == [
        ["2", "2", "0", "0"]
    ]
    assert csv_rows(desk, f"{OF_MARCH}/minutes.csv")[1:] == [
        ["00:00", "0", "Ouverture"],
        ["01:00", "2", "Ouverture"],
        ["02:00", "0", "'=Échanges"],
    ]
    assert [row[2:] for row in csv_rows(desk, f"{OF_MARCH}/resources.csv")[1:]] == [["2"]]
    sheet = load_workbook(io.BytesIO(desk.get(f"{PAGE}/days.xlsx").data)).active
    assert sheet is not None
    assert [[cell.value for cell in row] for row in sheet][1] == [MIDNIGHT, 2, 1, 1]
    for address in (f"{PAGE}/minutes.csv", f"{PAGE}/x.xlsx", f"{OF_MARCH}/replays.csv"):
        assert desk.get(address).status_code == 404


def test_they_are_the_organisers(client: FlaskClient, site: Database) -> None:
    for address in (PAGE, OF_MARCH, f"{PAGE}/days.csv", f"{OF_MARCH}/minutes.xlsx"):
        assert client.get(address).status_code == 302


def test_the_pages_take_a_fixed_number_of_queries(desk: FlaskClient, site: Database) -> None:
    taken: list[list[int]] = []
    for number in (0, 1, 3):
        add(site, number)
        taken.append([])
        for address in (PAGE, OF_MARCH):
            with counted_queries(site) as queries:
                desk.get(address)
            taken[-1].append(len(queries))
    assert taken == [taken[0]] * 3
