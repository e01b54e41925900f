"""The desk's list of addresses of which something came back."""

import io

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from tests.support import ALICE, BOB, NOW, counted_queries, register
from tests.web.desk import said, sign_in
from tests.web.support import Element, post_registration, read, words
from webinars.db import Database
from webinars.domain.address_standings import Standing
from webinars.models import (
    AddressStanding,
    AuditAct,
    AuditEntry,
    DeliveryNotice,
    NoticeKind,
    OutboxMail,
    StopReason,
)
from webinars.web.notice_words import STANDING_NAMES

PAGE = "/organise/addresses"
LIST = "/organise/cycles/2019/webinars/connaitre-son-ecosysteme/registrations"


def add(database: Database, address: str = ALICE.email, *, proven: bool = True, **values) -> None:
    with database.write() as session:
        mail = session.scalars(sa.select(OutboxMail)).first()
        notice = DeliveryNotice(
            key=address,
            proven=proven,
            kind=NoticeKind.PERMANENT,
            status="5.1.1",
            words="=550 <b>unknown</b>",
            mail=mail,
            mail_sent_at=NOW,
            noticed_at=NOW,
        )
        session.add(AddressStanding(address=address, noticed_at=NOW, notices=[notice], **values))


@pytest.fixture
def desk(organiser: FlaskClient, alice: Database) -> FlaskClient:
    """Dominique at the desk of a site where Alice is registered."""
    assert sign_in(organiser).status_code == 302
    return organiser


def main(client: FlaskClient, where: str = PAGE) -> Element:
    answer = client.get(where)
    assert answer.status_code == 200
    return read(answer).one("main")


def addresses(page: Element) -> list[str]:
    return [span.text for span in page.all("span", class_="registrants__address")]


def test_none_one_and_three(desk: FlaskClient, app: Flask, alice: Database) -> None:
    page = main(desk)
    assert words(app, "Nothing has come back") in page.text
    assert page.links(f"{PAGE}.") == []
    taken = []
    for number in range(3):
        add(alice, f"{number}@example.org", stopped_at=NOW, reason=StopReason.RETURNED)
        with counted_queries(alice) as queries:
            page = main(desk)
        taken.append(len(queries))
        assert sorted(addresses(page)) == [f"{n}@example.org" for n in range(number + 1)]
    assert taken == [taken[0]] * 3


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_line_says_why_and_what_the_server_said(
    desk: FlaskClient, app: Flask, alice: Database, language: str
) -> None:
    add(alice, stopped_at=NOW, reason=StopReason.RETURNED)
    prefix = "/en" if language == "en" else ""
    page = main(desk, f"{prefix}{PAGE}")
    for text in ("A mail came back for good.", "Nothing leaves", "Came back for good"):
        assert words(app, text, language) in page.text
    assert ALICE.full_name in page.text
    assert "=550 <b>unknown</b>" in page.text
    assert page.all("b") == []


def test_what_proves_nothing_says_so(desk: FlaskClient, app: Flask, alice: Database) -> None:
    add(alice, proven=False)
    page = main(desk)
    sentence = "It does not name a mail of ours, so anybody may have written it: nothing was done."
    assert words(app, sentence) in page.text
    assert page.all("form", method="post") == []


def test_it_is_searched_and_filtered(desk: FlaskClient, app: Flask, alice: Database) -> None:
    add(alice, stopped_at=NOW, reason=StopReason.REFUSED)
    add(alice, "b@example.org", complained_at=NOW)
    assert addresses(main(desk, f"{PAGE}?standing=complained")) == ["b@example.org"]
    assert addresses(main(desk, f"{PAGE}?q=dupont&standing=stopped")) == [ALICE.email]
    page = main(desk, f"{PAGE}?q=dupont&standing=complained")
    assert words(app, "No address is found") in page.text
    for odd in ("standing=x", "page=0", "page=x", "q=%00", "q=" + "x" * 5000, "q=%25"):
        assert desk.get(f"{PAGE}?{odd}").status_code == 200
    counted = [dd.text for dd in main(desk).all("dd")]
    assert counted == ["1", "1", "0", "0"]
    assert list(STANDING_NAMES) == list(Standing)


def test_letting_mail_leave_again(desk: FlaskClient, app: Flask, alice: Database) -> None:
    add(alice, stopped_at=NOW, reason=StopReason.RETURNED)
    where = f"{PAGE}?q=dupont&standing=stopped"
    form = next(f for f in main(desk, where).all("form") if "lift" in f.attrs["action"])
    values = form.values()
    assert desk.post(form.attrs["action"], data={}).status_code == 400
    answer = desk.post(form.attrs["action"], data=values)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{PAGE}?page=1&q=dupont&standing=stopped"
    page = main(desk)
    assert words(app, "Mail leaves for this address again, from now on.") in page.text
    assert words(app, "Released") in page.text
    desk.post(form.attrs["action"], data=values)
    assert words(app, "Nothing was stopped for this address.") in said(desk.get(PAGE))
    assert desk.post(f"{PAGE}/99/lift", data=values).status_code == 404
    with alice.read() as session:
        acts = session.scalars(sa.select(AuditEntry.act).order_by(AuditEntry.id)).all()
        assert acts.count(AuditAct.ADDRESS_LIFTED) == 1


def test_it_is_exported_with_its_filters(desk: FlaskClient, app: Flask, alice: Database) -> None:
    add(alice, stopped_at=NOW, reason=StopReason.RETURNED)
    add(alice, "b@example.org", complained_at=NOW)
    answer = desk.get(f"{PAGE}.csv?standing=stopped")
    text = answer.get_data(as_text=True)
    assert text.startswith("\ufeff")
    assert text.splitlines()[1] == (
        "alice@example.org;Alice Dupont;"
        f"{words(app, 'Nothing leaves')};{words(app, 'A mail came back for good.')};"
        "2019-03-04 10:00:00;2019-03-04 10:00:00;1;5.1.1;'=550 <b>unknown</b>"
    )
    assert len(text.splitlines()) == 2
    book = load_workbook(io.BytesIO(desk.get(f"{PAGE}.xlsx").data))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == ["b@example.org", ALICE.email]
    with alice.read() as session:
        exports = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.act == AuditAct.ADDRESSES_EXPORTED)
        )
        assert [entry.after for entry in exports] == [{"count": 1}, {"count": 2}]


def test_the_desk_and_the_lists_show_it(desk: FlaskClient, app: Flask, alice: Database) -> None:
    with alice.write() as session:
        register(session, BOB)
    add(alice, stopped_at=NOW, reason=StopReason.RETURNED)
    assert main(desk, "/organise/").links(PAGE) == [f"{PAGE}?standing=stopped"]
    page = main(desk, LIST)
    assert page.links(PAGE) == [f"{PAGE}?q=alice@example.org"]
    assert page.text.count(words(app, "Mails do not arrive")) == 1
    assert main(desk, f"{LIST}/1").links(PAGE) == [f"{PAGE}?q=alice@example.org"]
    assert main(desk, f"{LIST}/2").links(PAGE) == []


def test_who_registers_with_such_an_address_is_told_nothing_else(
    client: FlaskClient, alice: Database
) -> None:
    other = "/cycles/2019/apprendre-a-faire-alliances"
    plain = post_registration(client, other, email="b@example.org", full_name="B").data
    add(alice, "c@example.org", stopped_at=NOW, reason=StopReason.RETURNED)
    stopped = post_registration(client, other, email="c@example.org", full_name="B").data
    assert stopped.replace(b"c@example.org", b"b@example.org") == plain
