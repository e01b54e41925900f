"""Everything that is kept about one person, for that person. Instants are UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.domain import mail_copies
from webinars.domain.personal_voices import KeptSurvey, KeptWish, kept_surveys, kept_wishes
from webinars.domain.waiting_line import positions
from webinars.models import (
    AddressStanding,
    Cycle,
    CycleRegistration,
    FollowedTheme,
    LeftBy,
    LeftList,
    MailCopy,
    MailKind,
    MailList,
    MailState,
    NoticeKind,
    OutboxMail,
    Participant,
    Question,
    Registration,
    RegistrationStatus,
    SeenWebinar,
    StopReason,
    Webinar,
)


@dataclass(frozen=True, slots=True)
class KeptPerson:
    """What they said of themselves, and when they were heard of."""

    email: str
    full_name: str
    organisation: str | None
    actor_category: str | None
    region: str | None
    language: str
    created_at: datetime
    last_contact_at: datetime
    proven_at: datetime | None
    news_since: datetime | None
    """When they asked to be told of new cycles, in the words of ``news_version``."""
    news_version: date | None
    said_anew: Mapping[str, Any] | None
    """What a later form said, and what waits for their button."""


@dataclass(frozen=True, slots=True)
class KeptRegistration:
    """One registration, whatever became of it."""

    webinar: str
    """``<cycle>/<webinar>``, as in its address."""
    title: str
    starts_at: datetime
    zone: str
    status: RegistrationStatus
    position: int | None
    registered_at: datetime
    changed_at: datetime
    cancelled_at: datetime | None
    held_until: datetime | None
    came_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptCycle:
    """A whole cycle that they are registered for."""

    cycle: str
    title: str
    registered_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    without: tuple[str, ...]
    """Slugs of the webinars that they left out."""


@dataclass(frozen=True, slots=True)
class KeptTheme:
    """A theme that they follow."""

    theme: str
    asked_at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptSeen:
    """A replay that they said they have seen."""

    webinar: str
    title: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class KeptLeaving:
    """A sort of mail that they have left, or that a complaint of theirs stopped."""

    list: MailList
    left_at: datetime
    by: LeftBy


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """A question of theirs, and what became of it."""

    webinar: str
    text: str
    asked_as: str | None
    """Another name that stood in its form."""
    asked_at: datetime
    confirmed_at: datetime | None
    answered_at: datetime | None
    answer: str | None
    published_text: str | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptMail:
    """One mail of the ledger, and what its server answered."""

    kind: MailKind
    webinar: str | None
    title: str | None
    state: MailState
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    message_id: str
    reply: str | None
    subject: str | None = None
    text: str | None = None
    """What it said, while a copy is kept; its secrets are blanked."""


@dataclass(frozen=True, slots=True)
class KeptNotice:
    """What a mail server told of one of their mails."""

    kind: NoticeKind
    status: str | None
    words: str
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class KeptStanding:
    """What such notices have made of their address."""

    stopped_at: datetime | None
    """Since when nothing leaves for it."""
    reason: StopReason | None
    complained_at: datetime | None
    lifted_at: datetime | None
    notices: tuple[KeptNotice, ...]


@dataclass(frozen=True, slots=True)
class PersonalData:
    """All of it."""

    person: KeptPerson
    registrations: tuple[KeptRegistration, ...]
    cycles: tuple[KeptCycle, ...]
    themes: tuple[KeptTheme, ...]
    seen: tuple[KeptSeen, ...]
    left: tuple[KeptLeaving, ...]
    questions: tuple[KeptQuestion, ...]
    surveys: tuple[KeptSurvey, ...]
    wishes: tuple[KeptWish, ...]
    mails: tuple[KeptMail, ...]
    address: KeptStanding | None
    """None while no notice was about it."""


def personal_data(session: Session, *, participant: Participant) -> PersonalData:
    """What the tables hold about this person, oldest first."""
    return PersonalData(
        person=KeptPerson(
            email=participant.email,
            full_name=participant.full_name,
            organisation=participant.organisation,
            actor_category=participant.actor_category,
            region=participant.region,
            language=participant.language,
            created_at=participant.created_at,
            last_contact_at=participant.last_contact_at,
            proven_at=participant.proven_at,
            news_since=participant.news_since,
            news_version=participant.news_version,
            said_anew=participant.said_anew,
        ),
        registrations=_registrations(session, participant),
        cycles=_cycles(session, participant),
        themes=_themes(session, participant),
        seen=_seen(session, participant),
        left=_left(session, participant),
        questions=_questions(session, participant),
        surveys=kept_surveys(session, participant),
        wishes=kept_wishes(session, participant),
        mails=_mails(session, participant),
        address=_standing(session, participant),
    )


def _registrations(session: Session, participant: Participant) -> tuple[KeptRegistration, ...]:
    rows = session.execute(
        sa.select(Registration, Webinar, Cycle.slug, Cycle.zone)
        .join(Webinar, Webinar.id == Registration.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(Registration.participant_id == participant.id)
        .order_by(Webinar.starts_at, Webinar.id)
    ).all()
    places = positions(session, registrations=[row for row, *_ in rows])
    return tuple(
        KeptRegistration(
            webinar=f"{cycle}/{webinar.slug}",
            title=webinar.title,
            starts_at=webinar.starts_at,
            zone=zone,
            status=registration.status,
            position=places.get(registration.id),
            registered_at=registration.registered_at,
            changed_at=registration.changed_at,
            cancelled_at=registration.cancelled_at,
            held_until=registration.held_until,
            came_at=registration.came_at,
        )
        for registration, webinar, cycle, zone in rows
    )


def _cycles(session: Session, participant: Participant) -> tuple[KeptCycle, ...]:
    rows = session.execute(
        sa.select(CycleRegistration, Cycle.slug, Cycle.title)
        .join(Cycle, Cycle.id == CycleRegistration.cycle_id)
        .where(CycleRegistration.participant_id == participant.id)
        .order_by(CycleRegistration.registered_at, CycleRegistration.id)
    )
    return tuple(
        KeptCycle(
            cycle=slug,
            title=title,
            registered_at=whole.registered_at,
            confirmed_at=whole.confirmed_at,
            ended_at=whole.ended_at,
            without=tuple(whole.without),
        )
        for whole, slug, title in rows.all()
    )


def _themes(session: Session, participant: Participant) -> tuple[KeptTheme, ...]:
    followed = session.scalars(
        sa.select(FollowedTheme)
        .where(FollowedTheme.participant_id == participant.id)
        .order_by(FollowedTheme.asked_at, FollowedTheme.id)
    )
    return tuple(KeptTheme(one.theme_slug, one.asked_at, one.confirmed_at) for one in followed)


def _seen(session: Session, participant: Participant) -> tuple[KeptSeen, ...]:
    rows = session.execute(
        sa.select(SeenWebinar.seen_at, Webinar.slug, Webinar.title, Cycle.slug)
        .join(Webinar, Webinar.id == SeenWebinar.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(SeenWebinar.participant_id == participant.id)
        .order_by(SeenWebinar.seen_at, Webinar.id)
    )
    return tuple(
        KeptSeen(webinar=f"{cycle}/{slug}", title=title, seen_at=seen_at)
        for seen_at, slug, title, cycle in rows
    )


def _left(session: Session, participant: Participant) -> tuple[KeptLeaving, ...]:
    rows = session.scalars(
        sa.select(LeftList)
        .where(LeftList.participant_id == participant.id)
        .order_by(LeftList.left_at, LeftList.list)
    )
    return tuple(KeptLeaving(one.list, one.left_at, one.by) for one in rows)


def _questions(session: Session, participant: Participant) -> tuple[KeptQuestion, ...]:
    rows = session.execute(
        sa.select(Question, Webinar.slug, Cycle.slug)
        .join(Webinar, Webinar.id == Question.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(Question.participant_id == participant.id)
        .order_by(Question.asked_at, Question.id)
    )
    return tuple(
        KeptQuestion(
            webinar=f"{cycle}/{slug}",
            text=question.text,
            asked_as=question.asked_as,
            asked_at=question.asked_at,
            confirmed_at=question.confirmed_at,
            answered_at=question.answered_at,
            answer=question.answer,
            published_text=question.published_text,
            published_at=question.published_at,
        )
        for question, slug, cycle in rows.all()
    )


def _mails(session: Session, participant: Participant) -> tuple[KeptMail, ...]:
    rows = session.execute(
        sa.select(OutboxMail, Webinar.slug, Webinar.title, Cycle.slug)
        .outerjoin(Webinar, Webinar.id == OutboxMail.webinar_id)
        .outerjoin(Cycle, Cycle.id == Webinar.cycle_id)
        .where(OutboxMail.participant_id == participant.id)
        .order_by(OutboxMail.created_at, OutboxMail.id)
    )
    theirs = sa.select(OutboxMail.id).where(OutboxMail.participant_id == participant.id)
    copies = mail_copies.read_each(session, of=MailCopy.mail_id.in_(theirs))
    return tuple(
        KeptMail(
            kind=mail.kind,
            webinar=f"{cycle}/{slug}" if slug else None,
            title=title,
            state=mail.state,
            created_at=mail.created_at,
            due_at=mail.due_at,
            sent_at=mail.sent_at,
            message_id=mail.message_id,
            reply=mail.reply,
            subject=copies[mail.id].subject if mail.id in copies else None,
            text=copies[mail.id].text if mail.id in copies else None,
        )
        for mail, slug, title, cycle in rows.all()
    )


def _standing(session: Session, participant: Participant) -> KeptStanding | None:
    standing = session.scalar(
        sa.select(AddressStanding)
        .where(AddressStanding.address == participant.email)
        .options(selectinload(AddressStanding.notices))
    )
    if standing is None:
        return None
    return KeptStanding(
        stopped_at=standing.stopped_at,
        reason=standing.reason,
        complained_at=standing.complained_at,
        lifted_at=standing.lifted_at,
        notices=tuple(
            KeptNotice(one.kind, one.status, one.words, one.noticed_at) for one in standing.notices
        ),
    )
