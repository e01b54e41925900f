"""Rows of the library that come by hand: at its end, each at an address of its own."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webinars.domain import audit, site
from webinars.domain.arranging import numbered, slug_of
from webinars.domain.errors import DomainError
from webinars.domain.uploads import NewFile, add_file, drop_file
from webinars.models import AuditAct, Resource, Theme

Row = TypeVar("Row", Resource, Theme)


class InUse(DomainError):
    """Webinars need it: it stays in the library."""


def put_last(session: Session, kind: type[Row], *, values: Mapping[str, Any]) -> Row:
    """A row at the end of its kind, its address made of its title; of two the later is numbered."""
    while (row := _try_last(session, kind, values)) is None:
        pass  # whoever was faster is seen now: the next number is another one
    return row


def _try_last(session: Session, kind: type[Row], values: Mapping[str, Any]) -> Row | None:
    """None if somebody else has taken its address at this moment."""
    slug = _free_slug(session, kind, values["title"])
    last = session.scalar(sa.select(sa.func.max(kind.position))) or 0
    row = kind(slug=slug, position=last + 1, **values)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        if session.scalar(sa.select(kind.id).where(kind.slug == slug)) is None:
            raise
        return None
    return row


def _free_slug(session: Session, kind: type[Resource] | type[Theme], title: str) -> str:
    root = slug_of(title)
    used = session.scalars(sa.select(kind.slug).where(kind.slug.startswith(root)))
    return numbered(root, used=set(used))


def put_document(
    session: Session, resource: Resource, *, file: NewFile | None, now: datetime
) -> None:
    """Another document in the place of the one that there is, or none."""
    old = resource.document
    resource.document = add_file(session, file=file, now=now) if file else None
    drop_file(session, upload=old, now=now)


def mark_of(said: Mapping[str, Any]) -> str:
    """What tells one state of a row from another."""
    return hashlib.sha256(repr(sorted(said.items())).encode()).hexdigest()[:16]


def record_change(
    session: Session,
    *,
    act: AuditAct,
    slug: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> None:
    """What differs comes into the trail, and public pages are made anew: the end of an act."""
    differing = [name for name in (*after, *before) if before.get(name) != after.get(name)]
    audit.record(
        session,
        actor=actor,
        act=act,
        now=now,
        subject=slug,
        before={name: before[name] for name in differing if name in before},
        after={name: after[name] for name in differing if name in after},
    )
    site.touch(session, now=now)
    session.flush()
