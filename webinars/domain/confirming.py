"""One press for everything that waits for the button which proves the address."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import asking, confirmations, following, outbox, registrations, whole_cycle
from webinars.domain.errors import NotFound
from webinars.domain.places import lock_webinars
from webinars.domain.registrations import House
from webinars.models import (
    Cycle,
    CycleRegistration,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)


def confirm_all(session: Session, *, participant: Participant, house: House, now: datetime) -> int:
    """Confirm every cycle, webinar and theme of a person that waits; how many.

    One mail tells of it: that of the one thing, or a summary of all. What has ended or is
    cancelled waits for nothing any more.
    """
    cycles = _locked_cycles(session, participant, now)
    # All rows at once and in one order, whatever scope they are of.
    ids = _to_lock(session, participant, cycles, now)
    lock_webinars(session, webinar_ids=ids)
    owed = [
        *_confirm_wholes(session, participant, cycles, house, now),
        *_confirm_singly(session, participant, ids, house, now),
        *following.confirm_all_following(session, participant=participant, now=now),
    ]
    asking.confirm_questions(session, participant=participant, now=now)
    if owed:
        told = owed[0] if len(owed) == 1 else confirmations.summary_of_press(participant, now=now)
        confirmations.owe_at_once(session, purpose=told, host=house.host, now=now)
    return len(owed)


def _locked_cycles(session: Session, participant: Participant, now: datetime) -> list[Cycle]:
    """Those that wait and of which something is to come, as ``whole_cycle`` locks one."""
    coming = sa.exists().where(
        Webinar.cycle_id == Cycle.id,
        Webinar.status == WebinarStatus.SCHEDULED,
        Webinar.ends_at > now,
    )
    return list(
        session.scalars(
            sa.select(Cycle)
            .join(CycleRegistration, CycleRegistration.cycle_id == Cycle.id)
            .where(
                CycleRegistration.participant_id == participant.id,
                CycleRegistration.confirmed_at.is_(None),
                CycleRegistration.ended_at.is_(None),
                Cycle.revision > 0,
                coming,
            )
            .order_by(Cycle.id)
            .with_for_update(read=True, of=Cycle)
            .execution_options(populate_existing=True)
        )
    )


def _pending(participant: Participant) -> sa.ColumnElement[bool]:
    waits = Registration.status == RegistrationStatus.PENDING
    return sa.and_(Registration.participant_id == participant.id, waits)


def _to_lock(
    session: Session, participant: Participant, cycles: Sequence[Cycle], now: datetime
) -> Sequence[int]:
    """Webinars to come of these cycles, and those of which a registration waits."""
    single = sa.exists().where(Registration.webinar_id == Webinar.id, _pending(participant))
    return session.scalars(
        sa.select(Webinar.id).where(
            Webinar.status == WebinarStatus.SCHEDULED,
            Webinar.ends_at > now,
            sa.or_(Webinar.cycle_id.in_([cycle.id for cycle in cycles]), single),
        )
    ).all()


def _confirm_wholes(
    session: Session,
    participant: Participant,
    cycles: Sequence[Cycle],
    house: House,
    now: datetime,
) -> list[outbox.Purpose]:
    owed = []
    for cycle in cycles:
        with suppress(NotFound):  # they have left it meanwhile, in another tab
            owed.append(
                whole_cycle.confirm_whole(
                    session, participant=participant, cycle=cycle, house=house, now=now
                )
            )
    return [purpose for purpose in owed if purpose is not None]


def _confirm_singly(
    session: Session,
    participant: Participant,
    webinar_ids: Sequence[int],
    house: House,
    now: datetime,
) -> list[outbox.Purpose]:
    """What is still pending of these webinars, which are locked: what to owe for each."""
    rows = session.scalars(
        sa.select(Registration)
        .where(_pending(participant), Registration.webinar_id.in_(webinar_ids))
        .order_by(Registration.webinar_id)
        .execution_options(populate_existing=True)
    ).all()
    for row in rows:
        registrations.confirm_pending(
            session, registration=row, webinar=row.webinar, house=house, now=now
        )
    return [confirmations.of_registration(row, row.webinar) for row in rows]
