"""Whether mail may leave, and how fast, for all workers together."""

from datetime import datetime, timedelta

import pytest

from tests.support import NOW, in_threads
from webinars.db import Database
from webinars.domain import mail_flow
from webinars.domain.mail_flow import Allowance, Flow

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def flow(database: Database, now: datetime) -> Flow:
    with database.read() as session:
        return mail_flow.flow(session, now=now)


def pause(database: Database, now: datetime, reason: str = "no conversation") -> None:
    with database.write() as session:
        mail_flow.pause(session, reason=reason, now=now)


def reserve(database: Database, now: datetime, *, per_minute: int, most: int = 50) -> Allowance:
    with database.write() as session:
        return mail_flow.reserve(session, most=most, per_minute=per_minute, now=now)


def test_mail_flows_until_something_happens(database: Database) -> None:
    assert flow(database, NOW) == Flow(None, None, 0, None)


def test_pauses_grow_are_jittered_and_never_last_longer_than_a_quarter_of_an_hour(
    database: Database,
) -> None:
    now, middles = NOW, []
    for failures in range(1, 9):
        pause(database, now, f"failure {failures}")
        found = flow(database, now)
        assert (found.since, found.failures, found.reason) == (NOW, failures, f"failure {failures}")
        assert found.paused_until is not None
        length = found.paused_until - now
        middle = min(30 * SECOND * 2 ** (failures - 1), 12 * MINUTE)
        assert middle * 0.75 <= length <= middle * 1.25
        assert length <= 15 * MINUTE
        middles.append(length)
        assert flow(database, found.paused_until - SECOND).paused_until == found.paused_until
        assert flow(database, found.paused_until).paused_until is None
        now = found.paused_until
    assert len(set(middles)) == 8


def test_workers_that_fail_together_are_one_failure(database: Database) -> None:
    pause(database, NOW, "the first")
    first = flow(database, NOW)
    in_threads(lambda _number: pause(database, NOW + SECOND, "another"), 4)
    assert flow(database, NOW + SECOND) == first


def test_a_success_ends_it_at_once(database: Database) -> None:
    pause(database, NOW)
    for expected in (True, False):
        with database.write() as session:
            assert mail_flow.resume(session) is expected
    assert flow(database, NOW) == Flow(None, None, 0, None)
    pause(database, NOW)
    assert flow(database, NOW).failures == 1


def test_a_pause_from_a_clock_that_was_wrong_stops_nobody(database: Database) -> None:
    pause(database, NOW + 6 * HOUR)
    assert flow(database, NOW).paused_until is None


@pytest.mark.parametrize("per_minute", [6, 60, 600])
def test_no_minute_has_more_mails_than_the_rate(database: Database, per_minute: int) -> None:
    now, left = NOW, []
    while now < NOW + 3 * MINUTE:
        found = reserve(database, now, per_minute=per_minute)
        left += [now] * found.mails
        assert found.wait > timedelta(0)
        now += found.wait
    for begin in left:
        within = sum(begin <= one < begin + MINUTE for one in left)
        assert within <= per_minute + max(1, per_minute // 60) - 1
    assert len(left) >= 3 * per_minute


def test_a_rate_is_kept_by_all_workers_together(database: Database) -> None:
    given: list[int] = []

    def work(_number: int) -> None:
        given.append(reserve(database, NOW, per_minute=600).mails)

    in_threads(work, 5)
    assert sorted(given) == [0, 0, 0, 0, 10]


def test_what_is_given_back_may_leave(database: Database) -> None:
    with database.write() as session:
        assert mail_flow.reserve(session, most=50, per_minute=600, now=NOW).mails == 10
        mail_flow.give_back(session, mails=7, per_minute=600)
    assert reserve(database, NOW, per_minute=600).mails == 7


def test_idle_hours_save_nothing_up(database: Database) -> None:
    assert reserve(database, NOW, per_minute=60).mails == 1
    assert reserve(database, NOW + HOUR, per_minute=60).mails == 1


def test_a_clock_that_was_put_back_does_not_stop_the_flow(database: Database) -> None:
    assert reserve(database, NOW + HOUR, per_minute=60).mails == 1
    assert reserve(database, NOW, per_minute=60).mails == 1
