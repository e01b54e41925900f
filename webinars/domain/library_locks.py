"""What files of the library may change, locked before anything of it is: all, in one order.

Cycles, themes, resources, webinars, chapters, questions, each by their ids. The acts of the desk
take what they lock of these in the same order, or in one that cannot cross it: who puts a resource
beside a chapter or a question holds that first and the resource by its key, which does not wait
for who changes a resource. The row of ``site_state`` comes after all of them, at the end of an act.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.domain.details_import import (
    DetailsTarget,
    Identity,
    details_targets,
    locked_cycles,
)
from webinars.domain.library_files import DetailsTable, QuestionTable, ReplayTable, ThemeTable
from webinars.domain.library_reading import ReadFile, placed
from webinars.domain.question_import import locked_questions
from webinars.domain.replay_import import Target, with_replays
from webinars.models import Cycle, Question, Resource, Theme, Webinar


@dataclass(frozen=True, slots=True)
class Held:
    """The rows that files may change; nobody else does until the end."""

    cycles: Sequence[Cycle]
    themes: dict[str, Theme]
    """All of them, by slug; new ones come to them."""
    resources: dict[str, Resource]
    webinars: Sequence[Webinar]
    """Those that are named, and those on themes that are."""
    details: Mapping[Identity, DetailsTarget]
    targets: Mapping[str, Target]
    """Published webinars by ``cycle/webinar``."""
    questions: Sequence[Question]


def hold(session: Session, read: Sequence[ReadFile]) -> Held:
    """Lock what these files may change."""
    cycles = locked_cycles(session, read)
    themes = _themes(session)
    resources = _resources(session)
    found = _webinars(session, read, cycles)
    replayed = {one.table.webinar for one in placed(read, ReplayTable)}
    with_replays(session, [found[name] for name in replayed if name in found])
    asked = {one.table.webinar for one in placed(read, QuestionTable)}
    return Held(
        cycles=cycles,
        themes=themes,
        resources=resources,
        webinars=[target.webinar for target in found.values()],
        details=details_targets(session, read),
        targets=found,
        questions=locked_questions(
            session, [found[name].webinar.id for name in asked if name in found]
        ),
    )


def _themes(session: Session) -> dict[str, Theme]:
    rows = session.scalars(
        sa.select(Theme)
        .order_by(Theme.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {theme.slug: theme for theme in rows}


def _resources(session: Session) -> dict[str, Resource]:
    rows = session.scalars(
        sa.select(Resource)
        .order_by(Resource.id)
        .options(selectinload(Resource.themes), selectinload(Resource.document))
        .with_for_update(of=Resource, key_share=True)
        .execution_options(populate_existing=True)
    )
    return {resource.slug: resource for resource in rows}


def _webinars(
    session: Session, read: Sequence[ReadFile], cycles: Sequence[Cycle]
) -> dict[str, Target]:
    """The published webinars of which these files say something, by ``cycle/webinar``."""
    names = {one.table.webinar for one in placed(read, ReplayTable)}
    names |= {one.table.webinar for one in placed(read, QuestionTable)}
    pairs = [name.split("/") for name in names]
    themes = {one.table.slug for one in placed(read, ThemeTable)}
    detailed = {one.table.webinar_slug for one in placed(read, DetailsTable)}
    if not (pairs or themes or detailed):
        return {}
    rows = session.execute(
        sa.select(Webinar, Cycle.slug, Cycle.zone)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(
            sa.or_(
                Webinar.theme_slug.in_(themes),
                sa.and_(
                    Webinar.cycle_id.in_([cycle.id for cycle in cycles]),
                    Webinar.slug.in_(detailed),
                ),
                sa.and_(
                    Cycle.slug.in_({cycle for cycle, _ in pairs}),
                    Webinar.slug.in_({slug for _, slug in pairs}),
                ),
            )
        )
        .order_by(Webinar.id)
        .with_for_update(of=Webinar, key_share=True)
        .execution_options(populate_existing=True)
    )
    return {f"{cycle}/{webinar.slug}": Target(webinar, zone) for webinar, cycle, zone in rows}
