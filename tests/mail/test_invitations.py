"""What mails bring for calendars, as a real server received it and as icalendar reads it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from icalendar import Calendar

from tests.support import (
    ALICE,
    APRIL,
    BASE_URL,
    BOB,
    HOST,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    MailServer,
    plan_of,
    publish,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import by_hand, participants, registrations
from webinars.domain.people import Person
from webinars.domain.plan import PlannedSession
from webinars.models import MailState, OutboxMail, Registration, Webinar, WebinarStatus
from webinars.services import Services
from webinars.worker import Worker

UID = f"2019.{MARCH.slug}@{HOST}"
LATER = NOW + timedelta(days=1)
MOVED = replace(MARCH, date=date(2019, 3, 28))
CANCELLED = replace(MARCH, status=WebinarStatus.CANCELLED)
DAY = timedelta(days=1)

Send = Callable[..., list["Brought"]]


@dataclass(frozen=True)
class Brought:
    """What one mail brought for calendars."""

    to: str
    methods: list[str | None]
    """In the MIME header of each part."""
    calendars: list[Calendar]

    def entry(self, number: int = 0) -> dict[str, str]:
        (event,) = self.calendars[number].walk("VEVENT")
        return {
            name: str(event.get(name, "")) for name in ("UID", "SUMMARY", "STATUS", "ORGANIZER")
        }

    @property
    def sequences(self) -> list[int]:
        return [each.walk("VEVENT")[0].decoded("SEQUENCE") for each in self.calendars]


@pytest.fixture
def send(
    database: Database,
    make_worker: Callable[..., Worker],
    smtp: MailServer,
    at: Callable[[datetime], None],
) -> Send:
    """What leaves now brings."""

    def leave(now: datetime = NOW, **settings: str) -> list[Brought]:
        worker = make_worker(mail_sender="webinaires@example.org", **settings)
        at(now)
        worker.tick()
        arrived = [brought(each.message, each.envelope_to[0]) for each in smtp.arrived]
        smtp.arrived.clear()
        return arrived

    return leave


def brought(message: EmailMessage, to: str) -> Brought:
    parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    bodies = [part.get_payload(decode=True) for part in parts]
    for body in bodies:
        assert isinstance(body, bytes)
        assert body.startswith(b"BEGIN:VCALENDAR\r\n")
        assert body.endswith(b"END:VCALENDAR\r\n")
        assert max(map(len, body.split(b"\r\n"))) <= 75
        assert b"\n" not in body.replace(b"\r\n", b"")
    return Brought(
        to,
        [part.get_param("method") for part in parts],  # type: ignore[misc]
        [Calendar.from_ical(body) for body in bodies],  # type: ignore[arg-type]
    )


def enter(database: Database, *people: Person, webinar: PlannedSession = MARCH) -> None:
    with database.write() as session:
        for one in people:
            register(session, one, webinar=webinar.slug)


def end_by_hand(database: Database, now: datetime) -> None:
    with database.write() as session:
        by_hand.end(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            registration_id=session.scalars(sa.select(Registration.id)).one(),
            tell=True,
            host=HOST,
            actor="anne@example.org",
            now=now,
        )


def test_a_confirmation_invites(database: Database, send: Send, services: Services) -> None:
    publish(database, MARCH)
    enter(database, ALICE)
    (mail,) = send()
    assert (mail.methods, [each["METHOD"] for each in mail.calendars]) == (["REQUEST"], ["REQUEST"])
    assert "X-WR-CALNAME" not in mail.calendars[0]
    assert mail.entry() == {
        "UID": UID,
        "SUMMARY": MARCH.title,
        "STATUS": "CONFIRMED",
        "ORGANIZER": "mailto:webinaires@example.org",
    }
    (event,) = mail.calendars[0].walk("VEVENT")
    attendee = event["ATTENDEE"]
    assert str(attendee) == f"mailto:{ALICE.email}"
    assert dict(attendee.params) == {
        "CN": ALICE.full_name,
        "CUTYPE": "INDIVIDUAL",
        "PARTSTAT": "ACCEPTED",
        "ROLE": "REQ-PARTICIPANT",
        "RSVP": "FALSE",
    }
    assert event.decoded("DTSTART") == datetime(2019, 3, 21, 12, tzinfo=UTC)
    assert event.decoded("DTEND") == datetime(2019, 3, 21, 13, 30, tzinfo=UTC)
    assert (mail.sequences, event.decoded("DTSTAMP")) == ([0], NOW)
    with database.read() as session:
        person = participants.by_email(session, email=ALICE.email)
        assert person is not None
        door = participants.door_address(services.links, person, cycle="2019", webinar=MARCH.slug)
    assert str(event["CONFERENCE"]) == str(event["LOCATION"]) == door
    assert door in str(event["DESCRIPTION"])
    assert str(event["URL"]) == f"{BASE_URL}/cycles/2019/{MARCH.slug}"


def test_the_life_of_an_invitation(database: Database, send: Send) -> None:
    """SEQUENCE and DTSTAMP rise from mail to mail; the UID is the same for life."""
    life = []
    publish(database, MARCH, APRIL)
    enter(database, ALICE)
    life += send()
    renamed = replace(MOVED, title="Autre titre")
    for days, sessions in enumerate(
        ([MOVED, APRIL], [renamed, APRIL], [APRIL], [MARCH, APRIL]), start=1
    ):
        publish(database, *sessions, now=NOW + days * DAY)
        life += send(NOW + days * DAY)
    stamps = [each.calendars[0].walk("VEVENT")[0].decoded("DTSTAMP") for each in life]
    assert [each.methods for each in life] == [
        ["REQUEST"],
        ["REQUEST"],
        ["REQUEST"],
        ["CANCEL"],
        ["REQUEST"],
    ]
    assert [each.sequences for each in life] == [[0], [1], [2], [3], [4]]
    assert stamps == [NOW + days * DAY for days in range(5)]
    assert {each.entry()["UID"] for each in life} == {UID}
    assert [each.entry()["SUMMARY"] for each in life] == [
        MARCH.title,
        MARCH.title,
        "Autre titre",
        "[ANNULÉ] Autre titre",
        MARCH.title,
    ]
    assert [each.entry()["STATUS"] for each in life] == [
        "CONFIRMED",
        "CONFIRMED",
        "CONFIRMED",
        "CANCELLED",
        "CONFIRMED",
    ]


def test_several_changes_come_in_one_mail_each_with_its_entry(
    database: Database, send: Send
) -> None:
    publish(database, MARCH, APRIL, MAY)
    for one in (MARCH, APRIL, MAY):
        enter(database, ALICE, webinar=one)
    send()
    publish(database, MOVED, replace(MAY, title="Autre"), now=LATER)
    (mail,) = send(LATER)
    assert mail.methods == ["REQUEST", "CANCEL", "REQUEST"]
    assert [mail.entry(number)["SUMMARY"] for number in range(3)] == [
        MARCH.title,
        f"[ANNULÉ] {APRIL.title}",
        "Autre",
    ]


def test_who_waits_is_invited_once_a_place_is_theirs(database: Database, send: Send) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
    enter(database, ALICE, BOB)
    assert {each.to: each.methods for each in send()} == {ALICE.email: ["REQUEST"], BOB.email: []}
    with database.write() as session:
        published(session, plan_of(MOVED, capacity=1), now=LATER)
    told = {each.to: each.methods for each in send(LATER)}
    assert told == {ALICE.email: ["REQUEST"], BOB.email: []}
    with database.write() as session:
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        registrations.cancel(
            session,
            participant=alice,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            house=HOUSE,
            now=LATER + DAY,
        )
    (mail,) = send(LATER + DAY)
    assert (mail.to, mail.methods, mail.sequences) == (BOB.email, ["REQUEST"], [1])


def test_an_invitation_that_is_withdrawn_and_made_again(database: Database, send: Send) -> None:
    publish(database, MARCH)
    enter(database, ALICE)
    life = send()
    for round_ in (1, 3):
        end_by_hand(database, NOW + round_ * DAY)
        life += send(NOW + round_ * DAY)
        with database.write() as session:
            register(session, ALICE, now=NOW + (round_ + 1) * DAY)
        life += send(NOW + (round_ + 1) * DAY)
    assert [each.methods for each in life] == [
        ["REQUEST"],
        ["CANCEL"],
        ["REQUEST"],
        ["CANCEL"],
        ["REQUEST"],
    ]
    assert [each.sequences for each in life] == [[0], [1], [2], [3], [4]]
    # RFC 5546 section 3.2.5: it is not the event that is cancelled.
    assert [each.entry()["STATUS"] for each in life[:2]] == ["CONFIRMED", ""]
    publish(database, MOVED, now=NOW + 5 * DAY)
    assert [each.sequences for each in send(NOW + 5 * DAY)] == [[5]]


def test_who_was_never_invited_is_not_withdrawn(database: Database, send: Send) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        by_hand.add(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            person=ALICE,
            question=None,
            tell=False,
            house=HOUSE,
            actor="anne@example.org",
            now=NOW,
        )
    end_by_hand(database, LATER)
    (mail,) = send(LATER)
    assert mail.methods == []


@pytest.mark.parametrize("name", ['Zoé "Zaza" O\'Neil, dite; Z', "Ünal-Öz", ""])
def test_any_name_and_address_can_be_invited(database: Database, send: Send, name: str) -> None:
    publish(database, MARCH)
    who = Person(email="o'neil+web=1@bücher.example.org", full_name=name, language="en")
    enter(database, who)
    (mail,) = send()
    attendee = mail.calendars[0].walk("VEVENT")[0]["ATTENDEE"]
    assert str(attendee) == "mailto:o'neil+web=1@xn--bcher-kva.example.org"
    assert attendee.params.get("CN", "") == name.replace('"', "'")


def test_a_title_with_anything_in_it(database: Database, send: Send) -> None:
    title = "SEQUENCE:0 , ; \\ \\n « é » 🙂 " + "long " * 40
    publish(database, replace(MARCH, title=title.strip()))
    enter(database, ALICE)
    (mail,) = send()
    assert (mail.entry()["SUMMARY"], mail.sequences) == (title.strip(), [0])


def test_plain_files_where_the_house_prefers_them(database: Database, send: Send) -> None:
    publish(database, MARCH)
    enter(database, ALICE)
    life = send(mail_calendar="file")
    publish(database, MOVED, now=LATER)
    life += send(LATER, mail_calendar="file")
    publish(database, now=LATER + DAY)
    life += send(LATER + DAY, mail_calendar="file")
    assert [each.methods for each in life] == [[None], [None], [None]]
    for each in life:
        assert "METHOD" not in each.calendars[0]
        assert "ATTENDEE" not in each.calendars[0].walk("VEVENT")[0]
    assert [each.entry()["STATUS"] for each in life] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [each.sequences for each in life] == [[0], [1], [2]]


def test_a_file_withdraws_nothing(database: Database, send: Send) -> None:
    publish(database, MARCH)
    enter(database, ALICE)
    send(mail_calendar="file")
    end_by_hand(database, LATER)
    assert [each.methods for each in send(LATER, mail_calendar="file")] == [[]]


@pytest.mark.parametrize(
    ("state", "uncertain", "methods"),
    [
        (MailState.SENT, 0, ["CANCEL"]),
        (MailState.HANDING_OVER, 0, ["CANCEL"]),
        (MailState.PARKED, 2, ["CANCEL"]),
        (MailState.FAILED, 1, ["CANCEL"]),  # it may have arrived all the same
        (MailState.FAILED, 0, []),
    ],
)
def test_what_may_have_arrived_is_withdrawn(
    database: Database,
    send: Send,
    state: MailState,
    uncertain: int,
    methods: list[str],
) -> None:
    publish(database, MARCH)
    enter(database, ALICE)
    with database.write() as session:
        session.execute(
            sa.update(OutboxMail).values(
                state=state,
                uncertain=uncertain,
                owner="another",
                lease_until=LATER + DAY,
            )
        )
    end_by_hand(database, LATER)
    (mail,) = send(LATER)
    assert mail.methods == methods


def test_while_it_is_in_a_workers_hands_the_withdrawal_waits(
    database: Database, send: Send
) -> None:
    publish(database, MARCH)
    enter(database, ALICE)
    with database.write() as session:
        session.execute(
            sa.update(OutboxMail).values(
                state=MailState.CLAIMED, owner="another", lease_until=LATER + DAY
            )
        )
    end_by_hand(database, LATER)
    assert send(LATER) == []


def test_a_notice_that_speaks_for_an_earlier_one_counts_for_both(
    database: Database, send: Send
) -> None:
    """Nobody has brought her March: she stands registered by another way than a confirmation."""
    publish(database, MARCH, APRIL)
    with database.write() as session:
        by_hand.add(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            person=ALICE,
            question=None,
            tell=False,
            house=HOUSE,
            actor="anne@example.org",
            now=NOW,
        )
    enter(database, ALICE, webinar=APRIL)
    send()
    publish(database, MOVED, APRIL, now=LATER)
    publish(database, MOVED, replace(APRIL, title="Autre"), now=LATER)
    (notice,) = send(LATER)
    assert notice.methods == ["REQUEST", "REQUEST"]
    with database.read() as session:
        registration = session.scalars(
            sa.select(Registration.id).join(Webinar).where(Webinar.slug == MARCH.slug)
        ).one()
    with database.write() as session:
        by_hand.end(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            registration_id=registration,
            tell=True,
            host=HOST,
            actor="anne@example.org",
            now=LATER + DAY,
        )
    (mail,) = send(LATER + DAY)
    assert mail.methods == ["CANCEL"]
