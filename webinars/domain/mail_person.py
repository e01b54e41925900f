"""Everything that was and is to be sent to one person, and what of it is stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import address_standings, mail_lists
from webinars.domain.address_standings import AddressView
from webinars.domain.errors import NotFound
from webinars.domain.forecast import State
from webinars.domain.mail_log import PAGE, MailLine, lines_of
from webinars.domain.mail_rules import Pace, Rule
from webinars.domain.mail_timeline import still_to_leave, writes_to
from webinars.domain.reminders import KINDS
from webinars.models import (
    Cycle,
    LeftList,
    MailList,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Replay,
    Webinar,
    WebinarStatus,
)


@dataclass(frozen=True, slots=True)
class Coming:
    """A mail that a rule has yet to send to them. The instant is UTC."""

    rule: Rule
    state: State
    at: datetime | None
    """None waits for the replay."""
    cycle_slug: str
    webinar_slug: str
    title: str
    zone: str
    left: bool
    """They have left this sort of mail: it will not leave."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where their details can be corrected: one of their registrations."""

    cycle_slug: str
    webinar_slug: str
    title: str
    registration_id: int
    status: RegistrationStatus


@dataclass(frozen=True, slots=True)
class PersonMails:
    """One person, with their mails."""

    id: int
    full_name: str
    email: str
    language: str
    address: AddressView | None
    """What came back from it; None while nothing did."""
    left: Mapping[MailList, LeftList]
    coming: tuple[Coming, ...]
    places: tuple[Place, ...]
    """The latest webinar first."""
    lines: tuple[MailLine, ...]
    """The latest first."""
    older: int | None
    """Where the next page begins; None is the end."""

    @property
    def stopped(self) -> bool:
        """Nothing leaves for their address."""
        return self.address is not None and self.address.standing == "stopped"


def person_mails(
    session: Session,
    *,
    participant_id: int,
    pace: Pace,
    now: datetime,
    below: int | None = None,
) -> PersonMails:
    """Raises NotFound, for whoever has been erased too. Eight queries at most."""
    person = session.scalar(
        sa.select(Participant).where(
            Participant.id == participant_id, Participant.erased_at.is_(None)
        )
    )
    if person is None:
        raise NotFound(participant_id)
    ids = session.scalars(
        sa.select(OutboxMail.id)
        .where(
            OutboxMail.participant_id == person.id,
            sa.true() if below is None else OutboxMail.id < below,
        )
        .order_by(OutboxMail.id.desc())
        .limit(PAGE + 1)
    ).all()
    left = mail_lists.left_by(session, participant_id=person.id)
    registered = session.execute(
        sa.select(Registration, Webinar, Cycle, Replay.online_at)
        .join(Webinar, Webinar.id == Registration.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .outerjoin(Replay, Replay.webinar_id == Webinar.id)
        .where(Registration.participant_id == person.id)
        .order_by(Webinar.starts_at.desc(), Webinar.id.desc())
    ).all()
    coming = [
        one
        for registration, webinar, cycle, online_at in registered
        for one in _coming(registration, webinar, cycle, online_at, left, pace=pace, now=now)
    ]
    coming.sort(key=lambda one: (one.at is None, one.at or now, one.title))
    return PersonMails(
        id=person.id,
        full_name=person.full_name,
        email=person.email,
        language=person.language,
        address=address_standings.of_address(session, address=person.email),
        left=left,
        coming=tuple(coming),
        places=tuple(
            Place(cycle.slug, webinar.slug, webinar.title, registration.id, registration.status)
            for registration, webinar, cycle, _ in registered
        ),
        lines=lines_of(session, ids[:PAGE]),
        older=ids[PAGE - 1] if len(ids) > PAGE else None,
    )


def _coming(
    registration: Registration,
    webinar: Webinar,
    cycle: Cycle,
    online_at: datetime | None,
    left: Mapping[MailList, LeftList],
    *,
    pace: Pace,
    now: datetime,
) -> list[Coming]:
    if webinar.status is WebinarStatus.CANCELLED:
        return []
    return [
        Coming(
            rule=rule,
            state=state,
            at=at,
            cycle_slug=cycle.slug,
            webinar_slug=webinar.slug,
            title=webinar.title,
            zone=cycle.zone,
            left=mail_lists.LIST_OF[KINDS[rule.kind]] in left,
        )
        for rule, state, at in still_to_leave(webinar, cycle, online_at, pace=pace, now=now)
        if writes_to(rule, at, registration, pace=pace)
    ]
