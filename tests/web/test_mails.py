"""The desk's log of mails: alarms, reasons, search, one mail, a person, a webinar, the acts."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.domain.test_mail_log import end
from tests.support import ALICE, BOB, MARCH, NOW, counted_queries, register
from tests.web.desk import EMAIL, said, sign_in, trail
from tests.web.support import Element, counted, read, tokens, words
from webinars.db import Database
from webinars.domain import mail_flow, outbox, worker_pulse
from webinars.domain.mail_reasons import Reason
from webinars.domain.reminders import MOVED
from webinars.mail import copies
from webinars.mail.messages import compose
from webinars.models import (
    AddressStanding,
    DeliveryNotice,
    MailKind,
    MailState,
    NoticeKind,
    OutboxMail,
    Participant,
    StopReason,
)
from webinars.services import Services
from webinars.web.headers import MAIL_POLICY
from webinars.web.mail_log_words import KIND_NAMES, REASONS

PAGE = "/organise/mails"
UNKNOWN = "550 5.1.1 <b>unknown</b>"


@pytest.fixture
def desk(organiser: FlaskClient, alice: Database) -> FlaskClient:
    """Dominique at the desk of a site where Alice is registered and a worker runs."""
    with alice.write() as session:
        worker_pulse.beat(session, now=NOW)
    assert sign_in(organiser).status_code == 302
    return organiser


def main(client: FlaskClient, where: str = PAGE) -> Element:
    answer = client.get(where)
    assert answer.status_code == 200
    return read(answer).one("main")


def listed(page: Element) -> list[str]:
    return [row.attrs["id"] for row in page.all("tr") if row.attrs.get("id", "").startswith("mail")]


def alarms(page: Element) -> list[str]:
    return [box.one("h2").text for box in page.all("div", role="alert")]


def fail(database: Database, reply: str = UNKNOWN, mail_id: int = 1) -> None:
    with database.write() as session:
        end(session, mail_id, reply, tries=1)


def press(client: FlaskClient, action: str, where: str = f"{PAGE}/1") -> str:
    """Press the button of the page that posts there; what is said then."""
    form = main(client, where).form(action)
    answer = client.post(form.attrs["action"], data=form.values())
    assert answer.status_code == 303
    return said(client.get(answer.headers["Location"]))


def state(database: Database, mail_id: int = 1) -> MailState:
    with database.read() as session:
        return session.get_one(OutboxMail, mail_id).state


def test_no_mail_yet(organiser: FlaskClient, app: Flask, site: Database) -> None:
    sign_in(organiser)
    page = main(organiser)
    assert words(app, "No mail yet") in page.text
    assert alarms(page) == [words(app, "No worker has ever run")]
    page = main(organiser, f"{PAGE}?q=alice")
    assert words(app, "No mail is found") in page.text


def test_all_is_well(desk: FlaskClient, app: Flask) -> None:
    page = main(desk)
    assert alarms(page) == []
    assert "All is well" in " ".join(main(desk, f"/en{PAGE}").text.split())
    assert listed(page) == ["mail-1"]
    assert [dd.text for dd in page.all("dd")] == ["0", "1", "0", "0", "0"]
    assert words(app, "Could not be delivered") not in page.text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_alarm_says_what_to_do_and_the_desk_says_it_too(
    desk: FlaskClient, app: Flask, alice: Database, language: str
) -> None:
    with alice.write() as session:
        register(session, BOB)
        end(session, 1, UNKNOWN)
        early = NOW - timedelta(hours=1)
        session.execute(sa.update(OutboxMail).where(OutboxMail.id == 2).values(due_at=early))
    prefix = "/en" if language == "en" else ""
    boxes = main(desk, f"{prefix}{PAGE}").all("div", role="alert")
    late = counted(app, "%(num)s mail is late", "%(num)s mails are late", 1, language)
    missed = counted(
        app,
        "%(num)s mail could not be delivered",
        "%(num)s mails could not be delivered",
        1,
        language,
    )
    assert [box.one("h2").text.split(",")[0] for box in boxes] == [late, missed]
    assert "webinars doctor" in boxes[0].text
    (box,) = main(desk, f"{prefix}/organise/").all("div", role="alert")
    assert late in box.text
    assert missed in box.text
    assert box.links(f"{prefix}{PAGE}") == [f"{prefix}{PAGE}"]
    with alice.write() as session:
        worker_pulse.beat(session, now=NOW - timedelta(hours=2))
    boxes = main(desk, f"{prefix}{PAGE}").all("div", role="alert")
    assert len(boxes) == 3
    assert "webinars worker" in boxes[0].text


def test_the_reason_stands_above_the_servers_own_words(
    desk: FlaskClient, app: Flask, alice: Database
) -> None:
    fail(alice)
    page = main(desk)
    (article,) = page.all("article")
    reason = REASONS[Reason.NO_ADDRESS]
    for text in (str(reason.said), str(reason.advice)):
        assert words(app, text) in article.text
    assert UNKNOWN in article.text
    assert article.all("b") == []
    assert article.links(f"{PAGE}/people/") == [f"{PAGE}/people/1"]
    assert f"{PAGE}/1" in article.links(PAGE)


def test_what_was_left_out_on_purpose_is_no_alarm(
    desk: FlaskClient, app: Flask, alice: Database
) -> None:
    fail(alice, MOVED)
    page = main(desk)
    assert alarms(page) == []
    assert page.all("article") == []
    assert words(app, str(REASONS[Reason.MOVED].said)) in page.text
    assert MOVED not in page.text  # our words for programs


def test_it_is_searched_and_filtered(desk: FlaskClient, alice: Database) -> None:
    with alice.write() as session:
        register(session, BOB)
    fail(alice, mail_id=2)
    for query, expected in {
        "": ["mail-2", "mail-1"],
        "?q=DUPONT": ["mail-1"],
        "?q=bob@example.org": ["mail-2"],
        "?fate=open": ["mail-2"],
        "?fate=waiting&kind=confirmation": ["mail-1"],
        "?reason=no_address": ["mail-2"],
        f"?webinar=2019/{MARCH.slug}": ["mail-2", "mail-1"],
        "?webinar=2019/definir-sa-strategie": [],
        "?kind=reminder": [],
        "?below=2": ["mail-1"],
    }.items():
        assert listed(main(desk, PAGE + query)) == expected, query
    for odd in ("fate=x", "kind=x", "reason=x", "below=x", "webinar=/", "q=%00", "q=%25%3C%3E"):
        assert desk.get(f"{PAGE}?{odd}").status_code == 200
    chosen = main(desk, f"{PAGE}?fate=open&q=bob").one("form", method="get").values()
    assert chosen == {"q": "bob", "webinar": "", "kind": "", "fate": "open"}


def test_pages_take_as_many_queries_whatever_there_is(desk: FlaskClient, alice: Database) -> None:
    taken: dict[str, list[int]] = {}
    for number in range(3):
        with alice.write() as session:
            register(session, BOB if number == 1 else ALICE, webinar=MARCH.slug)
        fail(alice)
        person = f"{PAGE}/people/1"
        timeline = f"/organise/cycles/2019/webinars/{MARCH.slug}/mails"
        for where in (PAGE, f"{PAGE}?q=example", f"{PAGE}/1", person, timeline):
            with counted_queries(alice) as queries:
                main(desk, where)
            taken.setdefault(where, []).append(len(queries))
    signing_in = 2
    assert {where: set(counts) for where, counts in taken.items()} == {
        PAGE: {signing_in + 11},
        f"{PAGE}?q=example": {signing_in + 8},
        f"{PAGE}/1": {signing_in + 7},
        person: {signing_in + 6},
        timeline: {signing_in + 7},
    }


def test_one_mail_says_all_that_is_known(desk: FlaskClient, app: Flask, alice: Database) -> None:
    fail(alice)
    with alice.write() as session:
        notice = DeliveryNotice(
            key="k",
            proven=True,
            kind=NoticeKind.PERMANENT,
            status="5.1.1",
            words="<i>gone</i>",
            mail_id=1,
            noticed_at=NOW,
        )
        session.add(
            AddressStanding(
                address=ALICE.email,
                noticed_at=NOW,
                stopped_at=NOW,
                reason=StopReason.RETURNED,
                notices=[notice],
            )
        )
        message_id = session.get_one(OutboxMail, 1).message_id
    page = main(desk, f"{PAGE}/1")
    for text in (UNKNOWN, "<i>gone</i>", message_id, ALICE.full_name, ALICE.email, MARCH.title):
        assert text in page.text
    assert page.links("/organise/cycles/2019/webinars/") == [
        f"/organise/cycles/2019/webinars/{MARCH.slug}/mails",
        f"/organise/cycles/2019/webinars/{MARCH.slug}/registrations/1",
    ]
    assert page.links("/organise/addresses") == ["/organise/addresses?q=alice@example.org"]
    assert desk.get(f"{PAGE}/99").status_code == 404
    assert desk.get(f"{PAGE}/people/99").status_code == 404
    assert desk.get("/organise/cycles/2019/webinars/none/mails").status_code == 404


def test_a_failed_mail_is_sent_again(desk: FlaskClient, app: Flask, alice: Database) -> None:
    fail(alice)
    said_ = press(desk, f"{PAGE}/1/again")
    assert words(app, "It leaves again, as soon as the worker comes by.") in said_
    assert state(alice) is MailState.PENDING
    assert trail(alice)[-1] == (EMAIL, "mail_sent_again", "mail 1")
    assert EMAIL in main(desk, f"{PAGE}/1").text
    fail(alice)
    form = main(desk).form(f"{PAGE}/1/again?back=log")
    assert desk.post(form.attrs["action"], data={}).status_code == 400
    answer = desk.post(form.attrs["action"], data=form.values())
    assert answer.headers["Location"] == PAGE


def test_a_sent_mail_is_sent_again_once(desk: FlaskClient, app: Flask, alice: Database) -> None:
    with alice.write() as session:
        session.execute(sa.update(OutboxMail).values(state=MailState.SENT, sent_at=NOW))
    form = main(desk, f"{PAGE}/1").form(f"{PAGE}/1/again")
    answer = desk.post(form.attrs["action"], data=form.values())
    assert answer.headers["Location"] == f"{PAGE}/2"
    again = desk.post(form.attrs["action"], data=form.values())
    assert again.headers["Location"] == f"{PAGE}/1"
    sentence = words(app, "It was sent again a moment ago: once is enough.")
    assert sentence in said(desk.get(f"{PAGE}/1"))
    assert main(desk, f"{PAGE}/1").links(f"{PAGE}/2") == [f"{PAGE}/2"]
    assert main(desk, f"{PAGE}/2").links(f"{PAGE}/1") == [f"{PAGE}/1"]


def test_what_is_no_longer_true_is_refused_with_a_sentence(
    desk: FlaskClient, app: Flask, alice: Database
) -> None:
    fail(alice)
    with alice.write() as session:
        stopped = {"stopped_at": NOW, "reason": StopReason.RETURNED}
        session.add(AddressStanding(address=ALICE.email, noticed_at=NOW, **stopped))
    sentence = press(desk, f"{PAGE}/1/again")
    assert words(app, str(REASONS[Reason.SUPPRESSED].said)) in sentence
    assert state(alice) is MailState.FAILED
    assert [act for _, act, _ in trail(alice) if act.startswith("mail_")] == []


def test_setting_aside_ends_the_alarm(desk: FlaskClient, app: Flask, alice: Database) -> None:
    fail(alice)
    press(desk, f"{PAGE}/1/aside")
    assert alarms(main(desk)) == []
    assert trail(alice)[-1] == (EMAIL, "mail_set_aside", "mail 1")
    page = main(desk, f"{PAGE}/1")
    assert words(app, "by %(actor)s on %(date)s", actor=EMAIL, date="4 mars 2019") in page.text
    values = page.form(f"{PAGE}/1/again").values()
    desk.post(f"{PAGE}/1/aside", data=values)
    sentence = "There is nothing to set aside: no alarm is raised for it."
    assert words(app, sentence) in said(desk.get(f"{PAGE}/1"))
    assert desk.post(f"{PAGE}/99/aside", data=values).status_code == 404


def test_a_mail_that_waits_is_kept_back(desk: FlaskClient, app: Flask, alice: Database) -> None:
    press(desk, f"{PAGE}/1/park")
    assert state(alice) is MailState.PARKED
    page = main(desk)
    assert alarms(page) == []
    assert words(app, "kept back") in page.text
    values = main(desk, f"{PAGE}/1").form(f"{PAGE}/1/again").values()
    assert desk.post(f"{PAGE}/1/park", data=values).status_code == 303
    sentence = "It cannot be kept back any more: it is leaving, or has left."
    assert words(app, sentence) in said(desk.get(f"{PAGE}/1"))
    press(desk, f"{PAGE}/1/again")
    assert state(alice) is MailState.PENDING
    assert [act for _, act, _ in trail(alice)][-2:] == ["mail_parked", "mail_sent_again"]


@pytest.mark.parametrize(
    ("act", "then"), [("again", MailState.PENDING), ("aside", MailState.FAILED)]
)
def test_all_of_a_reason(
    desk: FlaskClient, app: Flask, alice: Database, act: str, then: MailState
) -> None:
    with alice.write() as session:
        register(session, BOB)
    for mail_id in (1, 2):
        fail(alice, "554 5.7.1 no", mail_id)
    where = f"{PAGE}/reasons/refused/{act}"
    assert "2" in press(desk, where, PAGE)
    deed = main(desk).one("ul", class_="mail-deeds").text
    assert counted(app, "%(num)s mail", "%(num)s mails", 2).replace("%(num)s", "2") in deed
    assert EMAIL in deed
    assert [state(alice, mail_id) for mail_id in (1, 2)] == [then, then]
    assert alarms(main(desk)) == []
    values = main(desk, f"{PAGE}/1").all("form")[-1].values()
    assert desk.post(where, data=values).status_code == 303
    assert words(app, "There is none of it any more: see the log.") in said(desk.get(PAGE))
    for odd in ("moved", "x"):
        assert desk.post(f"{PAGE}/reasons/{odd}/{act}", data=values).status_code == 404


def test_no_secret_stands_on_these_pages(
    desk: FlaskClient, app: Flask, services: Services, alice: Database
) -> None:
    with alice.read() as session:
        mail = session.get_one(OutboxMail, 1)
        with app.app_context():
            letter = compose(session, mail=mail, services=services, now=NOW)
        key, public_id = mail.key, str(session.get_one(Participant, 1).public_id)
    assert "/me/" in letter.text
    timeline = f"/organise/cycles/2019/webinars/{MARCH.slug}/mails"
    for where in (PAGE, f"{PAGE}/1", f"{PAGE}/people/1", timeline):
        answer = desk.get(where)
        text = answer.get_data(as_text=True)
        assert "no-store" in answer.headers["Cache-Control"]
        for secret in (*tokens(alice, services.links), key, public_id, "/me/", "/join"):
            assert secret not in text


def test_the_mails_of_a_person_are_reached_from_the_list(
    desk: FlaskClient, app: Flask, alice: Database
) -> None:
    where = f"/organise/cycles/2019/webinars/{MARCH.slug}/registrations"
    assert main(desk, where).links(f"/organise/cycles/2019/webinars/{MARCH.slug}/mails")
    (person,) = main(desk, f"{where}/1").links(f"{PAGE}/people/")
    page = main(desk, person)
    assert listed(page) == ["mail-1"]
    assert len(page.one("ul", class_="mails__coming").all("li")) == 5
    assert words(app, "To come by the rules") in page.text


def test_the_timeline_leads_to_the_rows(desk: FlaskClient, app: Flask, alice: Database) -> None:
    fail(alice)
    page = main(desk, f"/organise/cycles/2019/webinars/{MARCH.slug}/mails")
    (row,) = [
        link
        for link in page.all("a")
        if link.attrs["href"].startswith(PAGE + "?") and "fate=open" in link.attrs["href"]
    ]
    assert listed(main(desk, row.attrs["href"])) == ["mail-1"]
    assert len(page.one("ol", class_="line-list").all("li")) == 1 + 1 + 5


def test_every_kind_and_reason_has_words(app: Flask) -> None:
    assert list(KIND_NAMES) == list(MailKind)
    assert set(REASONS) == set(Reason)
    assert timedelta(minutes=15) == outbox.LATE


def test_what_it_said_is_shown_without_the_way_to_the_persons_page(
    desk: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    assert main(desk, f"{PAGE}/1").all("iframe") == []
    assert desk.get(f"{PAGE}/1/copy").status_code == 404
    with app.app_context(), alice.write() as session:
        mail = session.get_one(OutboxMail, 1)
        letter = compose(session, mail=mail, services=services, now=NOW)
        copies.keep(session, mail_id=1, letter=letter, now=NOW)
    page = main(desk, f"{PAGE}/1")
    assert letter.subject in page.text
    assert MARCH.title in page.text
    (frame,) = page.all("iframe")
    assert frame.attrs["src"] == f"{PAGE}/1/copy"
    assert "sandbox" in frame.attrs
    shown = desk.get(f"{PAGE}/1/copy")
    assert shown.headers["Content-Security-Policy"] == MAIL_POLICY
    page_secret, calendar_secret = tokens(alice, services.links)
    assert page_secret in letter.text  # as it left
    for secret in (page_secret, calendar_secret):
        assert secret not in shown.text
        assert secret not in page.text


def test_a_mail_server_that_fails_is_told_with_its_words(
    desk: FlaskClient, alice: Database
) -> None:
    with alice.write() as session:
        mail_flow.pause(session, reason="454 TLS not available", now=NOW - timedelta(minutes=20))
    assert alarms(main(desk)) == []  # once is soon over
    with alice.write() as session:
        mail_flow.pause(session, reason="421 <b>too busy</b>", now=NOW - timedelta(minutes=2))
    (box,) = main(desk, f"/en{PAGE}").all("div", role="alert")
    assert box.one("h2").text.startswith("The mail server has taken nothing since")
    assert "“421 <b>too busy</b>”." in box.text
    assert "webinars doctor" in box.text
    with alice.write() as session:
        assert mail_flow.resume(session)
    assert alarms(main(desk)) == []
