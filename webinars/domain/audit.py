"""Writing the audit trail: a row in the transaction of each act of an organiser."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webinars.models import AuditAct, AuditedWebinar, AuditEntry

COMMAND_LINE = "command line"
"""Who acts where nobody has signed in."""
PARTICIPANT = "participant"
"""Who acts on their own page: never named here."""
RETENTION = "retention"
"""What acts by itself when somebody was not heard of for long."""


def record(
    session: Session,
    *,
    actor: str,
    act: AuditAct,
    now: datetime,
    cycle_id: int | None = None,
    slugs: Iterable[str] = (),
    subject: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    draft_version: int | None = None,
    revision: int | None = None,
) -> AuditEntry:
    """One act. ``before`` and ``after`` are JSON and name what differs, no secret among it."""
    entry = AuditEntry(
        at=now,
        actor=actor,
        act=act,
        cycle_id=cycle_id,
        subject=subject,
        before=before or {},
        after=after or {},
        draft_version=draft_version,
        revision=revision,
        webinars=[AuditedWebinar(slug=slug) for slug in sorted(set(slugs))],
    )
    session.add(entry)
    return entry
