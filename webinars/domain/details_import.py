"""Details of webinars as the files of the library say them: texts, and what there is to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.domain.library_files import DetailsTable
from webinars.domain.library_reading import Placed, ReadFile, placed
from webinars.domain.plan import EDITORIAL_FIELDS
from webinars.domain.planning import assign
from webinars.models import Cycle, CycleDraft, DraftSession, Reading, Resource, Webinar

Identity = tuple[str | None, int, str]
"""The cycle, where it is said; its year; the webinar."""


def _identity(table: DetailsTable) -> Identity:
    return table.cycle, table.date.year, table.webinar_slug


@dataclass(slots=True)
class DetailsTarget:
    """The rows of one webinar: drafted, published, or both."""

    cycle_id: int
    draft: DraftSession | None = None
    webinar: Webinar | None = None


def locked_cycles(session: Session, read: Sequence[ReadFile]) -> Sequence[Cycle]:
    """The cycles that the files may speak of, so that acts on them follow each other."""
    years = {one.table.date.year for one in placed(read, DetailsTable)}
    if not years:
        return ()
    return session.scalars(
        sa.select(Cycle)
        .where(Cycle.year.in_(years))
        .order_by(Cycle.id)
        .options(selectinload(Cycle.draft).selectinload(CycleDraft.sessions))
        .with_for_update(of=Cycle, key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def details_targets(session: Session, read: Sequence[ReadFile]) -> dict[Identity, DetailsTarget]:
    """The webinars that tables may mean; where only the year is said, those of its first cycle."""
    wanted = {_identity(one.table) for one in placed(read, DetailsTable)}
    found: dict[Identity, DetailsTarget] = {}
    if not wanted:
        return found
    years = {year for _, year, _ in wanted}
    slugs = {slug for _, _, slug in wanted}
    cycles = session.scalars(
        sa.select(Cycle).where(Cycle.year.in_(years)).order_by(Cycle.id.desc())
    )
    for cycle in cycles:
        drafted = session.scalars(
            sa.select(DraftSession).where(
                DraftSession.cycle_id == cycle.id, DraftSession.slug.in_(slugs)
            )
        )
        targets = {row.slug: DetailsTarget(cycle.id, draft=row) for row in drafted}
        for webinar in session.scalars(
            sa.select(Webinar).where(Webinar.cycle_id == cycle.id, Webinar.slug.in_(slugs))
        ):
            targets.setdefault(webinar.slug, DetailsTarget(cycle.id)).webinar = webinar
        for slug, target in targets.items():
            found[None, cycle.year, slug] = found[cycle.slug, cycle.year, slug] = target
    return found


def check_details(
    one: Placed[DetailsTable], targets: Mapping[Identity, DetailsTarget], resources: set[str]
) -> None:
    """Note what is wrong with a table, at its key."""
    table = one.table
    if _identity(table) not in targets:
        one.wrong(
            "slug",
            f'there is no webinar "{table.webinar_slug}" in {_cycle_of(table)}: '
            "import the cycle first",
        )
    for number, reading in enumerate(table.further_reading):
        if reading.resource not in resources:
            one.wrong(
                ("further_reading", number, "resource"),
                f'there is no resource "{reading.resource}"',
            )


def _cycle_of(table: DetailsTable) -> str:
    year = table.date.year
    return f'the cycle "{table.cycle}" of {year}' if table.cycle else f"a cycle of {year}"


def write_details(
    session: Session,
    read: Sequence[ReadFile],
    targets: Mapping[Identity, DetailsTarget],
    resources: Mapping[str, Resource],
    touched: dict[int, Webinar],
) -> bool:
    """Give each webinar what its table says; whether anything is new.

    Where that is public, it comes into ``touched``.
    """
    changed = False
    for one in placed(read, DetailsTable):
        target = targets[_identity(one.table)]
        changed |= _write(session, one.table, target, resources, touched)
    return changed


def _write(
    session: Session,
    table: DetailsTable,
    target: DetailsTarget,
    resources: Mapping[str, Resource],
    touched: dict[int, Webinar],
) -> bool:
    values = {name: getattr(table, name) for name in EDITORIAL_FIELDS}
    changed = False
    if target.draft is not None:
        changed |= assign(target.draft, values)
    if target.webinar is not None and assign(target.webinar, values):
        touched[target.webinar.id] = target.webinar
        changed = True
    wanted = [
        (reading.label, reading.context, resources[reading.resource].id)
        for reading in table.further_reading
    ]
    here = sa.and_(Reading.cycle_id == target.cycle_id, Reading.webinar_slug == table.webinar_slug)
    there = [
        (row.label, row.context, row.resource_id)
        for row in session.scalars(sa.select(Reading).where(here).order_by(Reading.position))
    ]
    if wanted == there:
        return changed
    session.execute(sa.delete(Reading).where(here))
    session.add_all(
        Reading(
            cycle_id=target.cycle_id,
            webinar_slug=table.webinar_slug,
            position=position,
            label=label,
            context=context,
            resource_id=resource_id,
        )
        for position, (label, context, resource_id) in enumerate(wanted, start=1)
    )
    return True
