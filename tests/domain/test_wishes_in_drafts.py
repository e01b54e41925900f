"""A wish whose webinar is drafted: what is told of it before, and when the draft goes back."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.domain.voicing import editor, participant
from tests.support import (
    ALICE,
    APRIL,
    HOST,
    MARCH,
    MAY,
    NOW,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import editing, planning, publication, undoing
from webinars.domain.editing import Edit
from webinars.domain.wish_acts import forget_planned, mark_planned, merge, take_up, word
from webinars.domain.wish_views import public_wishes, suggestions, wish_page
from webinars.domain.wishes import propose
from webinars.models import AuditAct, AuditEntry, Wish, WishState

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OPEN_APRIL = replace(APRIL, slug="avril", title="Webinaire d’avril", theme=None)
OPEN_MAY = replace(MAY, slug="mai", title="Webinaire de mai", theme=None)
JUNE = date(2019, 6, 20)


@pytest.fixture
def wanted(database: Database) -> uuid.UUID:
    """A public wish; April is public without a subject, May is drafted without one."""
    with database.write() as session:
        published(session, plan_of(MARCH, OPEN_APRIL))
        planning.save_draft(session, plan=plan_of(MARCH, OPEN_APRIL, OPEN_MAY), now=NOW)
        register(session, ALICE)
        return wish(session, "Le logement")


def wish(session: Session, title: str) -> uuid.UUID:
    made = propose(
        session, participant=participant(session, ALICE), title=title, why=None, now=NOW
    ).public_id
    word(session, public_id=made, title=title, why=None, publish=True, editor=editor())
    return made


def everybody(session: Session) -> dict[str, str | None]:
    """The title of the webinar that answers each wish, as everybody reads it."""
    found = public_wishes(session)
    return {one.title: one.planned.title if one.planned else None for one in found}


def organisers(session: Session) -> dict[str, tuple[str, bool] | None]:
    """The title of the webinar that answers each wish, and whether it is public."""
    found = wish_page(session, state=WishState.PUBLIC).wishes
    return {
        one.title: (one.planned.title, one.planned.public) if one.planned else None for one in found
    }


def free(session: Session) -> list[str]:
    """Wishes that can be taken up; none of them says any more what answered it."""
    titles = [one.title for one in suggestions(session)]
    left = session.scalars(
        sa.select(Wish.title).where(
            Wish.title.in_(titles),
            sa.or_(Wish.planned_slug.is_not(None), Wish.planned_revision.is_not(None)),
        )
    ).all()
    assert list(left) == []
    return titles


def taken_up(session: Session, wanted: uuid.UUID, slug: str) -> Edit:
    return take_up(session, cycle_slug="2019", public_id=wanted, slug=slug, editor=editor())


def publish(session: Session) -> None:
    publication.publish(session, cycle_slug="2019", host=HOST, now=NOW)


def noted(session: Session) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    """What the trail says of wishes that nothing answers any more."""
    found = session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.act == AuditAct.WISH_UNPLANNED)
        .order_by(AuditEntry.id)
    )
    return [(one.subject or "", one.before, one.after) for one in found]


def test_the_new_subject_of_a_public_webinar_is_told_when_it_is_public(
    database: Database, wanted: uuid.UUID
) -> None:
    with database.write() as session:
        taken_up(session, wanted, "avril")
        assert everybody(session) == {"Le logement": None}
        assert organisers(session) == {"Le logement": ("Le logement", False)}
        assert suggestions(session) == ()
        publish(session)
        assert everybody(session) == {"Le logement": "Le logement"}
        assert organisers(session) == {"Le logement": ("Le logement", True)}


def test_what_it_is_put_together_with_is_not_told_earlier(
    database: Database, wanted: uuid.UUID
) -> None:
    with database.write() as session:
        taken_up(session, wanted, "avril")
        other = wish(session, "L’habitat")
        merge(session, public_id=wanted, into=other, editor=editor())
        assert everybody(session) == {"L’habitat": None}
        assert organisers(session) == {"L’habitat": ("Le logement", False)}


def test_noted_by_hand_it_is_told_at_once_where_the_webinar_is_public_as_it_stands(
    database: Database, wanted: uuid.UUID
) -> None:
    def mark(slug: str) -> None:
        mark_planned(session, public_id=wanted, cycle_slug="2019", slug=slug, editor=editor())

    with database.write() as session:
        mark("avril")
        assert everybody(session) == {"Le logement": "Webinaire d’avril"}
        forget_planned(session, public_id=wanted, editor=editor())
        editing.edit_webinar(
            session,
            cycle_slug="2019",
            slug="avril",
            values={"title": "Habiter ici"},
            editor=editor(),
        )
        mark("avril")
        assert everybody(session) == {"Le logement": None}
        publish(session)
        assert everybody(session) == {"Le logement": "Habiter ici"}


def remove(session: Session, slug: str) -> Edit:
    return editing.remove(session, cycle_slug="2019", slug=slug, editor=editor())


def discard_one(session: Session, slug: str) -> Edit:
    return undoing.discard(session, cycle_slug="2019", slug=slug, editor=editor())


def discard_all(session: Session, slug: str) -> Edit:
    return undoing.discard(session, cycle_slug="2019", editor=editor())


@pytest.mark.parametrize(
    ("act", "slug", "at"),
    [
        (remove, "mai", "le-logement"),
        (discard_all, "mai", "le-logement"),
        (discard_all, "avril", "avril"),
        (discard_one, "avril", "avril"),
    ],
)
def test_what_goes_back_is_wished_for_again_until_that_is_undone(
    database: Database,
    wanted: uuid.UUID,
    act: Callable[[Session, str], Edit],
    slug: str,
    at: str,
) -> None:
    with database.write() as session:
        number = session.scalars(sa.select(Wish.id)).one()
        assert taken_up(session, wanted, slug).slug == at
        other = wish(session, "L’habitat")
        mark_planned(session, public_id=other, cycle_slug="2019", slug=at, editor=editor())
        edit = act(session, at)
        assert sorted(free(session)) == ["Le logement", "L’habitat"]
        planned = {"state": "public", "planned": f"2019/{at}"}
        assert noted(session) == [
            (str(one), planned, {"state": "public"}) for one in (number, number + 1)
        ]
        assert edit.entry_id is not None
        undoing.undo(session, cycle_slug="2019", entry_id=edit.entry_id, editor=editor())
        assert everybody(session) == {"L’habitat": None, "Le logement": None}
        drafted = ("Le logement", False)
        assert organisers(session) == {"L’habitat": drafted, "Le logement": drafted}


def test_what_was_public_before_the_draft_stays_answered_when_that_is_discarded(
    database: Database, wanted: uuid.UUID
) -> None:
    with database.write() as session:
        mark_planned(session, public_id=wanted, cycle_slug="2019", slug="avril", editor=editor())
        editing.edit_webinar(
            session, cycle_slug="2019", slug="avril", values={"title": "X"}, editor=editor()
        )
        discard_all(session, "avril")
        assert everybody(session) == {"Le logement": "Webinaire d’avril"}
        assert noted(session) == []


def test_another_webinar_at_the_old_address_does_not_answer_it(
    database: Database, wanted: uuid.UUID
) -> None:
    with database.write() as session:
        editing.add_extra(session, cycle_slug="2019", day=JUNE, title="Juin", editor=editor())
        mark_planned(session, public_id=wanted, cycle_slug="2019", slug="juin", editor=editor())
        remove(session, "juin")
        editing.add_extra(session, cycle_slug="2019", day=JUNE, title="Juin", editor=editor())
        publish(session)
        assert everybody(session) == {"Le logement": None}


def test_a_file_without_the_webinar_leaves_its_wish_free(
    database: Database, wanted: uuid.UUID
) -> None:
    with database.write() as session:
        taken_up(session, wanted, "mai")
        planning.save_draft(session, plan=plan_of(MARCH, OPEN_APRIL), now=NOW)
        assert free(session) == ["Le logement"]
        assert len(noted(session)) == 1


def test_a_name_that_is_reverted_leaves_its_wish_free(
    database: Database, wanted: uuid.UUID
) -> None:
    with database.write() as session:
        taken_up(session, wanted, "avril")
        publish(session)
        undoing.revert(session, cycle_slug="2019", revision=2, editor=editor())
        assert free(session) == ["Le logement"]
        publish(session)
        assert everybody(session) == {"Le logement": None}


def test_a_cycle_that_is_removed_leaves_its_wishes_free(
    database: Database, wanted: uuid.UUID
) -> None:
    with database.write() as session:
        plan = plan_of(replace(OPEN_MAY, date=date(2020, 5, 21)), slug="2020", year=2020)
        planning.save_draft(session, plan=plan, now=NOW)
        mark_planned(session, public_id=wanted, cycle_slug="2020", slug="mai", editor=editor())
        planning.remove_cycle(session, cycle_slug="2020", actor="x", now=NOW)
        assert free(session) == ["Le logement"]
        number = session.scalars(sa.select(Wish.id)).one()
        planned = {"state": "public", "planned": "2020/mai"}
        assert noted(session) == [(str(number), planned, {"state": "public"})]
