"""The organisers' list of what people ask: filtered, searched, counted, page by page."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.errors import NotFound
from webinars.domain.planning import find_cycle
from webinars.domain.question_resources import Beside, resources_beside
from webinars.domain.questions import mark_of
from webinars.domain.searching import contains
from webinars.models import Cycle, Participant, Question, Webinar, WebinarStatus

PAGE = 50
"""Questions on a page."""


class Show(enum.StrEnum):
    """Which questions are looked at."""

    ALL = "all"
    OPEN = "open"
    ANSWERED = "answered"
    PUBLISHED = "published"


CONDITIONS: Mapping[Show, sa.ColumnElement[bool]] = {
    Show.ALL: sa.true(),
    Show.OPEN: Question.answered_at.is_(None),
    Show.ANSWERED: Question.answered_at.is_not(None),
    Show.PUBLISHED: Question.published_at.is_not(None),
}


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question as organisers see it. Instants are UTC."""

    id: int
    text: str
    asked_at: datetime
    asker: str | None
    """The name in the form; None once they are erased."""
    known_as: str | None
    """The name that is known with that address, where it is another one."""
    confirmed: bool
    """Somebody with the personal link of that address has said that it is theirs."""
    organisation: str | None
    answered_at: datetime | None
    answer: str | None
    wording: str | None
    """For everybody: published, or kept until it is."""
    published_at: datetime | None
    mark: str
    """Of what organisers have made of it; another one says that somebody was faster."""
    resources: tuple[Beside, ...]
    """Beside it, in the library's order."""


@dataclass(frozen=True, slots=True)
class AskedWebinar:
    """A webinar about which something is asked. Instants are UTC."""

    slug: str
    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    cancelled: bool


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """A page of the questions of a cycle, or of one webinar of it."""

    slug: str
    title: str
    """As drafted: the title of the desk."""
    webinar: AskedWebinar | None
    """The one that is looked at; None for the whole cycle."""
    groups: tuple[tuple[AskedWebinar, tuple[QuestionView, ...]], ...]
    """By webinar, first to last; the open ones first, then as they were asked."""
    counts: Mapping[Show, int]
    """Of the words that are looked for."""
    search: str
    page: int
    """From 1."""
    pages: int

    @property
    def doubts(self) -> bool:
        """Whether one that is shown may be somebody else's than it says."""
        return any(not question.confirmed for _, its in self.groups for question in its)


def question_page(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str | None = None,
    show: Show = Show.ALL,
    search: str = "",
    page: int = 1,
    including: int | None = None,
) -> QuestionPage:
    """A page of the questions of a webinar, or of a whole cycle; the last one when there are fewer.

    ``including``: one that stands first where it is not on the page anyway. A fixed number of
    queries. Raises NotFound.
    """
    cycle = find_cycle(session, slug=cycle_slug)
    webinar = None if webinar_slug is None else _webinar(session, cycle, webinar_slug)
    asked = sa.and_(
        Webinar.cycle_id == cycle.id,
        sa.true() if webinar is None else Webinar.id == webinar.id,
    )
    counts = _counts(session, asked, search)
    pages = max(1, -(-counts[show] // PAGE))
    page = min(max(1, page), pages)
    rows = session.execute(
        _questions(session, asked, search)
        .where(CONDITIONS[show])
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    if including is not None and all(question.id != including for question, *_ in rows):
        one = session.execute(_questions(session, asked, "").where(Question.id == including)).all()
        if not one:
            raise NotFound(including)
        rows = [*one, *rows]
    return QuestionPage(
        slug=cycle.slug,
        title=cycle.draft.title,
        webinar=None if webinar is None else _asked(webinar, cycle),
        groups=_grouped(session, rows, cycle),
        counts=counts,
        search=search,
        page=page,
        pages=pages,
    )


def _webinar(session: Session, cycle: Cycle, slug: str) -> Webinar:
    webinar = session.scalar(
        sa.select(Webinar).where(Webinar.cycle_id == cycle.id, Webinar.slug == slug)
    )
    if webinar is None:
        raise NotFound(f"{cycle.slug}/{slug}")
    return webinar


def _questions(
    session: Session, asked: sa.ColumnElement[bool], search: str
) -> sa.Select[Question, Webinar, Participant]:
    """The open ones of a webinar first, then in the order in which they were asked."""
    query = (
        sa.select(Question, Webinar, Participant)
        .join(Webinar, Webinar.id == Question.webinar_id)
        .outerjoin(Participant, Participant.id == Question.participant_id)
        .where(asked)
        .order_by(
            Webinar.starts_at,
            Webinar.id,
            Question.answered_at.is_not(None),
            Question.asked_at,
            Question.id,
        )
    )
    if not search:
        return query
    said = (
        Question.text
        + "\n"
        + sa.func.coalesce(Question.asked_as, "")
        + "\n"
        + sa.func.coalesce(Participant.full_name, "")
        + "\n"
        + sa.func.coalesce(Participant.organisation, "")
    )
    return query.where(contains(session, said, search))


def _counts(session: Session, asked: sa.ColumnElement[bool], search: str) -> dict[Show, int]:
    counted = _questions(session, asked, search).order_by(None)
    row = session.execute(
        counted.with_only_columns(
            *(sa.func.count(sa.case((condition, 1))) for condition in CONDITIONS.values()),
            maintain_column_froms=True,
        )
    ).one()
    return dict(zip(CONDITIONS, row, strict=True))


def _grouped(
    session: Session, rows: Sequence[sa.Row[*tuple[Any, ...]]], cycle: Cycle
) -> tuple[tuple[AskedWebinar, tuple[QuestionView, ...]], ...]:
    beside = resources_beside(session, question_ids=[question.id for question, *_ in rows])
    return tuple(
        (
            _asked(webinar, cycle),
            tuple(
                _view(question, asker, beside.get(question.id, ())) for question, _, asker in its
            ),
        )
        for webinar, its in groupby(rows, key=lambda row: row[1])
    )


def _asked(webinar: Webinar, cycle: Cycle) -> AskedWebinar:
    return AskedWebinar(
        slug=webinar.slug,
        title=webinar.title,
        starts_at=webinar.starts_at,
        ends_at=webinar.ends_at,
        zone=cycle.zone,
        cancelled=webinar.status is WebinarStatus.CANCELLED,
    )


def _view(
    question: Question, asker: Participant | None, resources: tuple[Beside, ...]
) -> QuestionView:
    known = asker is not None and asker.erased_at is None
    return QuestionView(
        id=question.id,
        text=question.text,
        asked_at=question.asked_at,
        asker=(question.asked_as or asker.full_name) if asker and known else None,
        known_as=asker.full_name if asker and known and question.asked_as else None,
        confirmed=question.confirmed_at is not None or not known,
        organisation=asker.organisation if asker and known else None,
        answered_at=question.answered_at,
        answer=question.answer,
        wording=question.published_text,
        published_at=question.published_at,
        mark=mark_of(question),
        resources=resources,
    )


# counts elsewhere ------------------------------------------------------------------------


def open_counts(session: Session) -> Mapping[str, Mapping[str, int]]:
    """How many wait for an answer, by cycle and webinar; those without any are left out."""
    found: dict[str, dict[str, int]] = {}
    rows = session.execute(
        sa.select(Cycle.slug, Webinar.slug, sa.func.count())
        .join(Webinar, Webinar.cycle_id == Cycle.id)
        .join(Question, Question.webinar_id == Webinar.id)
        .where(Question.answered_at.is_(None))
        .group_by(Cycle.slug, Webinar.slug)
    )
    for cycle, webinar, count in rows:
        found.setdefault(cycle, {})[webinar] = count
    return found


def open_count(session: Session, *, cycle_slug: str, webinar_slug: str) -> int:
    """How many of one webinar wait for an answer."""
    count = session.scalar(
        sa.select(sa.func.count())
        .select_from(Question)
        .join(Webinar, Webinar.id == Question.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(
            Cycle.slug == cycle_slug, Webinar.slug == webinar_slug, Question.answered_at.is_(None)
        )
    )
    return count or 0
