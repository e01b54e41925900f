"""The organisers' list on the screen, and their acts by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import ALICE, APRIL, BOB, CHARLIE, MARCH, NOW, counted_queries, person, register
from tests.web.desk import errors, mails, said
from tests.web.support import END, START, read, words
from webinars.db import Database
from webinars.domain import participants
from webinars.models import Participant, Registration, Webinar, WebinarStatus

LIST = f"/organise/cycles/2019/webinars/{MARCH.slug}/registrations"


@pytest.fixture
def three(site: Database) -> Database:
    """One place in March for three people."""
    with site.write() as session:
        session.execute(sa.update(Webinar).where(Webinar.slug == MARCH.slug).values(capacity=1))
        people = (
            replace(ALICE, organisation="Mairie d’Étampes", region="11"),
            replace(BOB, actor_category="company"),
            CHARLIE,
        )
        for number, one in enumerate(people):
            register(session, one, now=NOW + timedelta(seconds=number))
    return site


def lines(answer: TestResponse) -> list[tuple[str, str]]:
    """Who, and where they stand."""
    rows = read(answer).one("main").all("tr")[1:]
    return [
        (row.one("th").one("a").text, row.one("td", **{"data-label": label}).text)
        for row in rows
        for label in ("État",)
    ]


def id_of(database: Database, email: str) -> int:
    with database.read() as session:
        return session.scalars(
            sa.select(Registration.id).join(Participant).where(Participant.email == email)
        ).one()


def send_form(
    client: FlaskClient, page: str, action: str, **typed: str | list[str]
) -> TestResponse:
    form = read(client.get(page)).one("main").form(action.partition("#")[0])
    return client.post(action, data=form.values() | typed)


def test_none(desk: FlaskClient, app: Flask) -> None:
    answer = desk.get(LIST)
    assert words(app, "Nobody is registered yet") in said(answer)
    assert lines(answer) == []


def test_three(desk: FlaskClient, three: Database, app: Flask) -> None:
    answer = desk.get(LIST)
    assert [(who, state.replace("\N{NO-BREAK SPACE}", " ")) for who, state in lines(answer)] == [
        ("Alice Dupont", "inscription confirmée"),
        ("Bob Martin", "sur liste d’attente, n° 1"),
        ("Charlie Petit", "sur liste d’attente, n° 2"),
    ]
    tallies = [entry.text for entry in read(answer).one("main").one("dl").all("dd")]
    assert tallies == ["1 / 1", "1", "2", "0", "0"]
    assert "4 mars 2019" in said(answer)
    assert "10 h" in said(answer)  # of the cycle's zone


@pytest.mark.parametrize("name", ["\u3164", "\u00ad", ".", "\u2800"])
def test_an_older_name_that_cannot_be_seen(desk: FlaskClient, three: Database, name: str) -> None:
    """Such rows exist; they are read and clicked by their address."""
    with three.write() as session:
        where = Participant.email == BOB.email
        session.execute(sa.update(Participant).where(where).values(full_name=name))
    assert [who for who, _ in lines(desk.get(LIST))] == ["Alice Dupont", BOB.email, "Charlie Petit"]


def test_a_webinar_is_cancelled_in_its_own_words(desk: FlaskClient, three: Database) -> None:
    assert "webinaire annulé" not in said(desk.get(LIST))
    with three.write() as session:
        session.execute(sa.update(Webinar).values(status=WebinarStatus.CANCELLED))
    head = read(desk.get(LIST)).one("main").one("div", class_="board-head").text
    assert "13 h – 14 h 30 · webinaire annulé" in head.replace("\N{NO-BREAK SPACE}", " ")


def test_words_and_filters_stand_in_the_address(desk: FlaskClient, three: Database) -> None:
    answer = desk.get(f"{LIST}?q=ETAMPES&region=11")
    assert [who for who, _ in lines(answer)] == ["Alice Dupont"]
    form = read(answer).one("main").form(LIST)
    values = form.values()
    assert (values["q"], values["region"], values["status"]) == ("ETAMPES", "11", "")
    links = read(answer).one("main").links(f"{LIST}.csv")
    assert links == [f"{LIST}.csv?q=ETAMPES&region=11"]


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=" + "x" * 5000, "q=%F0%28", "status=x", "region=x", "category=%00", "page=0"],
)
def test_an_odd_address_breaks_nothing(desk: FlaskClient, three: Database, query: str) -> None:
    assert desk.get(f"{LIST}?{query}").status_code == 200
    assert desk.get(f"{LIST}?page=99999999999").status_code == 200


def test_only_what_is_public(desk: FlaskClient) -> None:
    assert desk.get(LIST.replace(MARCH.slug, "rien")).status_code == 404
    assert desk.get(f"{LIST}/2147483647").status_code == 404
    assert desk.get(f"{LIST}/99999999999").status_code == 404


def test_queries_do_not_grow(desk: FlaskClient, three: Database) -> None:
    with counted_queries(three) as few:
        desk.get(LIST)
    with three.write() as session:
        for number in range(20):
            register(session, person(number))
    with counted_queries(three) as more:
        assert len(lines(desk.get(LIST))) == 23
    assert len(few) == len(more)


def test_the_board_and_the_forms_lead_there(desk: FlaskClient) -> None:
    for page in ("/organise/", "/organise/cycles/2019/", LIST.removesuffix("/registrations")):
        assert LIST in read(desk.get(page)).one("main").links(LIST)


# acts ----------------------------------------------------------------------------------


def test_adding_by_hand(desk: FlaskClient, three: Database, app: Flask) -> None:
    page = f"{LIST}/add"
    typed = {"email": " Dora@Example.org ", "full_name": "Dora", "language": "en", "tell": "y"}
    answer = send_form(desk, page, page, **typed)
    assert (answer.status_code, answer.headers["Location"]) == (303, LIST)
    shown = desk.get(LIST)
    assert words(app, "Every place is taken: this person is on the waiting list now.") in said(
        shown
    )
    assert lines(shown)[-1][0] == "Dora"
    assert mails(three)[-1] == ("waiting_list", "dora@example.org")


def test_adding_wrongly(desk: FlaskClient, three: Database, app: Flask) -> None:
    page = f"{LIST}/add"
    wrong = send_form(desk, page, page, email="x", full_name="", region="9")
    assert wrong.status_code == 422
    assert list(errors(wrong)) == ["email", "full_name", "region"]
    twice = send_form(desk, page, page, email=ALICE.email, full_name="Other")
    assert errors(twice) == {
        "email": words(app, "This person is registered already: see the list.")
    }
    with three.read() as session:
        found = participants.by_email(session, email=ALICE.email)
        assert found is not None
        assert found.full_name == ALICE.full_name


def test_correcting(desk: FlaskClient, three: Database, app: Flask) -> None:
    page = f"{LIST}/{id_of(three, ALICE.email)}"
    answer = send_form(desk, page, page, full_name="Alice Durand")
    assert (answer.status_code, answer.headers["Location"]) == (303, LIST)
    assert lines(desk.get(LIST))[0][0] == "Alice Durand"
    taken = send_form(desk, page, page, email=BOB.email)
    assert errors(taken) == {
        "email": words(app, "This address is another person’s: choose another.")
    }
    desk.get(page)
    send_form(desk, page, page, email="alice@elsewhere.example")
    assert mails(three)[-1] == ("link", "alice@elsewhere.example")


def test_cancelling_keeps_the_filters(desk: FlaskClient, three: Database) -> None:
    page = f"{LIST}/{id_of(three, ALICE.email)}"
    action = f"{page}/cancel?q=a&page=1"
    form = next(
        one
        for one in read(desk.get(f"{page}?q=a&page=1")).one("main").all("form")
        if one.attrs["action"] == action
    )
    assert (
        "1 personne passe de la liste d’attente à une place, et l’apprend par courriel."
        in form.text
    )
    answer = desk.post(action, data=form.values())
    assert answer.headers["Location"] == f"{LIST}?page=1&q=a"
    told = said(desk.get(LIST)).replace("\N{NO-BREAK SPACE}", " ")
    assert (
        "L’inscription est annulée. 1 personne est passée de la liste d’attente à une place. "
        "2 courriels partent."
    ) in told
    assert [state.split(",")[0] for _, state in lines(desk.get(LIST))] == [
        "inscription annulée",
        "inscription confirmée",
        "sur liste d’attente",
    ]
    assert mails(three)[-2:] == [("promotion", BOB.email), ("cancellation", ALICE.email)]
    again = desk.post(action, data=form.values())
    assert again.status_code == 303


def test_cancelling_tells_nobody_when_the_box_is_not_ticked(
    desk: FlaskClient, three: Database, app: Flask
) -> None:
    page = f"{LIST}/{id_of(three, CHARLIE.email)}"
    form = read(desk.get(page)).one("main").form(f"{page}/cancel")
    assert "checked" in form.one("input", name="tell").attrs
    typed = {name: value for name, value in form.values().items() if name != "tell"}
    answer = desk.post(f"{page}/cancel", data=typed, follow_redirects=True)
    told = f"{words(app, 'The registration is cancelled.')} {words(app, 'No mail leaves.')}"
    assert told in said(answer)
    assert [kind for kind, _ in mails(three)] == ["confirmation", "waiting_list", "waiting_list"]


def test_cancelling_offers_no_mail_once_it_is_over(
    desk: FlaskClient, three: Database, app: Flask, at
) -> None:
    at(END)
    page = f"{LIST}/{id_of(three, BOB.email)}"
    form = read(desk.get(page)).one("main").form(f"{page}/cancel")
    assert form.all("input", name="tell") == []
    assert words(app, "No mail leaves.") in form.text


def test_who_came(desk: FlaskClient, three: Database, app: Flask, at) -> None:
    assert read(desk.get(LIST)).one("main").all("input", name="registration") == []
    at(START)
    shown = read(desk.get(LIST)).one("main")
    boxes = [box.attrs["value"] for box in shown.all("input", name="registration")]
    assert boxes == [str(id_of(three, ALICE.email))]
    action = f"{LIST}/attendance"
    form = {"csrf_token": shown.by_id("attendance").values()["csrf_token"]}
    ticked = [*boxes, str(id_of(three, BOB.email)), "x"]
    answer = desk.post(f"{action}?page=1", data=form | {"came": "attended", "registration": ticked})
    assert answer.status_code == 303
    after = desk.get(LIST)
    assert lines(after)[0] == ("Alice Dupont", words(app, "attended"))
    assert "1 personne notée. 1 reste inchangée" in said(after)
    assert desk.post(action, data=form | {"came": "maybe"}).status_code == 400
    assert desk.post(action, data={"came": "absent"}).status_code == 400
    nobody = desk.post(action, data=form | {"came": "absent"}, follow_redirects=True)
    sentence = words(app, "Tick those whom it is about, then press the button again.")
    assert sentence in said(nobody)


def test_everybody_on_the_page_came(desk: FlaskClient, three: Database, app: Flask, at) -> None:
    at(START)
    form = read(desk.get(LIST)).one("main").by_id("attendance")
    answer = desk.post(
        form.attrs["action"],
        data=form.values() | {"came": "attended", "everybody": "y"},
        follow_redirects=True,
    )
    assert lines(answer)[0] == ("Alice Dupont", words(app, "attended"))
    assert "1 personne notée." in said(answer)


def test_the_history_tells_without_names(desk: FlaskClient, three: Database) -> None:
    page = f"{LIST}/{id_of(three, ALICE.email)}"
    send_form(desk, page, page, full_name="Alice Durand")
    desk.get(f"{LIST}.csv").get_data()
    told = said(desk.get("/organise/cycles/2019/history"))
    assert "lignes" in told
    assert "Durand" not in told
    assert APRIL.title in told or MARCH.title in told
