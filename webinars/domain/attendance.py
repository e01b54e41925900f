"""Who came and who did not, once a webinar is over."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import Registration, RegistrationStatus, Webinar, WebinarStatus

LOOKS_BACK = timedelta(days=7)
"""What ended longer ago is left as it is: a database that is brought in is not rewritten."""
FAR = timedelta(hours=12)
"""A webinar that starts later than this from now has let nobody in yet."""
HELD = (RegistrationStatus.ATTENDED, RegistrationStatus.ABSENT)

UNSETTLED = (
    Registration.status == RegistrationStatus.CONFIRMED,
    Registration.changed_at <= Webinar.ends_at,
)
"""What an organiser has said after the end stays as it was said."""


def settle(session: Session, *, now: datetime, most: int = 20) -> int:
    """Those who never came through the door of a webinar that is over are absent.

    Only where somebody did come by the door: elsewhere people joined in another way, and
    nothing is assumed. Counts of places stay. At most so many webinars at a time; how many
    there were. Call again while it returns more than nothing.
    """
    ids = session.scalars(
        sa.select(Webinar.id)
        .where(
            Webinar.ends_at <= now,
            Webinar.ends_at > now - LOOKS_BACK,
            Webinar.status == WebinarStatus.SCHEDULED,
            _some_of_it(*UNSETTLED),
            _some_of_it(
                Registration.status == RegistrationStatus.ATTENDED,
                Registration.came_at.is_not(None),
            ),
        )
        .order_by(Webinar.id)
        .limit(most)
    ).all()
    if ids:
        session.execute(
            sa.update(Registration)
            .where(
                Registration.webinar_id.in_(ids),
                Registration.status == RegistrationStatus.CONFIRMED,
                Registration.changed_at
                <= sa.select(Webinar.ends_at)
                .where(Webinar.id == Registration.webinar_id)
                .scalar_subquery(),
            )
            .values(status=RegistrationStatus.ABSENT, changed_at=now)
            .execution_options(synchronize_session=False)
        )
    return len(ids)


def _some_of_it(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(Registration.webinar_id == Webinar.id, *conditions).correlate(Webinar)


def begin_again(session: Session, *, webinar: Webinar, now: datetime) -> None:
    """A webinar takes place on another day after all: nobody has come, nobody stayed away.

    Without this, those whom the door had let in would have no reminder of the new date. A
    delay of some minutes changes nothing: who is in the room is there.
    """
    if webinar.starts_at <= now + FAR:
        return
    session.execute(
        sa.update(Registration)
        .where(Registration.webinar_id == webinar.id, Registration.status.in_(HELD))
        .values(status=RegistrationStatus.CONFIRMED, came_at=None, changed_at=now)
        .execution_options(synchronize_session="fetch")
    )
