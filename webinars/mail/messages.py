"""Building a mail from the present truth. Sending it is another place."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import force_locale
from sqlalchemy.orm import Session

from webinars.domain import (
    confirmations,
    list_choices,
    mail_facts,
    mail_lists,
    participants,
    reminders,
    said_anew,
    surveys,
)
from webinars.domain.mail_facts import Facts
from webinars.domain.outbox import EXPIRED
from webinars.domain.waiting_line import position
from webinars.links import Links
from webinars.mail import (
    accounts,
    by_rule,
    calendar_parts,
    notices,
    own_words,
    scopes,
    trials,
    welcome,
)
from webinars.mail.letters import NAME, CalendarPart, Letter, Mould, NotToBeSent, harmless, texts
from webinars.mail.marks import Marked
from webinars.mail.shared import Shared
from webinars.models import (
    Cycle,
    MailKind,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)
from webinars.services import Services

ERASED = "the person has been erased"
FORMS = (*confirmations.COUNTED, MailKind.SUMMARY)
"""What is owed to who filled in a form, or to whoever's address stood in it."""
AFTER_A_FORM = (*FORMS, MailKind.LINK)
"""The same for who is registered already."""


@dataclass(frozen=True, slots=True)
class Reader:
    """All that a letter knows of whom it is for before their own is put in."""

    language: str


def compose(
    session: Session,
    *,
    mail: OutboxMail,
    services: Services,
    now: datetime,
    facts: Facts | None = None,
    shared: Shared | None = None,
) -> Letter:
    """The letter of a row of the ledger, in the person's language.

    ``facts`` are looked up and ``shared`` is made where there are none yet. Raises NotToBeSent,
    Unsettled.
    """
    facts = facts or mail_facts.facts(session, mail_id=mail.id, now=now)
    if facts is None:
        raise NotToBeSent(ERASED)
    still_true(session, facts=facts, now=now)
    if mail.kind is MailKind.TRIAL:
        return trials.compose(session, mail=mail, services=services)
    shared = shared or Shared(services, version=facts.version)
    marked = Marked(services.links)
    services = replace(services, links=marked)
    if mail.organiser is not None:
        return accounts.compose(mail, services=services, marked=marked)
    person = mail.recipient
    assert isinstance(person, Participant)
    with force_locale(person.language):
        context = _context(session, facts, services, shared, now)

        def make() -> Mould:
            own = own_words.for_mail(session, kind=mail.kind, context=context)
            said = texts(mail.kind, context, own)
            return Mould(said, _calendar(session, mail, context, services))

        mould = shared.mould(mail.kind, person.language, context, make)
    personal = marked.secrets
    if context["greeted_name"]:
        personal[NAME] = harmless(person.full_name.strip())
    return Letter(
        to_name=harmless(person.full_name),
        to_address=person.email,
        mould=mould,
        message_id=mail.message_id,
        personal=personal,
        in_calendar=tuple(calendar_parts.own_values(part, facts=facts) for part in mould.calendar),
        leave_url=marked.opened(context["leave_url"]),
    )


SAYS: dict[MailKind, tuple[RegistrationStatus, ...]] = {
    MailKind.CONFIRMATION: (
        RegistrationStatus.PENDING,
        RegistrationStatus.CONFIRMED,
        RegistrationStatus.ATTENDED,
    ),
    MailKind.WAITING_LIST: (RegistrationStatus.WAITLISTED,),
    MailKind.PROMOTION: (RegistrationStatus.CONFIRMED, RegistrationStatus.ATTENDED),
    MailKind.CANCELLATION: (RegistrationStatus.CANCELLED,),
}
"""What each kind says of a registration: it must still be so."""


PROMISES = (MailKind.CONFIRMATION, MailKind.WAITING_LIST, MailKind.PROMOTION)
"""Kinds that say that the webinar takes place."""
OF_ITS_FACTS = (*reminders.KINDS.values(), *SAYS)
"""Kinds whose truth is in the facts of the mail; the others look further."""


def still_true(session: Session, *, facts: Facts, now: datetime) -> None:
    """Nothing, if what the mail says is still so and may leave. Raises NotToBeSent, Unsettled."""
    mail, registration = facts.mail, facts.registration
    _may_leave(facts, now)
    if mail.organiser is not None:
        accounts.still_true(mail)
        return
    status = registration.status if registration else None
    if mail.kind in reminders.KINDS.values():
        reason = reminders.why_not(session, mail=mail, registration=registration, now=now)
        if reason:
            raise NotToBeSent(reason)
    elif mail.kind is MailKind.CHANGE_NOTICE:
        notices.still_true(session, mail=mail, now=now)
    elif mail.kind is MailKind.WELCOME:
        welcome.still_true(session, mail=mail, now=now)
    elif mail.kind in scopes.KINDS:
        scopes.still_true(session, mail=mail, now=now)
    elif mail.kind in PROMISES and _is_off(mail):
        raise NotToBeSent(reminders.CANCELLED)
    elif mail.kind in SAYS and status not in SAYS[mail.kind]:
        present = status.value if status else "none"
        raise NotToBeSent(f"it is no longer true: the registration is {present} now")


def _is_off(mail: OutboxMail) -> bool:
    """Whether its webinar was cancelled: a notice of that says so, and nothing else does."""
    webinar = mail.webinar
    return webinar is not None and webinar.status is WebinarStatus.CANCELLED


def _may_leave(facts: Facts, now: datetime) -> None:
    """Whatever it says: in time, to somebody, who wants such mails. Raises NotToBeSent."""
    mail = facts.mail
    if mail.expires_at is not None and now >= mail.expires_at:
        raise NotToBeSent(EXPIRED)
    if mail.participant is not None and mail.participant.erased_at is not None:
        raise NotToBeSent(ERASED)
    if facts.unwanted:
        raise NotToBeSent(facts.unwanted)


def _context(
    session: Session,
    facts: Facts,
    services: Services,
    shared: Shared,
    now: datetime,
) -> dict[str, Any]:
    mail, registration = facts.mail, facts.registration
    person, links, settings = mail.recipient, services.links, services.settings
    assert isinstance(person, Participant)
    language = person.language
    token = participants.page_token(links, person)
    context: dict[str, Any] = {
        "person": Reader(language),
        "greeted_name": NAME if harmless(person.full_name.strip()) else "",
        "status": registration.status if registration else None,
        "position": position(session, registration=registration) if registration else None,
        "person_url": links.person(token, language=language),
        "home_url": links.home(language=language),
        "site_name": settings.site_name,
        "organisation": settings.organisation,
        "join_opens_minutes": settings.join_opens_minutes,
        "page": None,
        "webinar": None,
        "days_left": None,
        "held_until": _held_until(registration, now),
        "asked_for_news": _asked_for_news(mail, person),
        "said_anew": mail.kind in AFTER_A_FORM and bool(said_anew.offered(person)),
    }
    first: Webinar | None = mail.webinar
    also: tuple[by_rule.Also, ...] = ()
    if first is not None and mail.kind is MailKind.REMINDER and facts.has_others:
        first, also = by_rule.spoken_of(session, mail=mail, services=services, now=now)
    if first is not None:
        cycle = shared.cycle(session, first.cycle_id)
        page = shared.page(session, cycle_slug=cycle.slug, webinar_slug=first.slug)
        where = (cycle.slug, first.slug)
        context |= {
            "page": page,
            "webinar": page.webinar,
            "webinar_url": links.webinar(*where, language=language),
            "join_url": participants.door_address(
                links, person, cycle=cycle.slug, webinar=first.slug
            ),
            "days_left": by_rule.days_left(first.starts_at, cycle.zone, now),
            "also": also,
        }
        if mail.kind is MailKind.SURVEY:
            context |= _survey(session, mail, cycle, first, links, now)
    if mail.kind is MailKind.CHANGE_NOTICE:
        context |= notices.context(session, mail=mail, services=services, shared=shared, now=now)
    if mail.kind is MailKind.WELCOME:
        context |= welcome.context(session, mail=mail, services=services, shared=shared, now=now)
    if mail.kind is MailKind.LINK:
        context |= scopes.of_cycle(session, mail=mail, services=services, now=now)
    if mail.kind in scopes.KINDS:
        context |= scopes.context(session, mail=mail, services=services, now=now)
    context |= _leaving(mail, person, context, links)
    return context | _dates(session, mail, context, services)


def _survey(
    session: Session, mail: OutboxMail, cycle: Cycle, webinar: Webinar, links: Links, now: datetime
) -> dict[str, Any]:
    """Where it is answered; and where that of the year is, of which no other mail tells."""
    person = mail.participant
    assert person is not None, "a survey is a participant's"
    token, language = participants.page_token(links, person), person.language
    here = links.survey(token, cycle.slug, webinar.slug, language=language)
    year = surveys.year_asks(session, participant_id=person.id, cycle_id=cycle.id, now=now)
    return {
        "survey_url": cycle.survey_url or here,
        "survey_elsewhere": bool(cycle.survey_url),
        "year_survey_url": links.survey(token, cycle.slug, language=language) if year else None,
    }


def _dates(
    session: Session, mail: OutboxMail, context: dict[str, Any], services: Services
) -> dict[str, Any]:
    """What the mail brings for calendars, and the way into each of those rooms."""
    person = mail.participant
    assert person is not None, "dates are a participant's"
    invites = services.settings.mail_calendar == "invitation"
    withdraws = (
        invites
        and mail.kind is MailKind.CANCELLATION
        and mail_facts.was_invited(session, mail=mail)
    )
    slugs = calendar_parts.told_of(mail.kind, context, withdraws=withdraws)
    if not slugs:
        return {"invites": False, "dates": (), "date_file_url": None}
    cycle = context["webinar"].cycle_slug if context["webinar"] else context["programme"].slug
    return {
        "invites": invites,
        "dates": tuple(
            (slug, participants.door_address(services.links, person, cycle=cycle, webinar=slug))
            for slug in slugs
        ),
        "date_file_url": services.links.webinar_calendar(cycle, slugs[0], language=person.language),
    }


def _leaving(
    mail: OutboxMail, person: Participant, context: dict[str, Any], links: Links
) -> dict[str, Any]:
    """The list that the mail is of, and where it is left; None for what is of no list."""
    found = mail_lists.LIST_OF.get(mail.kind)
    if mail.kind in mail_lists.IN_PART and not any(
        entry.status is None for entry in context["entries"]
    ):
        found = None
    if found is None:
        return {"mail_list": None, "leave_url": None}
    token = list_choices.leave_token(links, person, found)
    return {"mail_list": found, "leave_url": links.leave(found, token, language=person.language)}


def _held_until(registration: Registration | None, now: datetime) -> datetime | None:
    """Until when a place is kept for somebody who has yet to confirm."""
    until = registration.held_until if registration else None
    return until if until is not None and until > now else None


def _asked_for_news(mail: OutboxMail, person: Participant) -> bool:
    """Whether they ticked the box for news with what this mail confirms, or since."""
    return (
        mail.kind in FORMS
        and person.news_since is not None
        and person.news_since >= mail.origin.created_at
    )


def _calendar(
    session: Session, mail: OutboxMail, context: dict[str, Any], services: Services
) -> tuple[CalendarPart, ...]:
    if not context["dates"]:
        return ()
    cycle_id = mail.cycle_id or (mail.webinar.cycle_id if mail.webinar else None)
    assert cycle_id is not None, "the dates are of its webinars"
    return calendar_parts.parts(
        session,
        kind=mail.kind,
        cycle_id=cycle_id,
        doors=dict(context["dates"]),
        name=context["greeted_name"],
        language=context["person"].language,
        services=services,
    )
