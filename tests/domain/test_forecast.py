"""What will leave, when and to how many: what is said beforehand is what happens."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.reminding import DAY, END, HOUR, SECOND, START, planned, written
from tests.support import (
    ALICE,
    APRIL,
    MARCH,
    NOW,
    counted_queries,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import list_choices, planning, replays
from webinars.domain.errors import NotFound
from webinars.domain.forecast import Forecast, State, Typed, forecast, leaving
from webinars.domain.mail_rules import DEFAULT, USUAL, Pace, Quiet, Times
from webinars.domain.plan import PlannedSession
from webinars.domain.programme import Moment
from webinars.domain.replays import Video
from webinars.models import MailList, Participant, Registration, RegistrationStatus, WebinarStatus

SURVEY = "https://enquete.example.org"
TIMES = Times(START, END, "Europe/Paris")
COMING, SAID, PASSED = State.COMING, State.SAID, State.PASSED


def states(
    words: Sequence[str],
    now: datetime,
    *,
    placed_at: datetime = NOW,
    pace: Pace = USUAL,
    held: Sequence[str] = (),
) -> list[tuple[str, State]]:
    found = leaving(
        words,
        TIMES,
        placed_at=placed_at,
        armed=dict.fromkeys(held, NOW.isoformat()),
        pace=pace,
        now=now,
    )
    return [(rule.word, state) for rule, state, _ in found]


@pytest.mark.parametrize(
    ("words", "now", "expected"),
    [
        (["7d", "1d", "1h"], NOW, [("7d", COMING), ("1d", COMING), ("1h", COMING)]),
        (["1d", "1h"], START - DAY, [("1d", PASSED), ("1h", COMING)]),
        (["3h", "1h"], NOW, [("3h", COMING), ("1h", SAID)]),
        (["5h", "3h", "1h"], NOW, [("5h", COMING), ("3h", SAID), ("1h", COMING)]),
        (["replay", "survey+1d"], NOW, [("survey+1d", COMING), ("replay", State.WAITS)]),
        (["survey+1d"], END + DAY, [("survey+1d", PASSED)]),
        ([], NOW, []),
    ],
)
def test_what_becomes_of_each_rule(
    words: list[str], now: datetime, expected: list[tuple[str, State]]
) -> None:
    assert states(words, now) == expected


def test_a_publication_says_what_a_reminder_soon_after_it_would() -> None:
    late = START - DAY - 3 * HOUR + SECOND
    assert states(["1d"], late, placed_at=late) == [("1d", SAID)]
    assert states(["1d"], late, placed_at=late - SECOND) == [("1d", SAID)]
    assert states(["1d"], late - 2 * SECOND, placed_at=late - 2 * SECOND) == [("1d", COMING)]


def test_a_rule_added_after_its_time_says_nothing_so_the_next_one_does() -> None:
    now = START - 2 * HOUR
    assert states(["3h", "1h"], now, held=["3h"]) == [("3h", PASSED), ("1h", SAID)]
    assert states(["3h", "1h"], now) == [("3h", PASSED), ("1h", COMING)]


def test_quiet_hours_are_foreseen() -> None:
    found = leaving(
        ["16h"],
        TIMES,
        placed_at=NOW,
        armed={},
        pace=Pace(quiet=Quiet(time(20), time(8))),
        now=NOW,
    )
    assert [at for _, _, at in found] == [datetime(2019, 3, 21, 7, tzinfo=UTC)]


@given(
    words=st.lists(
        st.sampled_from(["15m", "1h", "3h", "5h", "1d", "26h", "2d"]), unique=True, max_size=5
    ),
    apart=st.sampled_from([0, 60, 180]),
    ago=st.integers(0, 4 * 24 * 60),
)
def test_what_is_said_to_come_is_as_far_apart_as_it_has_to_be(
    words: list[str], apart: int, ago: int
) -> None:
    pace = Pace(apart=timedelta(minutes=apart))
    now = START - timedelta(minutes=ago)
    found = leaving(words, TIMES, placed_at=NOW, armed={}, pace=pace, now=now)
    coming = [at for _, state, at in found if state is COMING and at is not None]
    assert all(later - at > pace.apart for at, later in itertools.pairwise(coming))
    assert all(now < at < START for at in coming)


# in the database --------------------------------------------------------------------------


def look(database: Database, typed: Typed | None = None, *, now: datetime = NOW) -> Forecast:
    with database.read() as session:
        moment = Moment.at(now, opens_minutes=15)
        return forecast(session, cycle_slug="2019", moment=moment, pace=USUAL, typed=typed)


def lines(found: Forecast, slug: str = MARCH.slug) -> list[tuple[str, str, int]]:
    return [(one.rule.word, one.state.value, one.people) for one in found.webinar(slug).leaving]


@pytest.fixture
def site(database: Database) -> Database:
    """March has three registered people, April rules of its own."""
    own = replace(APRIL, reminders=("2h",))
    with database.write() as session:
        published(session, replace(plan_of(MARCH, own), survey_url=SURVEY))
        for number in range(3):
            register(session, person(number))
    return database


def test_the_usual_rules_and_those_of_its_own(site: Database) -> None:
    found = look(site)
    assert (found.words, found.survey_url, found.pending) == (DEFAULT, SURVEY, False)
    assert lines(found) == [
        ("7d", "coming", 3),
        ("1d", "coming", 3),
        ("1h", "coming", 3),
        ("survey+1d", "coming", 3),
        ("replay", "waits", 3),
    ]
    assert lines(found, APRIL.slug) == [("2h", "coming", 0)]
    with pytest.raises(NotFound):
        found.webinar("mai")


def test_what_is_said_to_come_is_what_leaves(site: Database) -> None:
    foreseen = [
        (one.at, one.rule.word, one.people)
        for one in look(site).webinar(MARCH.slug).leaving
        if one.state is COMING
    ]
    for at, word, people in foreseen:
        assert at is not None
        assert planned(site, now=at - SECOND) == 0
        assert planned(site, now=at) == people
        assert [rule for _, _, rule in written(site)][-people:] == [word] * people


def test_typed_rules_are_foreseen_and_change_nothing(site: Database) -> None:
    before = look(site)
    typed = Typed(("1d", "survey+1d"), survey_url=None)
    assert lines(look(site, typed)) == [("1d", "coming", 3), ("survey+1d", "coming", 3)]
    assert lines(look(site, typed), APRIL.slug) == [("2h", "coming", 0)]
    assert lines(look(site, Typed(("3h",), slug=MARCH.slug))) == [("3h", "coming", 3)]
    back = look(site, Typed(None, slug=APRIL.slug))
    assert [word for word, *_ in lines(back, APRIL.slug)] == [
        "7d",
        "1d",
        "1h",
        "survey+1d",
        "replay",
    ]
    assert look(site) == before


def test_how_many_depends_on_who_came(site: Database) -> None:
    with site.write() as session:
        rows = session.scalars(sa.select(Registration).order_by(Registration.id)).all()
        rows[0].status = RegistrationStatus.ATTENDED
        rows[1].status = RegistrationStatus.ABSENT
        rows[2].status = RegistrationStatus.CANCELLED
    assert lines(look(site, now=END))[3:] == [("survey+1d", "coming", 1), ("replay", "waits", 2)]
    with site.write() as session:
        video = Video(url="https://video.example.org/v", duration=60)
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=MARCH.slug, video=video, now=END + HOUR
        )
    after = look(site, now=END + 2 * HOUR)
    assert lines(after)[3:] == [("replay", "passed", 2), ("survey+1d", "coming", 1)]
    assert after.webinar(MARCH.slug).near
    assert not look(site, now=END + 2 * DAY).webinar(MARCH.slug).near


def test_nobody_is_counted_to_whom_a_reminder_will_not_leave(site: Database) -> None:
    """Who came to their place shortly before it, and who has left reminders."""
    now = START - DAY - HOUR
    with site.write() as session:
        rows = session.scalars(sa.select(Registration).order_by(Registration.id)).all()
        rows[0].changed_at = now - HOUR
        participant = session.get_one(Participant, rows[1].participant_id)
        list_choices.leave(session, participant=participant, lists=[MailList.REMINDERS], now=NOW)
    counts = {word: count for word, _, count in lines(look(site, now=now))}
    assert (counts["1d"], counts["1h"], counts["replay"]) == (1, 2, 3)


def test_the_draft_is_foreseen_as_if_it_were_published(site: Database) -> None:
    """March moves to the day after tomorrow, and May is new: nobody is registered for it."""
    with site.write() as session:
        soon = replace(MARCH, date=date(2019, 3, 6), reminders=("1d", "1h"))
        new = PlannedSession("mai", date(2019, 5, 16), "Mai", reminders=())
        gone = replace(APRIL, status=WebinarStatus.CANCELLED)
        planning.save_draft(session, plan=plan_of(soon, gone, new), now=NOW)
    found = look(site)
    assert found.pending
    assert [one.slug for one in found.webinars] == [MARCH.slug, "mai"]
    assert lines(found) == [("1d", "coming", 3), ("1h", "coming", 3)]
    assert found.webinar("mai").leaving == ()
    assert found.webinar("mai").near


@pytest.mark.parametrize("count", [1, 3, 30])
def test_the_queries_do_not_grow(database: Database, count: int) -> None:
    days = [date(2019, 3, 5) + timedelta(days=index * 7) for index in range(count)]
    sessions = [PlannedSession(f"w{index}", day, "W") for index, day in enumerate(days)]
    with database.write() as session:
        published(session, plan_of(*sessions))
        register(session, ALICE, webinar="w0")
    with counted_queries(database) as statements:
        assert len(look(database).webinars) == count
    assert len(statements) == 6


def test_a_cycle_that_is_not_there_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        look(database)
