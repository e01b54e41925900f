"""Saving a draft, publishing it, and what a publication may never do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    HOST,
    MARCH,
    MAY,
    NOW,
    count,
    counted_queries,
    in_threads,
    load_library,
    person,
    plan_of,
    published,
    real_plan,
    register,
)
from webinars.db import Database
from webinars.domain import editing, planning, programme, publication, site, undoing
from webinars.domain.cycle_file import read_plan
from webinars.domain.errors import NotFound, OtherYear
from webinars.domain.fields import UNLIMITED
from webinars.domain.plan import Plan, PlannedSession
from webinars.domain.planning import Saved
from webinars.domain.programme import Moment
from webinars.models import (
    AuditEntry,
    Change,
    Cycle,
    DraftSession,
    MailKind,
    OutboxMail,
    Webinar,
    WebinarStatus,
)

LATER = NOW + timedelta(days=1)
CANCELLED = WebinarStatus.CANCELLED


def april_plan() -> Plan:
    """The 2019 cycle as it was in April."""
    path = Path(__file__).parents[1] / "data" / "cycle-2019-april.toml"
    return read_plan(path.read_text("utf-8")).plan


def republish(
    database: Database, *sessions: PlannedSession, now: datetime = LATER, host: str = HOST
) -> list[tuple[str, str]]:
    """Publish the cycle anew with these sessions: kinds and slugs of the changes."""
    return publish(database, plan_of(*sessions), now=now, host=host)


def publish(
    database: Database, plan: Plan, *, now: datetime = LATER, host: str = HOST
) -> list[tuple[str, str]]:
    with database.write() as session:
        planning.save_draft(session, plan=plan, now=now)
        done = publication.publish(session, cycle_slug=plan.slug, host=host, now=now)
        return [(change.kind.value, change.slug) for change in done.changes]


def rows(session: Session) -> Sequence[Webinar]:
    return session.scalars(sa.select(Webinar).order_by(Webinar.starts_at, Webinar.slug)).all()


def sequences(database: Database) -> dict[str, tuple[int, datetime]]:
    """SEQUENCE and the latest change of each webinar."""
    with database.read() as session:
        return {row.slug: (row.sequence, row.changed_at) for row in rows(session)}


def revision(database: Database) -> int:
    with database.read() as session:
        return session.scalars(sa.select(Cycle.revision)).one()


def public(database: Database) -> list[str]:
    """The slugs of every public cycle."""
    moment = Moment.at(NOW, opens_minutes=15)
    with database.read() as session:
        return [view.slug for view in programme.published_cycles(session, moment=moment)]


def test_a_draft_is_not_public(database: Database) -> None:
    with database.write() as session:
        saved = planning.save_draft(session, plan=plan_of(MARCH, APRIL), now=NOW)
    assert saved == Saved(created=True, changed=True, sessions=2)
    assert public(database) == []
    with database.read() as session:
        assert (count(session, Webinar), count(session, DraftSession)) == (0, 2)
        assert site.version(session) == 1
        with pytest.raises(NotFound):
            programme.published_cycle(session, slug="2019")


def test_a_draft_comes_back_as_the_plan_it_was(database: Database) -> None:
    plan = real_plan()
    with database.write() as session:
        planning.save_draft(session, plan=plan, now=NOW)
    with database.read() as session:
        assert planning.draft_plan(planning.find_cycle(session, slug="2019")) == plan


def test_saving_twice_changes_nothing(database: Database) -> None:
    plan = plan_of(MARCH, APRIL, MAY)
    for expected in (Saved(True, True, 3), Saved(False, False, 3)):
        with database.write() as session:
            assert planning.save_draft(session, plan=plan, now=NOW) == expected
    with database.read() as session:
        assert planning.find_cycle(session, slug="2019").draft.version == 1


def test_each_changed_save_raises_the_version_of_the_draft(database: Database) -> None:
    for plan in (plan_of(MARCH), plan_of(MARCH, title="Renamed"), plan_of(), plan_of(APRIL)):
        with database.write() as session:
            planning.save_draft(session, plan=plan, now=NOW)
    with database.read() as session:
        assert planning.find_cycle(session, slug="2019").draft.version == 4


def test_publishing_makes_webinars_of_sessions(database: Database) -> None:
    assert republish(database, MARCH, APRIL, now=NOW) == [
        ("added", MARCH.slug),
        ("added", APRIL.slug),
    ]
    assert public(database) == ["2019"]
    with database.read() as session:
        march, april = rows(session)
        assert (march.uid, march.sequence, march.published_at, march.changed_at) == (
            "2019.connaitre-son-ecosysteme@webinaires.example.org",
            0,
            NOW,
            NOW,
        )
        assert (march.starts_at, march.ends_at) == (
            datetime(2019, 3, 21, 12, tzinfo=UTC),
            datetime(2019, 3, 21, 13, 30, tzinfo=UTC),
        )
        assert april.starts_at == datetime(2019, 4, 18, 11, tzinfo=UTC)
        assert site.version(session) == 2
    assert revision(database) == 1


def test_a_cycle_without_sessions_can_be_published(database: Database) -> None:
    assert republish(database) == []
    assert (public(database), revision(database)) == (["2019"], 1)


def test_publishing_what_is_public_already_does_nothing(database: Database) -> None:
    republish(database, MARCH, now=NOW)
    before = sequences(database)
    assert republish(database, MARCH) == []
    assert (sequences(database), revision(database)) == (before, 1)
    with database.read() as session:
        assert (site.version(session), count(session, Change)) == (2, 1)


def test_a_cycle_that_is_not_there_cannot_be_published(database: Database) -> None:
    with pytest.raises(NotFound), database.write() as session:
        publication.publish(session, cycle_slug="2020", host=HOST, now=NOW)


def test_moved_and_renamed_at_once_raise_the_sequence_by_one(database: Database) -> None:
    republish(database, MARCH, APRIL, now=NOW)
    moved = replace(MARCH, date=date(2019, 3, 28), title="Connaître", capacity=10)
    assert republish(database, moved, APRIL) == [
        ("moved", MARCH.slug),
        ("renamed", MARCH.slug),
        ("changed", MARCH.slug),
    ]
    assert sequences(database) == {MARCH.slug: (1, LATER), APRIL.slug: (0, NOW)}
    assert revision(database) == 2
    with database.read() as session:
        kept = session.scalars(sa.select(Change).where(Change.revision == 2).order_by(Change.id))
        assert [(change.kind.value, change.before, change.after) for change in kept] == [
            (
                "moved",
                {"starts": "2019-03-21T13:00 Europe/Paris"},
                {"starts": "2019-03-28T13:00 Europe/Paris"},
            ),
            ("renamed", {"title": "Connaître son écosystème"}, {"title": "Connaître"}),
            ("changed", {"capacity": None}, {"capacity": 10}),
        ]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"date": date(2019, 3, 22)}, "moved"),
        ({"starts_at": time(14)}, "moved"),
        ({"title": "Autre"}, "renamed"),
        ({"status": CANCELLED}, "cancelled"),
        ({"duration": 60}, "changed"),
        ({"capacity": 3}, "changed"),
        ({"theme": None}, "changed"),
        ({"join_url": None}, "changed"),
        ({"exception_of": date(2019, 3, 14)}, "changed"),
        ({"reason": "Grève"}, "changed"),
    ],
)
def test_each_difference_is_one_change(
    database: Database, change: dict[str, object], kind: str
) -> None:
    republish(database, MARCH, APRIL, now=NOW)
    new = replace(MARCH, **change)  # type: ignore[arg-type]
    assert republish(database, new, APRIL) == [(kind, MARCH.slug)]
    assert sequences(database) == {MARCH.slug: (1, LATER), APRIL.slug: (0, NOW)}
    assert republish(database, new, APRIL, now=LATER + timedelta(hours=1)) == []


def test_the_uid_stays_whatever_changes(database: Database) -> None:
    republish(database, MARCH, now=NOW)
    moved = replace(MARCH, date=date(2019, 6, 6), title="Tout autre")
    republish(database, moved, host="elsewhere.example.org")
    republish(database, host="elsewhere.example.org")
    republish(database, moved, APRIL, host="elsewhere.example.org")
    with database.read() as session:
        assert sorted(row.uid for row in rows(session)) == [
            "2019.apprendre-a-faire-alliances@elsewhere.example.org",
            "2019.connaitre-son-ecosysteme@webinaires.example.org",
        ]


def test_a_session_that_left_the_draft_is_cancelled_and_stays(database: Database) -> None:
    republish(database, MARCH, APRIL, MAY, now=NOW)
    assert republish(database, MARCH, MAY) == [("cancelled", APRIL.slug)]
    assert republish(database, MARCH, MAY, now=LATER + timedelta(hours=1)) == []
    with database.read() as session:
        assert [(row.slug, row.status.value, row.sequence) for row in rows(session)] == [
            (MARCH.slug, "scheduled", 0),
            (APRIL.slug, "cancelled", 1),
            (MAY.slug, "scheduled", 0),
        ]


@pytest.mark.parametrize("gone", [[], [replace(MARCH, status=CANCELLED)]])
def test_a_cancelled_webinar_can_take_place_after_all(
    database: Database, gone: list[PlannedSession]
) -> None:
    republish(database, MARCH, now=NOW)
    assert republish(database, *gone) == [("cancelled", MARCH.slug)]
    back = LATER + timedelta(hours=1)
    assert republish(database, MARCH, now=back) == [("changed", MARCH.slug)]
    assert sequences(database) == {MARCH.slug: (2, back)}
    with database.read() as session:
        assert [row.status for row in rows(session)] == [WebinarStatus.SCHEDULED]
        latest = session.scalars(sa.select(Change).order_by(Change.id.desc())).first()
        assert latest is not None
        assert (latest.before, latest.after) == ({"cancelled": True}, {"cancelled": False})


def test_the_cycles_own_texts_alone_make_a_revision_and_touch_no_webinar(
    database: Database,
) -> None:
    publish(database, plan_of(MARCH), now=NOW)
    assert publish(database, plan_of(MARCH, title="Cycle renommé")) == []
    assert (revision(database), sequences(database)) == (2, {MARCH.slug: (0, NOW)})


def test_another_zone_moves_every_webinar_that_follows_it(database: Database) -> None:
    publish(database, plan_of(MARCH), now=NOW)
    west = replace(plan_of(MARCH), zone="America/Guadeloupe")
    assert publish(database, west) == [("moved", MARCH.slug)]
    with database.read() as session:
        assert [row.starts_at for row in rows(session)] == [datetime(2019, 3, 21, 17, tzinfo=UTC)]


def test_what_is_pending_is_known_before_it_is_published(database: Database) -> None:
    republish(database, MARCH, now=NOW)
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(replace(MARCH, title="Autre")), now=LATER)
    with database.read() as session:
        cycle = planning.find_cycle(session, slug="2019")
        pending = publication.pending_changes(session, cycle=cycle)
        assert [(change.kind.value, change.slug) for change in pending] == [("renamed", MARCH.slug)]
    assert sequences(database) == {MARCH.slug: (0, NOW)}


def test_texts_from_the_library_outlive_a_new_plan(database: Database) -> None:
    with database.write() as session:
        published(session, real_plan())
        load_library(session)
    with database.write() as session:
        saved = planning.save_draft(session, plan=real_plan(), now=LATER)
        assert saved == Saved(created=False, changed=False, sessions=12)
        assert publication.publish(session, cycle_slug="2019", host=HOST, now=LATER).changes == ()
    with database.read() as session:
        april = next(row for row in rows(session) if row.slug == APRIL.slug)
        assert april.why
        assert april.agenda


def test_the_revision_of_2019_is_three_moves_and_two_new_titles(database: Database) -> None:
    assert publish(database, april_plan(), now=NOW) == [
        ("added", planned.slug) for planned in april_plan().sessions
    ]
    assert publish(database, real_plan()) == [
        ("moved", "favoriser-l-engagement-de-l-entreprise"),
        ("moved", "evaluer-sa-pertinence"),
        ("renamed", "evaluer-sa-pertinence"),
        ("moved", "mobiliser-les-competences"),
        ("renamed", "mobiliser-les-competences"),
    ]
    touched = {
        "favoriser-l-engagement-de-l-entreprise",
        "evaluer-sa-pertinence",
        "mobiliser-les-competences",
    }
    assert sequences(database) == {
        planned.slug: (1, LATER) if planned.slug in touched else (0, NOW)
        for planned in real_plan().sessions
    }
    assert revision(database) == 2
    with database.read() as session:
        starts = sa.select(Change).where(Change.kind == "moved").order_by(Change.id)
        assert [
            (change.before["starts"][:10], change.after["starts"][:10])
            for change in session.scalars(starts)
        ] == [
            ("2019-09-19", "2019-06-20"),
            ("2019-06-20", "2019-07-18"),
            ("2019-07-18", "2019-09-19"),
        ]


def test_two_publications_at_once_are_one(database: Database) -> None:
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH, APRIL), now=NOW)
    done: list[bool] = []

    def publish_it(_number: int) -> None:
        with database.write() as session:
            published_ = publication.publish(session, cycle_slug="2019", host=HOST, now=NOW)
            done.append(published_.changed)

    in_threads(publish_it, 2)
    assert sorted(done) == [False, True]
    with database.read() as session:
        assert session.scalar(sa.select(Cycle.revision)) == 1
        assert count(session, Change) == 2


def test_a_cycle_keeps_its_year(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
    with pytest.raises(OtherYear), database.write() as session:
        planning.save_draft(session, plan=plan_of(year=2020), now=NOW)


def test_a_new_title_of_the_cycle_alone_is_published(database: Database) -> None:
    assert publish(database, plan_of(MARCH)) == [("added", MARCH.slug)]
    assert publish(database, plan_of(MARCH, title="Another title")) == []
    with database.read() as session:
        assert session.execute(sa.select(Cycle.title, Cycle.revision)).one() == (
            "Another title",
            2,
        )


def test_themes_that_the_library_lacks_are_named(database: Database) -> None:
    with database.write() as session:
        load_library(session, "themes.toml")
        stray = replace(MAY, theme="no-such-theme")
        assert planning.unknown_themes(session, plan=plan_of(MARCH, stray)) == ("no-such-theme",)
        assert planning.unknown_themes(session, plan=plan_of(MARCH)) == ()


# Removing ---------------------------------------------------------------------------


def test_a_cycle_that_was_never_public_can_be_removed(database: Database) -> None:
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH, APRIL), now=NOW)
    with database.write() as session:
        planning.remove_cycle(session, cycle_slug="2019", actor="a@example.org", now=LATER)
    with database.write() as session:
        assert (count(session, Cycle), count(session, DraftSession)) == (0, 0)
        trail = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [(row.act.value, row.cycle_id, row.subject) for row in trail] == [
            ("imported", None, "2019"),
            ("cycle_removed", None, "2019"),
        ]
        assert sorted(trail[1].before["webinars"]) == sorted([MARCH.slug, APRIL.slug])
        assert planning.save_draft(session, plan=plan_of(MARCH), now=LATER).created


def test_what_is_public_cannot_be_removed(database: Database) -> None:
    republish(database, MARCH)
    with pytest.raises(planning.AlreadyPublic), database.write() as session:
        planning.remove_cycle(session, cycle_slug="2019", actor="a@example.org", now=LATER)
    assert public(database) == ["2019"]


# Promotions -------------------------------------------------------------------------


@pytest.mark.parametrize("waiting", [1, 3, 30])
def test_more_places_promote_everybody_in_a_few_statements(
    database: Database, waiting: int
) -> None:
    """And tell each of them once: the mail of the promotion has the new date as well."""
    with database.write() as session:
        published(session, plan_of(replace(MARCH, capacity=1)))
        for number in range(waiting + 1):
            register(session, person(number), now=NOW + timedelta(seconds=number))
    wider = replace(MARCH, capacity=waiting + 1, date=date(2019, 3, 28))
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(wider), now=LATER)
        with counted_queries(database) as queries:
            done = publication.publish(session, cycle_slug="2019", host=HOST, now=LATER)
    assert (done.told, len(queries) <= 30) == (1, True)
    with database.read() as session:
        (march,) = rows(session)
        assert march.confirmed_count == waiting + 1
        new = session.execute(
            sa.select(OutboxMail.kind, sa.func.count())
            .where(OutboxMail.created_at == LATER)
            .group_by(OutboxMail.kind)
        ).all()
    assert dict(new) == {MailKind.PROMOTION: waiting, MailKind.CHANGE_NOTICE: 1}


def test_without_limit_everybody_who_waits_comes_to_a_place(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, capacity=1))
        for number in range(4):
            register(session, person(number), now=NOW + timedelta(seconds=number))
        register(session, ALICE, webinar=APRIL.slug)
        register(session, BOB, webinar=APRIL.slug)
    with database.write() as session:
        plan = plan_of(replace(MARCH, capacity=UNLIMITED), APRIL, capacity=1)
        planning.save_draft(session, plan=plan, now=LATER)
        done = publication.publish(session, cycle_slug="2019", host=HOST, now=LATER)
    assert [(one.kind.value, one.before, one.after) for one in done.changes] == [
        ("changed", {"capacity": 1}, {"capacity": None})
    ]
    with database.read() as session:
        found = [(row.capacity, row.confirmed_count) for row in rows(session)]
        written = session.scalars(
            sa.select(OutboxMail.participant_id).where(OutboxMail.kind == MailKind.PROMOTION)
        ).all()
        cycle = planning.find_cycle(session, slug="2019")
        again = planning.draft_plan(cycle)
    assert found == [(None, 4), (1, 1)]
    assert len(written) == 3
    assert [one.capacity for one in again.sessions] == [UNLIMITED, None]


def test_what_is_published_without_limit_stays_so(database: Database) -> None:
    """Drafted, dropped, published again: the draft never falls back to the cycle's number."""
    endless = replace(MARCH, capacity=UNLIMITED)
    with database.write() as session:
        published(session, plan_of(endless, capacity=1))
        cycle = planning.find_cycle(session, slug="2019")
        assert publication.pending_changes(session, cycle=cycle) == ()
        editor = editing.Editor(actor="a@example.org", now=LATER)
        values = {"capacity": 5}
        editing.edit_webinar(
            session, cycle_slug="2019", slug=MARCH.slug, values=values, editor=editor
        )
        undoing.discard(session, cycle_slug="2019", editor=editor)
        assert publication.pending_changes(session, cycle=cycle) == ()
        assert planning.draft_plan(cycle).sessions == (endless,)
