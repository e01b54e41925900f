"""The rest of a cycle in one form: it follows moves, and webinars that are added later.

Locks are taken in one order: the cycle (shared, so that a publication is either before or
after), its webinars, the person.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import confirmations, leaving, outbox, people, registrations, said_anew
from webinars.domain.asking import ask, confirm_questions
from webinars.domain.errors import (
    NotFound,
    NothingChosen,
    NothingToCome,
    RegistrationClosed,
    WebinarCancelled,
    WebinarOver,
)
from webinars.domain.people import Known, Person
from webinars.domain.places import lock_webinars, locked_webinar
from webinars.domain.registrations import Entered, House, Outcome
from webinars.models import (
    Cycle,
    CycleRegistration,
    MailKind,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)


def register_for_cycle(
    session: Session,
    *,
    cycle_slug: str,
    person: Person,
    without: AbstractSet[str],
    question: str | None,
    house: House,
    now: datetime,
) -> Outcome:
    """Register a person for all of a cycle that is to come, and owe them one mail that says so.

    ``without``: slugs of the webinars that they leave out; a registration that stands for one
    of them stays, and so does each that they have already. The question is for the speakers
    of the first. Somebody whom this gives nothing new is sent their link again; so is who has
    proven that the cycle is theirs, where proof is asked for: a form of anybody adds nothing.
    Raises NotFound, NothingToCome, NothingChosen.
    """
    cycle = _locked_cycle(session, cycle_slug)
    webinars = _locked_to_come(session, cycle, now)
    chosen = _chosen(cycle, webinars, without)
    known = people.known_or_new(session, person=person, now=now)
    said_anew.note(session, known=known, person=person)
    participant = session.get_one(Participant, known.id)
    if question:
        ask(
            session,
            known=known,
            webinar=chosen[0],
            text=question,
            name=person.full_name,
            now=now,
        )
    if house.require_confirmation and _is_proven(session, participant, cycle):
        # What they left out and what they left stays so: their page has a button for each.
        registrations.send_link(session, participant=participant, cycle=cycle, house=house, now=now)
        return Outcome.ALREADY
    left_out = {webinar.slug for webinar in webinars} & without
    whole, is_new = _stand(
        session, participant, cycle, without=left_out, chosen=chosen, house=house, now=now
    )
    made = _enter_all(
        session, chosen, known=known, pending=house.require_confirmation, house=house, now=now
    )
    if not made and not is_new:
        registrations.send_link(session, participant=participant, cycle=cycle, house=house, now=now)
        return Outcome.ALREADY
    confirmations.owe(
        session,
        known=known,
        purpose=_confirmation(whole, now),
        most=house.confirmations_per_day,
        host=house.host,
        now=now,
    )
    return _outcome(session, participant, chosen)


def _chosen(cycle: Cycle, webinars: list[Webinar], without: AbstractSet[str]) -> list[Webinar]:
    if not webinars:
        raise NothingToCome(cycle.slug)
    chosen = [webinar for webinar in webinars if webinar.slug not in without]
    if not chosen:
        raise NothingChosen(cycle.slug)
    return chosen


def confirm_for_cycle(
    session: Session, *, participant: Participant, cycle_slug: str, house: House, now: datetime
) -> None:
    """Press the button of the personal link: every pending registration of the cycle stands.

    Also for what was added since the form. Raises NotFound, RegistrationClosed when nothing
    of the cycle is to come any more.
    """
    cycle = _locked_cycle(session, cycle_slug)
    purpose = confirm_whole(session, participant=participant, cycle=cycle, house=house, now=now)
    if purpose is not None:
        its = sa.select(Webinar.id).where(Webinar.cycle_id == cycle.id)
        confirm_questions(session, participant=participant, webinar_ids=its, now=now)
        confirmations.owe_at_once(session, purpose=purpose, host=house.host, now=now)


def confirm_whole(
    session: Session, *, participant: Participant, cycle: Cycle, house: House, now: datetime
) -> outbox.Purpose | None:
    """The same for a cycle that the caller has locked: what to owe; None when nothing waited."""
    webinars = _locked_to_come(session, cycle, now)
    whole = _standing(session, participant, cycle)
    present = _by_webinar(session, participant, webinars)
    pending = [row for row in present.values() if row.status is RegistrationStatus.PENDING]
    if whole.confirmed_at is not None and not pending:
        return None
    if not webinars:
        raise RegistrationClosed(cycle.slug)
    whole.confirmed_at = whole.confirmed_at or now
    for row in pending:
        registrations.confirm_pending(
            session, registration=row, webinar=row.webinar, house=house, now=now
        )
    missing = [w for w in webinars if w.id not in present and w.slug not in whole.without]
    _enter_all(
        session,
        missing,
        known=Known(participant.id),
        pending=False,
        house=house,
        now=now,
    )
    return _confirmation(whole, now)


def leave_cycle(
    session: Session, *, participant: Participant, cycle_slug: str, host: str, now: datetime
) -> int:
    """Leave a cycle: nothing registers for it by itself any more, and what has not begun ends.

    How many registrations ended, those of cancelled webinars among them. Raises NotFound.
    """
    cycle = _locked_cycle(session, cycle_slug)
    theirs = _theirs(participant, cycle)
    # Not locked yet: its webinars come first.
    if session.scalar(sa.select(CycleRegistration.id).where(theirs)) is None:
        raise NotFound(cycle_slug)
    return leaving.leave(
        session,
        leaving.standing(participant, now=now).where(Webinar.cycle_id == cycle.id),
        cycles=theirs,
        host=host,
        now=now,
    )


def come_back(
    session: Session, *, participant: Participant, cycle_slug: str, house: House, now: datetime
) -> None:
    """Register from their own page for all of a cycle that they had left, as on the first day.

    The press proves the address. Raises NotFound where they never had it, RegistrationClosed
    when nothing of it is to come.
    """
    cycle = _locked_cycle(session, cycle_slug)
    webinars = _locked_to_come(session, cycle, now)
    whole = _found(session, participant, cycle)
    if whole is None:
        raise NotFound(cycle_slug)
    if whole.ended_at is None:  # in another tab
        return
    if not webinars:
        raise RegistrationClosed(cycle_slug)
    whole.ended_at, whole.without, whole.registered_at = None, [], now
    whole.confirmed_at = None
    _enter_all(session, webinars, known=Known(participant.id), pending=False, house=house, now=now)
    purpose = confirm_whole(session, participant=participant, cycle=cycle, house=house, now=now)
    if purpose is not None:
        confirmations.owe_at_once(session, purpose=purpose, host=house.host, now=now)


def include(
    session: Session,
    *,
    participant: Participant,
    cycle_slug: str,
    webinar_slug: str,
    house: House,
    now: datetime,
) -> None:
    """Register from their own page for what they left, or had left out of the cycle.

    The press proves the address, so nothing is left to confirm. Raises NotFound, WebinarOver,
    WebinarCancelled.
    """
    cycle = _locked_cycle(session, cycle_slug)
    webinar = locked_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    if webinar.status is WebinarStatus.CANCELLED:
        raise WebinarCancelled(webinar_slug)
    if now >= webinar.ends_at:
        raise WebinarOver(webinar_slug)
    whole = _found(session, participant, cycle)
    left_out = whole is not None and whole.ended_at is None and webinar_slug in whole.without
    if whole is not None and left_out:
        whole.without = [slug for slug in whole.without if slug != webinar_slug]
    elif not registrations.find_registration(
        session, participant_id=participant.id, webinar=webinar
    ):
        raise NotFound(webinar_slug)
    made = registrations.enter(
        session,
        webinar=webinar,
        known=Known(participant.id),
        pending=False,
        house=house,
        now=now,
    )
    if made is None:  # a form came between, whose registration is perhaps to be confirmed
        registrations.confirm(
            session,
            participant=participant,
            cycle_slug=cycle_slug,
            webinar_slug=webinar_slug,
            house=house,
            now=now,
        )
        return
    confirmations.owe_at_once(
        session,
        purpose=confirmations.of_registration(made, webinar),
        host=house.host,
        now=now,
    )


def _locked_cycle(session: Session, slug: str) -> Cycle:
    """The public cycle; no publication of it goes on beside this transaction."""
    cycle = session.scalar(
        sa.select(Cycle)
        .where(Cycle.slug == slug, Cycle.revision > 0)
        .with_for_update(read=True, of=Cycle)
        .execution_options(populate_existing=True)
    )
    if cycle is None:
        raise NotFound(slug)
    return cycle


def _locked_to_come(session: Session, cycle: Cycle, now: datetime) -> list[Webinar]:
    """What has not ended of the cycle and takes place, first to last."""
    ids = session.scalars(
        sa.select(Webinar.id).where(
            Webinar.cycle_id == cycle.id,
            Webinar.status == WebinarStatus.SCHEDULED,
            Webinar.ends_at > now,
        )
    ).all()
    return sorted(lock_webinars(session, webinar_ids=ids), key=lambda one: (one.starts_at, one.id))


def _theirs(participant: Participant, cycle: Cycle) -> sa.ColumnElement[bool]:
    of_the_person = CycleRegistration.participant_id == participant.id
    return of_the_person & (CycleRegistration.cycle_id == cycle.id)


def _found(session: Session, participant: Participant, cycle: Cycle) -> CycleRegistration | None:
    return session.scalar(
        sa.select(CycleRegistration)
        .where(_theirs(participant, cycle))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _standing(session: Session, participant: Participant, cycle: Cycle) -> CycleRegistration:
    whole = _found(session, participant, cycle)
    if whole is None or whole.ended_at is not None:
        raise NotFound(cycle.slug)
    return whole


def _is_proven(session: Session, participant: Participant, cycle: Cycle) -> bool:
    whole = _found(session, participant, cycle)
    return whole is not None and whole.ended_at is None and whole.confirmed_at is not None


def _stand(
    session: Session,
    participant: Participant,
    cycle: Cycle,
    *,
    without: AbstractSet[str],
    chosen: list[Webinar],
    house: House,
    now: datetime,
) -> tuple[CycleRegistration, bool]:
    """The person's registration for the cycle, and whether it is new.

    One that stands is not narrowed by a form that anybody can fill in.
    """
    whole = _found(session, participant, cycle)
    if whole is not None and whole.ended_at is None:
        again = {webinar.slug for webinar in chosen}
        whole.without = [slug for slug in whole.without if slug not in again]
        return whole, False
    if whole is None:
        whole = CycleRegistration(participant_id=participant.id, cycle_id=cycle.id)
        session.add(whole)
    whole.without = sorted(without)
    whole.registered_at = now
    whole.confirmed_at = None if house.require_confirmation else now
    whole.ended_at = None
    session.flush()
    return whole, True


def _enter_all(
    session: Session,
    webinars: list[Webinar],
    *,
    known: Known,
    pending: bool,
    house: House,
    now: datetime,
) -> list[Entered]:
    """Those that are new."""
    made: list[Entered] = []
    for webinar in webinars:
        registration = registrations.enter(
            session,
            webinar=webinar,
            known=known,
            pending=pending,
            house=house,
            now=now,
        )
        made += [registration] if registration else []
    return made


def _by_webinar(
    session: Session, participant: Participant, webinars: list[Webinar]
) -> dict[int, Registration]:
    rows = session.scalars(
        sa.select(Registration)
        .where(
            Registration.participant_id == participant.id,
            Registration.webinar_id.in_([webinar.id for webinar in webinars]),
        )
        .execution_options(populate_existing=True)
    )
    return {row.webinar_id: row for row in rows}


def _outcome(session: Session, participant: Participant, webinars: list[Webinar]) -> Outcome:
    stand = {row.status for row in _by_webinar(session, participant, webinars).values()}
    if RegistrationStatus.PENDING in stand:
        return Outcome.PENDING
    return Outcome.WAITLISTED if RegistrationStatus.WAITLISTED in stand else Outcome.CONFIRMED


def _confirmation(whole: CycleRegistration, now: datetime) -> outbox.Purpose:
    state = Outcome.PENDING if whole.confirmed_at is None else Outcome.CONFIRMED
    return outbox.Purpose(
        key=f"{MailKind.CYCLE_CONFIRMATION}:{whole.id}:{now.isoformat()}:{state}",
        kind=MailKind.CYCLE_CONFIRMATION,
        participant_id=whole.participant_id,
        cycle_id=whole.cycle_id,
    )
