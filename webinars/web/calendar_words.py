"""Programs that fetch calendars, and what a second parser finds in them, in words."""

from datetime import datetime, timedelta

from babel.dates import format_timedelta
from flask_babel import force_locale, gettext, lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

from webinars.domain.calendars_seen import Client, Reach
from webinars.domain.feed_checks import Checked
from webinars.domain.second_reading import PARSER, Oddity, Oddness
from webinars.i18n import language
from webinars.models import ClientFamily
from webinars.web.change_words import quoted

FAMILY_NAMES: dict[ClientFamily, LazyString | str] = {
    ClientFamily.GOOGLE: lazy_gettext("Google Calendar"),
    ClientFamily.APPLE: lazy_gettext("Apple Calendar (Mac, iPhone, iPad)"),
    ClientFamily.MICROSOFT: lazy_gettext("Outlook and Microsoft 365"),
    ClientFamily.THUNDERBIRD: "Thunderbird",
    ClientFamily.NEXTCLOUD: "Nextcloud",
    ClientFamily.YAHOO: "Yahoo",
    ClientFamily.ANDROID: lazy_gettext("ICSx⁵ and DAVx⁵ (Android)"),
    ClientFamily.PROGRAM: lazy_gettext("Programs and scripts"),
    ClientFamily.BROWSER: lazy_gettext("Web browsers"),
    ClientFamily.OTHER: lazy_gettext("Others"),
}
REFRESHES: dict[ClientFamily, LazyString] = {
    ClientFamily.GOOGLE: lazy_gettext(
        "Google refreshes every 8 to 24 hours and cannot be hurried."
    ),
    ClientFamily.APPLE: lazy_gettext("Everybody chooses how often theirs refreshes."),
    ClientFamily.MICROSOFT: lazy_gettext("Outlook refreshes every few hours."),
    ClientFamily.THUNDERBIRD: lazy_gettext("Thunderbird refreshes while it is open."),
    ClientFamily.NEXTCLOUD: lazy_gettext("Nextcloud refreshes about every hour."),
    ClientFamily.ANDROID: lazy_gettext("Everybody chooses how often theirs refreshes."),
    ClientFamily.BROWSER: lazy_gettext(
        "Somebody looked at it or saved it: a browser does not come back."
    ),
}
"""When a family that lacks something may have it. The others have no rule that is known."""

REACH_NAMES: dict[Reach, LazyString] = {
    Reach.HAS_IT: lazy_gettext("has come since"),
    Reach.NOT_YET: lazy_gettext("not yet"),
    Reach.AWAY: lazy_gettext("no longer comes"),
}
REACH_SIGNS: dict[Reach, tuple[str, str]] = {
    Reach.HAS_IT: ("replay", "check"),
    Reach.NOT_YET: ("moved", "hourglass"),
    Reach.AWAY: ("past", "circle"),
}
"""Badge and drawing."""

A_MOMENT = timedelta(minutes=1)

ODDITIES: dict[Oddity, LazyString] = {
    Oddity.UNREADABLE: lazy_gettext("The parser gave up: %(found)s"),
    Oddity.REFUSED: lazy_gettext("The parser’s own rules refuse it: %(found)s"),
    Oddity.NOT_ONE_CALENDAR: lazy_gettext("It holds %(found)s calendars; it should be one."),
    Oddity.LINE_ENDS: lazy_gettext("Not every line ends with CR LF."),
    Oddity.LONG_LINES: lazy_gettext("A line has %(found)s octets; %(wanted)s are allowed."),
    Oddity.IN_NO_FEED: lazy_gettext(
        "It carries %(found)s, by which programs take it for an invitation."
    ),
    Oddity.COUNT: lazy_gettext("Entries read: %(found)s; entries published: %(wanted)s."),
    Oddity.TWICE: lazy_gettext("The UID %(entry)s stands in it %(found)s times."),
    Oddity.MISSING: lazy_gettext("%(entry)s is published and missing."),
    Oddity.UNKNOWN: lazy_gettext("%(entry)s stands in it and is not published."),
    Oddity.STARTS: lazy_gettext("%(entry)s starts at %(found)s; published is %(wanted)s."),
    Oddity.ENDS: lazy_gettext("%(entry)s ends at %(found)s; published is %(wanted)s."),
    Oddity.TITLE: lazy_gettext("%(entry)s is read as %(found)s."),
    Oddity.STATUS: lazy_gettext("%(entry)s says %(found)s; it should say %(wanted)s."),
    Oddity.SEQUENCE: lazy_gettext("%(entry)s has SEQUENCE %(found)s; published is %(wanted)s."),
    Oddity.FLOATING: lazy_gettext("%(entry)s has no instant: %(found)s."),
    Oddity.FUTURE: lazy_gettext("%(entry)s is stamped later than now: %(found)s."),
}


def ago(instant: datetime, now: datetime) -> str:
    """«il y a 3 heures», «à l’instant»."""
    if now - instant < A_MOMENT:
        return str(gettext("just now"))
    return format_timedelta(instant - now, add_direction=True, locale=language())


def reach_words(client: Client) -> str:
    """Whether it has the latest, in the words of a badge."""
    if client.reach is Reach.HAS_IT and client.is_one:
        return str(gettext("has it"))
    return str(REACH_NAMES[client.reach])


def cycle_client_words(client: Client, revision: int) -> str:
    """What a family has of a cycle whose latest publication is this one."""
    if not client.behind and client.is_one:
        return str(gettext("Revision %(revision)s, the latest.", revision=revision))
    if not client.behind:
        return str(gettext("Revision %(revision)s, for whoever came last.", revision=revision))
    return str(
        gettext("Revision %(seen)s of %(revision)s.", seen=client.revision, revision=revision)
    )


def house_client_words(client: Client) -> str:
    """What a family has of a feed over all cycles."""
    if not client.behind and client.is_one:
        return str(gettext("Everything that is published."))
    if not client.behind:
        return str(gettext("Everything that is published, for whoever came last."))
    return str(
        ngettext(
            "Lacks the latest publication.", "Lacks the latest %(num)s publications.", client.behind
        )
    )


def oddness_words(one: Oddness) -> str:
    """One finding as a sentence."""
    found = quoted(one.found) if one.oddity is Oddity.TITLE else one.found
    entry = quoted(one.entry) if one.entry and one.oddity is not Oddity.TWICE else one.entry
    return str(ODDITIES[one.oddity]) % {"found": found, "entry": entry, "wanted": one.wanted}


def reading_words(checked: Checked) -> str:
    """What came of reading one feed, in a sentence."""
    reading = checked.reading
    if not reading.count:
        return str(
            ngettext(
                "No warnings: %(num)s entry read by %(parser)s.",
                "No warnings: %(num)s entries read by %(parser)s.",
                reading.entries,
                parser=PARSER,
            )
        )
    return str(
        ngettext(
            "%(num)s warning of %(parser)s:",
            "%(num)s warnings of %(parser)s:",
            reading.count,
            parser=PARSER,
        )
    )


def reading_lines(checked: Checked, language: str) -> list[str]:
    """The same and its findings, in this language whatever is asked."""
    with force_locale(language):
        return [reading_words(checked), *map(oddness_words, checked.reading.findings)]
