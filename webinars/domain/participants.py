"""A participant's own page: what they see, and the secrets that open it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from webinars.domain.asking import Doubtful, doubtful
from webinars.domain.errors import ChangedMeanwhile, DomainError, NotFound
from webinars.domain.following import FollowedThemeView, followed
from webinars.domain.offers import cycles_of
from webinars.domain.person_path import PersonPath, Views, concerns, person_path, place_of
from webinars.domain.personal_links import owe_link
from webinars.domain.places import IS_FULL, STANDS
from webinars.domain.programme import Life, Moment, WebinarView, published_cycles
from webinars.domain.waiting_line import positions
from webinars.links import LAST_GENERATION, BadToken, Links, PersonalToken, Purpose
from webinars.models import (
    Cycle,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
)

# Built once: programs ask for calendars all day long.
_SOUGHT = sa.select(Participant).where(
    Participant.public_id == sa.bindparam("public_id"), Participant.erased_at.is_(None)
)


OF_THE_CALENDAR = (Purpose.CALENDAR, Purpose.CALENDAR_DOOR)
"""They end together."""


class UnknownSecret(NotFound):
    """The token was not made here, not for this, or opens nobody's page any more."""


class SecretReplaced(DomainError):
    """The token is genuine, but the person has replaced it since."""

    def __init__(self, purpose: Purpose) -> None:
        super().__init__(purpose)
        self.purpose = purpose


@dataclass(frozen=True, slots=True)
class RegistrationView:
    """One registration as the person sees it."""

    webinar: WebinarView
    status: RegistrationStatus
    position: int | None
    """In the waiting list, from 1."""
    held_until: datetime | None
    """While it is to be confirmed: until when its place is kept; None when none is."""
    can_cancel: bool
    can_confirm: bool
    can_return: bool
    """They have left it, and a form would still bring them a place, or one in the line."""
    full: bool
    """Who returns joins the waiting list."""


@dataclass(frozen=True, slots=True)
class WholeCycleView:
    """A whole cycle as the person sees it; one to be confirmed only while something is to come."""

    slug: str
    title: str
    pending: bool
    standing: int
    """How many of its webinars to come they are registered for."""
    left_out: tuple[WebinarView, ...]
    """Those to come of which they said "not this one", and which have no registration."""
    left: bool
    """They have left it; one of which nothing is to come is not shown."""


@dataclass(frozen=True, slots=True)
class OwnPage:
    """What a person is registered for, in the three scopes."""

    registrations: tuple[RegistrationView, ...]
    """What comes first, then the past."""
    cycles: tuple[WholeCycleView, ...]
    left_cycles: tuple[WholeCycleView, ...]
    themes: tuple[FollowedThemeView, ...]
    questions: tuple[Doubtful, ...]
    path: PersonPath

    @property
    def to_confirm(self) -> int:
        """How many buttons wait to be pressed, one a scope."""
        return (
            sum(view.can_confirm for view in self.registrations)
            + sum(cycle.pending for cycle in self.cycles)
            + sum(theme.pending for theme in self.themes)
        )

    @property
    def first_hold(self) -> RegistrationView | None:
        """The one of those to be confirmed whose place is kept the shortest."""
        kept = [one for one in self.registrations if one.can_confirm and one.held_until]
        return min(kept, key=lambda one: one.held_until or one.webinar.ends_at, default=None)


def open_page(session: Session, *, links: Links, token: str) -> Participant:
    """Whose page this token opens. Raises UnknownSecret, SecretReplaced."""
    return _open(session, links, (Purpose.PAGE,), token)


def open_calendar(session: Session, *, links: Links, token: str) -> Participant:
    """Whose calendar this token opens: the calendar's own, or the page's, which shows as much.

    Raises UnknownSecret, SecretReplaced.
    """
    return _open(session, links, (Purpose.CALENDAR, Purpose.PAGE), token)


def open_door(session: Session, *, links: Links, token: str) -> Participant:
    """Who knocks with this token: the door's, that of their calendar, or the page's.

    A link to a room is passed on and shown on screens more easily than others, so the one that
    leaves opens no page. It ends with the page's, of whose generation it is; that of entries in
    a calendar with the calendar's. Mails once carried the page's. Raises UnknownSecret,
    SecretReplaced.
    """
    return _open(session, links, (Purpose.DOOR, Purpose.CALENDAR_DOOR, Purpose.PAGE), token)


def open_leaving(session: Session, *, links: Links, token: str, about: str) -> Participant:
    """Who leaves a sort of mail with this token. Raises UnknownSecret, SecretReplaced."""
    return _open(session, links, (Purpose.LEAVE,), token, about=about)


def _open(
    session: Session, links: Links, purposes: Sequence[Purpose], token: str, *, about: str = ""
) -> Participant:
    """Whom a token of one of these purposes opens. One query, whatever the token is worth.

    Raises UnknownSecret, SecretReplaced.
    """
    purpose, said = _said(links, purposes, token, about)
    # Looked for in any case: how long the answer takes must not tell what a token is worth.
    sought = said.public_id if said else uuid.uuid4()
    participant = session.scalar(_SOUGHT, {"public_id": sought})
    if participant is None or said is None:
        raise UnknownSecret(purpose)
    calendar = purpose in OF_THE_CALENDAR
    present = participant.calendar_generation if calendar else participant.page_generation
    if said.generation != present:
        raise SecretReplaced(purpose)
    return participant


def _said(
    links: Links, purposes: Sequence[Purpose], token: str, about: str
) -> tuple[Purpose, PersonalToken | None]:
    for purpose in purposes:
        try:
            return purpose, links.read_personal_token(purpose, token, about=about)
        except BadToken:
            continue
    return purposes[0], None


def by_email(session: Session, *, email: str) -> Participant | None:
    """The participant of a normalised address, if there is one."""
    return session.scalar(
        sa.select(Participant).where(Participant.email == email, Participant.erased_at.is_(None))
    )


def page_token(links: Links, participant: Participant) -> str:
    """The secret of the person's page, as it is now."""
    return links.personal_token(Purpose.PAGE, participant.public_id, participant.page_generation)


def door_token(links: Links, participant: Participant) -> str:
    """The secret that leads the person into rooms, as it is now."""
    return links.personal_token(Purpose.DOOR, participant.public_id, participant.page_generation)


def calendar_door_token(links: Links, participant: Participant) -> str:
    """The same in their calendar: it ends when that has another address."""
    return links.personal_token(
        Purpose.CALENDAR_DOOR, participant.public_id, participant.calendar_generation
    )


def door_token_like(links: Links, participant: Participant, token: str) -> str:
    """The door's secret of the sort that led here; that of mails for the page's own."""
    own = calendar_door_token(links, participant)
    return own if token == own else door_token(links, participant)


def door_address(links: Links, participant: Participant, *, cycle: str, webinar: str) -> str:
    """The way into a room, as a mail gives it to the person."""
    token = door_token(links, participant)
    return links.join(cycle, webinar, token=token, language=participant.language)


def calendar_token(links: Links, participant: Participant) -> str:
    """The secret of the person's calendar, as it is now."""
    return links.personal_token(
        Purpose.CALENDAR, participant.public_id, participant.calendar_generation
    )


def lock(session: Session, *, participant: Participant) -> None:
    """Read the person anew and for this transaction alone, before something of them changes.

    After the webinars, where an act needs both. Raises UnknownSecret when they were erased
    meanwhile.
    """
    found = session.scalar(
        sa.select(Participant)
        .where(Participant.id == participant.id, Participant.erased_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise UnknownSecret(Purpose.PAGE)


def used(session: Session, *, participant: Participant, now: datetime) -> None:
    """A button behind the personal link was pressed: the address is proven, and it is a contact.

    Call it last: whoever locks a webinar and a person locks the webinar first. Raises
    UnknownSecret when the person was erased meanwhile.
    """
    lock(session, participant=participant)
    if participant.proven_at is None:
        participant.proven_at = now
    participant.last_contact_at = now
    session.flush()


def replace_page(session: Session, *, participant: Participant, host: str, now: datetime) -> None:
    """Another link to the page, sent to the address; the one until now opens nothing more.

    Nor does any other secret that its mails carried: the doors', and the calendar's, which leads
    through them. The new secret leaves by mail only: who presses may be who should no longer
    have it. Raises SecretReplaced when another press was first.
    """
    _raise_generation(session, participant, Participant.page_generation, Purpose.PAGE)
    _raise_generation(session, participant, Participant.calendar_generation, Purpose.CALENDAR)
    owe_link(session, participant=participant, host=host, now=now)


def replace_calendar(session: Session, *, participant: Participant) -> None:
    """Another address of the calendar; the one until now ends.

    Raises SecretReplaced when another press was first.
    """
    _raise_generation(session, participant, Participant.calendar_generation, Purpose.CALENDAR)


def _raise_generation(
    session: Session,
    participant: Participant,
    generation: InstrumentedAttribute[int],
    purpose: Purpose,
) -> None:
    seen = getattr(participant, generation.key)
    if seen >= LAST_GENERATION:
        raise ChangedMeanwhile(purpose)
    raised = session.execute(
        sa.update(Participant)
        .where(Participant.id == participant.id, generation == seen)
        .values({generation: seen + 1})
        .returning(Participant.id)
        .execution_options(synchronize_session=False)
    ).first()
    if raised is None:
        raise SecretReplaced(purpose)
    session.refresh(participant)


def own_page(session: Session, *, participant: Participant, moment: Moment) -> OwnPage:
    """Everything that the person is registered for. A fixed number of queries."""
    theirs = concerns(participant, moment.now)
    views = {
        place_of(webinar): webinar
        for cycle in published_cycles(session, moment=moment, having=theirs)
        for webinar in cycle.webinars
    }
    registrations = _registrations(session, participant, views, moment)
    wholes = _cycles(session, participant, registrations, views)
    themes = followed(session, participant=participant)
    return OwnPage(
        registrations=registrations,
        cycles=tuple(whole for whole in wholes if not whole.left),
        left_cycles=tuple(whole for whole in wholes if whole.left),
        themes=themes,
        questions=doubtful(session, participant=participant),
        path=person_path(
            session,
            participant=participant,
            registered={place_of(one.webinar): one.status for one in registrations},
            views=views,
            followed=[theme.slug for theme in themes if not theme.pending],
            now=moment.now,
        ),
    )


def _registrations(
    session: Session, participant: Participant, views: Views, moment: Moment
) -> tuple[RegistrationView, ...]:
    rows = session.execute(
        sa.select(Registration, Cycle.slug, Webinar.slug, IS_FULL)
        .join(Webinar, Webinar.id == Registration.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(Registration.participant_id == participant.id)
        .order_by(Webinar.starts_at),
        {"now": moment.now},
    ).all()
    places = positions(session, registrations=[row for row, *_ in rows])
    found = [
        _view(
            registration,
            views[cycle, slug],
            places.get(registration.id),
            full=bool(full),
            now=moment.now,
        )
        for registration, cycle, slug, full in rows
    ]
    coming = [view for view in found if view.webinar.ends_at > moment.now]
    past = [view for view in found if view.webinar.ends_at <= moment.now]
    return (*coming, *reversed(past))


def _view(
    registration: Registration,
    webinar: WebinarView,
    position: int | None,
    *,
    full: bool,
    now: datetime,
) -> RegistrationView:
    status = registration.status
    held_until = registration.held_until
    takes_place = now < webinar.ends_at and not webinar.cancelled
    return RegistrationView(
        webinar=webinar,
        status=status,
        position=position,
        held_until=held_until if held_until is not None and held_until > now else None,
        can_cancel=now < webinar.starts_at and not webinar.cancelled and status in STANDS,
        can_confirm=status is RegistrationStatus.PENDING and takes_place,
        can_return=status is RegistrationStatus.CANCELLED
        and takes_place
        and (not full or now < webinar.starts_at),
        full=full,
    )


def _cycles(
    session: Session,
    participant: Participant,
    registrations: tuple[RegistrationView, ...],
    views: Views,
) -> tuple[WholeCycleView, ...]:
    mine = {(view.webinar.cycle_slug, view.webinar.slug): view for view in registrations}
    standing = {where for where, view in mine.items() if view.can_cancel}
    to_come = {
        cycle
        for (cycle, _), webinar in views.items()
        if webinar.life is not Life.AFTER and not webinar.cancelled
    }
    return tuple(
        WholeCycleView(
            slug=whole.cycle_slug,
            title=whole.cycle_title,
            pending=whole.pending and not whole.left,
            left=whole.left,
            standing=sum(cycle == whole.cycle_slug for cycle, _ in standing),
            left_out=tuple(
                webinar
                for (cycle, slug), webinar in views.items()
                if cycle == whole.cycle_slug
                and not whole.left
                and slug in whole.without
                and (cycle, slug) not in mine
                and webinar.life is not Life.AFTER
                and not webinar.cancelled
            ),
        )
        for whole in cycles_of(session, participant=participant, left_too=True)
        if not (whole.pending or whole.left) or whole.cycle_slug in to_come
    )
