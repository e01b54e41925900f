"""A list of people brought into a webinar: what will happen, line by line, and the act itself."""

import enum
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import audit, confirmations, outbox, person_fields
from webinars.domain.errors import N_, Sentence, WebinarCancelled, WebinarOver, WrongValue
from webinars.domain.list_files import ListRow
from webinars.domain.list_words import CATEGORY_OF, LANGUAGE_OF, REGION_OF, STATUS_OF, folded
from webinars.domain.people import Person, all_known_or_new
from webinars.domain.places import BATCH, end_holds, fill, locked_webinar, settle_pending
from webinars.domain.waiting_line import is_passed_by
from webinars.domain.webinar_page import find_webinar
from webinars.i18n import DEFAULT_LANGUAGE
from webinars.models import (
    SOMEBODYS,
    AuditAct,
    Participant,
    Question,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)

NOT_KNOWN = N_("“%(value)s” is not known here: left empty.")
MISSING = {
    person_fields.NO_ADDRESS: N_("The address is missing."),
    person_fields.NO_NAME: N_("The name is missing."),
}
"""Not said to the person themselves."""
LONGEST_SHOWN = 60


class Fate(enum.StrEnum):
    """What becomes of a line."""

    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    ALREADY = "already"
    """They are registered, and stay as they are."""
    DOUBLE = "double"
    """The address stands in an earlier line."""
    CANCELLED = "cancelled"
    """The list itself says that they do not come."""
    LEFT = "left"
    """They have cancelled this webinar: a list does not bring them back."""
    REFUSED = "refused"


REGISTERED = (Fate.CONFIRMED, Fate.WAITLISTED)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A registration that was to be confirmed."""

    id: int
    kept: bool
    """A place is kept for it."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said of one field of a line."""

    field: str
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One line of the list and what becomes of it."""

    row: ListRow
    person: Person | None
    """None where the line is refused."""
    question: str | None
    fate: Fate
    faults: tuple[Remark, ...] = ()
    notices: tuple[Remark, ...] = ()
    """Values that are left out; the person is kept."""
    double_of: int | None = None
    """The line that has the same address."""
    awaited: Awaited | None = None
    """Their registration that was to be confirmed: the organiser vouches for it."""


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What an import will do, or has done."""

    lines: tuple[ImportLine, ...]
    places: int | None
    """Free before it; None when there is no limit."""
    promoted: int = 0
    """Who waited and comes to a place before it, with their mail: places were kept too long."""

    @property
    def counts(self) -> Mapping[Fate, int]:
        """How many lines of each fate; all of them stand there."""
        found = Counter(line.fate for line in self.lines)
        return {fate: found[fate] for fate in Fate}

    @property
    def registered(self) -> int:
        """How many people are registered anew, with a place or without."""
        return sum(self.counts[fate] for fate in REGISTERED)


def preview_import(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    rows: Sequence[ListRow],
    now: datetime,
) -> ImportPreview:
    """What ``import_list`` would do now. One query for each thousand lines.

    Raises NotFound, WebinarOver, WebinarCancelled.
    """
    webinar = find_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    check_open(webinar, now=now)
    return _decided(session, webinar, rows, _room(session, webinar, now=now), now=now)


def import_list(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    rows: Sequence[ListRow],
    mails: bool,
    actor: str,
    host: str,
    now: datetime,
) -> ImportPreview:
    """Register the people of a list in its order; what was done, line by line.

    Never over the capacity: then they wait. What is known of a person stays as it is, and
    what they had yet to confirm is confirmed: the organiser vouches for them. With
    ``mails`` each is owed the confirmation with their personal link. A fixed number of
    statements for each thousand people. Raises NotFound, WebinarOver, WebinarCancelled.
    """
    webinar = locked_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    check_open(webinar, now=now)
    room = _room(session, webinar, now=now)
    if webinar.held_count:
        end_holds(session, webinar=webinar, host=host, now=now)
    done = _decided(session, webinar, rows, room, now=now)
    registered = [line for line in done.lines if line.fate in REGISTERED]
    if registered:
        made = _register(session, webinar, registered, now=now)
        if mails:
            purposes = [confirmations.of_registration(one, webinar) for one in made]
            outbox.enqueue(session, purposes=purposes, host=host, now=now)
    audit.record(
        session,
        actor=actor,
        act=AuditAct.LIST_IMPORTED,
        now=now,
        cycle_id=webinar.cycle_id,
        slugs=[webinar.slug],
        after={
            "lines": len(done.lines),
            "mails": mails,
            **{fate.value: count for fate, count in done.counts.items() if count},
        },
    )
    return done


def check_open(webinar: Webinar, *, now: datetime) -> None:
    """Whether people can be registered. Raises WebinarOver, WebinarCancelled."""
    if webinar.status is WebinarStatus.CANCELLED:
        raise WebinarCancelled(webinar.slug)
    if now >= webinar.ends_at:
        raise WebinarOver(webinar.slug)


# lines ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Room:
    """What there is before anybody of the list comes."""

    places: int | None
    """Free; None is unlimited."""
    promoted: int
    """Who comes to a place before that."""


def _decided(
    session: Session, webinar: Webinar, rows: Sequence[ListRow], room: _Room, *, now: datetime
) -> ImportPreview:
    read = [_read(row) for row in rows]
    emails = {line.person.email for line in read if line.person}
    known = _known(session, webinar, sorted(emails), now=now)
    return ImportPreview(tuple(_fates(read, known, room.places)), room.places, room.promoted)


def _read(row: ListRow) -> ImportLine:
    """The line by the rules of the form, before anything is known of the person."""
    faults: list[Remark] = []
    notices: list[Remark] = []

    def checked(field: str, check: Callable[[str | None], str | None]) -> str | None:
        try:
            return check(row.values.get(field))
        except WrongValue as error:
            missing = MISSING.get(error.sentence.text)
            faults.append(Remark(field, Sentence(missing) if missing else error.sentence))
            return None

    def understood(field: str, words: Mapping[str, str]) -> str | None:
        value = row.values.get(field, "")
        found = words.get(folded(value[:200]))
        if value and found is None:
            sentence = Sentence(NOT_KNOWN, value=printable(value, LONGEST_SHOWN))
            notices.append(Remark(field, sentence))
        return found

    email = checked("email", person_fields.email)
    name = checked("full_name", person_fields.full_name)
    organisation = checked("organisation", person_fields.organisation)
    question = checked("question", person_fields.question)
    category = understood("actor_category", CATEGORY_OF)
    region = understood("region", REGION_OF)
    language = understood("language", LANGUAGE_OF)
    status = STATUS_OF.get(folded(row.values.get("status", "")[:200]))
    person = None
    if not faults and email and name:
        person = Person(
            email=email,
            full_name=name,
            language=language or DEFAULT_LANGUAGE,
            organisation=organisation,
            actor_category=str(category) if category else None,
            region=region,
        )
    fate = Fate.CONFIRMED if person else Fate.REFUSED
    if person and status is RegistrationStatus.CANCELLED:
        fate = Fate.CANCELLED
    return ImportLine(row, person, question, fate, tuple(faults), tuple(notices))


def printable(text: str, most: int) -> str:
    """What a page can show of a text that was refused."""
    short = text if len(text) <= most else f"{text[: most - 1]}…"
    shown = person_fields.UNWANTED.sub("\N{REPLACEMENT CHARACTER}", short)
    return person_fields.DIRECTION.sub("\N{REPLACEMENT CHARACTER}", shown)


def _fates(
    lines: Sequence[ImportLine],
    known: Mapping[str, RegistrationStatus | Awaited],
    places: int | None,
) -> Iterator[ImportLine]:
    first: dict[str, int] = {}
    taken = 0
    for line in lines:
        if line.person is None or line.fate is Fate.CANCELLED:
            yield line
            continue
        email = line.person.email
        status = known.get(email)
        if email in first:
            yield replace(line, fate=Fate.DOUBLE, double_of=first[email])
            continue
        first[email] = line.row.line
        if status is RegistrationStatus.CANCELLED:
            yield replace(line, fate=Fate.LEFT)
        elif isinstance(status, RegistrationStatus):
            yield replace(line, fate=Fate.ALREADY)
        elif status is not None and status.kept:
            yield replace(line, awaited=status)
        elif places is not None and taken >= places:
            yield replace(line, fate=Fate.WAITLISTED, awaited=status)
        else:
            taken += 1
            yield replace(line, awaited=status)


def _known(
    session: Session, webinar: Webinar, emails: Sequence[str], *, now: datetime
) -> dict[str, RegistrationStatus | Awaited]:
    """Whose registration for this webinar there is, whatever became of it."""
    found: dict[str, RegistrationStatus | Awaited] = {}
    kept = sa.and_(Registration.held_until.is_not(None), Registration.held_until > now)
    for start in range(0, len(emails), BATCH):
        rows = session.execute(
            sa.select(Participant.email, Registration.status, Registration.id, kept)
            .join(Registration, Registration.participant_id == Participant.id)
            .where(
                Registration.webinar_id == webinar.id,
                Participant.email.in_(emails[start : start + BATCH]),
            )
        )
        for email, status, number, has_place in rows:
            pending = status is RegistrationStatus.PENDING
            found[email] = Awaited(number, bool(has_place)) if pending else status
    return found


def _room(session: Session, webinar: Webinar, *, now: datetime) -> _Room:
    """Places for those who come now.

    A place that was kept long enough goes to the first in line before, as in the act.
    """
    if is_passed_by(session, webinar=webinar, now=now):
        return _Room(0, 0)
    if webinar.capacity is None:
        return _Room(None, 0)
    ended = waiting = 0
    if webinar.held_count:
        ended = _count(session, webinar, Registration.held_until <= now)
    if ended and now < webinar.starts_at:
        waiting = _count(
            session, webinar, Registration.status == RegistrationStatus.WAITLISTED, SOMEBODYS
        )
    free = max(0, webinar.capacity - webinar.confirmed_count - webinar.held_count + ended)
    promoted = min(waiting, free)
    return _Room(free - promoted, promoted)


def _count(session: Session, webinar: Webinar, *conditions: sa.ColumnElement[bool]) -> int:
    return (
        session.scalar(
            sa.select(sa.func.count())
            .select_from(Registration)
            .where(Registration.webinar_id == webinar.id, *conditions)
        )
        or 0
    )


# rows -------------------------------------------------------------------------------------


def _register(
    session: Session, webinar: Webinar, lines: Sequence[ImportLine], *, now: datetime
) -> list[Registration]:
    """Write people, registrations and questions; gives the registrations."""
    ids = all_known_or_new(session, people=[line.person for line in lines if line.person], now=now)
    people = [ids[line.person.email] for line in lines if line.person]
    _vouch(session, webinar, lines, now=now)
    new = [one for line, one in zip(lines, people, strict=True) if line.awaited is None]
    fill(session, webinar=webinar, people=new, now=now)
    questions = [
        {
            "webinar_id": webinar.id,
            "participant_id": participant_id,
            "text": line.question,
            "asked_at": now,
        }
        for line, participant_id in zip(lines, people, strict=True)
        if line.question
    ]
    if questions:
        session.execute(sa.insert(Question), questions)
    return [
        registration
        for start in range(0, len(people), BATCH)
        for registration in session.scalars(
            sa.select(Registration).where(
                Registration.webinar_id == webinar.id,
                Registration.participant_id.in_(people[start : start + BATCH]),
            )
        )
    ]


def _vouch(
    session: Session, webinar: Webinar, lines: Sequence[ImportLine], *, now: datetime
) -> None:
    """What was to be confirmed stands: with the place that was kept, a free one, or in line."""
    awaited = [(line.awaited, line.fate) for line in lines if line.awaited]
    settle_pending(
        session,
        webinar=webinar,
        kept=[one.id for one, _ in awaited if one.kept],
        placed=[one.id for one, fate in awaited if fate is Fate.CONFIRMED and not one.kept],
        in_line=[one.id for one, fate in awaited if fate is Fate.WAITLISTED],
        now=now,
    )
