"""The library as the files that it is read from: all of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.clock import to_local
from webinars.domain.fields import LONGEST_SLUG
from webinars.domain.library_files import (
    ENTRY_POINTS,
    FORTHCOMING,
    STEPS,
    DetailsTable,
    ReadingTable,
    ResourceTable,
    ThemeTable,
    write_tables,
)
from webinars.domain.library_import import RESOURCE_FIELDS, THEME_FIELDS
from webinars.domain.plan import EDITORIAL_FIELDS
from webinars.domain.replay_export import (
    DRAFTED,
    document_path,
    question_tables,
    replay_tables,
    slugs_by,
)
from webinars.models import (
    Cycle,
    DraftSession,
    Reading,
    Resource,
    Theme,
    Upload,
    Webinar,
    resource_themes,
)

Row = TypeVar("Row", DraftSession, Webinar)
SAID = (*EDITORIAL_FIELDS, "further_reading")
"""What a webinar needs one of to stand in the file."""
STEP_WORDS = {step: word for word, step in STEPS.items()}
ENTRY_POINT_WORDS = {entry: word for word, entry in ENTRY_POINTS.items()}


def export_library(session: Session) -> dict[str, str]:
    """Each file by its name: themes, resources, details of webinars, replays, questions.

    As it stands, unchecked: reading it says what could not be read, with its line.
    Of a public webinar the texts are those that are public; what only a draft says is in the
    file of its cycle. What these files name beside them: ``kept_files`` and ``kept_captions``; of
    which webinars they say nothing: ``left_out``. Thirteen queries.
    """
    return {
        "themes.toml": write_tables("themes", _themes(session)),
        "resources.toml": write_tables("resources", _resources(session)),
        "webinar-details.toml": write_tables("webinars", _details(session)),
        "replays.toml": write_tables("replays", replay_tables(session)),
        "questions.toml": write_tables("questions", question_tables(session)),
    }


def left_out(session: Session) -> list[str]:
    """Public webinars that the draft of their cycle no longer has, as ``cycle/webinar``.

    They are not in the file of the cycle either. One query.
    """
    rows = session.execute(
        sa.select(Cycle.slug, Webinar.slug)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(~DRAFTED)
        .order_by(Cycle.year, Cycle.slug, Webinar.starts_at, Webinar.slug)
    )
    return [f"{cycle}/{slug}" for cycle, slug in rows]


def _themes(session: Session) -> list[ThemeTable]:
    rows = session.scalars(sa.select(Theme).order_by(Theme.position, Theme.id))
    return [
        ThemeTable.model_construct(
            slug=row.slug, **{name: getattr(row, name) for name in THEME_FIELDS}
        )
        for row in rows
    ]


def _resources(session: Session) -> list[ResourceTable]:
    themes = slugs_by(
        session,
        sa.select(resource_themes.c.resource_id, Theme.slug)
        .join(Theme, Theme.id == resource_themes.c.theme_id)
        .order_by(Theme.position, Theme.id),
    )
    rows = session.execute(
        sa.select(Resource, Upload.name)
        .outerjoin(Upload, Upload.id == Resource.document_id)
        .order_by(Resource.position, Resource.id)
    )
    return [
        ResourceTable.model_construct(
            slug=row.slug,
            document=document_path(row.slug, name) if name else None,
            document_name=name,
            step=STEP_WORDS[row.step] if row.step else None,
            entry_point=ENTRY_POINT_WORDS[row.entry_point] if row.entry_point else None,
            status=FORTHCOMING if row.forthcoming else None,
            themes=themes.get(row.id, []),
            **{name: getattr(row, name) for name in RESOURCE_FIELDS},
        )
        for row, name in rows
    ]


def _details(session: Session) -> list[DetailsTable]:
    """Of each webinar about which there is something to say, by cycle and date."""
    cycles = session.scalars(sa.select(Cycle).order_by(Cycle.year, Cycle.id)).all()
    of_year = Counter(cycle.year for cycle in cycles)
    drafted = _by_cycle(session.scalars(sa.select(DraftSession)))
    public = _by_cycle(session.scalars(sa.select(Webinar)))
    readings = _readings(session)
    found: list[DetailsTable] = []
    for cycle in cycles:
        of_draft, of_public = drafted.get(cycle.id, {}), public.get(cycle.id, {})
        rows: dict[str, DraftSession | Webinar] = {
            slug: of_public.get(slug, row) for slug, row in of_draft.items()
        }
        plain = cycle.slug == str(cycle.year) and of_year[cycle.year] == 1
        tables = (
            _table(row, cycle, readings.get((cycle.id, slug), ()), plain=plain)
            for slug, row in rows.items()
        )
        said = [one for one in tables if any(getattr(one, name) for name in SAID)]
        found += sorted(said, key=lambda one: (one.date, one.slug))
    return found


def _by_cycle(rows: Iterable[Row]) -> dict[int, dict[str, Row]]:
    found: dict[int, dict[str, Row]] = {}
    for row in rows:
        found.setdefault(row.cycle_id, {})[row.slug] = row
    return found


def _readings(session: Session) -> dict[tuple[int, str], list[ReadingTable]]:
    found: dict[tuple[int, str], list[ReadingTable]] = {}
    rows = session.execute(
        sa.select(Reading, Resource.slug).join(Reading.resource).order_by(Reading.position)
    )
    for row, slug in rows:
        table = ReadingTable.model_construct(label=row.label, context=row.context, resource=slug)
        found.setdefault((row.cycle_id, row.webinar_slug), []).append(table)
    return found


def _table(
    row: DraftSession | Webinar, cycle: Cycle, readings: Sequence[ReadingTable], *, plain: bool
) -> DetailsTable:
    day = row.date if isinstance(row, DraftSession) else to_local(row.starts_at, cycle.zone).date()
    slug = f"{day.isoformat()}-{row.slug}"
    return DetailsTable.model_construct(
        slug=slug if len(slug) <= LONGEST_SLUG else row.slug,
        date=day,
        cycle=None if plain else cycle.slug,
        title=row.title,
        theme=row.theme_slug,
        further_reading=list(readings),
        **{name: getattr(row, name) for name in EDITORIAL_FIELDS},
    )
