"""The organisers' list of a webinar: searched, filtered, counted, page by page."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.errors import NotFound
from webinars.domain.person_fields import has_letters
from webinars.domain.searching import contains
from webinars.domain.waiting_line import ARRIVAL, positions, waiting
from webinars.models import (
    AddressStanding,
    Cycle,
    Participant,
    Question,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)

PAGE = 100
"""People on a page."""
BATCH = 500
"""People that are held at once while all are read."""
UNSAID = "unsaid"
"""In a filter: those who did not say their category, or their region."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which registrations are asked for; nothing said asks for all."""

    search: str = ""
    """Words, each of which stands in the name, the address or the organisation."""
    status: RegistrationStatus | None = None
    category: str | None = None
    """A category, or ``UNSAID``."""
    region: str | None = None
    """The code of a region, or ``UNSAID``."""


@dataclass(frozen=True, slots=True)
class Registrant:
    """A line of the list. Instants are UTC."""

    id: int
    """Of the registration."""
    participant_id: int
    full_name: str
    email: str
    organisation: str | None
    actor_category: str | None
    region: str | None
    language: str
    status: RegistrationStatus
    registered_at: datetime
    came_at: datetime | None
    unreached: bool
    """Nothing leaves for this address: see ``address_standings.py``."""
    position: int | None
    """In the waiting list, from 1."""

    @property
    def shown_name(self) -> str:
        """What can be read and clicked: the address where an older row's name cannot."""
        return self.full_name if has_letters(self.full_name) else self.email


@dataclass(frozen=True, slots=True)
class ListHead:
    """The webinar of a list. Instants are UTC."""

    id: int
    cycle_id: int
    cycle_slug: str
    cycle_title: str
    slug: str
    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    cancelled: bool
    capacity: int | None
    confirmed: int
    """Places that are taken, whether or not the person came."""
    held: int
    """Places that are kept for those who have yet to confirm."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many registrations there are."""

    statuses: Mapping[RegistrationStatus, int]
    """Of all, those of erased people among them."""
    categories: Mapping[str, int]
    """Of the status and the words that are asked for; ``UNSAID`` too. The most frequent first."""
    regions: Mapping[str, int]
    """The same."""
    listed: int
    """The sum of either."""


@dataclass(frozen=True, slots=True)
class RegistrantPage:
    """A page of the list."""

    head: ListHead
    counts: Counts
    filters: Filters
    lines: tuple[Registrant, ...]
    found: int
    """On all pages."""
    page: int
    """From 1."""
    pages: int


def list_head(session: Session, *, cycle_slug: str, webinar_slug: str) -> ListHead:
    """The webinar of a list. Raises NotFound when none of this address is public."""
    row = session.execute(
        sa.select(Webinar, Cycle)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(Cycle.slug == cycle_slug, Cycle.revision > 0, Webinar.slug == webinar_slug)
    ).one_or_none()
    if row is None:
        raise NotFound(f"{cycle_slug}/{webinar_slug}")
    webinar, cycle = row
    return ListHead(
        id=webinar.id,
        cycle_id=cycle.id,
        cycle_slug=cycle.slug,
        cycle_title=cycle.title,
        slug=webinar.slug,
        title=webinar.title,
        starts_at=webinar.starts_at,
        ends_at=webinar.ends_at,
        zone=cycle.zone,
        cancelled=webinar.status is WebinarStatus.CANCELLED,
        capacity=webinar.capacity,
        confirmed=webinar.confirmed_count,
        held=webinar.held_count,
    )


def registrant_page(
    session: Session, *, cycle_slug: str, webinar_slug: str, filters: Filters, page: int = 1
) -> RegistrantPage:
    """A page of the list, in the order of arrival; the last one when there are fewer.

    Raises NotFound. At most five queries, of which each reads the list once at most.
    """
    head = list_head(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    if filters.search:
        ids, groups = _searched(session, head.id, filters)
    else:
        ids, groups = None, _groups(session, head.id, filters.status)
    found = _sum(groups, filters)
    pages = max(1, -(-found // PAGE))
    page = min(max(1, page), pages)
    first = (page - 1) * PAGE
    lines = (
        _lines(session, head.id, filters).limit(PAGE).offset(first)
        if ids is None
        else _lines(session, head.id, Filters()).where(
            Registration.id.in_(ids[first : first + PAGE])
        )
    )
    rows = session.execute(lines).all()
    ranks = positions(session, registrations=rows)
    return RegistrantPage(
        head=head,
        counts=_counts(_statuses(session, head.id), groups),
        filters=filters,
        lines=tuple(_registrant(row, ranks.get(row.id)) for row in rows),
        found=found,
        page=page,
        pages=pages,
    )


def count_found(session: Session, *, head: ListHead, filters: Filters) -> int:
    """How many people the filters leave."""
    return (
        session.scalar(
            sa.select(sa.func.count())
            .select_from(Registration)
            .join(Participant, Participant.id == Registration.participant_id)
            .where(*_conditions(session, head.id, filters))
        )
        or 0
    )


def every_registrant(
    session: Session, *, head: ListHead, filters: Filters
) -> Iterator[tuple[Registrant, str]]:
    """Everybody whom the filters leave, with their questions; a few hundred held at a time."""
    by_and_by = {"yield_per": BATCH}
    # Both in the order of arrival: the line is counted along, and never held as a whole.
    with (
        session.execute(_lines(session, head.id, filters), execution_options=by_and_by) as rows,
        session.scalars(
            waiting(head.id).with_only_columns(Registration.id), execution_options=by_and_by
        ) as line,
    ):
        ranked = enumerate(line, start=1)
        for batch in rows.partitions():
            asked = _questions(session, head.id, [row.participant_id for row in batch])
            for row in batch:
                waits = row.status is RegistrationStatus.WAITLISTED
                rank = next(rank for rank, one in ranked if one == row.id) if waits else None
                yield _registrant(row, rank), asked.get(row.participant_id, "")


def find_registrant(session: Session, *, head: ListHead, registration_id: int) -> Registrant:
    """One line of the list. Raises NotFound."""
    row = session.execute(
        _lines(session, head.id, Filters()).where(Registration.id == registration_id)
    ).one_or_none()
    if row is None:
        raise NotFound(registration_id)
    return _registrant(row, positions(session, registrations=[row]).get(row.id))


def _registrant(row: sa.Row[*tuple[Any, ...]], rank: int | None) -> Registrant:
    return Registrant(**row._asdict(), position=rank)


def _lines(session: Session, webinar_id: int, filters: Filters) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Registration.id,
            Registration.participant_id,
            Participant.full_name,
            Participant.email,
            Participant.organisation,
            Participant.actor_category,
            Participant.region,
            Participant.language,
            Registration.status,
            Registration.registered_at,
            Registration.came_at,
            sa.exists()
            .where(
                AddressStanding.address == Participant.email,
                AddressStanding.stopped_at.is_not(None),
            )
            .label("unreached"),
        )
        .join(Participant, Participant.id == Registration.participant_id)
        .where(*_conditions(session, webinar_id, filters))
        .order_by(*ARRIVAL)
    )


def _conditions(
    session: Session, webinar_id: int, filters: Filters
) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [
        Registration.webinar_id == webinar_id,
        Participant.erased_at.is_(None),
    ]
    if filters.status is not None:
        conditions.append(Registration.status == filters.status)
    for column, value in (
        (Participant.actor_category, filters.category),
        (Participant.region, filters.region),
    ):
        if value is not None:
            conditions.append(column.is_(None) if value == UNSAID else column == value)
    if filters.search:
        text = (
            Participant.full_name
            + "\n"
            + Participant.email
            + "\n"
            + sa.func.coalesce(Participant.organisation, "")
        )
        conditions.append(contains(session, text, filters.search))
    return conditions


def _questions(session: Session, webinar_id: int, ids: list[int]) -> dict[int, str]:
    """What each of these people asked, one question a paragraph; beside it another name's."""
    asked: defaultdict[int, list[str]] = defaultdict(list)
    for participant_id, text, asked_as in session.execute(
        sa.select(Question.participant_id, Question.text, Question.asked_as)
        .where(Question.webinar_id == webinar_id, Question.participant_id.in_(ids))
        .order_by(Question.asked_at, Question.id)
    ):
        asked[participant_id or 0].append(f"{text} ({asked_as})" if asked_as else text)
    return {participant_id: "\n".join(texts) for participant_id, texts in asked.items()}


# counts ----------------------------------------------------------------------------------

Groups = Mapping[tuple[str | None, str | None], int]
"""How many people there are of each category and region."""


def _statuses(session: Session, webinar_id: int) -> dict[RegistrationStatus, int]:
    rows = session.execute(
        sa.select(Registration.status, sa.func.count())
        .where(Registration.webinar_id == webinar_id)
        .group_by(Registration.status)
    )
    return dict(rows.all())


def _groups(session: Session, webinar_id: int, status: RegistrationStatus | None) -> Groups:
    columns = (Participant.actor_category, Participant.region)
    rows = session.execute(
        sa.select(*columns, sa.func.count())
        .select_from(Registration)
        .join(Participant, Participant.id == Registration.participant_id)
        .where(*_conditions(session, webinar_id, Filters(status=status)))
        .group_by(*columns)
    )
    return {(category, region): count for category, region, count in rows}


def _searched(session: Session, webinar_id: int, filters: Filters) -> tuple[list[int], Groups]:
    """Who is found, and the groups of all who match the words: a search reads the list once."""
    of_words = Filters(search=filters.search, status=filters.status)
    rows = session.execute(
        sa.select(Registration.id, Participant.actor_category, Participant.region)
        .join(Participant, Participant.id == Registration.participant_id)
        .where(*_conditions(session, webinar_id, of_words))
        .order_by(*ARRIVAL)
    ).all()
    ids = [id_ for id_, *group in rows if _is_in(group, filters)]
    return ids, Counter((category, region) for _, category, region in rows)


def _sum(groups: Groups, filters: Filters) -> int:
    return sum(count for group, count in groups.items() if _is_in(group, filters))


def _is_in(group: Sequence[str | None], filters: Filters) -> bool:
    wanted = zip((filters.category, filters.region), group, strict=True)
    return all(value in (None, said or UNSAID) for value, said in wanted)


def _counts(statuses: Mapping[RegistrationStatus, int], groups: Groups) -> Counts:
    categories: Counter[str] = Counter()
    regions: Counter[str] = Counter()
    for (category, region), count in groups.items():
        categories[category or UNSAID] += count
        regions[region or UNSAID] += count
    return Counts(
        statuses=statuses,
        categories=dict(categories.most_common()),
        regions=dict(regions.most_common()),
        listed=sum(groups.values()),
    )
