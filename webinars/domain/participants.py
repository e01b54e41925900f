"""A participant's own page: what they see, and the secrets that open it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from webinars.domain.errors import ChangedMeanwhile, DomainError, NotFound
from webinars.domain.personal_links import owe_link
from webinars.domain.programme import Moment, WebinarView, published_cycles
from webinars.domain.registration_lists import position
from webinars.links import LAST_GENERATION, BadToken, Links, Purpose
from webinars.models import Cycle, Participant, Registration, RegistrationStatus, Webinar


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
    can_cancel: bool
    can_confirm: bool


def open_page(session: Session, *, links: Links, token: str) -> Participant:
    """Whose page this token opens. Raises UnknownSecret, SecretReplaced."""
    return _open(session, links, Purpose.PAGE, token)


def open_calendar(session: Session, *, links: Links, token: str) -> Participant:
    """Whose calendar this token opens: the calendar's own, or the page's, which shows as much.

    Raises UnknownSecret, SecretReplaced.
    """
    try:
        return _open(session, links, Purpose.CALENDAR, token)
    except UnknownSecret:
        return _open(session, links, Purpose.PAGE, token)


def _open(session: Session, links: Links, purpose: Purpose, token: str) -> Participant:
    try:
        said = links.read_personal_token(purpose, token)
    except BadToken as error:
        raise UnknownSecret(purpose) from error
    participant = session.scalar(
        sa.select(Participant).where(
            Participant.public_id == said.public_id, Participant.erased_at.is_(None)
        )
    )
    if participant is None:
        raise UnknownSecret(purpose)
    present = (
        participant.page_generation if purpose is Purpose.PAGE else participant.calendar_generation
    )
    if said.generation != present:
        raise SecretReplaced(purpose)
    return participant


def by_email(session: Session, *, email: str) -> Participant | None:
    """The participant of a normalised address, if there is one."""
    return session.scalar(
        sa.select(Participant).where(Participant.email == email, Participant.erased_at.is_(None))
    )


def page_token(links: Links, participant: Participant) -> str:
    """The secret of the person's page, as it is now."""
    return links.personal_token(Purpose.PAGE, participant.public_id, participant.page_generation)


def calendar_token(links: Links, participant: Participant) -> str:
    """The secret of the person's calendar, as it is now."""
    return links.personal_token(
        Purpose.CALENDAR, participant.public_id, participant.calendar_generation
    )


def used(session: Session, *, participant: Participant, now: datetime) -> None:
    """A button behind the personal link was pressed: the address is proven, and it is a contact.

    Call it last: whoever locks a webinar and a person locks the webinar first.
    """
    if participant.proven_at is None:
        participant.proven_at = now
    participant.last_contact_at = now
    session.flush()


def replace_page(session: Session, *, participant: Participant, host: str, now: datetime) -> None:
    """Another link to the page, sent to the address; the one until now opens nothing more.

    The new secret leaves by mail only: who presses may be who should no longer have it.
    Raises SecretReplaced when another press was first.
    """
    _raise_generation(session, participant, Participant.page_generation, Purpose.PAGE)
    owe_link(session, participant=participant, webinar=None, host=host, now=now)


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
