"""The mails whose words can be written at the desk, and their placeholders, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from webinars.domain.mail_texts import Part, Situation
from webinars.models import MailKind
from webinars.web.rights import MAIL_NAMES

REGISTERED = lazy_gettext("to those who are registered")
TO_CONFIRM = lazy_gettext("to those who have yet to press the button that proves their address")
CAME = lazy_gettext("to those who came")

TO_WHOM: Mapping[tuple[MailKind, str], LazyString] = {
    (MailKind.CONFIRMATION, "registered"): REGISTERED,
    (MailKind.CONFIRMATION, "to_confirm"): TO_CONFIRM,
    (MailKind.WAITING_LIST, "waiting"): lazy_gettext("to those who wait for a place"),
    (MailKind.PROMOTION, "promoted"): lazy_gettext("to those who were next on the waiting list"),
    (MailKind.REMINDER, "before"): lazy_gettext("before the webinar, by the rules of the cycle"),
    (MailKind.CHANGE_NOTICE, "changed"): lazy_gettext("of what was moved, renamed or put back"),
    (MailKind.CHANGE_NOTICE, "cancelled"): lazy_gettext("of webinars that are cancelled"),
    (MailKind.CANCELLATION, "ended"): lazy_gettext(
        "to those whose registration an organiser has cancelled"
    ),
    (MailKind.REPLAY, "came"): CAME,
    (MailKind.REPLAY, "missed"): lazy_gettext("to those who missed it"),
    (MailKind.REPLAY, "unknown"): lazy_gettext("where nobody knows who came"),
    (MailKind.SURVEY, "came"): CAME,
    (MailKind.SURVEY, "unknown"): lazy_gettext("where nobody knows who came"),
    (MailKind.LINK, "webinar"): lazy_gettext("asked for from a webinar that they registered for"),
    (MailKind.LINK, "page"): lazy_gettext("asked for from elsewhere"),
    (MailKind.WELCOME, "several"): lazy_gettext("of which several webinars are to come"),
    (MailKind.WELCOME, "one"): lazy_gettext("of which one webinar is to come"),
    (MailKind.CYCLE_CONFIRMATION, "registered"): REGISTERED,
    (MailKind.CYCLE_CONFIRMATION, "to_confirm"): TO_CONFIRM,
    (MailKind.THEME_CONFIRMATION, "following"): lazy_gettext("to those who follow it"),
    (MailKind.THEME_CONFIRMATION, "to_confirm"): TO_CONFIRM,
    (MailKind.PLANNED, "planned"): lazy_gettext("to those who follow the cycle or the theme"),
}

PART_NAMES: Mapping[Part, LazyString] = {
    Part.SUBJECT: lazy_gettext("Subject line"),
    Part.OPENING: lazy_gettext("Text above the button"),
    Part.CLOSING: lazy_gettext("Text at the end"),
}

PLACEHOLDERS: Mapping[str, LazyString] = {
    "webinar_title": lazy_gettext("title of the webinar"),
    "cycle_title": lazy_gettext("title of the cycle"),
    "theme_title": lazy_gettext("title of the theme"),
    "date": lazy_gettext("its date in full, with the weekday"),
    "short_date": lazy_gettext("its date in short"),
    "time": lazy_gettext("the hour at which it begins"),
    "zone": lazy_gettext("whose hour that is, such as “Paris time”"),
    "position": lazy_gettext("their number on the waiting list"),
    "when": lazy_gettext("“Today”, “Tomorrow” or the date, with the hour"),
    "and_more": lazy_gettext("“, and 2 more webinars” where the mail speaks of several"),
    "room_opening": lazy_gettext("how long before the start the room opens"),
    "what_changed": lazy_gettext("what is new, in one sentence"),
    "what_to_do": lazy_gettext("what it means for this person"),
    "first_date": lazy_gettext("the day of the first webinar to come"),
    "webinars": lazy_gettext("how many, such as “12 webinars”"),
    "if_waiting": lazy_gettext("what the waiting list is, where they are on one"),
    "full_name": lazy_gettext("name of the person; not in the subject"),
    "site_name": lazy_gettext("name of the site"),
    "organisation": lazy_gettext("name of the organisation"),
}


@dataclass(frozen=True, slots=True)
class SituationWords:
    """A mail in one situation, as the desk calls it."""

    mail: str
    to_whom: str


def situation_words(where: Situation) -> SituationWords:
    """«Le replay est en ligne», «à qui est venu»."""
    return SituationWords(str(MAIL_NAMES[where.kind]), str(TO_WHOM[where.kind, where.name]))
