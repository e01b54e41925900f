"""The desk's screen of chapters and resources, and what everybody sees of it."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import APRIL, load_2019
from tests.web.desk import sign_in
from tests.web.support import Element, read, words
from webinars.db import Database
from webinars.domain import replays
from webinars.domain.mentions import mentions_page
from webinars.domain.replays import Video

AFTER = datetime.fromisoformat("2019-05-01T09:00:00+00:00")
DESK = f"/organise/cycles/2019/webinars/{APRIL.slug}/chapter-resources"
PUBLIC = f"/cycles/2019/{APRIL.slug}"
GUIDE = "guide-construire-ensemble"
OTHER = "livre-blanc-innovation-societale"
VIDEO = Video(
    url="https://video.example.org/1",
    duration=3600,
    chapters=[(0, "Ouverture"), (754, "Les <b>freins</b> : lesquels ?")],
)


@pytest.fixture
def desk(organiser: FlaskClient, database: Database, at: Callable[[datetime], None]) -> FlaskClient:
    """The real cycle and library, with the replay of April; Dominique has signed in."""
    load_2019(database)
    with database.write() as session:
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=APRIL.slug, video=VIDEO, now=AFTER
        )
    at(AFTER)
    assert sign_in(organiser).status_code == 302
    return organiser


def chapter(database: Database, starts_at: int = 754) -> int:
    with database.read() as session:
        page = mentions_page(session, cycle_slug="2019", webinar_slug=APRIL.slug)
    return next(one.id for one in page.chapters if one.starts_at == starts_at)


def press(client: FlaskClient, action: str, page: str = DESK, **typed: str) -> Element:
    """Send a form of the page as it stands, with what was typed; the page that follows."""
    forms = [f for f in read(client.get(page)).all("form") if f.attrs["action"] == action]
    answer = client.post(action, data=forms[0].values() | typed)
    assert answer.status_code == 303, answer.status
    return read(client.get(answer.headers["Location"]))


def test_a_resource_is_put_beside_a_chapter_and_everybody_sees_it(
    desk: FlaskClient, app: Flask, database: Database
) -> None:
    page = press(desk, f"{DESK}/{chapter(database)}/link", resource=GUIDE)
    said = words(app, "The resource stands beside the chapter, on the page of the replay.")
    assert said in page.one("main").text
    public = read(desk.get(PUBLIC))
    moments = public.all("li", class_="moment")
    assert [moment.attrs["data-seconds"] for moment in moments] == ["754"]
    assert moments[0].links("?t=") == ["?t=754#player"]
    assert moments[0].links("/resources/") == [f"/resources/{GUIDE}"]
    resource = read(desk.get(f"/resources/{GUIDE}"))
    assert resource.links(f"{PUBLIC}?t=754") == [f"{PUBLIC}?t=754#player"]
    assert "12:34" in resource.text


def test_what_is_taken_away_can_be_put_back(desk: FlaskClient, database: Database) -> None:
    number = chapter(database)
    press(desk, f"{DESK}/{number}/link", resource=GUIDE)
    page = press(desk, f"{DESK}/{number}/unlink")
    assert read(desk.get(PUBLIC)).all("li", class_="moment") == []
    notice = page.one("div", class_="notice notice--done")
    back = notice.one("form")
    assert back.values()["resource"] == GUIDE
    answer = desk.post(back.attrs["action"], data=back.values())
    assert answer.status_code == 303
    assert len(read(desk.get(PUBLIC)).all("li", class_="moment")) == 1


def test_a_search_offers_what_is_of_another_theme_and_is_kept(
    desk: FlaskClient, database: Database
) -> None:
    def offered(page: Element) -> list[str]:
        options = page.by_id(f"resource-{chapter(database)}").all("option")
        return [option.attrs["value"] for option in options]

    with database.read() as session:
        hits = mentions_page(
            session, cycle_slug="2019", webinar_slug=APRIL.slug, search="modeles"
        ).hits
    assert hits
    assert hits[0].slug not in offered(read(desk.get(DESK)))
    found = f"{DESK}?q=modeles"
    assert hits[0].slug in offered(read(desk.get(found)))
    page = press(desk, f"{DESK}/{chapter(database)}/link", found, resource=hits[0].slug)
    assert page.by_id("q").attrs["value"] == "modeles"
    assert hits[0].slug not in offered(page)  # it stands there already


@pytest.mark.parametrize("resource", ["", "no-such", "\0", "<script>", "x" * 5000])
def test_no_choice_is_said_at_its_field(
    desk: FlaskClient, app: Flask, database: Database, resource: str
) -> None:
    number = chapter(database)
    action = f"{DESK}/{number}/link"
    form = read(desk.get(DESK)).form(action)
    answer = desk.post(action, data=form.values() | {"resource": resource})
    assert answer.status_code == 422
    error = read(answer).by_id(f"resource-{number}-error")
    assert error.text == words(app, "Choose a resource that the library holds.")
    assert read(desk.get(PUBLIC)).all("li", class_="moment") == []


def test_a_chapter_of_nothing_and_a_form_of_nowhere_are_refused(
    desk: FlaskClient, database: Database
) -> None:
    values = read(desk.get(DESK)).form(f"{DESK}/{chapter(database)}/link").values()
    for number in (999_999, 2**40):
        answer = desk.post(f"{DESK}/{number}/link", data=values | {"resource": GUIDE})
        assert answer.status_code == 404
    answer = desk.post(f"{DESK}/{chapter(database)}/link", data={"resource": GUIDE})
    assert answer.status_code == 400
    for address in (f"{DESK}?taken=no-such&of=1", f"{DESK}?taken={GUIDE}&of=x", f"{DESK}?q=%00"):
        assert read(desk.get(address)).all("div", class_="notice notice--done") == []


def test_without_a_replay_the_screen_says_what_will_be_there(desk: FlaskClient, app: Flask) -> None:
    page = read(desk.get(DESK.replace(APRIL.slug, "definir-sa-strategie")))
    assert words(app, "There is no chapter yet") in page.text
    assert page.all("form", class_="mention__add") == []


def test_the_form_of_the_webinar_leads_there(desk: FlaskClient) -> None:
    page = read(desk.get(f"/organise/cycles/2019/webinars/{APRIL.slug}"))
    assert page.links(DESK) == [DESK]
