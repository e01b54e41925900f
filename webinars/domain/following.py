"""Themes that people follow: they are told when a webinar on one is planned."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import confirmations, list_choices, outbox, people, registrations, said_anew
from webinars.domain.errors import NotFound
from webinars.domain.people import Person
from webinars.domain.registrations import House, Outcome
from webinars.models import (
    Cycle,
    FollowedTheme,
    MailKind,
    MailList,
    OutboxMail,
    Participant,
    Theme,
    Webinar,
)


@dataclass(frozen=True, slots=True)
class FollowedThemeView:
    """A theme that somebody follows."""

    slug: str
    title: str
    """The slug where the library has no such theme."""
    pending: bool
    """Asked for without the button that proves the address."""


def follow_theme(
    session: Session, *, theme_slug: str, person: Person, house: House, now: datetime
) -> Outcome:
    """Tell a person of what is planned on a theme, and owe them the mail that says so.

    Somebody who follows it already is sent their link again. Raises NotFound.
    """
    _demand_known(session, theme_slug)
    known = people.known_or_new(session, person=person, now=now)
    said_anew.note(session, known=known, person=person)
    participant = session.get_one(Participant, known.id)
    if _found(session, participant, theme_slug) is not None:
        registrations.send_link(session, participant=participant, house=house, now=now)
        return Outcome.ALREADY
    followed = FollowedTheme(
        participant_id=participant.id,
        theme_slug=theme_slug,
        asked_at=now,
        confirmed_at=None if house.require_confirmation else now,
    )
    session.add(followed)
    session.flush()
    confirmations.owe(
        session,
        known=known,
        purpose=_confirmation(followed),
        most=house.confirmations_per_day,
        host=house.host,
        now=now,
    )
    return Outcome.PENDING if followed.confirmed_at is None else Outcome.CONFIRMED


def confirm_following(
    session: Session, *, participant: Participant, theme_slug: str, house: House, now: datetime
) -> None:
    """Press the button of the personal link: who had left these announcements wants them again.

    Raises NotFound.
    """
    followed = _found(session, participant, theme_slug)
    if followed is None:
        raise NotFound(theme_slug)
    if followed.confirmed_at is not None:
        return
    purpose = _confirm(session, participant, followed, now)
    confirmations.owe_at_once(session, purpose=purpose, host=house.host, now=now)


def confirm_all_following(
    session: Session, *, participant: Participant, now: datetime
) -> list[outbox.Purpose]:
    """The same for every theme that waits for it: what to owe for each."""
    waiting = session.scalars(
        sa.select(FollowedTheme)
        .where(FollowedTheme.participant_id == participant.id, FollowedTheme.confirmed_at.is_(None))
        .order_by(FollowedTheme.id)
    ).all()
    return [_confirm(session, participant, followed, now) for followed in waiting]


def _confirm(
    session: Session, participant: Participant, followed: FollowedTheme, now: datetime
) -> outbox.Purpose:
    followed.confirmed_at = now
    session.flush()
    list_choices.take_up(session, participant=participant, list_=MailList.THEMES, now=now)
    return _confirmation(followed)


def stop_following(session: Session, *, participant: Participant, theme_slug: str) -> None:
    """Tell them no more of this theme; nothing is kept of it."""
    session.execute(
        sa.delete(FollowedTheme)
        .where(
            FollowedTheme.participant_id == participant.id, FollowedTheme.theme_slug == theme_slug
        )
        .execution_options(synchronize_session="fetch")
    )


def followed(session: Session, *, participant: Participant) -> tuple[FollowedThemeView, ...]:
    """What the person follows, in the order in which they asked. One query."""
    rows = session.execute(
        sa.select(FollowedTheme, Theme.title)
        .outerjoin(Theme, Theme.slug == FollowedTheme.theme_slug)
        .where(FollowedTheme.participant_id == participant.id)
        .order_by(FollowedTheme.asked_at, FollowedTheme.id)
    )
    return tuple(
        FollowedThemeView(one.theme_slug, title or one.theme_slug, one.confirmed_at is None)
        for one, title in rows
    )


def theme_of(session: Session, *, mail: OutboxMail) -> FollowedThemeView | None:
    """The theme that a confirmation is about; None when it is followed no more."""
    _, followed_id, asked_at = mail.origin.key.split(":", 2)
    row = session.execute(
        sa.select(FollowedTheme, Theme.title)
        .outerjoin(Theme, Theme.slug == FollowedTheme.theme_slug)
        .where(
            FollowedTheme.id == int(followed_id),
            FollowedTheme.participant_id == mail.participant_id,
        )
    ).one_or_none()
    if row is None:
        return None
    one, title = row
    if not asked_at.startswith(one.asked_at.isoformat()):  # a row of another time has taken its id
        return None
    return FollowedThemeView(one.theme_slug, title or one.theme_slug, one.confirmed_at is None)


def _demand_known(session: Session, theme_slug: str) -> None:
    """A theme of the library, or of a public webinar whose library is not there yet.

    The first stays there until the end.
    """
    held = session.scalar(
        sa.select(Theme.id)
        .where(Theme.slug == theme_slug)
        .with_for_update(read=True, key_share=True)
    )
    if held is None and not session.scalar(
        sa.select(
            sa.exists().where(
                Webinar.theme_slug == theme_slug,
                Cycle.id == Webinar.cycle_id,
                Cycle.revision > 0,
            )
        )
    ):
        raise NotFound(theme_slug)


def _found(session: Session, participant: Participant, theme_slug: str) -> FollowedTheme | None:
    return session.scalar(
        sa.select(FollowedTheme).where(
            FollowedTheme.participant_id == participant.id, FollowedTheme.theme_slug == theme_slug
        )
    )


def _confirmation(followed: FollowedTheme) -> outbox.Purpose:
    """The key names the row: a theme has no column of its own in the ledger."""
    state = Outcome.PENDING if followed.confirmed_at is None else Outcome.CONFIRMED
    return outbox.Purpose(
        key=f"{MailKind.THEME_CONFIRMATION}:{followed.id}:{followed.asked_at.isoformat()}:{state}",
        kind=MailKind.THEME_CONFIRMATION,
        participant_id=followed.participant_id,
    )
