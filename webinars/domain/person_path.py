"""A person's way through replays: seen, to see, and what could come next.

Seen is what they attended by the door, or say themselves with a button: nothing is followed.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.db import insert_into, inserted
from webinars.domain.errors import NotFound
from webinars.domain.paths import FirstStep, first_steps
from webinars.domain.programme import Life, ThemeView, WebinarView
from webinars.domain.replay_life import IS_PLAYED
from webinars.models import (
    Cycle,
    FollowedTheme,
    Participant,
    Registration,
    RegistrationStatus,
    Replay,
    SeenWebinar,
    Webinar,
)

MOST_THEMES = 3
"""Whose next steps are suggested: those of what was seen last."""
MOST_OF_THEMES = 6
"""Replays to see on themes that are followed."""

Place = tuple[str, str]
"""The slugs of a cycle and of a webinar of it."""
Views = Mapping[Place, WebinarView]
"""Every public webinar of the cycles that concern somebody."""


def place_of(webinar: WebinarView) -> Place:
    """What names a webinar."""
    return webinar.cycle_slug, webinar.slug


class Why(enum.StrEnum):
    """Why something stands in a list."""

    REGISTERED = "registered"
    """They are, or were, registered for it, and did not come."""
    FOLLOWED = "followed"
    """It is on a theme that they follow."""
    SEEN = "seen"
    """It goes on with the theme of a webinar that they have seen."""
    TO_SEE = "to_see"
    """The same of one that they are registered for."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A webinar that they attended, or whose replay they have seen."""

    webinar: WebinarView
    marked_at: datetime | None
    """When they said so; None is attended. UTC."""


@dataclass(frozen=True, slots=True)
class ToSee:
    """A replay that they could see."""

    webinar: WebinarView
    why: Why


@dataclass(frozen=True, slots=True)
class Suggested:
    """How a theme goes on for them: a resource, a webinar to come, or both."""

    theme: ThemeView
    why: Why
    after: WebinarView | None
    """What they have seen, or are to see, on it; None where they follow it alone."""
    step: FirstStep | None
    webinar: WebinarView | None


@dataclass(frozen=True, slots=True)
class PersonPath:
    """The three lists, the latest first."""

    seen: tuple[Seen, ...]
    to_see: tuple[ToSee, ...]
    suggested: tuple[Suggested, ...]


# marking ---------------------------------------------------------------------------------


def mark_seen(
    session: Session, *, participant: Participant, cycle_slug: str, webinar_slug: str, now: datetime
) -> None:
    """They say that they have seen a replay; twice is once. Raises NotFound without one."""
    webinar_id = session.scalar(
        _named(cycle_slug, webinar_slug)
        .join(Replay, Replay.webinar_id == Webinar.id)
        .where(IS_PLAYED, Webinar.ends_at <= now)
    )
    if webinar_id is None:
        raise NotFound(f"{cycle_slug}/{webinar_slug}")
    insert = insert_into(session, SeenWebinar)
    inserted(
        session,
        insert.values(
            participant_id=participant.id, webinar_id=webinar_id, seen_at=now
        ).on_conflict_do_nothing(),
    )


def take_back(
    session: Session, *, participant: Participant, cycle_slug: str, webinar_slug: str
) -> None:
    """They have not seen it after all; nothing is kept of the mark. Raises NotFound."""
    webinar_id = session.scalar(_named(cycle_slug, webinar_slug))
    if webinar_id is None:
        raise NotFound(f"{cycle_slug}/{webinar_slug}")
    session.execute(
        sa.delete(SeenWebinar)
        .where(SeenWebinar.participant_id == participant.id, SeenWebinar.webinar_id == webinar_id)
        .execution_options(synchronize_session=False)
    )


def _named(cycle_slug: str, webinar_slug: str) -> sa.Select[int]:
    return (
        sa.select(Webinar.id)
        .join(Cycle)
        .where(Cycle.slug == cycle_slug, Cycle.revision > 0, Webinar.slug == webinar_slug)
    )


# the lists -------------------------------------------------------------------------------


def concerns(participant: Participant, now: datetime) -> sa.ColumnElement[bool]:
    """A webinar that stands on their page or may: theirs, on a theme they follow, or to come."""
    registered = sa.select(Registration.webinar_id).where(
        Registration.participant_id == participant.id
    )
    seen = sa.select(SeenWebinar.webinar_id).where(SeenWebinar.participant_id == participant.id)
    followed = sa.select(FollowedTheme.theme_slug).where(
        FollowedTheme.participant_id == participant.id, FollowedTheme.confirmed_at.is_not(None)
    )
    return sa.or_(
        Webinar.ends_at > now,
        Webinar.id.in_(registered.union(seen)),
        Webinar.theme_slug.in_(followed),
    )


def person_path(
    session: Session,
    *,
    participant: Participant,
    registered: Mapping[Place, RegistrationStatus],
    views: Views,
    followed: Iterable[str],
    now: datetime,
) -> PersonPath:
    """The three lists, from their registrations and the webinars that may concern them.

    ``followed`` are the slugs of their themes. One query, one more where something is suggested,
    and two more for each theme that goes on with a neighbouring one.
    """
    marks = _marks(session, participant)
    attended = {
        place for place, status in registered.items() if status is RegistrationStatus.ATTENDED
    }
    seen = [
        Seen(view, None if place in attended else marks[place])
        for place, view in _latest_first(views)
        if place in attended or place in marks
    ]
    known = {place_of(one.webinar) for one in seen}
    themes = list(followed)
    to_see = _to_see(views, registered, known, themes)
    bases = _bases(seen, to_see, registered, views, themes)
    return PersonPath(
        seen=tuple(seen),
        to_see=to_see,
        suggested=_suggested(session, bases, registered, views, now),
    )


def _marks(session: Session, participant: Participant) -> dict[Place, datetime]:
    rows = session.execute(
        sa.select(Cycle.slug, Webinar.slug, SeenWebinar.seen_at)
        .join(Webinar, Webinar.id == SeenWebinar.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(SeenWebinar.participant_id == participant.id)
    )
    return {(cycle, slug): seen_at for cycle, slug, seen_at in rows}


def _latest_first(views: Views) -> list[tuple[Place, WebinarView]]:
    return sorted(views.items(), key=lambda one: (one[1].starts_at, one[0]), reverse=True)


def _to_see(
    views: Views,
    registered: Mapping[Place, RegistrationStatus],
    seen: set[Place],
    themes: Sequence[str],
) -> tuple[ToSee, ...]:
    """Theirs first, then those of themes that they follow."""
    playable = [
        (place, view)
        for place, view in _latest_first(views)
        if view.has_replay and view.life is Life.AFTER and not view.cancelled and place not in seen
    ]
    mine = [ToSee(view, Why.REGISTERED) for place, view in playable if place in registered]
    others = [
        ToSee(view, Why.FOLLOWED)
        for place, view in playable
        if place not in registered and view.theme and view.theme.slug in themes
    ]
    return (*mine, *others[:MOST_OF_THEMES])


@dataclass(frozen=True, slots=True)
class _Base:
    """A theme with what makes it one to go on with."""

    theme: ThemeView
    why: Why
    after: WebinarView | None


def _bases(
    seen: Sequence[Seen],
    to_see: Sequence[ToSee],
    registered: Mapping[Place, RegistrationStatus],
    views: Views,
    themes: Sequence[str],
) -> list[_Base]:
    """Themes of what was seen, then of what they are registered for, then those they follow."""
    mine = [one.webinar for one in to_see if one.why is Why.REGISTERED]
    coming = [
        view
        for place, view in _latest_first(views)
        if view.life is not Life.AFTER
        and registered.get(place, RegistrationStatus.CANCELLED) is not RegistrationStatus.CANCELLED
    ]
    found: dict[str, _Base] = {}
    for why, webinars in (
        (Why.SEEN, [one.webinar for one in seen]),
        (Why.TO_SEE, [*mine, *coming]),
    ):
        for webinar in webinars:
            if webinar.theme:
                found.setdefault(webinar.theme.slug, _Base(webinar.theme, why, webinar))
    labels = {view.theme.slug: view.theme for view in views.values() if view.theme}
    for slug in themes:
        if slug in labels:
            found.setdefault(slug, _Base(labels[slug], Why.FOLLOWED, None))
    return list(found.values())[:MOST_THEMES]


def _suggested(
    session: Session,
    bases: Sequence[_Base],
    registered: Mapping[Place, RegistrationStatus],
    views: Views,
    now: datetime,
) -> tuple[Suggested, ...]:
    if not bases:
        return ()
    steps = first_steps(session, [base.theme.slug for base in bases])
    suggested = []
    for base in bases:
        coming = _coming(base.theme.slug, registered, views, now)
        step = steps.get(base.theme.slug)
        if step or coming:
            suggested.append(Suggested(base.theme, base.why, base.after, step, coming))
    return tuple(suggested)


def _coming(
    theme: str,
    registered: Mapping[Place, RegistrationStatus],
    views: Views,
    now: datetime,
) -> WebinarView | None:
    """The next webinar on a theme for which they have never registered."""
    return next(
        (
            view
            for place, view in reversed(_latest_first(views))
            if view.theme
            and view.theme.slug == theme
            and view.starts_at > now
            and not view.cancelled
            and place not in registered
        ),
        None,
    )
