"""Rules for mails go with the plan: drafted, published, undone, copied; since when they hold."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from tests.domain.drafting import ANNE, LATER, do, drafted, pending, publish, start
from tests.support import ALICE, APRIL, HOST, MARCH, NOW, count, plan_of, published, register
from webinars.db import Database
from webinars.domain import editing, planning, undoing
from webinars.domain.cycle_file import read_plan, write_plan
from webinars.domain.mail_rules import DEFAULT, Pace
from webinars.domain.plan import Plan
from webinars.domain.reminders import plan_mails
from webinars.models import Cycle, OutboxMail, Webinar, WebinarStatus

USUAL = list(DEFAULT)
FIRST, SECOND, THIRD = (NOW + timedelta(hours=hours) for hours in (0, 1, 2))


def armed(database: Database, slug: str = MARCH.slug) -> dict[str, datetime]:
    with database.read() as session:
        found = session.scalars(sa.select(Webinar.armed).where(Webinar.slug == slug)).one()
    return {word: datetime.fromisoformat(since) for word, since in found.items()}


def placed_at(database: Database, slug: str = MARCH.slug) -> datetime:
    with database.read() as session:
        return session.scalars(sa.select(Webinar.placed_at).where(Webinar.slug == slug)).one()


def put(database: Database, plan: Plan, *, now: datetime = FIRST) -> None:
    with database.write() as session:
        published(session, plan, now=now)


def test_a_new_cycle_has_the_usual_rules_from_its_publication_on(database: Database) -> None:
    put(database, plan_of(MARCH))
    assert armed(database) == dict.fromkeys(USUAL, FIRST)
    with database.read() as session:
        cycle = session.scalars(sa.select(Cycle)).one()
        assert (cycle.reminders, cycle.draft.reminders, cycle.survey_url) == (None, None, None)


def test_a_rule_holds_since_it_was_published_whatever_comes_and_goes_beside_it(
    database: Database,
) -> None:
    put(database, replace(plan_of(MARCH, APRIL), reminders=("7d", "1d")))
    put(database, replace(plan_of(MARCH, APRIL), reminders=("1d", "2h")), now=SECOND)
    assert armed(database) == {"1d": FIRST, "2h": SECOND}
    put(database, replace(plan_of(MARCH, APRIL), reminders=("7d", "1d")), now=THIRD)
    assert armed(database) == armed(database, APRIL.slug) == {"7d": THIRD, "1d": FIRST}


def test_a_webinar_has_its_own_or_none_at_all(database: Database) -> None:
    own = replace(MARCH, reminders=("3h", "replay"))
    off = replace(APRIL, reminders=())
    put(database, plan_of(own, off))
    assert armed(database) == {"3h": FIRST, "replay": FIRST}
    assert armed(database, APRIL.slug) == {}
    put(database, replace(plan_of(own, off), reminders=("1d",)), now=SECOND)
    assert armed(database) == {"3h": FIRST, "replay": FIRST}
    assert armed(database, APRIL.slug) == {}


def test_the_survey_is_in_force_wherever_it_is_answered(database: Database) -> None:
    plan = replace(plan_of(MARCH), reminders=("1d", "survey+1d"))
    for survey, now in ((None, FIRST), ("https://enquete.example.org", SECOND), (None, THIRD)):
        put(database, replace(plan, survey_url=survey), now=now)
        assert armed(database) == {"1d": FIRST, "survey+1d": FIRST}


def test_a_webinar_is_on_its_date_since_it_was_put_there(database: Database) -> None:
    seen: list[datetime] = []
    for hours, one in enumerate(
        (
            MARCH,
            replace(MARCH, title="Autre", reminders=("1d",)),
            replace(MARCH, date=date(2019, 3, 28)),
            replace(MARCH, date=date(2019, 3, 28), starts_at=time(15)),
            replace(MARCH, date=date(2019, 3, 28), starts_at=time(15), duration=30),
            replace(MARCH, status=WebinarStatus.CANCELLED),
            MARCH,
            replace(MARCH, join_url=None),
        )
    ):
        put(database, plan_of(one), now=NOW + timedelta(hours=hours))
        seen.append(placed_at(database))
    since = [round((at - NOW) / timedelta(hours=1)) for at in seen]
    # Cancelled and put back, it is another date; details do not matter.
    assert since == [0, 0, 2, 3, 3, 5, 6, 6]


def test_rules_go_with_the_webinar_and_not_with_the_date(database: Database) -> None:
    own = replace(MARCH, reminders=("3h",))
    put(database, plan_of(own, APRIL))
    do(database, editing.swap, slug=MARCH.slug, other=APRIL.slug)
    assert {slug: one["reminders"] for slug, one in drafted(database).webinars.items()} == {
        MARCH.slug: ["3h"],
        APRIL.slug: None,
    }
    publish(database)
    assert list(armed(database)) == ["3h"]
    assert list(armed(database, APRIL.slug)) == USUAL


# files ----------------------------------------------------------------------------------


def test_what_a_file_does_not_say_stays_as_it_is(database: Database) -> None:
    said = replace(plan_of(replace(MARCH, reminders=())), reminders=("1d",))
    put(database, said)
    put(database, plan_of(replace(MARCH, title="Autre")), now=SECOND)
    with database.read() as session:
        plan = planning.draft_plan(planning.find_cycle(session, slug="2019"))
    assert (plan.reminders, plan.sessions[0].reminders) == (("1d",), ())
    assert armed(database) == {}


def test_an_exported_cycle_brings_its_rules_along(database: Database) -> None:
    own = replace(plan_of(replace(MARCH, reminders=("3h",)), APRIL), reminders=("1d", "replay"))
    put(database, own)
    with database.read() as session:
        text = write_plan(planning.whole_plan(planning.find_cycle(session, slug="2019")))
    read = read_plan(text)
    assert (read.plan, read.ignored) == (own, ())
    assert 'reminders = [\n    "1d",\n    "replay",\n]\n' in text
    with database.write() as session:
        saved = planning.save_draft(session, plan=read.plan, now=NOW)
    assert (saved.created, saved.changed) == (False, False)


# acts on the draft ------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["3h"], [], None])
def test_an_edit_is_one_act_that_is_undone_and_published(
    database: Database, words: Sequence[str] | None
) -> None:
    start(database)
    publish(database)
    values = {"reminders": ["2h"]}
    do(database, editing.edit_webinar, slug=MARCH.slug, values=values)
    publish(database)
    before = drafted(database)
    edit = do(database, editing.edit_webinar, slug=MARCH.slug, values={"reminders": words})
    assert drafted(database).webinars[MARCH.slug]["reminders"] == words
    assert pending(database) == [("changed", MARCH.slug)]
    do(database, undoing.undo, entry_id=edit.entry_id)
    assert (drafted(database), pending(database)) == (before, [])


def test_rules_of_the_cycle_are_edited_undone_and_dropped(database: Database) -> None:
    start(database)
    publish(database)
    values = {"reminders": ("1d",), "survey_url": "https://enquete.example.org"}
    before = drafted(database)
    edit = do(database, editing.edit_cycle, values=values)
    assert drafted(database).cycle | {"reminders": ["1d"]} == drafted(database).cycle
    do(database, undoing.undo, entry_id=edit.entry_id)
    assert drafted(database) == before
    do(database, editing.edit_cycle, values=values)
    do(database, undoing.discard)
    assert drafted(database) == before


def test_a_publication_of_rules_is_reverted(database: Database) -> None:
    start(database)
    publish(database)
    do(database, editing.edit_webinar, slug=MARCH.slug, values={"reminders": []})
    do(database, editing.edit_cycle, values={"reminders": ("1d",)})
    publish(database)
    assert (armed(database), list(armed(database, APRIL.slug))) == ({}, ["1d"])
    do(database, undoing.revert, revision=3)
    publish(database)
    assert armed(database) == dict.fromkeys(USUAL, LATER)


# copies -----------------------------------------------------------------------------------


def test_a_copy_takes_the_rules_and_fires_nothing_for_what_is_past(database: Database) -> None:
    own = replace(MARCH, reminders=("3h", "replay"))
    survey = "https://enquete.example.org"
    put(database, replace(plan_of(own, APRIL), reminders=("1d",), survey_url=survey))
    in_the_past = NOW + timedelta(days=800)
    with database.write() as session:
        planning.copy_cycle(
            session,
            cycle_slug="2019",
            year=2020,
            slug="2020",
            keep_themes=True,
            actor=ANNE,
            now=in_the_past,
        )
        copy = planning.draft_plan(planning.find_cycle(session, slug="2020"))
        assert (copy.reminders, copy.survey_url) == (("1d",), survey)
        assert [one.reminders for one in copy.sessions][:2] == [("3h", "replay"), None]
        published(session, copy, now=in_the_past)
    with database.write() as session:
        assert plan_mails(session, host=HOST, pace=Pace(), now=in_the_past) == 0


def test_a_copy_of_which_a_part_is_past_reminds_of_the_rest(database: Database) -> None:
    put(database, plan_of(MARCH, APRIL))
    middle = datetime.fromisoformat("2020-04-01T09:00:00+00:00")
    with database.write() as session:
        planning.copy_cycle(
            session,
            cycle_slug="2019",
            year=2020,
            slug="2020",
            keep_themes=True,
            actor=ANNE,
            now=middle,
        )
        copy = planning.draft_plan(planning.find_cycle(session, slug="2020"))
        published(session, copy, now=middle)
        coming = copy.sessions[3]
        register(session, ALICE, cycle="2020", webinar=coming.slug, now=middle)
        before = count(session, OutboxMail)
    day_before = copy.start_of(coming) - timedelta(days=1)
    with database.write() as session:
        assert plan_mails(session, host=HOST, pace=Pace(), now=middle) == 0
        assert plan_mails(session, host=HOST, pace=Pace(), now=day_before) == 1
        assert count(session, OutboxMail) == before + 1
