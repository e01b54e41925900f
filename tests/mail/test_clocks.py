"""Clocks that jump, and a worker that was away for hours."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.support import MARCH, NOW, MailServer, person, plan_of, published, register
from webinars import clock
from webinars.db import Database
from webinars.domain import counting
from webinars.domain.counting import Played
from webinars.models import (
    MailKind,
    MailState,
    OutboxMail,
    Replay,
    ReplayMinutes,
    ReplayMinutesBefore,
    Webinar,
)
from webinars.worker import Worker

HOUR = timedelta(hours=1)
START = datetime.fromisoformat("2019-03-21T12:00:00+00:00")

MakeWorker = Callable[..., Worker]
At = Callable[[datetime], None]


@pytest.fixture
def three(database: Database) -> Database:
    with database.write() as session:
        published(session, replace(plan_of(MARCH), reminders=("1d", "1h")))
        for number in range(3):
            register(session, person(number))
    return database


def states(database: Database) -> list[tuple[str, str, int, int]]:
    with database.read() as session:
        rows = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id))
        return [(row.kind.value, row.state.value, row.tries, row.uncertain) for row in rows]


SENT = ("confirmation", "sent", 1, 0)


@pytest.mark.parametrize("jump", [6 * HOUR, -6 * HOUR, timedelta(days=400), -timedelta(days=400)])
def test_a_clock_that_jumps_between_two_ticks_loses_and_repeats_nothing(
    three: Database, make_worker: MakeWorker, smtp: MailServer, at: At, jump: timedelta
) -> None:
    worker = make_worker()
    worker.tick()
    assert states(three) == [SENT] * 3
    at(NOW + jump)
    worker.tick()
    at(NOW + timedelta(minutes=1))
    worker.tick()
    by = Counter(arrived.envelope_to[0] for arrived in smtp.arrived)
    assert set(by.values()) == {1}
    assert states(three)[:3] == [SENT] * 3


@pytest.mark.parametrize("jump", [6 * HOUR, -6 * HOUR])
def test_a_clock_that_jumps_while_a_message_is_handed_over_makes_no_second_copy(
    three: Database,
    make_worker: MakeWorker,
    smtp: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    jump: timedelta,
) -> None:
    """The leases of those that are claimed end by it; what the server has said counts."""
    now = [NOW]
    monkeypatch.setattr(clock, "now", lambda: now[0])

    def jumps(_envelope: object) -> None:
        now[0] = NOW + jump

    smtp.on_data = jumps
    worker = make_worker()
    worker.tick()
    smtp.on_data = lambda _envelope: None
    now[0] = NOW + 7 * HOUR
    worker.tick()
    assert Counter(arrived.envelope_to[0] for arrived in smtp.arrived) == {
        person(number).email: 1 for number in range(3)
    }
    assert states(three) == [SENT] * 3


def test_after_six_hours_without_a_worker_what_is_of_use_leaves_and_nothing_else(
    three: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    """Down from before the reminder of the day until after it: one reminder, of its hour."""
    make_worker().tick()
    at(START - timedelta(hours=27))
    make_worker().tick()
    at(START - timedelta(hours=21))  # the time of the reminder was three hours ago
    make_worker().tick()
    assert states(three)[3:] == [("reminder", "sent", 1, 0)] * 3
    at(START + 3 * HOUR)  # down again over the last reminder and the webinar itself
    make_worker().tick()
    with three.read() as session:
        reminders = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == MailKind.REMINDER)
        ).all()
    assert [row.state for row in reminders] == [MailState.SENT] * 3
    assert len(smtp.arrived) == 6


def test_what_was_owed_before_six_hours_leaves_after_them_once(
    three: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    at(NOW + 6 * HOUR)
    first, second = make_worker(), make_worker()
    first.tick()
    second.tick()
    assert states(three) == [SENT] * 3
    assert len(smtp.arrived) == 3


def test_a_tick_folds_minutes_that_are_too_old(
    database: Database, make_worker: MakeWorker, now: datetime
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        webinar = session.scalars(sa.select(Webinar.id)).one()
        session.add(Replay(webinar_id=webinar))
        session.flush()
        replay = session.scalars(sa.select(Replay.id)).one()
        for days in (500, 501, 0):
            played = Played(replay, (NOW - timedelta(days=days)).date(), 7)
            counting.add(session, counts={played: 2})
    make_worker().tick()
    with database.read() as session:
        assert session.scalars(sa.select(ReplayMinutes.day)).all() == [NOW.date()]
        assert session.execute(
            sa.select(ReplayMinutesBefore.minute, ReplayMinutesBefore.plays)
        ).all() == [(7, 4)]
