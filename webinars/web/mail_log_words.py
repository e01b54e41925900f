"""The log of mails in words: kinds, fates, reasons with what to do, alarms."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext, lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

from webinars.domain.mail_alarms import Alarms
from webinars.domain.mail_flow import Flow
from webinars.domain.mail_log import Fate
from webinars.domain.mail_reasons import Reason
from webinars.domain.plan import DEFAULT_ZONE
from webinars.i18n import hour, short_date
from webinars.models import AuditAct, ChangeKind, MailKind
from webinars.web.rights import MAIL_NAMES

KIND_NAMES: dict[MailKind, LazyString] = {
    **MAIL_NAMES,
    MailKind.INVITATION: lazy_gettext("Invitation to the desk"),
    MailKind.PASSWORD_RESET: lazy_gettext("Link for a new password"),
    MailKind.PASSWORD_CHANGED: lazy_gettext("Notice of a new password"),
    MailKind.TRIAL: lazy_gettext("Test of a mail"),
}
LEAVING = lazy_gettext("leaving")
"""A mail that a worker has in its hands."""
KEPT_BACK = lazy_gettext("kept back")
FATE_NAMES: dict[Fate, LazyString] = {
    Fate.OPEN: lazy_gettext("not delivered"),
    Fate.ASIDE: lazy_gettext("set aside"),
    Fate.WAITING: lazy_gettext("to leave"),
    Fate.SENT: lazy_gettext("has left"),
    Fate.DROPPED: lazy_gettext("not needed any more"),
}
FATE_BADGES: dict[Fate, tuple[str, str]] = {
    Fate.OPEN: ("cancelled", "warning"),
    Fate.ASIDE: ("coming", "circle"),
    Fate.WAITING: ("moved", "hourglass"),
    Fate.SENT: ("replay", "check"),
    Fate.DROPPED: ("coming", "cross"),
}
"""The look and the drawing of each."""
DEED_NAMES: dict[AuditAct, LazyString] = {
    AuditAct.MAIL_SENT_AGAIN: lazy_gettext("sent again"),
    AuditAct.MAIL_SET_ASIDE: lazy_gettext("set aside"),
    AuditAct.MAIL_PARKED: KEPT_BACK,
}
"""What was done to a mail, before who did it."""
CHANGE_NAMES: dict[ChangeKind, LazyString] = {
    ChangeKind.ADDED: lazy_gettext("added"),
    ChangeKind.MOVED: lazy_gettext("moved"),
    ChangeKind.RENAMED: lazy_gettext("renamed"),
    ChangeKind.CANCELLED: lazy_gettext("called off"),
    ChangeKind.CHANGED: lazy_gettext("changed"),
}


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """Why a mail did not leave, and what to do about it."""

    said: LazyString
    advice: LazyString | None = None
    """None where nothing is to be done."""


REASONS: dict[Reason, ReasonWords] = {
    Reason.NO_ADDRESS: ReasonWords(
        lazy_gettext("The mail server knows no such address."),
        lazy_gettext("Correct the address, then send the mail again."),
    ),
    Reason.REFUSED: ReasonWords(
        lazy_gettext("The mail server refused the mail for good."),
        lazy_gettext("Its words say why. Once that is mended, send the mail again."),
    ),
    Reason.BAD_ADDRESS: ReasonWords(
        lazy_gettext("This is no address that a mail can carry."),
        lazy_gettext("Correct the address, then send the mail again."),
    ),
    Reason.GIVEN_UP: ReasonWords(
        lazy_gettext("The mail server put it off for about three days."),
        lazy_gettext("The command webinars doctor says what is wrong. Then send the mail again."),
    ),
    Reason.UNCERTAIN: ReasonWords(
        lazy_gettext("The connection broke while it was handed over: it may have arrived."),
        lazy_gettext("Ask the person, or send it again: mail programs recognise a second copy."),
    ),
    Reason.EXPIRED: ReasonWords(
        lazy_gettext("Its time has passed: it could not leave while it was of use."),
        lazy_gettext("Write to the person yourself if it matters, then set it aside."),
    ),
    Reason.SUPPRESSED: ReasonWords(
        lazy_gettext("Nothing leaves for this address: mails came back from it."),
        lazy_gettext("Correct the address, or let mail leave for it again."),
    ),
    Reason.UNBUILT: ReasonWords(
        lazy_gettext("The mail could not be written: something is wrong on this site."),
        lazy_gettext("The log of the worker says what. Once it is mended, send the mail again."),
    ),
    Reason.PARKED: ReasonWords(
        lazy_gettext("Somebody keeps it back."), lazy_gettext("Send it once it may leave.")
    ),
    Reason.OTHER: ReasonWords(
        lazy_gettext("It did not leave."),
        lazy_gettext("The words below say why. Send it again, or set it aside."),
    ),
    Reason.CANCELLED: ReasonWords(lazy_gettext("The webinar was cancelled.")),
    Reason.MOVED: ReasonWords(
        lazy_gettext("The webinar was moved: a reminder of the new date takes its place.")
    ),
    Reason.LEFT: ReasonWords(lazy_gettext("The person is not registered for it any more.")),
    Reason.UNWANTED: ReasonWords(lazy_gettext("The person wants no more mails of this sort.")),
    Reason.UNTRUE: ReasonWords(
        lazy_gettext("The registration stands otherwise now: what it would say is not so any more.")
    ),
    Reason.TOLD: ReasonWords(lazy_gettext("Another mail has said it, or will.")),
    Reason.CHANGED_BACK: ReasonWords(lazy_gettext("What it would tell was changed back.")),
    Reason.SWITCHED_OFF: ReasonWords(lazy_gettext("The rule for this mail was switched off.")),
    Reason.OFFLINE: ReasonWords(lazy_gettext("The replay is not online any more.")),
    Reason.ABSENT: ReasonWords(lazy_gettext("The person did not come: they are not asked.")),
    Reason.ASKED: ReasonWords(
        lazy_gettext("The survey is closed, or the person has answered it already.")
    ),
    Reason.OVER: ReasonWords(lazy_gettext("Nothing of what it would tell is to come any more.")),
    Reason.ERASED: ReasonWords(lazy_gettext("The person has been erased.")),
    Reason.ACCOUNT: ReasonWords(
        lazy_gettext("The account was closed, or its password has changed meanwhile.")
    ),
}
MOST_WORDS = 200
"""Characters of a server's words in a sentence of ours."""
SERVERS_WORDS = (Reason.NO_ADDRESS, Reason.REFUSED, Reason.GIVEN_UP, Reason.UNBUILT, Reason.OTHER)
"""Reasons whose rows hold more than our sentence says."""


@dataclass(frozen=True, slots=True)
class AlarmWords:
    """One alarm: what is wrong, and what to do in one sentence."""

    title: str
    advice: str


def alarms_in_words(alarms: Alarms) -> tuple[AlarmWords, ...]:
    """The worst first; none when all is well."""
    found = []
    if alarms.silent:
        found.append(AlarmWords(_silent(alarms.worker_seen_at), _start_one()))
    if alarms.paused is not None:
        found.append(AlarmWords(_paused(alarms.paused), _ask_the_server(alarms.paused)))
    if alarms.overdue:
        title = ngettext("%(num)s mail is late", "%(num)s mails are late", alarms.overdue)
        if alarms.oldest_due is not None:
            since = gettext("the oldest since %(moment)s", moment=_moment(alarms.oldest_due))
            title = f"{title}, {since}" if not alarms.silent else title
        found.append(AlarmWords(title, _hurry(silent=alarms.silent)))
    if alarms.open:
        title = ngettext(
            "%(num)s mail could not be delivered",
            "%(num)s mails could not be delivered",
            alarms.open,
        )
        found.append(
            AlarmWords(title, gettext("Read why, then send them again or set them aside."))
        )
    return tuple(found)


def _silent(seen_at: datetime | None) -> str:
    if seen_at is None:
        return str(gettext("No worker has ever run"))
    return str(gettext("No worker has run since %(moment)s", moment=_moment(seen_at)))


def _start_one() -> str:
    return str(
        gettext(
            "Mails are kept and leave as soon as one runs. Start it on the server: %(command)s",
            command="webinars worker",
        )
    )


def _paused(flow: Flow) -> str:
    assert flow.since is not None, "something failed"
    return str(
        gettext("The mail server has taken nothing since %(moment)s", moment=_moment(flow.since))
    )


def _ask_the_server(flow: Flow) -> str:
    return str(
        gettext(
            "Mails are kept, and workers try again by themselves. It said: %(words)s "
            "Ask it on the server: %(command)s",
            words=f"“{(flow.reason or '')[:MOST_WORDS]}”.",
            command="webinars doctor",
        )
    )


def _hurry(*, silent: bool) -> str:
    if silent:
        return str(gettext("They wait for a worker."))
    return str(
        gettext(
            "The mail server takes nothing, or too slowly. Ask it on the server: %(command)s",
            command="webinars doctor",
        )
    )


def _moment(instant: datetime) -> str:
    return str(
        gettext(
            "%(date)s at %(hour)s",
            date=short_date(instant, DEFAULT_ZONE),
            hour=hour(instant, DEFAULT_ZONE),
        )
    )
