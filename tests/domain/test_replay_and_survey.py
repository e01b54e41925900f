"""What leaves after a webinar: the replay to whoever was registered, the survey to who came."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.domain.reminding import DAY, END, HOUR, SECOND, START, planned, set_rules, written
from tests.support import APRIL, MARCH, NOW, counted_queries, person, plan_of, published, register
from webinars.db import Database
from webinars.domain import attendance, replay_acts, replays
from webinars.domain.editing import Editor
from webinars.domain.reminders import LOOKS_AGAIN, Settled, why_not
from webinars.domain.replays import Video
from webinars.domain.survey_questions import USUAL_OF_A_WEBINAR, mark_of
from webinars.domain.surveys import Said, answer
from webinars.domain.timed_text import Cue, Spoken
from webinars.models import (
    MailKind,
    MailState,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Survey,
    Webinar,
    WebinarStatus,
)

SURVEY = "https://enquete.example.org"
DUE = END + DAY
"""Of the survey."""
STATUSES = list(RegistrationStatus)


def publish(database: Database, *statuses: RegistrationStatus, survey: str | None = SURVEY) -> None:
    """March is published, and somebody has each of these statuses, noted after its end."""
    with database.write() as session:
        published(session, replace(plan_of(MARCH, APRIL), survey_url=survey))
        for number in range(len(statuses)):
            register(session, person(number))
        note(session, statuses)


def note(session: Session, statuses: Sequence[RegistrationStatus]) -> None:
    rows = session.scalars(sa.select(Registration).order_by(Registration.id)).all()
    for row, status in zip(rows, statuses, strict=True):
        row.status, row.changed_at = status, END + SECOND


def online(database: Database, *, now: datetime, slug: str = MARCH.slug) -> None:
    with database.write() as session:
        video = Video(
            url="https://video.example.org/v",
            duration=60,
            chapters=[(0, "Début")],
            captions={"fr": (Cue(0, 1000, (Spoken(None, "Bonjour."),)),)},
        )
        where = {"cycle_slug": "2019", "webinar_slug": slug}
        if not replays.put_online(session, **where, video=video, now=now):
            replay_acts.go_online(session, **where, editor=Editor("olivia@example.org", now))


def offline(database: Database) -> None:
    with database.write() as session:
        replay_acts.withdraw(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            why=None,
            words_stay=False,
            editor=Editor("olivia@example.org", END),
        )


def to(database: Database, word: str) -> list[str]:
    """Whom a rule has written to."""
    return [name for name, _, rule in written(database) if rule == word]


def people(statuses: Sequence[RegistrationStatus], *of: RegistrationStatus) -> list[str]:
    return [f"person{number}" for number, status in enumerate(statuses) if status in of]


# the replay -------------------------------------------------------------------------------


def test_the_replay_is_told_to_who_had_a_place_whether_they_came_or_not(database: Database) -> None:
    publish(database, *STATUSES)
    assert planned(database, now=END + HOUR) == 0
    online(database, now=END + HOUR)
    assert planned(database, now=END + HOUR) == 3
    assert planned(database, now=END + 2 * HOUR) == 0
    assert to(database, "replay") == people(
        STATUSES,
        RegistrationStatus.CONFIRMED,
        RegistrationStatus.ATTENDED,
        RegistrationStatus.ABSENT,
    )


def test_none_one_three(database: Database) -> None:
    publish(database)
    online(database, now=END)
    assert planned(database, now=END) == 0
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        for number in range(3):
            register(session, person(number), now=START - HOUR)
    assert [planned(database, now=END, most=2) for _ in range(3)] == [2, 1, 0]


def test_who_is_entered_after_it_was_due_is_told_of_neither(database: Database) -> None:
    publish(database, RegistrationStatus.ATTENDED)
    online(database, now=END)
    with database.write() as session:
        published(session, replace(plan_of(MARCH, APRIL), survey_url=SURVEY))
        for number, at in ((1, END + SECOND), (2, DUE + SECOND)):
            register(session, person(number), now=START - HOUR)
            row = session.scalars(sa.select(Registration).order_by(Registration.id.desc())).first()
            assert row is not None
            row.registered_at, row.status = at, RegistrationStatus.ATTENDED
    planned(database, now=DUE + HOUR)
    assert to(database, "replay") == ["person0"]
    assert [name for name, _, rule in written(database) if rule.startswith("survey")] == [
        "person0",
        "person1",
    ]


def test_a_replay_that_is_there_before_the_end_waits_for_it(database: Database) -> None:
    publish(database, RegistrationStatus.CONFIRMED)
    with database.write() as session:
        set_rules(session, ["replay"])
    online(database, now=START - DAY)
    assert [planned(database, now=at) for at in (START, END - SECOND, END)] == [0, 0, 1]


def test_one_worker_does_not_look_again_at_each_tick(database: Database) -> None:
    """What is settled costs nothing for a while; who comes under the rule then is found after."""
    publish(database, RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED)
    online(database, now=END + HOUR)
    settled, now = Settled(), END + HOUR

    def looked(at: datetime) -> tuple[int, bool]:
        with counted_queries(database) as queries:
            number = planned(database, now=at, settled=settled)
        return number, any("INSERT INTO outbox" in query for query in queries)

    assert looked(now) == (1, True)
    assert looked(now + SECOND) == (0, True)
    assert looked(now + 2 * SECOND) == (0, False)
    with database.write() as session:
        note(session, [RegistrationStatus.CONFIRMED] * 2)
    last = now + SECOND + LOOKS_AGAIN
    assert looked(last - SECOND) == (0, False)
    assert planned(database, now=last - SECOND, settled=Settled()) == 1  # another worker
    assert looked(last) == (0, True)
    assert looked(now) == (0, True)  # the clock was put back
    assert to(database, "replay") == ["person0", "person1"]


def test_withdrawn_and_online_again_it_is_told_once_ever(database: Database) -> None:
    publish(database, RegistrationStatus.ATTENDED)
    online(database, now=END + HOUR)
    assert planned(database, now=END + HOUR) == 1
    for again in (2, 3):
        offline(database)
        assert planned(database, now=END + again * HOUR) == 0
        online(database, now=END + again * HOUR)
        assert planned(database, now=END + again * HOUR) == 0


def test_withdrawn_before_it_could_leave_it_is_told_when_it_is_there_again(
    database: Database,
) -> None:
    publish(database, RegistrationStatus.ATTENDED)
    online(database, now=END + HOUR)
    planned(database, now=END + HOUR)
    offline(database)
    assert reason(database, MailKind.REPLAY) == "the replay is not online any more"
    with database.write() as session:
        session.execute(sa.update(OutboxMail).values(state=MailState.FAILED))
    online(database, now=END + 2 * HOUR)
    assert planned(database, now=END + 2 * HOUR) == 1
    assert reason(database, MailKind.REPLAY) is None


def test_a_replay_of_long_ago_is_told_to_nobody(database: Database) -> None:
    """A worker that was away, or a rule that is newer than the replay."""
    publish(database, RegistrationStatus.ATTENDED)
    online(database, now=END + HOUR)
    assert planned(database, now=END + HOUR + 30 * DAY) == 0
    with database.write() as session:
        webinar = session.scalars(sa.select(Webinar).where(Webinar.slug == MARCH.slug)).one()
        webinar.armed = {"replay": (END + HOUR + SECOND).isoformat()}
    assert planned(database, now=END + 2 * HOUR) == 0


def test_of_a_cancelled_webinar_and_without_the_rule_nothing_leaves(database: Database) -> None:
    publish(database, RegistrationStatus.ATTENDED)
    online(database, now=END + HOUR)
    with database.write() as session:
        session.execute(sa.update(Webinar).values(status=WebinarStatus.CANCELLED))
    assert planned(database, now=END + 2 * DAY) == 0
    with database.write() as session:
        session.execute(sa.update(Webinar).values(status=WebinarStatus.SCHEDULED))
        set_rules(session, [])
    assert planned(database, now=END + 2 * DAY) == 0


# the survey ---------------------------------------------------------------------------------


def test_the_survey_goes_to_those_who_came_a_day_after(database: Database) -> None:
    publish(database, *STATUSES)
    assert [planned(database, now=at) for at in (DUE - SECOND, DUE, DUE + HOUR)] == [0, 1, 0]
    assert to(database, "survey+1d") == people(STATUSES, RegistrationStatus.ATTENDED)


def test_where_nobody_is_noted_as_having_come_it_goes_to_all_who_had_a_place(
    database: Database,
) -> None:
    """The door was not used: people joined in another way."""
    statuses = [one for one in STATUSES if one is not RegistrationStatus.ATTENDED]
    publish(database, *statuses)
    assert planned(database, now=DUE) == 1
    assert to(database, "survey+1d") == people(statuses, RegistrationStatus.CONFIRMED)


def test_without_an_address_it_is_answered_here_while_it_is_open_and_once(
    database: Database,
) -> None:
    publish(database, RegistrationStatus.ATTENDED, survey=None)
    assert planned(database, now=DUE) == 1
    assert reason(database, MailKind.SURVEY) is None
    with database.write() as session:
        alone = session.scalars(sa.select(Participant)).one()
        where = {"cycle_slug": "2019", "webinar_slug": MARCH.slug}
        mark, said = mark_of(USUAL_OF_A_WEBINAR), [Said(3), Said(), Said()]
        answer(session, participant=alone, **where, mark=mark, said=said, now=DUE)
    assert reason(database, MailKind.SURVEY) == "the person has answered the survey"
    with database.write() as session:
        session.execute(sa.update(Survey).values(closes_after=1))
    assert reason(database, MailKind.SURVEY) == "the survey is closed"


@pytest.mark.parametrize(
    ("late", "expected"), [(timedelta(days=14) - SECOND, 1), (timedelta(days=14), 0)]
)
def test_a_survey_is_of_use_for_two_weeks(
    database: Database, late: timedelta, expected: int
) -> None:
    publish(database, RegistrationStatus.ATTENDED)
    assert planned(database, now=DUE + late) == expected


def test_another_time_for_the_survey_asks_nobody_twice(database: Database) -> None:
    publish(database, RegistrationStatus.ATTENDED, RegistrationStatus.ATTENDED)
    assert planned(database, now=DUE, most=1) == 1
    with database.write() as session:
        set_rules(session, ["survey+2d"])
    assert [planned(database, now=at) for at in (DUE + DAY - SECOND, DUE + DAY)] == [0, 1]
    assert (to(database, "survey+1d"), to(database, "survey+2d")) == (["person0"], ["person1"])


def test_a_webinar_put_off_after_its_end_is_asked_about_after_the_new_one(
    database: Database,
) -> None:
    publish(database, RegistrationStatus.CONFIRMED)
    later = replace(MARCH, date=date(2019, 3, 28))
    with database.write() as session:
        published(session, replace(plan_of(later, APRIL), survey_url=SURVEY), now=END + HOUR)
    assert planned(database, now=DUE) == 0
    with database.write() as session:
        attendance.settle(session, now=DUE + 8 * DAY)
    assert planned(database, now=DUE + 7 * DAY) == 1
    assert to(database, "survey+1d") == ["person0"]


# at the hand-over ----------------------------------------------------------------------------


def reason(database: Database, kind: MailKind) -> str | None:
    """Why the latest mail of a kind would not leave now."""
    with database.read() as session:
        mail = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == kind).order_by(OutboxMail.id.desc())
        ).first()
        assert mail is not None
        row = session.scalar(
            sa.select(Registration).where(
                Registration.participant_id == mail.participant_id,
                Registration.webinar_id == mail.webinar_id,
            )
        )
        return why_not(session, mail=mail, registration=row, now=DUE + HOUR)


@pytest.mark.parametrize(
    ("status", "replay", "survey"),
    [
        (RegistrationStatus.ATTENDED, None, None),
        (RegistrationStatus.CONFIRMED, None, None),
        (RegistrationStatus.ABSENT, None, "the person did not come"),
        (RegistrationStatus.CANCELLED, *["the person is no longer registered"] * 2),
        (RegistrationStatus.WAITLISTED, *["the person is no longer registered"] * 2),
    ],
)
def test_the_present_decides_whether_a_written_mail_leaves(
    database: Database, status: RegistrationStatus, replay: str | None, survey: str | None
) -> None:
    publish(database, RegistrationStatus.ATTENDED)
    online(database, now=END + HOUR)
    assert planned(database, now=DUE) == 2
    with database.write() as session:
        session.execute(sa.update(Registration).values(status=status))
    assert (reason(database, MailKind.REPLAY), reason(database, MailKind.SURVEY)) == (
        replay,
        survey,
    )


def test_a_rule_that_was_switched_off_sends_nothing_that_waits(database: Database) -> None:
    publish(database, RegistrationStatus.ATTENDED)
    planned(database, now=DUE)
    with database.write() as session:
        set_rules(session, ["replay"])
    assert reason(database, MailKind.SURVEY) == "the rule was switched off"


def test_nobody_erased_is_written_to(database: Database) -> None:
    publish(database, RegistrationStatus.ATTENDED, RegistrationStatus.ATTENDED)
    online(database, now=END)
    with database.write() as session:
        first = session.scalars(sa.select(Participant).order_by(Participant.id)).first()
        assert first is not None
        first.erased_at = NOW
    assert planned(database, now=DUE) == 2
    assert {name for name, _, _ in written(database)} == {"person1"}
