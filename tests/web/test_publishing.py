"""The preview of a publication on the screen, and the publication."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    CHARLIE,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    load_library,
    plan_of,
    published,
    register,
)
from tests.web.desk import EMAIL, sign_in
from tests.web.support import Element, read, words
from webinars.db import Database
from webinars.domain import editing, planning
from webinars.domain.editing import Editor
from webinars.domain.plan import PlannedSession
from webinars.models import (
    AuditEntry,
    Cycle,
    MailKind,
    OutboxMail,
    Replay,
    Webinar,
    WebinarStatus,
)

PREVIEW, PUBLISH = "/organise/cycles/2019/preview", "/organise/cycles/2019/publish"
BOB_ACTS = Editor("bob@example.org", NOW)


@pytest.fixture
def desk(organiser: FlaskClient, site: Database) -> FlaskClient:
    """Dominique at the desk of March, April and May; Alice and Bob registered for March."""
    with site.write() as session:
        register(session, ALICE)
        register(session, BOB)
        register(session, ALICE, webinar=APRIL.slug)
    assert sign_in(organiser).status_code == 302
    return organiser


def draft(database: Database, *sessions: PlannedSession, **changes: object) -> None:
    with database.write() as session:
        plan = replace(plan_of(*sessions), **changes)  # type: ignore[arg-type]
        planning.save_draft(session, plan=plan, now=NOW)


def main(answer: TestResponse) -> Element:
    return read(answer).one("main")


def cards(answer: TestResponse) -> dict[str, str]:
    """The words of each change, by the webinar."""
    return {
        card.attrs["id"].removeprefix("change-"): card.text for card in main(answer).all("article")
    }


def totals(answer: TestResponse) -> list[str]:
    found = main(answer).one("section", **{"class": "panel totals"})
    return [number.text for number in found.one("dl").all("dd")]


def publish(client: FlaskClient, **changes: str) -> TestResponse:
    form = main(client.get(PREVIEW)).form(PUBLISH)
    return client.post(PUBLISH, data=form.values() | changes)


def revision(database: Database) -> int:
    with database.read() as session:
        return session.scalars(sa.select(Cycle.revision)).one()


def notices(database: Database) -> int:
    with database.read() as session:
        kinds = sa.select(OutboxMail.id).where(OutboxMail.kind == MailKind.CHANGE_NOTICE)
        return len(session.scalars(kinds).all())


def test_nothing_pending_is_said_and_leads_to_the_board(desk: FlaskClient, app: Flask) -> None:
    page = main(desk.get(PREVIEW))
    assert words(app, "Nothing is waiting to be published") in page.text
    assert page.one("div", **{"class": "empty"}).links("/organise/") == ["/organise/cycles/2019/"]
    assert not [form for form in page.all("form") if form.attrs["action"] == PUBLISH]


def test_no_such_cycle(desk: FlaskClient) -> None:
    assert desk.get("/organise/cycles/1999/preview").status_code == 404


def test_a_move_and_a_name_in_words_and_numbers(
    desk: FlaskClient, site: Database, app: Flask
) -> None:
    draft(site, replace(MARCH, date=date(2019, 3, 28), title="Les alliances"), APRIL, MAY)
    answer = desk.get(PREVIEW)
    card = cards(answer)[MARCH.slug]
    assert "Déplacé du jeudi 21 mars au jeudi 28 mars" in card
    assert words(app, "renamed").capitalize() in card
    assert MARCH.title in card
    assert "Les alliances" in card
    assert "2 personnes sont prévenues par courriel." in card
    assert "Son rappel partira le mercredi 27 mars à 13 h, 1 jour avant le début." in card
    assert totals(answer) == ["2", "1", "2"]


def test_in_english(desk: FlaskClient, site: Database) -> None:
    draft(site, replace(MARCH, date=date(2019, 3, 28)), APRIL, MAY)
    card = cards(desk.get(f"/en{PREVIEW}"))[MARCH.slug]
    assert "Moved from Thursday, March 21 to Thursday, March 28" in card
    assert "2 people are told by mail." in card
    assert "Its reminder leaves again on Wednesday, March 27 at 1 pm" in card


def test_too_late_for_a_reminder(desk: FlaskClient, site: Database) -> None:
    draft(site, replace(MARCH, date=date(2019, 3, 5), starts_at=None), APRIL, MAY)
    with_card = cards(desk.get(PREVIEW))[MARCH.slug]
    assert "Son rappel partira" in with_card  # 5 March 13 h is more than a day away
    draft(site, replace(MARCH, date=date(2019, 3, 4)), APRIL, MAY)
    assert "Trop tard pour son rappel" in cards(desk.get(PREVIEW))[MARCH.slug]


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_prepared_replay_does_not_go_online_by_a_move(
    desk: FlaskClient, site: Database, app: Flask, prefix: str
) -> None:
    with site.write() as session:
        march = session.scalars(sa.select(Webinar.id).where(Webinar.slug == MARCH.slug)).one()
        session.add(Replay(webinar_id=march, video_url="https://video.example.org/1"))
    draft(site, replace(MARCH, date=date(2019, 1, 17)), APRIL, MAY)
    said = words(
        app,
        "The webinar is over by its new times. Its replay is prepared, and does not go online by "
        "itself.",
        "en" if prefix else "fr",
    )
    assert said in cards(desk.get(prefix + PREVIEW))[MARCH.slug]


def test_cancelled_restored_and_added(desk: FlaskClient, site: Database) -> None:
    cancelled = replace(MARCH, status=WebinarStatus.CANCELLED)
    extra = PlannedSession("en-plus", date(2019, 6, 6), "En plus")
    draft(site, cancelled, APRIL, MAY, extra)
    found = cards(desk.get(PREVIEW))
    assert "N’aura pas lieu" in found[MARCH.slug]
    assert "Aucun rappel ne part plus" in found[MARCH.slug]
    assert "Ajouté le jeudi 6 juin à 13 h" in found["en-plus"]
    publish(desk)
    draft(site, MARCH, APRIL, MAY, extra)
    assert "A finalement lieu" in cards(desk.get(PREVIEW))[MARCH.slug]


def test_details_field_by_field(desk: FlaskClient, site: Database) -> None:
    draft(site, replace(MARCH, duration=60, join_url="https://salle.example.org/b"), APRIL, MAY)
    card = cards(desk.get(PREVIEW))[MARCH.slug]
    assert "Durée avant : 90 minutes après : 60 minutes" in card
    assert "https://salle.example.org/mars après : https://salle.example.org/b" in card
    assert "Personne n’est prévenu" in card


def test_the_waiting_list_is_counted(organiser: FlaskClient, database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        for who in (ALICE, BOB, CHARLIE):
            register(session, who)
    draft(database, MARCH, capacity=2)
    sign_in(organiser)
    seen = organiser.get(PREVIEW)
    card = cards(seen)[MARCH.slug]
    assert "1 personne passe de la liste d’attente à une place" in card
    assert "Personne n’est prévenu" not in card
    totals = main(seen).one("dl", **{"class": "tallies"})
    assert [row.text for row in totals.all("div")] == [
        "changement1",
        "webinaire1",
        "personne prévenue, une fois1",
        "personne passe à une place1",
    ]
    assert "1 personne sera prévenue" in main(organiser.get("/organise/cycles/2019/")).text
    done = main(organiser.get(publish(organiser).headers["Location"])).one(
        "div", **{"class": "notice notice--done"}
    )
    assert "1 personne est passée de la liste d’attente à une place. 1 courriel part." in (
        done.text.replace("\N{NO-BREAK SPACE}", " ")
    )


def test_the_feeds_that_move(desk: FlaskClient, site: Database) -> None:
    with site.write() as session:
        load_library(session, "themes.toml")
    draft(site, replace(MARCH, date=date(2019, 3, 28)), APRIL, MAY)
    feeds = main(desk.get(PREVIEW)).one("ul", **{"class": "feeds"})
    assert feeds.links("/") == [
        "/calendar.ics",
        "/cycles/2019/calendar.ics",
        f"/themes/{MARCH.theme}/calendar.ics",
    ]
    assert "2 agendas personnels" in feeds.text


def test_conflicts_lead_to_their_cards(desk: FlaskClient, site: Database, app: Flask) -> None:
    holiday = PlannedSession("armistice", date(2019, 11, 11), "Armistice")
    draft(site, MARCH, APRIL, MAY, holiday)
    page = main(desk.get(PREVIEW))
    assert "Jour férié : Armistice" in page.text
    assert "/organise/cycles/2019/#armistice" in page.links("/organise/cycles/2019/#")


def test_the_cycles_own_fields(desk: FlaskClient, site: Database) -> None:
    draft(site, MARCH, APRIL, MAY, title="Cycle « revu »")
    page = main(desk.get(PREVIEW))
    assert "Cycle 2019 après : Cycle « revu »" in page.text


# publishing ----------------------------------------------------------------------------


def test_publishing_is_one_press(desk: FlaskClient, site: Database, app: Flask) -> None:
    draft(site, replace(MARCH, date=date(2019, 3, 28)), APRIL, MAY)
    answer = publish(desk)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PREVIEW}?done=2")
    assert (revision(site), notices(site)) == (2, 2)
    done = main(desk.get(answer.headers["Location"]))
    assert words(app, "Revision %(revision)s is public", revision=2) in done.text
    assert "2 courriels partent." in done.text
    assert "/cycles/2019" in done.links("/cycles/")
    assert done.form("/organise/cycles/2019/history/2/revert").values()["seen"] == "2"
    with site.read() as session:
        last = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        assert (last.actor, last.act.value) == (EMAIL, "published")


def test_what_was_done_is_only_said_of_the_latest_revision(desk: FlaskClient) -> None:
    for done in ("0", "2", "7", "x", "-1", "9" * 30):
        page = main(desk.get(f"{PREVIEW}?done={done}"))
        assert not page.all("div", role="status"), done
    assert main(desk.get(f"{PREVIEW}?done=1")).all("div", role="status")


def test_the_second_sees_what_the_first_changed(
    desk: FlaskClient, site: Database, app: Flask
) -> None:
    draft(site, replace(MARCH, date=date(2019, 3, 28)), APRIL, MAY)
    form = main(desk.get(PREVIEW)).form(PUBLISH).values()
    with site.write() as session:
        editing.swap(session, cycle_slug="2019", slug=APRIL.slug, other=MAY.slug, editor=BOB_ACTS)
    answer = desk.post(PUBLISH, data=form)
    assert answer.status_code == 409
    alarm = main(answer).one("div", role="alert")
    assert "bob@example.org" in alarm.text
    assert f"« {APRIL.title} »" in alarm.text.replace("\N{NO-BREAK SPACE}", " ")
    assert (revision(site), notices(site)) == (1, 0)
    assert set(cards(answer)) == {MARCH.slug, APRIL.slug, MAY.slug}
    # The page that was just read may be published.
    again = desk.post(PUBLISH, data=main(answer).form(PUBLISH).values())
    assert again.status_code == 303
    assert revision(site) == 2


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 12, None])
def test_a_form_without_its_version_is_refused(
    desk: FlaskClient, site: Database, seen: str | None
) -> None:
    draft(site, replace(MARCH, date=date(2019, 3, 28)), APRIL, MAY)
    form = main(desk.get(PREVIEW)).form(PUBLISH).values() | {"seen": seen}
    answer = desk.post(PUBLISH, data={k: v for k, v in form.items() if v is not None})
    assert answer.status_code == 400
    assert revision(site) == 1


def test_without_a_token_nothing_is_published(desk: FlaskClient, site: Database) -> None:
    draft(site, replace(MARCH, date=date(2019, 3, 28)), APRIL, MAY)
    assert publish(desk, csrf_token="wrong").status_code == 400
    assert revision(site) == 1


def test_publishing_twice_publishes_once(desk: FlaskClient, site: Database) -> None:
    draft(site, replace(MARCH, date=date(2019, 3, 28)), APRIL, MAY)
    form = main(desk.get(PREVIEW)).form(PUBLISH).values()
    first, second = desk.post(PUBLISH, data=form), desk.post(PUBLISH, data=form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert second.headers["Location"] == PREVIEW
    assert (revision(site), notices(site)) == (2, 2)


@pytest.mark.parametrize("count", [3, 30])
def test_the_queries_do_not_grow(
    organiser: FlaskClient, database: Database, count: int, make_sessions: Callable[[int], list]
) -> None:
    sessions = make_sessions(count)
    with database.write() as session:
        published(session, plan_of(*sessions))
        register(session, ALICE, webinar=sessions[0].slug)
    draft(database, *(replace(one, date=one.date + timedelta(days=1)) for one in sessions))
    sign_in(organiser)
    with counted_queries(database) as statements:
        assert organiser.get(PREVIEW).status_code == 200
    assert len([one for one in statements if "organiser" not in one]) == 11


@pytest.fixture
def make_sessions() -> Callable[[int], list]:
    return lambda count: [
        PlannedSession(f"w{n}", date(2019, 4, 2) + timedelta(days=7 * n), f"Webinaire {n}")
        for n in range(count)
    ]
