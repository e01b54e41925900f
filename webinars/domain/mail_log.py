"""The organisers' log of mails: found by person, Message-ID, webinar, kind and fate; page by page.

Pages begin after a key and not after a number of rows: the last one costs what the first does.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from webinars.domain import outbox
from webinars.domain.errors import NotFound
from webinars.domain.mail_reasons import REASON, UNDELIVERED, Reason, is_of
from webinars.domain.plan import DEFAULT_ZONE
from webinars.domain.searching import contains
from webinars.models import (
    Cycle,
    MailKind,
    MailState,
    Organiser,
    OutboxMail,
    Participant,
    Webinar,
)

PAGE = 50
"""Mails on a page."""
WAITING = (MailState.PENDING, MailState.CLAIMED, MailState.HANDING_OVER)
ENDED = (MailState.FAILED, MailState.PARKED)


class Fate(enum.StrEnum):
    """What became of a mail, as far as anybody has to know."""

    OPEN = "open"
    """It could not be delivered, and nobody has looked at it."""
    ASIDE = "aside"
    """It could not be delivered, and somebody knows."""
    WAITING = "waiting"
    SENT = "sent"
    DROPPED = "dropped"
    """It was not needed any more."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which mails are asked for; nothing said asks for all."""

    search: str = ""
    """Words, each of which stands in the name or the address; or a Message-ID."""
    kind: MailKind | None = None
    fate: Fate | None = None
    reason: Reason | None = None
    cycle: str | None = None
    """Mails of its webinars, and of itself."""
    webinar: str | None = None
    """Of this cycle."""


@dataclass(frozen=True, slots=True)
class MailLine:
    """One mail. Instants are UTC."""

    id: int
    kind: MailKind
    state: MailState
    fate: Fate
    reason: Reason | None
    """Of one that ended without leaving."""
    reply: str | None
    """The server's latest words, or ours."""
    tries: int
    uncertain: int
    message_id: str
    created_at: datetime
    due_at: datetime
    expires_at: datetime | None
    sent_at: datetime | None
    set_aside_at: datetime | None
    set_aside_by: str | None
    resent_id: int | None
    participant_id: int | None
    full_name: str | None
    """None is an organiser, whose account the mail is about."""
    email: str
    cycle_slug: str | None
    webinar_slug: str | None
    title: str | None
    """Of the webinar, or of the cycle where it is of no webinar."""
    zone: str


@dataclass(frozen=True, slots=True)
class MailPage:
    """A page of the log, the latest first."""

    filters: Filters
    lines: tuple[MailLine, ...]
    older: int | None
    """Where the next page begins; None is the end."""


def mail_page(session: Session, *, filters: Filters, below: int | None = None) -> MailPage:
    """The mails before this key. Two queries, and one more for a Message-ID."""
    ids = session.scalars(
        sa.select(OutboxMail.id)
        .where(
            *conditions(session, filters),
            sa.true() if below is None else OutboxMail.id < below,
        )
        .order_by(OutboxMail.id.desc())
        .limit(PAGE + 1)
    ).all()
    shown = ids[:PAGE]
    older = shown[-1] if len(ids) > PAGE else None
    return MailPage(filters, lines_of(session, shown), older)


def conditions(session: Session, filters: Filters) -> list[sa.ColumnElement[bool]]:
    """What a row must be like for these filters."""
    found: list[sa.ColumnElement[bool]] = []
    if filters.search:
        found.append(_of_search(session, filters.search))
    if filters.kind is not None:
        found.append(OutboxMail.kind == filters.kind)
    if filters.fate is not None:
        found += _of_fate(filters.fate)
    if filters.reason is not None:
        found += [outbox.ENDED_BADLY, is_of(filters.reason)]
    if filters.cycle is not None:
        found.append(_of_place(filters.cycle, filters.webinar))
    return found


def _of_fate(fate: Fate) -> list[sa.ColumnElement[bool]]:
    match fate:
        case Fate.WAITING:
            return [OutboxMail.state.in_(WAITING)]
        case Fate.SENT:
            # Almost all are: read along the key, and not all of them sorted first.
            return [OutboxMail.sent_at.is_not(None)]
        case Fate.DROPPED:
            return [outbox.ENDED_BADLY, ~is_of(*UNDELIVERED)]
        case _:
            open_ = OutboxMail.set_aside_at.is_(None)
            return [
                outbox.ENDED_BADLY,
                is_of(*UNDELIVERED),
                open_ if fate is Fate.OPEN else ~open_,
            ]


def _of_place(cycle: str, webinar: str | None) -> sa.ColumnElement[bool]:
    webinars = (
        sa.select(Webinar.id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(Cycle.slug == cycle, sa.true() if webinar is None else Webinar.slug == webinar)
    )
    if webinar is not None:
        return OutboxMail.webinar_id == webinars.scalar_subquery()
    itself = sa.select(Cycle.id).where(Cycle.slug == cycle).scalar_subquery()
    return sa.or_(OutboxMail.webinar_id.in_(webinars), OutboxMail.cycle_id == itself)


def _of_search(session: Session, search: str) -> sa.ColumnElement[bool]:
    """A Message-ID with its brackets or without them, else words of the recipient."""
    bare = search.strip().removeprefix("<").removesuffix(">")
    if "@" in bare:
        mail_id = session.scalar(
            sa.select(OutboxMail.id).where(OutboxMail.message_id == f"<{bare}>")
        )
        if mail_id is not None:
            return OutboxMail.id == mail_id
    people = sa.select(Participant.id).where(
        Participant.erased_at.is_(None),
        contains(session, Participant.full_name + "\n" + Participant.email, bare),
    )
    organisers = sa.select(Organiser.id).where(contains(session, Organiser.email.expression, bare))
    return sa.or_(OutboxMail.participant_id.in_(people), OutboxMail.organiser_id.in_(organisers))


_REASON = sa.case((OutboxMail.state.in_(ENDED), REASON)).label("reason")


def lines_of(session: Session, ids: Sequence[int]) -> tuple[MailLine, ...]:
    """These mails in this order. One query."""
    if not ids:
        return ()
    of_webinar = aliased(Cycle)
    rows = session.execute(
        sa.select(
            OutboxMail,
            _REASON,
            Participant.full_name,
            sa.func.coalesce(Participant.email, Organiser.email).label("email"),
            sa.func.coalesce(of_webinar.slug, Cycle.slug).label("cycle_slug"),
            Webinar.slug.label("webinar_slug"),
            sa.func.coalesce(Webinar.title, Cycle.title).label("title"),
            sa.func.coalesce(of_webinar.zone, Cycle.zone, DEFAULT_ZONE).label("zone"),
        )
        .outerjoin(Participant, Participant.id == OutboxMail.participant_id)
        .outerjoin(Organiser, Organiser.id == OutboxMail.organiser_id)
        .outerjoin(Webinar, Webinar.id == OutboxMail.webinar_id)
        .outerjoin(of_webinar, of_webinar.id == Webinar.cycle_id)
        .outerjoin(Cycle, Cycle.id == OutboxMail.cycle_id)
        .where(OutboxMail.id.in_(ids))
    )
    found = {row.OutboxMail.id: _line(row) for row in rows}
    return tuple(found[one] for one in ids if one in found)


def _line(row: sa.Row[*tuple[Any, ...]]) -> MailLine:
    mail: OutboxMail = row.OutboxMail
    reason = Reason(row.reason) if row.reason is not None else None
    return MailLine(
        id=mail.id,
        kind=mail.kind,
        state=mail.state,
        fate=_fate(mail, reason),
        reason=reason,
        reply=mail.reply,
        tries=mail.tries,
        uncertain=mail.uncertain,
        message_id=mail.message_id,
        created_at=mail.created_at,
        due_at=mail.due_at,
        expires_at=mail.expires_at,
        sent_at=mail.sent_at,
        set_aside_at=mail.set_aside_at,
        set_aside_by=mail.set_aside_by,
        resent_id=mail.resent_id,
        participant_id=mail.participant_id,
        full_name=row.full_name,
        email=row.email,
        cycle_slug=row.cycle_slug,
        webinar_slug=row.webinar_slug,
        title=row.title,
        zone=row.zone,
    )


def _fate(mail: OutboxMail, reason: Reason | None) -> Fate:
    if reason is None:
        return Fate.SENT if mail.state is MailState.SENT else Fate.WAITING
    if reason not in UNDELIVERED:
        return Fate.DROPPED
    return Fate.OPEN if mail.set_aside_at is None else Fate.ASIDE


def find_line(session: Session, *, mail_id: int) -> MailLine:
    """One mail. Raises NotFound."""
    found = lines_of(session, [mail_id])
    if not found:
        raise NotFound(mail_id)
    return found[0]


MOST_OF_A_REASON = 3


def latest_open(session: Session) -> dict[Reason, tuple[MailLine, ...]]:
    """The latest mails that could not be delivered, a few of each reason, looked at by nobody.

    Two queries.
    """
    rank = sa.func.row_number().over(partition_by=REASON, order_by=OutboxMail.id.desc())
    ranked = (
        sa.select(OutboxMail.id, rank.label("rank"))
        .where(*conditions(session, Filters(fate=Fate.OPEN)))
        .subquery()
    )
    ids = session.scalars(
        sa.select(ranked.c.id).where(ranked.c.rank <= MOST_OF_A_REASON).order_by(ranked.c.id.desc())
    ).all()
    found: dict[Reason, list[MailLine]] = {}
    for line in lines_of(session, ids):
        assert line.reason is not None, "it ended"
        found.setdefault(line.reason, []).append(line)
    return {reason: tuple(found[reason]) for reason in UNDELIVERED if reason in found}


@dataclass(frozen=True, slots=True)
class Choice:
    """A cycle whose mails can be asked for, with its webinars."""

    slug: str
    title: str
    webinars: tuple[tuple[str, str], ...]
    """Slug and title of each, by date."""


def places(session: Session) -> tuple[Choice, ...]:
    """Every public cycle, the latest year first. One query."""
    rows = session.execute(
        sa.select(Cycle.slug, Cycle.title, Webinar.slug, Webinar.title)
        .join(Webinar, Webinar.cycle_id == Cycle.id)
        .where(Cycle.revision > 0)
        .order_by(Cycle.year.desc(), Cycle.slug, Webinar.starts_at, Webinar.id)
    )
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for cycle, title, webinar, its_title in rows:
        found.setdefault((cycle, title), []).append((webinar, its_title))
    return tuple(Choice(slug, title, tuple(its)) for (slug, title), its in found.items())
