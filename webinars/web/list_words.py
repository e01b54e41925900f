"""The lists of mails in words."""

from dataclasses import dataclass

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from webinars.models import MailList


@dataclass(frozen=True, slots=True)
class ListWords:
    """What a list is called, and what its buttons say."""

    title: LazyString
    tells: LazyString
    """When such a mail comes."""
    stop: LazyString
    take_up: LazyString
    stopped: LazyString
    """The title of the page when it is done."""


LIST_WORDS: dict[MailList, ListWords] = {
    MailList.REMINDERS: ListWords(
        title=lazy_gettext("Reminders"),
        tells=lazy_gettext("Before each webinar that you are registered for."),
        stop=lazy_gettext("Stop the reminders"),
        take_up=lazy_gettext("Remind me again"),
        stopped=lazy_gettext("The reminders are stopped"),
    ),
    MailList.REPLAYS: ListWords(
        title=lazy_gettext("Replays"),
        tells=lazy_gettext("When the replay of a webinar of yours is there."),
        stop=lazy_gettext("Stop the mails about replays"),
        take_up=lazy_gettext("Write to me about replays again"),
        stopped=lazy_gettext("The mails about replays are stopped"),
    ),
    MailList.SURVEYS: ListWords(
        title=lazy_gettext("Surveys"),
        tells=lazy_gettext("A few questions after a webinar of yours."),
        stop=lazy_gettext("Stop the surveys"),
        take_up=lazy_gettext("Ask me again"),
        stopped=lazy_gettext("The surveys are stopped"),
    ),
    MailList.THEMES: ListWords(
        title=lazy_gettext("Themes that I follow"),
        tells=lazy_gettext("When a webinar on a theme that you follow is planned."),
        stop=lazy_gettext("Stop the announcements"),
        take_up=lazy_gettext("Announce them to me again"),
        stopped=lazy_gettext("The announcements about your themes are stopped"),
    ),
    MailList.NEWS: ListWords(
        title=lazy_gettext("News of new cycles"),
        tells=lazy_gettext("When a new cycle is planned."),
        stop=lazy_gettext("Stop the news"),
        take_up=lazy_gettext("Write to me about new cycles"),
        stopped=lazy_gettext("News of new cycles is stopped"),
    ),
}
