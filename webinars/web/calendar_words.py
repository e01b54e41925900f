"""Programs that fetch calendars, and what a second parser finds in them, in words."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from babel.dates import format_timedelta
from flask_babel import force_locale, gettext, lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

from webinars.domain.calendars_seen import Client, Reach
from webinars.domain.changes import PlanChange
from webinars.domain.feed_changes import Origin, Since
from webinars.domain.feed_checks import Checked
from webinars.domain.second_reading import PARSER, Oddity, Oddness
from webinars.i18n import hour, language, short_date
from webinars.models import ChangeKind, ClientFamily
from webinars.web.change_words import change_in_words, quoted

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
    Oddity.NOT_SERVED: lazy_gettext("Programs are answered %(found)s."),
    Oddity.PACKED: lazy_gettext("The compressed answer is not the same calendar as the plain one."),
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
    if client.lacks:
        return str(
            gettext("Revision %(seen)s of %(revision)s.", seen=client.revision, revision=revision)
        )
    if client.since:
        return str(gettext("Revision %(revision)s, not what came after it.", revision=revision))
    if client.is_one:
        return str(gettext("Revision %(revision)s, the latest.", revision=revision))
    return str(gettext("Revision %(revision)s, for whoever came last.", revision=revision))


def house_client_words(client: Client) -> str:
    """What a family has of a feed over all cycles."""
    if client.since:
        return str(gettext("It has not seen the latest change."))
    if client.is_one:
        return str(gettext("Everything that is published."))
    return str(gettext("Everything that is published, for whoever came last."))


SINCE: dict[Origin, Callable[..., str]] = {
    Origin.PUBLICATION: lambda **said: ngettext(
        "A publication changed %(num)s webinar on %(date)s at %(hour)s.",
        "Publications changed %(num)s webinars, the last on %(date)s at %(hour)s.",
        **said,
    ),
    Origin.TEXTS: lambda **said: ngettext(
        "The texts of %(num)s webinar changed on %(date)s at %(hour)s.",
        "The texts of %(num)s webinars changed, the last on %(date)s at %(hour)s.",
        **said,
    ),
    Origin.REPLAY: lambda **said: ngettext(
        "%(num)s replay went online on %(date)s at %(hour)s.",
        "%(num)s replays went online, the last on %(date)s at %(hour)s.",
        **said,
    ),
}


def since_words(one: Since, zone: str) -> str:
    """What one origin changed, and when, as a sentence."""
    return str(
        SINCE[one.origin](num=one.webinars, date=short_date(one.at, zone), hour=hour(one.at, zone))
    )


WEIGHTS = (
    ChangeKind.MOVED,
    ChangeKind.CANCELLED,
    ChangeKind.ADDED,
    ChangeKind.RENAMED,
    ChangeKind.CHANGED,
)


def weight(change: PlanChange) -> int:
    """Less for what makes people come at a wrong time: of many changes that is said first."""
    if change.after.get("cancelled") is False:
        return WEIGHTS.index(ChangeKind.CANCELLED)
    return WEIGHTS.index(change.kind)


def seen_words(revision: int, change: PlanChange, titles: Mapping[str, str]) -> str:
    """That a program has a change, in a sentence."""
    return str(
        gettext(
            "It has %(change)s (revision %(revision)s).",
            change=named_change(change, titles),
            revision=revision,
        )
    )


def lacking_words(revision: int, change: PlanChange | None, titles: Mapping[str, str]) -> str:
    """That a program lacks a change, or none but the words of the cycle, in a sentence."""
    said = named_change(change, titles) if change else gettext("the words of the cycle")
    return str(
        gettext("It lacks %(change)s (revision %(revision)s).", change=said, revision=revision)
    )


def named_change(change: PlanChange, titles: Mapping[str, str]) -> str:
    """A change with the title of its webinar."""
    title = quoted(titles.get(change.slug, change.slug))
    return str(gettext("%(title)s: %(words)s", title=title, words=change_in_words(change)))


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
