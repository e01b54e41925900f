"""The usual words of the mails as texts with placeholders: what organisers begin from.

They are those of ``templates/email``, from the same entries of the catalogues; the tests send
them as own words and demand the same mail.
"""

from collections.abc import Callable, Mapping

from flask_babel import gettext

from webinars.domain.mail_texts import Part, Situation
from webinars.models import MailKind

TITLE = {"title": "{webinar_title}"}
ON_THE_DAY = {"title": "{webinar_title}", "date": "{short_date}"}
AT_THE_HOUR = {**ON_THE_DAY, "hour": "{time}"}
CYCLE = {"cycle": "{cycle_title}"}
THEME = {"theme": "{theme_title}"}
COUNTED = {"webinars": "{webinars}"}

Usual = Callable[[], tuple[str, str]]
"""The subject and the opening, in the language of the moment."""


def _registered() -> tuple[str, str]:
    return (
        gettext("You are registered: %(title)s, %(date)s, %(hour)s", **AT_THE_HOUR),
        gettext("Your place is kept. On the day, your personal page leads you into the room."),
    )


def _to_confirm() -> tuple[str, str]:
    return (
        gettext("Please confirm: %(title)s, %(date)s, %(hour)s", **AT_THE_HOUR),
        gettext(
            "This address was given to register. Is it yours? Then press the button on your "
            "personal page: you have your place at once, or your rank on the waiting list if "
            "every place is taken."
        ),
    )


def _waiting() -> tuple[str, str]:
    return (
        gettext("On the waiting list: %(title)s, %(date)s, %(hour)s", **AT_THE_HOUR),
        gettext(
            "Every place is taken for now. Each place that becomes free goes to the first in "
            "line, and a mail tells them at once: you have nothing to watch."
        ),
    )


def _promoted() -> tuple[str, str]:
    return (
        gettext("A place is yours: %(title)s, %(date)s, %(hour)s", **AT_THE_HOUR),
        gettext(
            "A place has become free and you were next on the waiting list: you are registered "
            "now. On the day, your personal page leads you into the room."
        ),
    )


def _before() -> tuple[str, str]:
    subject = gettext("%(when)s: %(title)s", when="{when}", **TITLE)
    return subject + "{and_more}", "{room_opening}"


def _computed() -> tuple[str, str]:
    return "{what_changed}", "{what_to_do}"


def _ended() -> tuple[str, str]:
    return (
        gettext("Registration cancelled: %(title)s, %(date)s, %(hour)s", **AT_THE_HOUR),
        gettext(
            "The organisers have cancelled your registration: you are no longer expected, and no "
            "reminder follows. Is it a mistake? You can register again on the webinar’s page."
        ),
    )


def _online() -> str:
    return gettext("The replay is online: %(title)s, %(date)s", **ON_THE_DAY)


def _replay_came() -> tuple[str, str]:
    return _online(), gettext(
        "You were there: find the passage again that you want to keep, and pass the page on to "
        "those whom it can help."
    )


def _replay_missed() -> tuple[str, str]:
    return _online(), gettext(
        "You could not be there: here is the whole webinar, to watch when it suits you."
    )


def _replay_unknown() -> tuple[str, str]:
    return _online(), gettext(
        "Whether you were there or not: here is the whole webinar, to watch when it suits you."
    )


def _asked() -> str:
    return gettext("What did you think of it? %(title)s, %(date)s", **ON_THE_DAY)


def _survey_came() -> tuple[str, str]:
    return _asked(), gettext(
        "You were there: what do you take away, and what was missing? Your answers help to "
        "prepare the next ones."
    )


def _survey_unknown() -> tuple[str, str]:
    return _asked(), gettext(
        "If you were there: what do you take away, and what was missing? Your answers help to "
        "prepare the next ones."
    )


def _page_again() -> str:
    return gettext(
        "Here is your personal page again: your registrations, your calendar, and the way into "
        "the rooms."
    )


def _link_of_webinar() -> tuple[str, str]:
    subject = gettext("Your personal link: %(title)s, %(date)s, %(hour)s", **AT_THE_HOUR)
    return subject, _page_again()


def _link_of_page() -> tuple[str, str]:
    return gettext("Your personal link: %(site)s", site="{site_name}"), _page_again()


def _new_cycle() -> str:
    return gettext("New cycle from %(date)s: %(cycle)s", date="{first_date}", **CYCLE)


def _welcome_several() -> tuple[str, str]:
    return _new_cycle(), gettext(
        "%(webinars)s are to come. Take them all with one form, without an account, or choose "
        "some on their pages.",
        **COUNTED,
    )


def _welcome_one() -> tuple[str, str]:
    return _new_cycle(), gettext(
        "%(webinars)s is to come. Take it with one form, without an account.", **COUNTED
    )


def _whole_registered() -> tuple[str, str]:
    follows = gettext(
        "It holds for the whole cycle: a webinar that moves keeps your registration, and one that "
        "is added registers you by itself, with a mail that tells you."
    )
    subject = gettext("You are registered for %(webinars)s: %(cycle)s", **COUNTED, **CYCLE)
    return subject, f"{follows} {{if_waiting}}"


def _whole_to_confirm() -> tuple[str, str]:
    return (
        gettext("Please confirm: %(cycle)s", **CYCLE),
        gettext(
            "This address was given to register for all that is to come of “%(cycle)s”. Is it "
            "yours? Then press the button on your personal page: for each webinar you have your "
            "place at once, or your rank on the waiting list if every place is taken.",
            **CYCLE,
        ),
    )


def _following() -> tuple[str, str]:
    return (
        gettext("You follow a theme: %(theme)s", **THEME),
        gettext(
            "A mail tells you each time a webinar on this theme is planned. Its page then "
            "registers you: nothing is done without you."
        ),
    )


def _theme_to_confirm() -> tuple[str, str]:
    return (
        gettext("Please confirm: %(theme)s", **THEME),
        gettext(
            "This address was given to be told when a webinar on “%(theme)s” is planned. Is it "
            "yours? Then press the button on your personal page.",
            **THEME,
        ),
    )


_USUAL: Mapping[tuple[MailKind, str], Usual] = {
    (MailKind.CONFIRMATION, "registered"): _registered,
    (MailKind.CONFIRMATION, "to_confirm"): _to_confirm,
    (MailKind.WAITING_LIST, "waiting"): _waiting,
    (MailKind.PROMOTION, "promoted"): _promoted,
    (MailKind.REMINDER, "before"): _before,
    (MailKind.CHANGE_NOTICE, "changed"): _computed,
    (MailKind.CHANGE_NOTICE, "cancelled"): _computed,
    (MailKind.CANCELLATION, "ended"): _ended,
    (MailKind.REPLAY, "came"): _replay_came,
    (MailKind.REPLAY, "missed"): _replay_missed,
    (MailKind.REPLAY, "unknown"): _replay_unknown,
    (MailKind.SURVEY, "came"): _survey_came,
    (MailKind.SURVEY, "unknown"): _survey_unknown,
    (MailKind.LINK, "webinar"): _link_of_webinar,
    (MailKind.LINK, "page"): _link_of_page,
    (MailKind.WELCOME, "several"): _welcome_several,
    (MailKind.WELCOME, "one"): _welcome_one,
    (MailKind.CYCLE_CONFIRMATION, "registered"): _whole_registered,
    (MailKind.CYCLE_CONFIRMATION, "to_confirm"): _whole_to_confirm,
    (MailKind.THEME_CONFIRMATION, "following"): _following,
    (MailKind.THEME_CONFIRMATION, "to_confirm"): _theme_to_confirm,
    (MailKind.PLANNED, "planned"): _computed,
}


def usual_words(where: Situation) -> dict[Part, str]:
    """Every part of a situation as the product says it, in the language of the moment."""
    subject, opening = _USUAL[where.kind, where.name]()
    return {Part.SUBJECT: subject, Part.OPENING: opening, Part.CLOSING: ""}
