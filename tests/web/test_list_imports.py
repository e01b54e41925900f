"""A list at the desk: sent, previewed, brought in; refused with a sentence at its field."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.support import ALICE, BOB, HOUSE, MARCH, NOW, counted_queries, person, register
from tests.web.desk import errors, said
from tests.web.support import END, NOTHING, Element, counted, read, rows, words
from webinars.db import Database
from webinars.domain.list_files import NAME_THE_COLUMNS, read_list
from webinars.domain.list_import import NOT_KNOWN, Fate
from webinars.domain.list_words import CATEGORY_OF, FIELD_OF, LANGUAGE_OF, REGION_OF, folded
from webinars.i18n import CATEGORY_NAMES, REGION_NAMES
from webinars.models import AuditAct, AuditEntry, Webinar, WebinarStatus
from webinars.web.details_form import LANGUAGE_NAMES
from webinars.web.list_imports import FEW_SHOWN, FIELDS, MOST_REQUEST_BYTES, MOST_SHOWN, WHY

LIST = f"/organise/cycles/2019/webinars/{MARCH.slug}/registrations/import"
PEOPLE = (
    "Courriel;Prénom;Nom;Région;Statut;Note\n"
    "alice@example.org;Alice;Dupont;Bretagne;;x\n"
    "bob@example.org;Bob;Brûlé;Atlantide;;x\n"
    "nobody;Personne;;;;x\n"
    "ALICE@example.org;Encore;Elle;;;x\n"
    "paul@example.org;Paul;Parti;;annulé;x\n"
)


def form_of_page(desk: FlaskClient) -> dict[str, str]:
    return read(desk.get(LIST)).one("main").form(LIST).values()


def send_file(desk: FlaskClient, data: bytes, name: str = "liste.csv") -> TestResponse:
    typed: dict[str, Any] = {**form_of_page(desk), "list": FileStorage(io.BytesIO(data), name)}
    boundary, body = encode_multipart(typed)  # the client would leave a file of it open
    return desk.post(LIST, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def send_text(desk: FlaskClient, text: str) -> TestResponse:
    typed = {**form_of_page(desk), "text": text}
    typed.pop("list")
    return bring_in(desk, typed)


def carried(answer: TestResponse) -> dict[str, str]:
    return read(answer).one("main").form(LIST).values()


def bring_in(desk: FlaskClient, typed: dict[str, str]) -> TestResponse:
    boundary, body = encode_multipart(typed)
    return desk.post(LIST, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def tallies(answer: TestResponse) -> list[str]:
    numbers = read(answer).one("main").one("dl", class_="tallies")
    return [one.text for one in numbers.all("dd")]


def lines(table: Element) -> list[tuple[str, str]]:
    """Number and words of the lines of a table."""
    return [(line.one("th").text, line.all("td")[1].text) for line in table.one("tbody").all("tr")]


def test_a_list_is_previewed_and_then_brought_in(
    desk: FlaskClient, site: Database, app: Flask
) -> None:
    seen = send_file(desk, PEOPLE.encode("cp1252"))
    assert seen.status_code == 200
    assert rows(site) == NOTHING
    assert tallies(seen) == ["2", "1", "2"]
    page = read(seen).one("main")
    placed, refused, noticed, left_out = page.all("table")
    assert [line.text for line in placed.one("tbody").all("tr")] == [
        "2 Alice Dupont alice@example.org",
        "3 Bob Brûlé bob@example.org",
    ]
    malformed = words(app, "This address is not complete: write it like prenom.nom@example.org.")
    assert lines(refused) == [("4", f"{words(app, 'E-mail address')} {malformed}")]
    assert lines(noticed) == [
        (
            "3",
            f"{words(app, 'Region')} {words(app, NOT_KNOWN, value='Atlantide')}",
        )
    ]
    assert lines(left_out) == [
        ("5", words(app, "The same address as on line %(line)s.", line=2)),
        ("6", words(app, str(WHY[Fate.CANCELLED]._args[0]))),
    ]
    assert "Note" in page.text

    typed = carried(seen)
    assert typed["mails"] == "1"
    done = bring_in(desk, typed)
    assert done.status_code == 200
    assert tallies(done) == tallies(seen)
    assert counted(app, "%(num)s person is registered", "%(num)s people are registered", 2) in said(
        done
    )
    assert rows(site) == (2, 2, 2)


def test_two_presses_of_the_button_register_once(desk: FlaskClient, site: Database) -> None:
    typed = carried(send_text(desk, "email;nom\na@example.org;Anne\nb@example.org;Bob\n"))
    typed.pop("mails")
    first, second = bring_in(desk, typed), bring_in(desk, typed)
    assert (tallies(first), tallies(second)) == (["2"], ["0", "2"])
    assert rows(site) == (2, 2, 0)


def test_pasted_lines_of_a_spreadsheet(desk: FlaskClient, site: Database) -> None:
    seen = send_text(desk, "Nom\tCourriel\r\nAnne\ta@example.org\r\n")
    assert tallies(seen) == ["1"]
    assert rows(site) == NOTHING


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty: choose the one that holds the list."),
        (
            b"%PDF-1.7\n\0\xff\xfe",
            "This file holds no list of people: save it as CSV or as XLSX, and send that.",
        ),
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            "This file holds no list of people: save it as CSV or as XLSX, and send that.",
        ),
        (
            b"PK\x03\x04 broken",
            "This spreadsheet is damaged: open it in its program, save it anew and send that.",
        ),
        (
            b"a;b\nc;d\n",
            NAME_THE_COLUMNS,
        ),
    ],
)
def test_a_file_that_is_no_list_is_refused_at_its_field(
    desk: FlaskClient, site: Database, app: Flask, data: bytes, sentence: str
) -> None:
    answer = send_file(desk, data, "liste.xlsx")
    assert answer.status_code == 422
    assert errors(answer) == {"list": words(app, sentence)}
    assert rows(site) == NOTHING


def test_a_pasted_text_that_is_no_list_is_kept_with_its_error(
    desk: FlaskClient, site: Database, app: Flask
) -> None:
    answer = send_text(desk, "Anne, Bob <script>\n")
    assert answer.status_code == 422
    main = read(answer).one("main")
    assert main.form(LIST).values()["text"] == "Anne, Bob <script>\r\n".replace("\r\n", "\n")
    assert main.by_id("text").attrs["aria-invalid"] == "true"
    assert main.by_id("text-error").text == words(app, NAME_THE_COLUMNS)


@pytest.mark.parametrize(("size", "code"), [(2 * 1024**2 + 1, 422), (MOST_REQUEST_BYTES, 413)])
def test_a_file_that_is_too_large_says_so(
    desk: FlaskClient, site: Database, app: Flask, size: int, code: int
) -> None:
    answer = send_file(desk, b"x" * size)
    assert answer.status_code == code
    sentence = "This file is too large: %(most)s MB at most. Send the list in several parts."
    assert errors(answer) == {"list": words(app, sentence, most="2")}
    assert rows(site) == NOTHING


def test_other_forms_stay_small(desk: FlaskClient, site: Database) -> None:
    large = {"csrf_token": "x" * 100_000}
    assert desk.post(f"/cycles/2019/{MARCH.slug}/register", data=large).status_code == 413


@pytest.mark.parametrize(
    "bent",
    [
        "",
        "[]",
        "{}",
        "null",
        "[1]",
        '[[0,{"email":"a@example.org"}]]',
        '[["2",{"email":1}]]',
        '[[2,{"email":null}]]',
        '[[2,{"email":"\\ud800"}]]',
        '[[1e400,{"email":"a@example.org"}]]',
        "[" * 5000,
        json.dumps([[2, {"email": "a@example.org"}]] * 5001),
    ],
)
def test_lines_that_were_bent_are_refused(
    desk: FlaskClient, site: Database, app: Flask, bent: str
) -> None:
    typed = carried(send_text(desk, "email;nom\na@example.org;Anne\n"))
    answer = bring_in(desk, typed | {"lines": bent})
    assert answer.status_code == 400
    assert words(app, "The preview did not arrive whole: send the list again.") in said(answer)
    assert rows(site) == NOTHING


def test_lines_are_checked_anew(desk: FlaskClient, site: Database) -> None:
    typed = carried(send_text(desk, "email;nom\na@example.org;Anne\n"))
    line = [3, {"email": "b@example.org", "full_name": "x\u202e\0", "unheard": "of"}]
    answer = bring_in(desk, typed | {"lines": json.dumps([line, [2, {}]])})
    assert answer.status_code == 200
    assert tallies(answer) == ["0", "2"]
    assert rows(site) == NOTHING


def test_without_the_token_of_the_form_nothing_happens(desk: FlaskClient, site: Database) -> None:
    typed = carried(send_text(desk, "email;nom\na@example.org;Anne\n"))
    typed.pop("csrf_token")
    assert bring_in(desk, typed).status_code == 400
    assert rows(site) == NOTHING


def cancelled(session: Any, at: Callable[[datetime], None]) -> None:
    session.execute(
        sa.update(Webinar).where(Webinar.slug == MARCH.slug).values(status=WebinarStatus.CANCELLED)
    )


def over(session: Any, at: Callable[[datetime], None]) -> None:
    at(END)


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [(cancelled, "This webinar is cancelled."), (over, "This webinar is over.")],
)
def test_a_webinar_that_takes_nobody_says_so(
    desk: FlaskClient,
    site: Database,
    app: Flask,
    at: Callable[[datetime], None],
    prepare: Callable[..., None],
    sentence: str,
) -> None:
    typed = carried(send_text(desk, "email;nom\na@example.org;Anne\n"))
    with site.write() as session:
        prepare(session, at)
    page = desk.get(LIST)
    assert words(app, sentence) in said(page)
    assert read(page).one("main").all("form") == []
    answer = bring_in(desk, typed)
    assert answer.status_code == 409
    assert words(app, sentence) in said(answer)
    without = {name: value for name, value in typed.items() if name != "lines"}
    again = bring_in(desk, without | {"text": "email;nom\na@example.org;Anne\n"})
    assert again.status_code == 409
    assert rows(site) == NOTHING


@pytest.mark.parametrize("address", [LIST.replace("2019", "1999"), LIST.replace(MARCH.slug, "x")])
def test_a_webinar_that_is_not_public_has_no_list(desk: FlaskClient, address: str) -> None:
    assert desk.get(address).status_code == 404
    assert desk.get(f"{address}/template.csv").status_code == 404


def test_strangers_are_led_to_the_door(client: FlaskClient, site: Database) -> None:
    for answer in (
        client.get(LIST),
        client.get(f"{LIST}/template.csv"),
        client.post(LIST, data={"text": "email;nom\na@example.org;A"}),
    ):
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (
            302,
            "/organise/sign-in",
        )
    assert rows(site) == NOTHING


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_empty_list_is_understood_once_it_is_filled(desk: FlaskClient, prefix: str) -> None:
    answer = desk.get(f"{prefix}{LIST}/template.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["Cache-Control"] == "private, no-store"
    head = answer.get_data()
    found = read_list(head + "a@example.org;Anne;La Ruche;;;Été ?;\r\n".encode())
    assert found.columns == tuple(FIELDS)
    assert found.rows[0].values["question"] == "Été ?"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_name_that_a_page_shows_is_understood(app: Flask, language: str) -> None:
    with app.test_request_context(), force_locale(language):
        for field, heading in FIELDS.items():
            assert FIELD_OF[folded(str(heading))] == field
        for category, name in CATEGORY_NAMES.items():
            assert CATEGORY_OF[folded(str(name))] is category
            assert CATEGORY_OF[folded(category.value)] is category
        for region, region_name in REGION_NAMES.items():
            assert REGION_OF[folded(str(region_name))] == region
            assert REGION_OF[folded(region)] == region
        for code, language_name in LANGUAGE_NAMES.items():
            assert LANGUAGE_OF[folded(language_name)] == LANGUAGE_OF[code] == code


@pytest.mark.parametrize("number", [1, MOST_SHOWN + 1])
def test_a_long_list_costs_no_more_queries_and_shows_a_part(
    desk: FlaskClient, site: Database, number: int
) -> None:
    text = "email;nom\n" + "".join(f"nobody {n};Person {n}\n" for n in range(number))
    form = form_of_page(desk)
    form.pop("list")
    with counted_queries(site) as statements:
        answer = desk.post(LIST, data=form | {"text": text})
    assert tallies(answer) == ["0", str(number)]
    assert len(statements) <= 6
    tables = read(answer).one("main").all("table")
    assert [len(lines(table)) for table in tables] == (
        [1] if number == 1 else [FEW_SHOWN, MOST_SHOWN - FEW_SHOWN]
    )


def test_the_first_of_each_kind_are_seen_at_once(
    desk: FlaskClient, site: Database, app: Flask
) -> None:
    """And the others when they are asked for; each number leads to its people."""
    with site.write() as session:
        register(session, person(1))
        session.execute(sa.update(Webinar).where(Webinar.slug == MARCH.slug).values(capacity=12))
    text = "email;nom;structure\n" + "".join(
        f"person{n}@example.org;Person {n};La Ruche {n}\n" for n in range(15)
    )
    seen = send_text(desk, text)
    page = read(seen).one("main")
    numbers = page.one("dl", class_="tallies").all("a")
    assert [(one.text, one.attrs["href"]) for one in numbers] == [
        ("11", "#placed"),
        ("3", "#waiting"),
        ("1", "#already"),
    ]
    placed, waiting, already = (page.by_id(one.attrs["href"][1:]) for one in numbers)
    shown, folded_ = placed.all("table")
    assert len(shown.one("tbody").all("tr")) == FEW_SHOWN
    assert placed.one("details").all("table") == [folded_]
    assert folded_.one("tbody").text == "13 Person 11 person11@example.org La Ruche 11"
    assert [line.text for line in waiting.one("tbody").all("tr")] == [
        "14 Person 12 person12@example.org La Ruche 12",
        "15 Person 13 person13@example.org La Ruche 13",
        "16 Person 14 person14@example.org La Ruche 14",
    ]
    assert "person1@example.org" in already.text


def test_promotions_are_among_the_mails(
    desk: FlaskClient, site: Database, app: Flask, at: Callable[[datetime], None]
) -> None:
    with site.write() as session:
        session.execute(sa.update(Webinar).where(Webinar.slug == MARCH.slug).values(capacity=1))
        register(session, ALICE, house=replace(HOUSE, require_confirmation=True))
        register(session, BOB)
    at(NOW + HOUSE.hold)
    seen = send_text(desk, "email;nom\na@example.org;Anne\nb@example.org;Berthe\n")
    assert "1 personne y passe de la liste d’attente" in said(seen)
    typed = carried(seen)
    done = bring_in(desk, typed)
    assert "1 personne est passée de la liste d’attente à une place." in said(done)
    assert counted(app, "%(num)s mail is leaving.", "%(num)s mails are leaving.", 3) in said(done)


def test_the_largest_list_makes_its_way(desk: FlaskClient, site: Database) -> None:
    text = "email;nom;question\n" + "".join(
        f'person{n}@example.org;Person {n};"Qu\'en dites-vous & pourquoi ? <{n}>"\n'
        for n in range(5000)
    )
    typed = carried(send_file(desk, text.encode()))
    typed.pop("mails")
    assert tallies(bring_in(desk, typed)) == ["5000"]
    assert rows(site) == (5000, 5000, 0)


def test_the_history_tells_of_it(desk: FlaskClient, site: Database, app: Flask) -> None:
    typed = carried(send_text(desk, "email;nom\na@example.org;Anne\nb@example.org;Bob\n"))
    bring_in(desk, typed)
    with site.read() as session:
        entry = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.act == AuditAct.LIST_IMPORTED)
        ).one()
        assert entry.at - entry.at.replace(microsecond=0) < timedelta(seconds=1)
        assert "@" not in json.dumps(entry.after)
    history = said(desk.get("/organise/cycles/2019/history")).replace("\N{NO-BREAK SPACE}", " ")
    assert "Liste importée pour « Connaître son écosystème » : 2 personnes inscrites" in history
