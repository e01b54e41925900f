"""What is done about notices: a mail came back, was refused, or was called unwanted.

Anybody can write to the mailbox of notices. So a notice changes something only if it names our
mail by its Message-ID, which holds 122 random bits and went to this recipient alone; any other
is kept for the organisers to see, and only about an address that was written to lately. What
is done is done to the address of that mail in the ledger, never to one that the notice names.

A complaint stops what may be left, and not what belongs to a registration: whoever registered
has to hear that their webinar is cancelled, and that button stands beside «delete».
"""

import enum
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webinars.domain import list_choices
from webinars.models import (
    AddressStanding,
    DeliveryNotice,
    LeftBy,
    MailList,
    MailState,
    NoticeKind,
    OutboxMail,
    Participant,
    StopReason,
)

LATELY = timedelta(days=30)
"""A notice without proof is kept only about an address that was written to since then."""
FORTNIGHT = timedelta(days=14)
MOST_TRANSIENT = 3
"""So many mails of a fortnight that came back stop an address."""
MOST_UNPROVEN = 20
"""For one address; more tell nothing and may be sent by anybody."""
MOST_IDS = 20
MOST_WORDS = 300
CONTROL = re.compile(r"[\x00-\x1f\x7f]")

NOT_THE_ADDRESS = ("5.1.7", "5.1.8", "5.3.4", "5.5.", "5.6.", "5.7.")
"""Sender, size, protocol, content and policy (RFC 3463 section 3): ours to mend."""
MAY_PASS = ("5.2.2", "5.2.3", "5.3.1", "5.3.2", "5.4.5", "5.4.6", "5.4.7", "5.4.14")
"""A full mailbox or system, a loop, a time that ran out: permanent for this mail alone."""
NO_SUCH_ADDRESS = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
"""Wrong, moved or closed: what a server's refusal has to say to stop an address."""


_STANDS = {
    "sqlite": sqlite.insert(AddressStanding).on_conflict_do_nothing(index_elements=["address"]),
    "postgresql": postgresql.insert(AddressStanding).on_conflict_do_nothing(
        index_elements=["address"]
    ),
}
_NOTICED = {
    "sqlite": sqlite.insert(DeliveryNotice)
    .on_conflict_do_nothing(index_elements=["key"])
    .returning(DeliveryNotice.id),
    "postgresql": postgresql.insert(DeliveryNotice)
    .on_conflict_do_nothing(index_elements=["key"])
    .returning(DeliveryNotice.id),
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a notice says of one mail."""

    kind: NoticeKind
    message_ids: tuple[str, ...]
    """With their angle brackets: what it may be about, the surest first."""
    recipients: tuple[str, ...]
    """Addresses that it names, in lower case."""
    status: str | None
    """The enhanced status code (RFC 3463)."""
    words: str
    notice: str
    """What tells this notice from others."""

    def storable(self) -> "Report":
        """Without what no database takes: it comes from anybody."""
        return replace(
            self,
            message_ids=tuple(map(_storable, self.message_ids[:MOST_IDS])),
            recipients=tuple(map(_storable, self.recipients[:MOST_IDS])),
            words=_storable(self.words),
            notice=_storable(self.notice),
        )


def _storable(text: str) -> str:
    return CONTROL.sub(" ", text.encode("utf-8", "replace").decode("utf-8"))


class Outcome(enum.StrEnum):
    """What became of a report."""

    STOPPED = "stopped"
    """Nothing leaves for the address any more."""
    LISTS_LEFT = "lists_left"
    """Only what belongs to a registration leaves."""
    COUNTED = "counted"
    RECORDED = "recorded"
    """It is shown to the organisers, and nothing else."""
    KNOWN = "known"
    """It has come before."""
    UNKNOWN = "unknown"
    """It is about nobody we wrote to."""


def kind_of(status: str | None, *, delayed: bool = False) -> NoticeKind:
    """What a status code means for the address. Without a code it may pass."""
    if delayed or status is None or not status.startswith("5."):
        return NoticeKind.TRANSIENT
    if _is_among(status, MAY_PASS):
        return NoticeKind.TRANSIENT
    return NoticeKind.OURS if _is_among(status, NOT_THE_ADDRESS) else NoticeKind.PERMANENT


def is_no_such_address(status: str | None) -> bool:
    """Whether a refusal says that the address leads nowhere."""
    return status is not None and _is_among(status, NO_SUCH_ADDRESS)


def _is_among(status: str, codes: Sequence[str]) -> bool:
    return any(status == code or (code[-1] == "." and status.startswith(code)) for code in codes)


def take(session: Session, *, report: Report, now: datetime) -> Outcome:
    """Note one report and do what it asks for, once, however often it comes."""
    report = report.storable()
    mail = session.scalar(
        sa.select(OutboxMail).where(OutboxMail.message_id.in_(report.message_ids)).limit(1)
    )
    named = mail is not None
    mail = mail or _written_lately(session, report, now)
    if mail is None or not _still_somebody(session, mail):
        return Outcome.UNKNOWN
    # A complaint often hides who complained; a mail that came back says whom it was for, and
    # that address may have been corrected since.
    address = mail.recipient.email
    fits = not report.recipients or address in report.recipients
    proven = named and (fits or report.kind is NoticeKind.COMPLAINT)
    return _note(session, mail=mail, address=address, report=report, proven=proven, now=now)


def refused_at_hand_over(
    session: Session, *, mail_id: int, address: str, status: str, words: str, now: datetime
) -> None:
    """The server that takes our mail knows no such address: nothing leaves for it any more."""
    mail = session.get_one(OutboxMail, mail_id)
    report = Report(
        kind=NoticeKind.PERMANENT,
        message_ids=(mail.message_id,),
        recipients=(address,),
        status=status,
        words=words,
        notice="",
    )
    _note(
        session,
        mail=mail,
        address=address.lower(),
        report=report,
        proven=True,
        now=now,
        reason=StopReason.REFUSED,
    )


def _written_lately(session: Session, report: Report, now: datetime) -> OutboxMail | None:
    return session.scalar(
        sa.select(OutboxMail)
        .join(OutboxMail.participant)
        .where(
            Participant.email.in_(report.recipients),
            OutboxMail.state == MailState.SENT,
            OutboxMail.sent_at > now - LATELY,
        )
        .order_by(OutboxMail.sent_at.desc(), OutboxMail.id.desc())
        .limit(1)
    )


def _still_somebody(session: Session, mail: OutboxMail) -> bool:
    """Whether the recipient has not been erased; the person's row is locked before the address."""
    if mail.participant_id is None:
        return True
    found = session.scalar(
        sa.select(Participant.id)
        .where(Participant.id == mail.participant_id, Participant.erased_at.is_(None))
        .with_for_update(key_share=True)
    )
    return found is not None


def _note(
    session: Session,
    *,
    mail: OutboxMail,
    address: str,
    report: Report,
    proven: bool,
    now: datetime,
    reason: StopReason = StopReason.RETURNED,
) -> Outcome:
    standing = _locked_standing(session, address, now)
    key = f"{mail.message_id} {report.kind}" if proven else _digest(address, report)
    if not proven and _unproven(session, standing) >= MOST_UNPROVEN:
        return Outcome.KNOWN
    row = {
        "key": key,
        "standing_id": standing.id,
        "mail_id": mail.id,
        "proven": proven,
        "kind": report.kind,
        "status": report.status,
        "words": " ".join(report.words.split())[:MOST_WORDS],
        "mail_sent_at": mail.sent_at,
        "noticed_at": now,
    }
    made = session.execute(_NOTICED[session.get_bind().dialect.name], [row])
    if made.first() is None:
        return Outcome.KNOWN
    standing.noticed_at = now
    outcome = Outcome.RECORDED
    if proven and not _is_settled(standing, mail):
        outcome = _act(session, standing, mail, report.kind, reason, now)
    session.flush()
    return outcome


def _act(
    session: Session,
    standing: AddressStanding,
    mail: OutboxMail,
    kind: NoticeKind,
    reason: StopReason,
    now: datetime,
) -> Outcome:
    if kind is NoticeKind.COMPLAINT and mail.participant is not None:
        list_choices.leave(
            session, participant=mail.participant, lists=MailList, by=LeftBy.COMPLAINT, now=now
        )
        standing.complained_at = standing.complained_at or now
        return Outcome.LISTS_LEFT
    if kind is NoticeKind.TRANSIENT:
        if not _too_many(session, standing):
            return Outcome.COUNTED
        reason = StopReason.UNREACHABLE
    elif kind is not NoticeKind.PERMANENT:
        return Outcome.RECORDED
    if standing.stopped_at is None:
        standing.stopped_at, standing.reason = now, reason
    return Outcome.STOPPED


def _is_settled(standing: AddressStanding, mail: OutboxMail) -> bool:
    """The mail left before an organiser said that the address is good."""
    lifted, sent = standing.lifted_at, mail.sent_at
    return lifted is not None and sent is not None and sent <= lifted


def _too_many(session: Session, standing: AddressStanding) -> bool:
    """Whether so many different mails of some fortnight came back, since an organiser's word."""
    left = session.scalars(
        sa.select(sa.func.coalesce(DeliveryNotice.mail_sent_at, DeliveryNotice.noticed_at))
        .where(
            DeliveryNotice.standing_id == standing.id,
            DeliveryNotice.kind == NoticeKind.TRANSIENT,
            DeliveryNotice.proven,
        )
        .order_by(DeliveryNotice.id.desc())
        .limit(MOST_UNPROVEN)
    )
    since = standing.lifted_at
    times = sorted(at for at in left if since is None or at > since)
    spans = zip(times, times[MOST_TRANSIENT - 1 :], strict=False)
    return any(last - first <= FORTNIGHT for first, last in spans)


def _locked_standing(session: Session, address: str, now: datetime) -> AddressStanding:
    row = {"address": address, "noticed_at": now}
    session.execute(_STANDS[session.get_bind().dialect.name], [row])
    return session.scalars(
        sa.select(AddressStanding)
        .where(AddressStanding.address == address)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _unproven(session: Session, standing: AddressStanding) -> int:
    return (
        session.scalar(
            sa.select(sa.func.count())
            .select_from(DeliveryNotice)
            .where(DeliveryNotice.standing_id == standing.id, ~DeliveryNotice.proven)
        )
        or 0
    )


def _digest(address: str, report: Report) -> str:
    said = "\n".join((address, report.kind, report.status or "", report.notice))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
