"""A participant's own page: what they see, and the secrets that open it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.errors import DomainError, NotFound
from webinars.domain.programme import Moment, WebinarView, published_cycles
from webinars.domain.registration_lists import position
from webinars.links import BadToken, Links, Purpose
from webinars.models import Cycle, Participant, Registration, RegistrationStatus, Webinar


class SecretReplaced(DomainError):
    """The token is genuine, but the person has replaced it since."""


@dataclass(frozen=True, slots=True)
class RegistrationView:
    """One registration as the person sees it."""

    webinar: WebinarView
    status: RegistrationStatus
    position: int | None
    """In the waiting list, from 1."""
    can_cancel: bool
    can_confirm: bool


def open_page(session: Session, *, links: Links, token: str) -> Participant:
    """Whose page this token opens. Raises NotFound, SecretReplaced."""
    return _open(session, links, Purpose.PAGE, token)


def open_calendar(session: Session, *, links: Links, token: str) -> Participant:
    """Whose calendar this token opens: the calendar's own, or the page's, which shows as much.

    Raises NotFound, SecretReplaced.
    """
    try:
        return _open(session, links, Purpose.CALENDAR, token)
    except NotFound:
        return _open(session, links, Purpose.PAGE, token)


def _open(session: Session, links: Links, purpose: Purpose, token: str) -> Participant:
    try:
        said = links.read_personal_token(purpose, token)
    except BadToken as error:
        raise NotFound("token") from error
    participant = session.scalar(
        sa.select(Participant).where(Participant.public_id == said.public_id)
    )
    if participant is None:
        raise NotFound("participant")
    present = (
        participant.page_generation if purpose is Purpose.PAGE else participant.calendar_generation
    )
    if said.generation != present:
        raise SecretReplaced(purpose)
    return participant


def by_email(session: Session, *, email: str) -> Participant | None:
    """The participant of a normalised address, if there is one."""
    return session.scalar(sa.select(Participant).where(Participant.email == email))


def page_token(links: Links, participant: Participant) -> str:
    """The secret of the person's page, as it is now."""
    return links.personal_token(Purpose.PAGE, participant.public_id, participant.page_generation)


def calendar_token(links: Links, participant: Participant) -> str:
    """The secret of the person's calendar, as it is now."""
    return links.personal_token(
        Purpose.CALENDAR, participant.public_id, participant.calendar_generation
    )


def registrations_of(
    session: Session, *, participant: Participant, moment: Moment
) -> tuple[RegistrationView, ...]:
    """Everything that the person is or was registered for: what comes first, then the past."""
    views = {
        (webinar.cycle_slug, webinar.slug): webinar
        for cycle in published_cycles(session, moment=moment)
        for webinar in cycle.webinars
    }
    rows = session.execute(
        sa.select(Registration, Cycle.slug, Webinar.slug)
        .join(Webinar, Webinar.id == Registration.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(Registration.participant_id == participant.id)
        .order_by(Webinar.starts_at)
    ).all()
    found = [
        _view(session, registration, views[cycle, slug], moment.now)
        for registration, cycle, slug in rows
    ]
    coming = [view for view in found if view.webinar.ends_at > moment.now]
    past = [view for view in found if view.webinar.ends_at <= moment.now]
    return (*coming, *reversed(past))


def _view(
    session: Session, registration: Registration, webinar: WebinarView, now: datetime
) -> RegistrationView:
    open_still = now < webinar.starts_at and not webinar.cancelled
    status = registration.status
    return RegistrationView(
        webinar=webinar,
        status=status,
        position=position(session, registration=registration),
        can_cancel=open_still
        and status
        in (
            RegistrationStatus.CONFIRMED,
            RegistrationStatus.WAITLISTED,
            RegistrationStatus.PENDING,
        ),
        can_confirm=status is RegistrationStatus.PENDING
        and now < webinar.ends_at
        and not webinar.cancelled,
    )
