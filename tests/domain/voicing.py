"""What tests of surveys and wishes share."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.editing import Editor
from webinars.domain.people import Person
from webinars.models import Participant, Registration, RegistrationStatus

END = datetime(2019, 3, 21, 13, 30, tzinfo=UTC)
"""Of March: 13 h in Paris, and ninety minutes."""
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
OLIVIA = "olivia@example.org"


def editor(now: datetime = END) -> Editor:
    """The organiser of the tests."""
    return Editor(OLIVIA, now)


def participant(session: Session, who: Person) -> Participant:
    """The row of one of the cast."""
    return session.scalars(sa.select(Participant).where(Participant.email == who.email)).one()


def all_are(session: Session, status: RegistrationStatus) -> None:
    """Every registration is in this status."""
    session.execute(sa.update(Registration).values(status=status))
