"""The questions at the desk, and what everybody reads of them."""

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
    MARCH,
    MAY,
    NOW,
    counted_queries,
    load_library,
    person,
    plan_of,
    register,
)
from tests.web.desk import sign_in
from tests.web.support import END, PAGE, START, Element, counted, read, words
from webinars.db import Database
from webinars.domain import planning, question_list, questions
from webinars.models import AuditEntry, Question, Resource

OF_CYCLE = "/organise/cycles/2019/questions"
OF_MARCH = f"/organise/cycles/2019/webinars/{MARCH.slug}/questions"
EVIL = "<script>alert(1)</script> & « vous » ?\nEt encore ?"


@pytest.fixture
def desk(organiser: FlaskClient, site: Database) -> FlaskClient:
    """Alice asks about March and April, Bob about March."""
    with site.write() as session:
        register(session, ALICE, question=EVIL)
        register(session, BOB, question="Et à Brest ?", now=NOW + timedelta(seconds=1))
        register(session, ALICE, webinar=APRIL.slug, question="Quand ?")
    assert sign_in(organiser).status_code == 302
    return organiser


def main(answer: TestResponse) -> Element:
    assert answer.status_code in (200, 409, 422), answer.status
    return read(answer).one("main")


def listed(answer: TestResponse) -> list[str]:
    """The texts in the order of the page."""
    return [p.text for p in main(answer).all("p", class_="question__text")]


def question(database: Database, text: str) -> int:
    with database.read() as session:
        return session.scalars(sa.select(Question.id).where(Question.text == text)).one()


def row(database: Database, number: int) -> tuple[bool, str | None, str | None, bool]:
    """Answered, answer, wording, published."""
    with database.read() as session:
        one = session.get_one(Question, number)
        return (
            one.answered_at is not None,
            one.answer,
            one.published_text,
            one.published_at is not None,
        )


def send(
    client: FlaskClient, number: int, act: str, page: str = OF_MARCH, **typed: str
) -> TestResponse:
    """Fill in the form of a question as the page holds it, and press a button."""
    address = f"{OF_MARCH}/{number}"
    forms = [f for f in main(client.get(page)).all("form") if f.attrs["action"] == address]
    values = forms[-1].values()
    values["answered"] = ""  # a box that is not ticked sends nothing
    return client.post(address, data=values | {"act": act} | typed)


def test_every_question_in_one_place(desk: FlaskClient, app: Flask, site: Database) -> None:
    answer = desk.get(OF_CYCLE)
    assert listed(answer) == [" ".join(EVIL.split()), "Et à Brest ?", "Quand ?"]
    page = main(answer)
    assert [h2.text for h2 in page.all("h2")] == [MARCH.title, APRIL.title]
    assert (
        counted(
            app,
            "%(num)s question waits for an answer.",
            "%(num)s questions wait for an answer.",
            3,
        ).replace("%(num)s", "3")
        in page.text
    )
    assert "Alice Dupont" in page.text
    assert b"<script>alert" not in answer.data
    assert listed(desk.get(OF_MARCH)) == [" ".join(EVIL.split()), "Et à Brest ?"]


def test_it_is_escaped_and_keeps_its_lines(desk: FlaskClient) -> None:
    text = main(desk.get(OF_MARCH)).all("p", class_="question__text")[0]
    assert "".join(part for part in text.content if isinstance(part, str)).count("\n") == 1
    fields = next(f for f in main(desk.get(OF_MARCH)).all("form") if f.all("textarea")).values()
    assert fields["wording"] == EVIL


def test_filters_with_their_counts(desk: FlaskClient, site: Database) -> None:
    bobs = question(site, "Et à Brest ?")
    send(desk, bobs, "publish", wording="Et en ville ?", answered="1")
    chips = main(desk.get(OF_CYCLE)).one("nav", class_="chips question-filters no-print").all("a")
    assert [chip.one("span").text for chip in chips] == ["3", "2", "1", "1"]
    shown = [listed(desk.get(chip.attrs["href"])) for chip in chips]
    assert [len(texts) for texts in shown] == [3, 2, 1, 1]
    assert shown[2] == shown[3] == ["Et à Brest ?"]
    assert listed(desk.get(f"{OF_CYCLE}?show=no-such"))[0] != "Et à Brest ?"
    assert listed(desk.get(f"{OF_CYCLE}?show=published"))[0] == "Et à Brest ?"


def test_nobody_has_asked(desk: FlaskClient, app: Flask) -> None:
    page = main(desk.get(f"/organise/cycles/2019/webinars/{MAY.slug}/questions"))
    assert words(app, "Nobody has asked anything yet") in page.text
    assert page.all("form") == []
    filtered = main(desk.get(f"{OF_CYCLE}?show=published"))
    assert filtered.links(OF_CYCLE) == [
        OF_CYCLE,
        *(f"{OF_CYCLE}?show={one}" for one in ("open", "answered", "published")),
    ]


@pytest.mark.parametrize(
    "address",
    [
        "/organise/cycles/2020/questions",
        "/organise/cycles/2019/webinars/no-such/questions",
        f"/organise/cycles/2020/webinars/{MARCH.slug}/questions",
    ],
)
def test_what_is_not_there(desk: FlaskClient, address: str) -> None:
    assert desk.get(address).status_code == 404


def test_one_press_for_what_was_answered_aloud(desk: FlaskClient, site: Database) -> None:
    bobs = question(site, "Et à Brest ?")
    forms = [
        f
        for f in main(desk.get(f"{OF_CYCLE}?show=open")).all("form")
        if f.attrs["action"] == f"{OF_MARCH}/{bobs}"
    ]
    answer = desk.post(f"{OF_MARCH}/{bobs}", data=forms[0].values() | {"act": "save"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{OF_CYCLE}?show=open#question-{bobs}"
    assert row(site, bobs) == (True, None, None, False)
    assert listed(desk.get(f"{OF_CYCLE}?show=open")) == [" ".join(EVIL.split()), "Quand ?"]
    forms = [
        f for f in main(desk.get(OF_CYCLE)).all("form") if f.attrs["action"] == f"{OF_MARCH}/{bobs}"
    ]
    desk.post(f"{OF_MARCH}/{bobs}", data=forms[0].values() | {"act": "save"})
    assert row(site, bobs) == (False, None, None, False)


def test_from_the_answer_to_the_page_and_off_it(
    desk: FlaskClient, client: FlaskClient, app: Flask, site: Database, at
) -> None:
    bobs = question(site, "Et à Brest ?")
    before = client.get(PAGE).data
    assert b"asked-title" not in before
    send(desk, bobs, "save", answer="À voir <b>ici</b>.\nEt là.", answered="1", wording="Et ici ?")
    assert row(site, bobs) == (True, "À voir <b>ici</b>.\nEt là.", "Et ici ?", False)
    assert b"asked-title" not in client.get(PAGE).data
    assert main(desk.get(OF_MARCH)).all("form")[-1].values()["wording"] == "Et ici ?"
    send(desk, bobs, "publish", answered="1")
    for instant in (NOW, START, END):
        at(instant)
        page = client.get(PAGE)
        section = read(page).one("section", **{"aria-labelledby": "asked-title"})
        assert section.one("dt").text == "Et ici ?"
        assert section.one("dd").text == "À voir <b>ici</b>. Et là."
        for secret in ("Bob", "Martin", "bob@example.org", "Brest"):
            assert secret not in page.text
    at(NOW)
    send(desk, bobs, "withdraw", answered="1", wording="Autrement ?")
    assert row(site, bobs)[2:] == ("Autrement ?", False)
    assert b"asked-title" not in client.get(PAGE).data
    with site.read() as session:
        entries = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.subject == str(bobs)).order_by(AuditEntry.id)
        )
        told = [(entry.act.value, entry.actor, entry.before | entry.after) for entry in entries]
    assert [act for act, _, _ in told] == [
        "question_answered",
        "question_published",
        "question_withdrawn",
    ]
    assert "Brest" not in str(told)
    history = main(desk.get("/organise/cycles/2019/history")).text
    title = f"« {MARCH.title} »"
    said = words(app, "published a question about %(titles)s", titles=title)
    assert said[1:].replace("\N{NO-BREAK SPACE}", " ") in history.replace("\N{NO-BREAK SPACE}", " ")


def test_words_for_a_question_without_a_written_answer(
    desk: FlaskClient, client: FlaskClient, app: Flask, site: Database
) -> None:
    bobs = question(site, "Et à Brest ?")
    send(desk, bobs, "publish")
    assert read(client.get(PAGE)).one("dd", class_="quiet").text == words(
        app, "The answer is expected."
    )
    send(desk, bobs, "publish", answered="1")
    assert read(client.get(PAGE)).one("dd", class_="quiet").text == words(
        app, "Answered during the webinar."
    )


@pytest.mark.parametrize(
    ("act", "field", "text"),
    [
        ("publish", "wording", ""),
        ("publish", "wording", "x" * 2001),
        ("save", "answer", "x" * 5001),
        ("save", "answer", "a\x00b"),
        ("save", "wording", "a\u202eb"),
        ("withdraw", "answer", "\x1b[0m"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_is_written(
    desk: FlaskClient, site: Database, act: str, field: str, text: str
) -> None:
    bobs = question(site, "Et à Brest ?")
    typed = {"answer": "Oui.", "wording": "Sans nom ?"} | {field: text}
    answer = send(desk, bobs, act, answered="1", **typed)
    assert answer.status_code == 422
    assert row(site, bobs) == (False, None, None, False)
    page = main(answer)
    (wrong,) = page.all("textarea", **{"aria-invalid": "true"})
    assert wrong.attrs["id"] == f"{field}-{bobs}"
    assert page.by_id(wrong.attrs["aria-describedby"].split()[-1]).text
    assert page.one("div", role="alert").links("#") == [f"#{field}-{bobs}"]
    kept = page.all("form")[-1].values()
    assert kept["answer" if field == "wording" else "wording"] in ("Oui.", "Sans nom ?")


def test_two_organisers_at_once(desk: FlaskClient, app: Flask, site: Database) -> None:
    bobs = question(site, "Et à Brest ?")
    stale = main(desk.get(OF_MARCH)).all("form")[-1].values()
    send(desk, bobs, "save", answer="La leur.", answered="1")
    answer = desk.post(
        f"{OF_MARCH}/{bobs}", data=stale | {"act": "save", "answer": "La mienne.", "answered": ""}
    )
    assert answer.status_code == 409
    assert row(site, bobs)[1] == "La leur."
    page = main(answer)
    assert words(app, "Somebody else has just changed this question") in page.text
    assert "La leur." in page.text
    again = page.all("form")[-1].values()
    assert again["answer"] == "La mienne."
    assert desk.post(f"{OF_MARCH}/{bobs}", data=again | {"act": "save"}).status_code == 303
    assert row(site, bobs)[1] == "La mienne."


def test_forms_that_nobody_was_given(desk: FlaskClient, site: Database) -> None:
    bobs = question(site, "Et à Brest ?")
    values = main(desk.get(OF_MARCH)).all("form")[-1].values() | {"act": "publish"}
    assert desk.post(f"{OF_MARCH}/{bobs}", data=values | {"csrf_token": ""}).status_code == 400
    for address in (
        f"{OF_MARCH}/999999",
        f"{OF_MARCH}/99999999999999999999",
        f"/organise/cycles/2019/webinars/{APRIL.slug}/questions/{bobs}",
    ):
        assert desk.post(address, data=values).status_code == 404
        assert desk.post(address, data=values | {"wording": ""}).status_code == 404
    assert desk.post(f"{OF_MARCH}/{bobs}", data=values | {"act": "no-such"}).status_code == 303
    assert row(site, bobs)[3] is False


def test_the_desk_and_the_form_of_the_webinar_count_the_open_ones(
    desk: FlaskClient, app: Flask, site: Database
) -> None:
    def of(number: int) -> str:
        text = counted(app, "%(num)s open question", "%(num)s open questions", number)
        return text.replace("%(num)s", str(number))

    edit = f"/organise/cycles/2019/webinars/{MARCH.slug}"
    links = [a for a in main(desk.get("/organise/")).all("a") if of(3) in a.text]
    assert [a.attrs["href"] for a in links] == [f"{OF_CYCLE}?show=open"]
    assert [a.attrs["href"] for a in main(desk.get(edit)).all("a") if a.text == of(2)] == [OF_MARCH]
    with site.write() as session:
        session.execute(sa.update(Question).values(answered_at=NOW))
    assert f"{OF_CYCLE}?show=open" not in main(desk.get("/organise/")).links(OF_CYCLE)
    assert main(desk.get(edit)).links(OF_MARCH) == [OF_MARCH]


def test_a_draft_has_no_questions_yet(desk: FlaskClient, site: Database) -> None:
    june = replace(MARCH, slug="juin", date=date(2020, 6, 18))
    with site.write() as session:
        planning.save_draft(session, plan=plan_of(june, slug="2020", year=2020), now=NOW)
    assert main(desk.get("/organise/cycles/2020/questions")).all("form") == []
    edit = main(desk.get("/organise/cycles/2020/webinars/juin"))
    assert edit.links("/organise/cycles/2020/webinars/juin/questions") == []


def test_the_queries_of_the_page_do_not_grow(desk: FlaskClient, site: Database) -> None:
    desk.get(OF_CYCLE)
    with counted_queries(site) as few:
        desk.get(OF_CYCLE)
    with site.write() as session:
        for number in range(12):
            register(session, person(number), question="Encore ?")
    with counted_queries(site) as many:
        assert len(listed(desk.get(OF_CYCLE))) == 15
    assert len(many) == len(few)


def test_pages_words_and_filters_go_together(desk: FlaskClient, app: Flask, site: Database) -> None:
    """They stand in the address of each page, and are where they were after a press."""
    with site.write() as session:
        for number in range(question_list.PAGE + 1):
            register(session, person(number), question=f"Nantes {number} ?")
    search = main(desk.get(OF_MARCH)).one("form", role="search")
    assert (search.attrs["method"], search.attrs["action"]) == ("get", OF_MARCH)
    first = main(desk.get(f"{OF_MARCH}?q=nantes&show=open"))
    assert next(box.attrs["value"] for box in first.all("input", name="q")) == "nantes"
    chips = first.one("nav", class_="chips question-filters no-print").all("a")
    assert [(one.one("span").text, one.attrs["href"]) for one in chips] == [
        ("51", f"{OF_MARCH}?q=nantes"),
        ("51", f"{OF_MARCH}?show=open&q=nantes"),
        ("0", f"{OF_MARCH}?show=answered&q=nantes"),
        ("0", f"{OF_MARCH}?show=published&q=nantes"),
    ]
    later = first.one("a", rel="next").attrs["href"]
    assert later == f"{OF_MARCH}?show=open&q=nantes&page=2"
    answer = desk.get(later)
    assert listed(answer) == ["Nantes 50 ?"]
    assert words(app, "Page %(page)s of %(pages)s", page=2, pages=2) in main(answer).text
    earlier = main(answer).one("a", rel="prev").attrs["href"]
    assert earlier == f"{OF_MARCH}?show=open&q=nantes"
    last = question(site, "Nantes 50 ?")
    wrong = send(desk, last, "publish", page=later, wording="")
    assert listed(wrong) == ["Nantes 50 ?"]
    pressed = send(desk, last, "save", page=later, answered="1")
    back = f"{OF_MARCH}?show=open&q=nantes&page=2#question-{last}"
    assert pressed.headers["Location"] == back
    assert len(listed(desk.get(back))) == 50  # the last page that there is
    nothing = main(desk.get(f"{OF_MARCH}?q=rien-de-tel"))
    assert nothing.links(OF_MARCH)[-1] == OF_MARCH


def test_published_questions_are_two_queries_of_the_public_page(
    desk: FlaskClient, client: FlaskClient, site: Database
) -> None:
    numbers = {text: question(site, text) for text in (EVIL, "Et à Brest ?")}
    with counted_queries(site) as none:
        client.get(f"{PAGE}?none")
    with site.write() as session:
        for text, number in numbers.items():
            questions.publish_question(
                session,
                question_id=number,
                cycle_slug="2019",
                webinar_slug=MARCH.slug,
                published_text=text,
                actor="anne@example.org",
                now=NOW,
            )
    with counted_queries(site) as two:
        page = client.get(PAGE)
    assert len(two) == len(none) + 1  # what stands beside them
    assert [dt.text for dt in read(page).one("dl", class_="asked").all("dt")] == [
        " ".join(EVIL.split()),
        "Et à Brest ?",
    ]
    assert b"<script>alert" not in page.data


def test_a_resource_is_put_beside_a_question_and_taken_away(
    desk: FlaskClient, client: FlaskClient, app: Flask, site: Database
) -> None:
    with site.write() as session:
        load_library(session, "themes.toml", "resources.toml")
        first = session.scalars(sa.select(Resource).order_by(Resource.position)).first()
        assert first is not None
        slug, title = first.slug, first.title
    number = question(site, "Et à Brest ?")
    send(desk, number, "publish")
    act = f"{OF_MARCH}/{number}/join"
    page = main(desk.get(OF_MARCH))
    assert title in [o.attrs["value"] for o in page.by_id("resources").all("option")]
    values = page.form(act).values()
    wrong = desk.post(act, data=values | {"resource": "Rien de tel"})
    assert wrong.status_code == 422
    said = words(app, "The library has no resource of this title: choose one of the list.")
    assert read(wrong).by_id(f"resource-{number}-error").text == said
    assert desk.post(act, data=values | {"resource": title}).status_code == 303
    at = f"/resources/{slug}"
    assert read(client.get(PAGE)).one("dl", class_="asked").links(at) == [at]
    assert "Et à Brest ?" in read(client.get(at)).one("dl", class_="asked").text
    part = f"{OF_MARCH}/{number}/part"
    data = main(desk.get(OF_MARCH)).form(part).values()
    assert desk.post(part, data=data).status_code == 303
    assert read(client.get(PAGE)).one("dl", class_="asked").links(at) == []
