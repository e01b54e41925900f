"""Why a mail ended without leaving, read from the words that stand in its row.

Rows keep the words with which they ended, so every wording that was ever written stays here.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from webinars.domain import mail_lists, notices, outbox, planned, reminders, surveys, welcome
from webinars.domain.delivery_notices import NO_SUCH_ADDRESS
from webinars.models import OutboxMail


class Reason(enum.StrEnum):
    """Why it did not leave."""

    # It could not be delivered.
    NO_ADDRESS = "no_address"
    """The server knows no such recipient."""
    REFUSED = "refused"
    """The server said no for good."""
    BAD_ADDRESS = "bad_address"
    """The address cannot be written into an envelope."""
    GIVEN_UP = "given_up"
    """Tried for days."""
    UNCERTAIN = "uncertain"
    """It may or may not have arrived."""
    EXPIRED = "expired"
    """It waited until it was of no use."""
    SUPPRESSED = "suppressed"
    """The address is stopped."""
    UNBUILT = "unbuilt"
    """Its texts could not be made."""
    PARKED = "parked"
    """An organiser keeps it back."""
    OTHER = "other"
    # It was not needed any more.
    CANCELLED = "cancelled"
    MOVED = "moved"
    LEFT = "left"
    """The person stands registered no more."""
    UNWANTED = "unwanted"
    """The person has left this sort of mail."""
    UNTRUE = "untrue"
    """The registration stands otherwise now."""
    TOLD = "told"
    """Another mail says it."""
    CHANGED_BACK = "changed_back"
    SWITCHED_OFF = "switched_off"
    OFFLINE = "offline"
    ABSENT = "absent"
    ASKED = "asked"
    """The survey is closed, or they have answered it."""
    OVER = "over"
    """Nothing of it is to come."""
    ERASED = "erased"
    ACCOUNT = "account"
    """The account is closed, or its password was chosen meanwhile."""


UNDELIVERED = (
    Reason.NO_ADDRESS,
    Reason.REFUSED,
    Reason.BAD_ADDRESS,
    Reason.GIVEN_UP,
    Reason.UNCERTAIN,
    Reason.EXPIRED,
    Reason.SUPPRESSED,
    Reason.UNBUILT,
    Reason.PARKED,
    Reason.OTHER,
)
"""Somebody did not get what they were owed. The others are of mails that nobody misses."""
BY_HAND = "parked by hand"


@dataclass(frozen=True, slots=True)
class Words:
    """What stands in the rows of one reason: a whole reply, or how one begins."""

    reason: Reason
    whole: Sequence[str] = ()
    beginnings: Sequence[str] = ()
    like: Sequence[str] = ()
    """Patterns of SQL."""


WORDS = (
    Words(Reason.SUPPRESSED, beginnings=[mail_lists.SUPPRESSED.partition("(")[0]]),
    Words(Reason.EXPIRED, whole=[outbox.EXPIRED]),
    Words(
        Reason.NO_ADDRESS,
        # The code of the reply, then RFC 2034's; "5.2.1" is not "5.2.12".
        like=[f"5__ {code}{end}" for code in NO_SUCH_ADDRESS for end in ("", " %")],
    ),
    Words(Reason.REFUSED, like=["5__ %"]),
    Words(Reason.GIVEN_UP, beginnings=["given up after "]),
    Words(Reason.UNCERTAIN, whole=[outbox.LOST], beginnings=["the link broke after the message: "]),
    Words(Reason.BAD_ADDRESS, beginnings=["the address cannot be written: "]),
    Words(
        Reason.UNBUILT,
        whole=["a header has control characters"],
        beginnings=["it could not be built: "],
    ),
    Words(Reason.PARKED, beginnings=[BY_HAND]),
    Words(Reason.CANCELLED, whole=[reminders.CANCELLED]),
    Words(Reason.MOVED, whole=[reminders.MOVED]),
    Words(
        Reason.LEFT,
        whole=[
            reminders.LEFT,
            notices.LEFT,
            "the person has left the cycle",
            "the person follows the theme no more",
        ],
    ),
    Words(Reason.UNWANTED, whole=[mail_lists.LEFT, welcome.STOPPED]),
    Words(Reason.UNTRUE, beginnings=["it is no longer true: the registration is "]),
    Words(
        Reason.TOLD,
        whole=[
            notices.TOLD_LATER,
            planned.TOLD_LATER,
            "it was confirmed since, and that has a mail of its own",
        ],
    ),
    Words(Reason.CHANGED_BACK, whole=[notices.CHANGED_BACK]),
    Words(Reason.SWITCHED_OFF, whole=[reminders.SWITCHED_OFF]),
    Words(Reason.OFFLINE, whole=[reminders.OFFLINE]),
    Words(Reason.ABSENT, whole=[reminders.ABSENT]),
    Words(Reason.ASKED, whole=[surveys.CLOSED, surveys.ANSWERED]),
    Words(
        Reason.OVER,
        whole=[
            planned.NOTHING_LEFT,
            welcome.NOTHING_TO_COME,
            "nothing that they registered for is to come any more",
        ],
    ),
    Words(Reason.ERASED, whole=["the person has been erased"]),
    Words(
        Reason.ACCOUNT,
        whole=[
            "the account is closed",
            "a password has been chosen already",
            "the password has changed since",
        ],
    ),
)


def _stands(words: Words) -> sa.ColumnElement[bool]:
    reply = OutboxMail.reply
    return sa.or_(
        *([reply.in_(words.whole)] if words.whole else []),
        *(reply.startswith(one, autoescape=True) for one in words.beginnings),
        *(reply.like(one) for one in words.like),
    )


REASON: sa.ColumnElement[str] = sa.case(
    *((_stands(words), words.reason.value) for words in WORDS), else_=Reason.OTHER.value
)
"""The reason of a row that failed or is parked."""


def is_of(*reasons: Reason) -> sa.ColumnElement[bool]:
    """The condition that a row which failed or is parked did so for one of these reasons."""
    return REASON.in_([one.value for one in reasons])


def reason_of(words: str | None) -> Reason:
    """The same of words that stand in no row yet."""
    for one in WORDS:
        if words in one.whole or any((words or "").startswith(text) for text in one.beginnings):
            return one.reason
    return Reason.OTHER
