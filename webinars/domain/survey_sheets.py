"""Which questions a survey asks, and from when to when it is open.

What is asked about a webinar is its own set of questions, else its cycle's, else the usual one.
With its first answer the set becomes its own and is fixed: answers to other questions are never
counted together. Instants are UTC.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.clock import days_away
from webinars.db import insert_into
from webinars.domain.errors import NotFound
from webinars.domain.survey_questions import (
    USUAL_OF_A_WEBINAR,
    USUAL_OF_A_YEAR,
    Questions,
    from_json,
    mark_of,
    to_json,
)
from webinars.models import Cycle, Survey, SurveyKind, Webinar, WebinarStatus

CLOSES_AFTER = 30
"""Days, where nobody has said otherwise."""
LEAST_DAYS, MOST_DAYS = 1, 180


@dataclass(frozen=True, slots=True)
class Sheet:
    """A survey as it is asked now."""

    kind: SurveyKind
    cycle_id: int
    cycle_slug: str
    cycle_title: str
    zone: str
    webinar_id: int | None
    webinar_slug: str | None
    title: str
    """Of the webinar; of a year or a whole cycle, the cycle's."""
    questions: Questions
    closes_after: int
    """Days."""
    own: bool
    """Organisers wrote it for this very thing, or it has answers."""
    answers: int
    opens_at: datetime | None
    """None of what is never answered itself, does not take place, or is asked on another site."""
    closes_at: datetime | None
    survey_id: int | None
    """Of its row; None while it asks what others ask."""

    @property
    def mark(self) -> str:
        """Of its questions: another one says that they have been changed since."""
        return mark_of(self.questions)

    @property
    def fixed(self) -> bool:
        """Whether its questions can no longer be changed."""
        return self.answers > 0

    def is_open(self, now: datetime) -> bool:
        """Whether it can be answered."""
        return (
            self.opens_at is not None
            and self.closes_at is not None
            and self.opens_at <= now < self.closes_at
        )


def key_of(kind: SurveyKind, *, cycle_id: int, webinar_id: int | None = None) -> str:
    """What keeps two surveys of one thing apart: the second finds the first."""
    return f"webinar:{webinar_id}" if kind is SurveyKind.WEBINAR else f"{kind}:{cycle_id}"


def sheet_of(
    session: Session, *, kind: SurveyKind, cycle_slug: str, webinar_slug: str | None = None
) -> Sheet:
    """A survey as it is asked now. Raises NotFound. Two queries, or three of a year.

    A webinar must be public; of a cycle that is drafted there are the questions alone.
    """
    cycle = session.scalar(sa.select(Cycle).where(Cycle.slug == cycle_slug))
    if cycle is None:
        raise NotFound(cycle_slug)
    if kind is not SurveyKind.WEBINAR:
        return _of_cycle(session, cycle, kind)
    webinar = session.scalar(
        sa.select(Webinar).where(Webinar.cycle_id == cycle.id, Webinar.slug == webinar_slug)
    )
    if webinar is None:
        raise NotFound(f"{cycle_slug}/{webinar_slug}")
    own = key_of(kind, cycle_id=cycle.id, webinar_id=webinar.id)
    rows = rows_of(session, own, key_of(SurveyKind.EACH, cycle_id=cycle.id))
    return of_webinar(
        cycle, webinar, own=rows.get(own), each=rows.get(key_of(SurveyKind.EACH, cycle_id=cycle.id))
    )


def rows_of(session: Session, *keys: str) -> dict[str, Survey]:
    """The rows of these keys, by key. One query."""
    rows = session.scalars(
        sa.select(Survey).where(Survey.key.in_(keys)).execution_options(populate_existing=True)
    )
    return {row.key: row for row in rows}


def of_webinar(cycle: Cycle, webinar: Webinar, *, own: Survey | None, each: Survey | None) -> Sheet:
    """What is asked about one webinar, of rows that are known."""
    said = own or each
    days = said.closes_after if said else CLOSES_AFTER
    off = webinar.status is WebinarStatus.CANCELLED or cycle.survey_url is not None
    return Sheet(
        kind=SurveyKind.WEBINAR,
        cycle_id=cycle.id,
        cycle_slug=cycle.slug,
        cycle_title=cycle.title,
        zone=cycle.zone,
        webinar_id=webinar.id,
        webinar_slug=webinar.slug,
        title=webinar.title,
        questions=from_json(said.questions) if said else USUAL_OF_A_WEBINAR,
        closes_after=days,
        own=own is not None,
        answers=own.answers if own else 0,
        opens_at=None if off else webinar.ends_at,
        closes_at=None if off else days_away(webinar.ends_at, days, cycle.zone),
        survey_id=own.id if own else None,
    )


def of_year(cycle: Cycle, *, row: Survey | None, last_end: datetime | None) -> Sheet:
    """What is asked about a year; ``last_end``: of its last webinar that takes place.

    It opens then, or when an organiser opened it, and closes so many days after the later of
    the two: opened before the end it lasts until after it, opened again it is open again.
    """
    days = row.closes_after if row else CLOSES_AFTER
    begins = [one for one in (row.opened_at if row else None, last_end) if one is not None]
    if cycle.survey_url is not None:
        begins = []
    return Sheet(
        kind=SurveyKind.YEAR,
        cycle_id=cycle.id,
        cycle_slug=cycle.slug,
        cycle_title=cycle.title,
        zone=cycle.zone,
        webinar_id=None,
        webinar_slug=None,
        title=cycle.title,
        questions=from_json(row.questions) if row else USUAL_OF_A_YEAR,
        closes_after=days,
        own=row is not None,
        answers=row.answers if row else 0,
        opens_at=min(begins) if begins else None,
        closes_at=days_away(max(begins), days, cycle.zone) if begins else None,
        survey_id=row.id if row else None,
    )


def last_ends(session: Session, *, cycle_ids: list[int]) -> dict[int, datetime]:
    """When the last webinar of each cycle ends, of those that take place. One query."""
    rows = session.execute(
        sa.select(Webinar.cycle_id, sa.func.max(Webinar.ends_at))
        .where(Webinar.cycle_id.in_(cycle_ids), Webinar.status == WebinarStatus.SCHEDULED)
        .group_by(Webinar.cycle_id)
    )
    return dict(rows.all())


def begun(session: Session, *, sheet: Sheet) -> Survey:
    """The survey's own row until the end: made now of what it asks, where there is none.

    Whoever begins it at the same time finds this one, and waits.
    """
    key = key_of(sheet.kind, cycle_id=sheet.cycle_id, webinar_id=sheet.webinar_id)
    new = insert_into(session, Survey).values(
        key=key,
        kind=sheet.kind,
        cycle_id=sheet.cycle_id,
        webinar_id=sheet.webinar_id,
        questions=to_json(sheet.questions),
        closes_after=sheet.closes_after,
        answers=0,
    )
    found = (
        sa.select(Survey)
        .where(Survey.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    while True:
        session.execute(new.on_conflict_do_nothing(index_elements=["key"]))
        row = session.scalar(found)
        if row is not None:
            return row
        # Its questions were taken back while its lock was waited for: it is begun anew.


def _of_cycle(session: Session, cycle: Cycle, kind: SurveyKind) -> Sheet:
    key = key_of(kind, cycle_id=cycle.id)
    row = rows_of(session, key).get(key)
    if kind is SurveyKind.YEAR:
        ends = last_ends(session, cycle_ids=[cycle.id])
        return of_year(cycle, row=row, last_end=ends.get(cycle.id))
    return Sheet(
        kind=kind,
        cycle_id=cycle.id,
        cycle_slug=cycle.slug,
        cycle_title=cycle.title,
        zone=cycle.zone,
        webinar_id=None,
        webinar_slug=None,
        title=cycle.title,
        questions=from_json(row.questions) if row else USUAL_OF_A_WEBINAR,
        closes_after=row.closes_after if row else CLOSES_AFTER,
        own=row is not None,
        answers=0,
        opens_at=None,
        closes_at=None,
        survey_id=row.id if row else None,
    )
