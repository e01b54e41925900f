"""Arranging a year: who goes where, and that nothing of a webinar is lost on the way."""

from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.planning_cases import LINES, RULES, april_2019, plans, week
from tests.support import APRIL, MARCH, MAY, plan_of, real_plan
from webinars.clock import to_local
from webinars.domain import arranging, fields, rules
from webinars.domain.arranging import NothingToRotate, Subject
from webinars.domain.errors import NotFound, WrongRule
from webinars.domain.plan import Plan, PlannedSession, check
from webinars.models import WebinarStatus

CANCELLED = WebinarStatus.CANCELLED
THREE = plan_of(MARCH, APRIL, MAY)
JUNE = date(2019, 6, 20)
ASSUMPTION = PlannedSession(
    slug="transformer",
    date=date(2019, 8, 29),
    title="Transformer",
    exception_of=date(2019, 8, 15),
    reason="Assomption",
)
THEME = Subject("qualifier-l-innovation", "Qualifier l’innovation")


def slots(plan: Plan) -> list[tuple[date, date | None, str | None]]:
    """Dates with the reasons why they are not the rule's."""
    return [(one.date, one.exception_of, one.reason) for one in plan.sessions]


def without_slots(plan: Plan) -> dict[str, PlannedSession]:
    """All that is not its slot, of each webinar."""
    return {
        one.slug: replace(one, date=date.min, exception_of=None, reason=None)
        for one in plan.sessions
    }


def order(plan: Plan) -> list[tuple[str, str]]:
    return [(one.date.isoformat(), one.slug) for one in plan.sessions]


def with_slot(session: PlannedSession, slot: PlannedSession) -> PlannedSession:
    return replace(session, date=slot.date, exception_of=slot.exception_of, reason=slot.reason)


# Moving -----------------------------------------------------------------------------


def test_a_webinar_moved_off_the_rule_remembers_the_date_of_the_rule_and_why() -> None:
    moved = arranging.moved(THREE, slug=APRIL.slug, day=date(2019, 4, 25), reason="Pâques")
    there = replace(APRIL, date=date(2019, 4, 25), exception_of=date(2019, 4, 18), reason="Pâques")
    assert moved == plan_of(MARCH, there, MAY)


def test_moved_again_it_still_remembers_the_first_date_and_the_reason() -> None:
    once = arranging.moved(THREE, slug=APRIL.slug, day=date(2019, 4, 25), reason="Pâques")
    twice = arranging.moved(once, slug=APRIL.slug, day=date(2019, 5, 2))
    there = replace(APRIL, date=date(2019, 5, 2), exception_of=APRIL.date, reason="Pâques")
    assert twice == plan_of(MARCH, there, MAY)
    other = arranging.moved(once, slug=APRIL.slug, day=date(2019, 5, 2), reason="Grève")
    assert other == plan_of(MARCH, replace(there, reason="Grève"), MAY)


def test_a_date_that_never_was_the_rules_is_not_remembered() -> None:
    extra = replace(APRIL, date=date(2019, 4, 2))
    moved = arranging.moved(plan_of(extra), slug=APRIL.slug, day=date(2019, 4, 3), reason="Salle")
    assert moved == plan_of(replace(APRIL, date=date(2019, 4, 3), reason="Salle"))


def test_moved_past_another_webinar_it_stands_in_the_order_of_dates() -> None:
    moved = arranging.moved(THREE, slug=MARCH.slug, day=JUNE)
    assert moved == plan_of(APRIL, MAY, replace(MARCH, date=JUNE))


@given(plan=plans(least=1), data=st.data())
def test_a_move_keeps_all_but_the_slot_and_comes_back_without_an_exception(
    plan: Plan, data: st.DataObject
) -> None:
    one = data.draw(st.sampled_from(plan.sessions))
    away = data.draw(st.dates(date(plan.year, 1, 1), date(plan.year, 12, 31)))
    ruled = data.draw(st.sampled_from(rules.dates(plan.rule, year=plan.year)))
    moved = arranging.moved(plan, slug=one.slug, day=away, reason="x")
    back = arranging.moved(moved, slug=one.slug, day=ruled)
    assert without_slots(moved) == without_slots(back) == without_slots(plan)
    assert arranging.find(moved, one.slug).date == away
    home = replace(one, date=ruled, exception_of=None, reason=None)
    assert back == arranging.with_sessions(plan, home)


# Swapping and rotating --------------------------------------------------------------


def test_two_webinars_swap_their_slots_with_the_reason_that_belongs_to_the_date() -> None:
    swapped = arranging.rotated(plan_of(MARCH, ASSUMPTION), slugs=(ASSUMPTION.slug, MARCH.slug))
    assert swapped == plan_of(with_slot(ASSUMPTION, MARCH), with_slot(MARCH, ASSUMPTION))


@pytest.mark.parametrize("slugs", [(), (MARCH.slug,), (MARCH.slug, MARCH.slug)])
def test_fewer_than_two_cannot_be_rotated(slugs: tuple[str, ...]) -> None:
    with pytest.raises(NothingToRotate):
        arranging.rotated(THREE, slugs=slugs)


def test_of_three_each_takes_the_next_date_and_the_last_the_first() -> None:
    slugs = (MAY.slug, MARCH.slug, APRIL.slug, MARCH.slug)  # neither order nor repetition matter
    forwards = [
        ("2019-03-21", MAY.slug),
        ("2019-04-18", MARCH.slug),
        ("2019-05-16", APRIL.slug),
    ]
    backwards = [
        ("2019-03-21", APRIL.slug),
        ("2019-04-18", MAY.slug),
        ("2019-05-16", MARCH.slug),
    ]
    assert order(arranging.rotated(THREE, slugs=slugs)) == forwards
    assert order(arranging.rotated(THREE, slugs=slugs, backwards=True)) == backwards


def test_one_rotation_and_two_titles_make_the_april_plan_the_revised_one() -> None:
    rotated = arranging.rotated(
        april_2019(),
        slugs=(
            "evaluer-sa-pertinence",
            "mobiliser-les-competences",
            "favoriser-l-engagement-de-l-entreprise",
        ),
    )
    titled = arranging.with_sessions(
        rotated,
        replace(arranging.find(rotated, "evaluer-sa-pertinence"), title="Evaluer la pertinence"),
        replace(
            arranging.find(rotated, "mobiliser-les-competences"),
            title="Mobiliser des compétences",
        ),
    )
    assert titled == real_plan()


@given(plan=plans(least=2), data=st.data())
def test_rotations_lose_nothing_and_can_be_taken_back(plan: Plan, data: st.DataObject) -> None:
    slugs = data.draw(
        st.lists(st.sampled_from([s.slug for s in plan.sessions]), min_size=2, unique=True)
    )
    backwards = data.draw(st.booleans())
    once = arranging.rotated(plan, slugs=slugs, backwards=backwards)
    assert slots(once) == slots(plan)
    assert without_slots(once) == without_slots(plan)
    assert [a.slug != b.slug for a, b in zip(once.sessions, plan.sessions, strict=True)] == [
        b.slug in slugs for b in plan.sessions
    ]
    assert arranging.rotated(once, slugs=slugs, backwards=not backwards) == plan
    turned = plan
    for _ in slugs:
        turned = arranging.rotated(turned, slugs=slugs, backwards=backwards)
    assert turned == plan


# A new rule -------------------------------------------------------------------------


def test_what_comes_takes_the_dates_of_the_rule_in_its_order() -> None:
    plan = replace(
        plan_of(MARCH, APRIL, MAY, ASSUMPTION), rule="first Tuesday in May, June and July"
    )
    assert order(arranging.realigned(plan, after=date(2019, 4, 1))) == [
        ("2019-03-21", MARCH.slug),
        ("2019-05-07", APRIL.slug),
        ("2019-06-04", MAY.slug),
        ("2019-07-02", ASSUMPTION.slug),
    ]
    assert slots(arranging.realigned(plan, after=date(2019, 4, 1)))[-1] == (
        date(2019, 7, 2),
        None,
        None,
    )


def test_where_the_rule_has_every_month_each_webinar_keeps_its_own() -> None:
    """On 10 April the second Tuesday of April is over: no theme slips into another month."""
    plan = replace(plan_of(MARCH, APRIL, MAY, ASSUMPTION), rule="second Tuesday")
    assert order(arranging.realigned(plan, after=date(2019, 4, 10))) == [
        ("2019-03-21", MARCH.slug),
        ("2019-04-18", APRIL.slug),
        ("2019-05-14", MAY.slug),
        ("2019-08-13", ASSUMPTION.slug),
    ]


def test_what_is_cancelled_and_what_finds_no_date_stay() -> None:
    off = replace(APRIL, status=CANCELLED)
    plan = replace(plan_of(MARCH, off, MAY, ASSUMPTION), rule="first Tuesday in June")
    assert order(arranging.realigned(plan, after=date(2019, 3, 1))) == [
        ("2019-04-18", APRIL.slug),
        ("2019-05-16", MAY.slug),
        ("2019-06-04", MARCH.slug),
        ("2019-08-29", ASSUMPTION.slug),
    ]
    assert arranging.realigned(plan, after=date(2019, 6, 5)) == plan


# Themes, cancelling, extras ---------------------------------------------------------


def test_what_nobody_has_seen_takes_the_address_of_its_theme() -> None:
    there = replace(APRIL, slug=THEME.slug, title=THEME.title, theme=THEME.slug)
    assert arranging.on_theme(THREE, slug=APRIL.slug, theme=THEME, public=False) == plan_of(
        MARCH, there, MAY
    )


def test_what_is_public_keeps_its_address() -> None:
    there = replace(APRIL, title=THEME.title, theme=THEME.slug)
    assert arranging.on_theme(THREE, slug=APRIL.slug, theme=THEME, public=True) == plan_of(
        MARCH, there, MAY
    )


def test_no_theme_leaves_title_and_address() -> None:
    assert arranging.on_theme(THREE, slug=APRIL.slug, theme=None, public=False) == plan_of(
        MARCH, replace(APRIL, theme=None), MAY
    )


def test_a_theme_that_is_there_twice_has_a_number_the_second_time_and_keeps_it() -> None:
    twice = arranging.on_theme(
        THREE, slug=MAY.slug, theme=Subject(MARCH.slug, MARCH.title), public=False
    )
    second = replace(MAY, slug=f"{MARCH.slug}-2", title=MARCH.title, theme=MARCH.slug)
    assert twice == plan_of(MARCH, APRIL, second)
    assert (
        arranging.on_theme(
            twice, slug=second.slug, theme=Subject(MARCH.slug, MARCH.title), public=False
        )
        == twice
    )


def test_an_address_that_was_public_is_not_given_to_another_webinar() -> None:
    taken = frozenset({THEME.slug})
    on_theme = arranging.on_theme(THREE, slug=MAY.slug, theme=THEME, public=False, taken=taken)
    assert on_theme.sessions[-1].slug == f"{THEME.slug}-2"
    extra = arranging.with_extra(plan_of(), day=JUNE, subject=THEME, title=None, taken=taken)
    assert extra.sessions[0].slug == f"{THEME.slug}-2"


def test_cancelled_and_restored_is_what_it_was() -> None:
    off = arranging.cancelled(THREE, slug=APRIL.slug)
    assert off == plan_of(MARCH, replace(APRIL, status=CANCELLED), MAY)
    assert arranging.restored(off, slug=APRIL.slug) == THREE


@pytest.mark.parametrize(
    ("subject", "title", "extra"),
    [
        (None, None, PlannedSession("20-juin", JUNE, "Webinaire du 20 juin")),
        (THEME, None, PlannedSession(THEME.slug, JUNE, THEME.title, THEME.slug)),
        (None, "Table ronde : été", PlannedSession("table-ronde-ete", JUNE, "Table ronde : été")),
        (THEME, "Suite", PlannedSession("suite", JUNE, "Suite", THEME.slug)),
        (None, "Register", PlannedSession("register-2", JUNE, "Register")),
        (None, "🎉", PlannedSession("webinaire", JUNE, "🎉")),
    ],
)
def test_an_extra_has_the_title_of_its_theme_its_own_or_its_date(
    subject: Subject | None, title: str | None, extra: PlannedSession
) -> None:
    made = arranging.with_extra(plan_of(MARCH), day=JUNE, subject=subject, title=title)
    assert made == plan_of(MARCH, extra)


def test_an_extra_on_a_theme_that_is_there_has_a_number() -> None:
    about = Subject(MARCH.slug, MARCH.title)
    made = arranging.with_extra(THREE, day=JUNE, subject=about, title=None)
    assert order(made)[-1] == ("2019-06-20", f"{MARCH.slug}-2")


def test_taken_out_it_is_gone_and_the_others_stay() -> None:
    assert arranging.without(THREE, slug=APRIL.slug) == plan_of(MARCH, MAY)
    assert arranging.without(plan_of(MARCH), slug=MARCH.slug) == plan_of()


@pytest.mark.parametrize(
    "act",
    [
        lambda plan: arranging.moved(plan, slug="x", day=JUNE),
        lambda plan: arranging.rotated(plan, slugs=("x", MARCH.slug)),
        lambda plan: arranging.on_theme(plan, slug="x", theme=THEME, public=False),
        lambda plan: arranging.cancelled(plan, slug="x"),
        lambda plan: arranging.restored(plan, slug="x"),
        lambda plan: arranging.without(plan, slug="x"),
    ],
)
def test_a_webinar_that_is_not_there_is_not_found(act) -> None:
    with pytest.raises(NotFound):
        act(THREE)


# Addresses --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("L’été à Nîmes", "l-ete-a-nimes"),
        ("Cœur & Œuvres, ÆON", "coeur-oeuvres-aeon"),
        ("  --A--b__C  ", "a-b-c"),
        ("1 mai", "1-mai"),
        ("", "webinaire"),
        ("🎉 ¿?", "webinaire"),
        ("עברית", "webinaire"),
        ("é" * 200, "e" * 80),
        ("a" * 79 + " b", "a" * 79),
        ("Calendar", "calendar-2"),
    ],
)
def test_a_text_becomes_part_of_an_address(text: str, slug: str) -> None:
    assert arranging.slug_of(text) == slug


@given(st.text() | LINES)
def test_any_text_gives_an_address_that_is_allowed(text: str) -> None:
    slug = arranging.slug_of(text)
    assert fields.slug(slug) == slug


def test_a_free_address_is_itself_or_the_first_number_that_is_free() -> None:
    plan = plan_of(*week(date(2019, 1, 3), "a", "a-2", "a-4"))
    slugs = [arranging.free_slug(plan, slug) for slug in ("b", "a", "a-4")]
    assert slugs == ["b", "a-3", "a-4-2"]


def test_the_number_of_a_long_address_leaves_it_an_address() -> None:
    longest = "-".join(["a" * 49] * 2) + "a"
    plan = plan_of(*week(date(2019, 1, 3), longest))
    free = arranging.free_slug(plan, longest)
    assert (free, fields.slug(free)) == (f"{longest[:98]}-2", free)
    assert arranging.free_slug(plan_of(*week(date(2019, 1, 3), longest, free)), longest) == (
        f"{longest[:98]}-3"
    )


# A year from its rule ---------------------------------------------------------------


def test_a_rule_of_one_date_a_month_gives_webinars_named_after_months() -> None:
    plan = replace(plan_of(), rule="last Monday in April, May and August")
    made = arranging.by_rule(plan, subjects=[None, THEME])
    assert made == replace(
        plan,
        sessions=(
            PlannedSession("avril", date(2019, 4, 29), "Webinaire d’avril"),
            PlannedSession(THEME.slug, date(2019, 5, 27), THEME.title, THEME.slug),
            PlannedSession("aout", date(2019, 8, 26), "Webinaire d’août"),
        ),
    )


def test_two_dates_in_a_month_are_named_after_days() -> None:
    plan = replace(plan_of(), rule="FREQ=MONTHLY;BYMONTHDAY=1,15;BYMONTH=5")
    assert arranging.by_rule(plan, subjects=[THEME, THEME, THEME]).sessions == (
        PlannedSession(THEME.slug, date(2019, 5, 1), THEME.title, THEME.slug),
        PlannedSession(f"{THEME.slug}-2", date(2019, 5, 15), THEME.title, THEME.slug),
    )
    assert arranging.by_rule(plan).sessions == (
        PlannedSession("1-mai", date(2019, 5, 1), "Webinaire du 1er mai"),
        PlannedSession("15-mai", date(2019, 5, 15), "Webinaire du 15 mai"),
    )


def test_a_rule_without_a_date_that_year_is_refused() -> None:
    with pytest.raises(WrongRule):
        arranging.by_rule(replace(plan_of(), rule="FREQ=DAILY;UNTIL=20181231"))


@given(
    rule=st.sampled_from([*RULES, "FREQ=DAILY"]),
    year=st.integers(2019, 2035),
    subjects=st.lists(st.none() | st.builds(Subject, st.sampled_from(["a", "mai"]), LINES)),
)
def test_each_date_of_a_rule_has_one_webinar_of_its_own_address(
    rule: str, year: int, subjects: list[Subject | None]
) -> None:
    plan = replace(plan_of(year=year, slug=str(year)), rule=rule)
    made = arranging.by_rule(plan, subjects=subjects)
    days = rules.dates(rule, year=year)
    assert tuple(one.date for one in made.sessions) == days
    assert check(made) == []
    assert [fields.slug(one.slug) for one in made.sessions] == [one.slug for one in made.sessions]
    asked = (subjects + [None] * len(days))[: len(days)]
    assert [one.theme for one in made.sessions] == [one.slug if one else None for one in asked]
    hours = {to_local(made.start_of(one), made.zone).time() for one in made.sessions}
    assert hours == {time(13)}  # on both sides of summer time
