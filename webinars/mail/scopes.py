"""Mails about cycles and themes, and summaries: when they may leave, and what they say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import confirmations, following, mail_lists, participants, planned
from webinars.domain.doors import LET_IN
from webinars.domain.places import STANDS
from webinars.domain.programme import Life, Moment, WebinarView, programme
from webinars.links import Links
from webinars.mail.letters import NotToBeSent
from webinars.models import (
    CycleRegistration,
    MailKind,
    MailList,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)
from webinars.services import Services

KINDS = (
    MailKind.CYCLE_CONFIRMATION,
    MailKind.THEME_CONFIRMATION,
    MailKind.SUMMARY,
    MailKind.PLANNED,
)
LEFT_CYCLE = "the person has left the cycle"
NOTHING_STANDS = "nothing that they registered for is to come any more"
LEFT_THEME = "the person follows the theme no more"
CONFIRMED_SINCE = "it was confirmed since, and that has a mail of its own"


@dataclass(frozen=True, slots=True)
class Entry:
    """One webinar of such a mail, and where the person stands."""

    webinar: WebinarView
    status: RegistrationStatus | None
    """None when they may register for it."""
    position: int | None
    held_until: datetime | None
    address: str


def still_true(session: Session, *, mail: OutboxMail, now: datetime) -> None:
    """Nothing, if there still is something to say. Raises NotToBeSent."""
    match mail.kind:
        case MailKind.CYCLE_CONFIRMATION:
            _cycle_stands(session, mail, now)
        case MailKind.THEME_CONFIRMATION:
            _theme_of(session, mail)
        case MailKind.SUMMARY:
            _something_stands(session, mail, now)
        case _:
            _planned(session, mail, now)


def context(
    session: Session, *, mail: OutboxMail, services: Services, now: datetime
) -> dict[str, Any]:
    """What the texts of these kinds need beyond the usual context of a mail."""
    person = mail.participant
    assert person is not None, "these are participants' mails"
    moment = Moment.at(now, opens_minutes=services.settings.join_opens_minutes)
    token = participants.calendar_token(services.links, person)
    calendar = services.links.person_calendar(token, language=person.language)
    left = mail_lists.left_by(session, participant_id=person.id)
    found: dict[str, Any] = {
        "calendar_url": calendar,
        "themes_left": MailList.THEMES in left,
    }
    if mail.kind is MailKind.THEME_CONFIRMATION:
        return found | {"theme": _theme_of(session, mail)}
    mine = participants.own_page(session, participant=person, moment=moment)
    if mail.cycle is not None:
        found["programme"] = programme(session, cycle_slug=mail.cycle.slug, moment=moment)
    if mail.kind is MailKind.PLANNED:
        return found | {
            "entries": _planned_entries(session, mail, mine, found, services.links, now)
        }
    cycle = mail.cycle.slug if mail.cycle else None
    return found | {
        "mine": mine,
        "pressed": mail.origin.key.endswith(f":{confirmations.CONFIRMED}"),
        "entries": tuple(
            _entry(view, services.links, person)
            for view in mine.registrations
            if view.status in STANDS
            and not view.webinar.cancelled
            and view.webinar.ends_at > now
            and cycle in (None, view.webinar.cycle_slug)
        ),
    }


def _cycle_stands(session: Session, mail: OutboxMail, now: datetime) -> None:
    whole = session.scalar(
        sa.select(CycleRegistration).where(
            CycleRegistration.participant_id == mail.participant_id,
            CycleRegistration.cycle_id == mail.cycle_id,
            CycleRegistration.ended_at.is_(None),
        )
    )
    if whole is None:
        raise NotToBeSent(LEFT_CYCLE)
    if whole.confirmed_at is not None and _asks_for_the_button(mail):
        raise NotToBeSent(CONFIRMED_SINCE)
    if not session.scalar(sa.select(_registered(mail, now, Webinar.cycle_id == mail.cycle_id))):
        raise NotToBeSent(NOTHING_STANDS)


def _asks_for_the_button(mail: OutboxMail) -> bool:
    return mail.origin.key.endswith(f":{RegistrationStatus.PENDING}")


def _registered(
    mail: OutboxMail, now: datetime, condition: sa.ColumnElement[bool] | None = None
) -> sa.Exists:
    """Whether the person stands registered for something to come."""
    return sa.exists().where(
        Registration.participant_id == mail.participant_id,
        Registration.status.in_(STANDS),
        Webinar.id == Registration.webinar_id,
        Webinar.status == WebinarStatus.SCHEDULED,
        Webinar.ends_at > now,
        sa.true() if condition is None else condition,
    )


def _theme_of(session: Session, mail: OutboxMail) -> following.FollowedThemeView:
    theme = following.theme_of(session, mail=mail)
    if theme is None:
        raise NotToBeSent(LEFT_THEME)
    if not theme.pending and _asks_for_the_button(mail):
        raise NotToBeSent(CONFIRMED_SINCE)
    return theme


def _something_stands(session: Session, mail: OutboxMail, now: datetime) -> None:
    assert mail.participant is not None, "a summary is a participant's"
    registered = session.scalar(sa.select(_registered(mail, now)))
    if not registered and not following.followed(session, participant=mail.participant):
        raise NotToBeSent(NOTHING_STANDS)


def _planned(session: Session, mail: OutboxMail, now: datetime) -> tuple[planned.Planned, ...]:
    try:
        return planned.planned(session, mail=mail, now=now)
    except planned.NothingPlanned as error:
        raise NotToBeSent(str(error)) from error


def _planned_entries(
    session: Session,
    mail: OutboxMail,
    mine: participants.OwnPage,
    found: dict[str, Any],
    links: Links,
    now: datetime,
) -> tuple[Entry, ...]:
    assert mail.participant is not None, "a publication is told to participants"
    views = {view.slug: view for view in found["programme"].webinars}
    registered = {
        view.webinar.slug: view
        for view in mine.registrations
        if view.webinar.cycle_slug == found["programme"].slug
    }
    return tuple(
        _entry(registered[one.slug], links, mail.participant)
        if one.registration is not None
        else Entry(
            views[one.slug], None, None, None, _address(views[one.slug], links, mail.participant)
        )
        for one in _planned(session, mail, now)
    )


def _entry(view: participants.RegistrationView, links: Links, person: Participant) -> Entry:
    return Entry(
        webinar=view.webinar,
        status=view.status,
        position=view.position,
        held_until=view.held_until,
        address=_way_in(view, links, person) or _address(view.webinar, links, person),
    )


def _way_in(view: participants.RegistrationView, links: Links, person: Participant) -> str | None:
    """Into the room, while it is open to them."""
    if view.status not in LET_IN or view.webinar.life is not Life.LIVE:
        return None
    return participants.door_address(
        links, person, cycle=view.webinar.cycle_slug, webinar=view.webinar.slug
    )


def _address(webinar: WebinarView, links: Links, person: Participant) -> str:
    return links.webinar(webinar.cycle_slug, webinar.slug, language=person.language)


# the link, asked for from the form of a cycle ------------------------------------------


def of_cycle(
    session: Session, *, mail: OutboxMail, services: Services, now: datetime
) -> dict[str, Any]:
    """Where the person stands with the cycle from whose form the link was asked for."""
    person, cycle = mail.participant, mail.cycle
    assert person is not None, "the link is a participant's"
    if cycle is None:
        return {}
    moment = Moment.at(now, opens_minutes=services.settings.join_opens_minutes)
    mine = participants.own_page(session, participant=person, moment=moment)
    whole = next((one for one in mine.cycles if one.slug == cycle.slug), None)
    left = [
        view.webinar
        for view in mine.registrations
        if view.can_return and view.webinar.cycle_slug == cycle.slug
    ]
    left_out = whole.left_out if whole else ()
    found = programme(session, cycle_slug=cycle.slug, moment=moment)
    return {
        "cycle": found,
        "whole": whole,
        "missing": sorted((*left, *left_out), key=lambda one: one.starts_at),
        "to_come": [one for one in found.webinars if not one.cancelled and one.ends_at > now],
        "cycle_form_url": services.links.whole_cycle(cycle.slug, language=person.language),
    }
