"""A small cycle, partly public and partly drafted, and looks at what an act did to it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from tests.support import APRIL, HOST, MARCH, MAY, NOW, count, plan_of, published
from webinars.db import Database
from webinars.domain import planning, publication, site
from webinars.domain.editing import Edit, Editor
from webinars.domain.plan import PlannedSession
from webinars.domain.snapshots import Snapshot, snapshot
from webinars.models import AuditEntry, Change, Cycle, OutboxMail, Theme, Webinar

ANNE = "anne@example.org"
LATER = NOW + timedelta(days=1)
JUNE = PlannedSession("juin", date(2019, 6, 20), "Webinaire de juin")
"""Drafted only: nobody has seen it."""
OWN_TEXTS = {"why": "Pour juin.", "agenda": ["Accueil"], "speakers": ["Anne", "Bob"]}
IMPACT = ("mesurer-l-impact", "Mesurer l’impact")
"""A theme of the library: its slug and title."""

Act = Callable[..., Edit]


def start(database: Database) -> None:
    """March, April and May are public; June is drafted, with texts of its own: version 2."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        planning.save_draft(session, plan=plan_of(MARCH, APRIL, MAY, JUNE), now=NOW)
        june = next(
            row
            for row in planning.find_cycle(session, slug="2019").draft.sessions
            if row.slug == JUNE.slug
        )
        planning.assign(june, OWN_TEXTS)
        session.add(
            Theme(
                slug=IMPACT[0],
                title=IMPACT[1],
                position=1,
                other_titles=[],
                questions=[],
                platform_answers=[],
            )
        )


def do(database: Database, act: Act, *, seen: int | None = None, **values: Any) -> Edit:
    """Act on the draft, in a transaction of its own."""
    with database.write() as session:
        return in_session(session, act, seen=seen, **values)


def in_session(session: Session, act: Act, *, seen: int | None = None, **values: Any) -> Edit:
    """Act on the draft as Anne."""
    editor = Editor(actor=ANNE, now=LATER, seen=seen)
    return act(session, cycle_slug="2019", editor=editor, **values)


def publish(database: Database) -> list[tuple[str, str]]:
    """Publish the draft: kinds and slugs of the changes."""
    with database.write() as session:
        done = publication.publish(session, cycle_slug="2019", host=HOST, now=LATER, actor=ANNE)
        return [(change.kind.value, change.slug) for change in done.changes]


def pending(database: Database) -> list[tuple[str, str]]:
    """What is not public yet: kinds and slugs of the changes."""
    with database.read() as session:
        cycle = planning.find_cycle(session, slug="2019")
        changes = publication.pending_changes(session, cycle=cycle)
        return [(change.kind.value, change.slug) for change in changes]


def drafted(database: Database) -> Snapshot:
    """The draft as the database has it."""
    with database.read() as session:
        return snapshot(planning.find_cycle(session, slug="2019").draft)


def version(database: Database) -> int:
    """The draft's version as the database has it."""
    with database.read() as session:
        return planning.find_cycle(session, slug="2019").draft.version


def entries(database: Database) -> list[AuditEntry]:
    """What the audit trail says of the cycle, in order."""
    query = sa.select(AuditEntry).where(AuditEntry.cycle_id.is_not(None)).order_by(AuditEntry.id)
    with database.read() as session:
        return list(session.scalars(query.options(selectinload(AuditEntry.webinars))))


def public(database: Database) -> dict[str, dict[str, Any]]:
    """All that is public of each webinar, and what has left or is to leave the house."""
    told = {"sequence", "changed_at", "placed_at", "armed"}
    found = whole(database)
    return {
        slug: {name: value for name, value in fields.items() if name not in told}
        for slug, fields in found.items()
    }


def whole(database: Database) -> dict[str, dict[str, Any]]:
    """Every column of each public webinar, by its slug."""
    names = [column.key for column in sa.inspect(Webinar).column_attrs]
    with database.read() as session:
        return {
            row.slug: {name: getattr(row, name) for name in names}
            for row in session.scalars(sa.select(Webinar))
        }


def outside(database: Database) -> tuple[Any, ...]:
    """All that the world can see of the cycle."""
    with database.read() as session:
        cycle = session.execute(
            sa.select(Cycle.revision, Cycle.title, Cycle.rule, Cycle.zone, Cycle.starts_at).where(
                Cycle.slug == "2019"
            )
        ).one()
        kept = (count(session, Change), count(session, OutboxMail), site.version(session))
    return (tuple(cycle), whole(database), kept)
