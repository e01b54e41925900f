"""What an organiser should know of a plan before it is published."""

from dataclasses import replace
from datetime import date

import pytest

from tests.support import APRIL, MARCH, MAY, plan_of, real_plan
from webinars.domain.plan import Plan, PlannedSession
from webinars.domain.remarks import Remark, RemarkKind, by_webinar, remarks
from webinars.models import WebinarStatus

EARLY = date(2019, 1, 1)
AUGUST = PlannedSession("aout", date(2019, 8, 15), "Webinaire d’août")


def kinds(plan: Plan, *, today: date = EARLY, public: tuple[str, ...] = ()) -> list[str]:
    """The kinds of the remarks that are about a webinar."""
    return [one.kind.value for one in remarks(plan, today=today, public=public) if one.slug]


def only(plan: Plan, kind: RemarkKind, *, today: date = EARLY) -> Remark:
    found = [one for one in remarks(plan, today=today) if one.kind is kind]
    assert len(found) == 1
    return found[0]


def test_a_quiet_date_says_nothing() -> None:
    assert kinds(plan_of(MARCH)) == []


def test_assumption_of_2019_is_a_conflict_whose_substitutes_contain_the_29th() -> None:
    found = only(plan_of(AUGUST), RemarkKind.PUBLIC_HOLIDAY)
    assert (found.day, found.slug, found.name) == (AUGUST.date, "aout", "Assomption")
    assert found.conflict
    assert date(2019, 8, 29) in {one.day for one in found.substitutes}


def test_a_substitute_is_never_a_date_of_the_plan_or_of_its_rule() -> None:
    other = PlannedSession("autre", date(2019, 8, 29), "Autre")
    found = only(plan_of(AUGUST, other), RemarkKind.PUBLIC_HOLIDAY)
    days = {one.day for one in found.substitutes}
    assert days
    assert days.isdisjoint({other.date, date(2019, 8, 15), date(2019, 7, 18)})


def test_school_holidays_warn_with_their_zones() -> None:
    found = only(plan_of(APRIL), RemarkKind.SCHOOL_HOLIDAYS)
    assert (found.name, found.zones) == ("Vacances de printemps", ("A", "B"))
    assert not found.conflict
    assert not found.substitutes


def test_a_bridge_and_a_weekend_warn() -> None:
    bridge = PlannedSession("pont", date(2019, 5, 31), "Le lendemain de l’Ascension")
    weekend = PlannedSession("samedi", date(2019, 3, 23), "Un samedi")
    assert "bridge" in kinds(plan_of(bridge))
    assert kinds(plan_of(weekend)) == ["weekend"]


def test_the_past_is_news_of_what_nobody_has_seen() -> None:
    april = date(2019, 4, 1)
    assert kinds(plan_of(MARCH), today=april) == ["in_the_past"]
    assert kinds(plan_of(MARCH), today=april, public=(MARCH.slug,)) == []
    assert kinds(plan_of(MARCH), today=MARCH.date) == []


def test_a_theme_on_two_dates_is_said_at_both() -> None:
    again = replace(MAY, theme=MARCH.theme)
    assert kinds(plan_of(MARCH, again)) == ["theme_twice", "theme_twice"]


def test_what_is_cancelled_is_beyond_remarks() -> None:
    gone = replace(AUGUST, status=WebinarStatus.CANCELLED)
    assert kinds(plan_of(gone, MARCH)) == []


def left_out(plan: Plan, today: date = EARLY) -> list[date]:
    found = remarks(plan, today=today)
    return [one.day for one in found if one.kind is RemarkKind.LEFT_OUT]


def test_dates_of_the_rule_without_a_webinar_are_named_from_today_on() -> None:
    assert left_out(plan_of(MARCH, APRIL)) == [
        date(2019, month, day)
        for month, day in (
            (1, 17), (2, 21), (5, 16), (6, 20), (7, 18), (8, 15), (9, 19), (10, 17), (11, 21),
            (12, 19),
        )
    ]  # fmt: skip
    assert left_out(plan_of(MARCH, APRIL), today=date(2019, 11, 21)) == [
        date(2019, 11, 21),
        date(2019, 12, 19),
    ]


@pytest.mark.parametrize("status", list(WebinarStatus))
def test_an_exception_and_a_cancelled_webinar_leave_nothing_out(status: WebinarStatus) -> None:
    moved = replace(AUGUST, date=date(2019, 8, 29), exception_of=AUGUST.date, status=status)
    assert date(2019, 8, 15) not in left_out(plan_of(moved))
    assert date(2019, 5, 16) not in left_out(plan_of(replace(MAY, status=status)))


def test_the_real_year_has_no_conflict_left_and_no_date_left_out() -> None:
    found = remarks(real_plan(), today=EARLY)
    assert [one for one in found if one.conflict] == []
    assert [one for one in found if one.kind is RemarkKind.LEFT_OUT] == []


def test_they_stand_by_date_and_are_found_by_webinar() -> None:
    found = remarks(plan_of(AUGUST, APRIL), today=EARLY)
    assert [one.day for one in found] == sorted(one.day for one in found)
    named = by_webinar(found)
    assert list(named) == [APRIL.slug, "aout"]
    assert all(one.slug == slug for slug, its in named.items() for one in its)
