"""News in words, with the whole dates: they are read long after."""

from datetime import datetime

from flask_babel import gettext, ngettext

from webinars.domain.announcements import News, NewsKind, Told
from webinars.i18n import calendar_date_with_weekday, long_date
from webinars.models import ChangeKind
from webinars.web.change_words import hour_words, quoted


def title_words(one: News) -> str:
    """The headline."""
    match one.kind:
        case NewsKind.CYCLE:
            return str(gettext("New programme: %(title)s", title=one.cycle_title))
        case NewsKind.ADDED if one.slug is None:
            count = len(one.told)
            return str(
                ngettext(
                    "%(num)s new webinar: %(cycle)s",
                    "%(num)s new webinars: %(cycle)s",
                    count,
                    cycle=one.cycle_title,
                )
            )
        case NewsKind.ADDED:
            return str(gettext("New webinar: %(title)s", title=one.told[0].title))
        case NewsKind.CHANGED:
            return _headline(one.told)
        case NewsKind.REPLAY:
            assert one.replay is not None
            return str(gettext("Replay: %(title)s", title=one.replay.webinar.title))


def summary_words(one: News) -> str:
    """What follows the headline, a line for each fact."""
    if one.replay is not None:
        date = long_date(one.replay.webinar.starts_at, one.replay.zone)
        return str(gettext("The webinar of %(date)s can be watched again.", date=date))
    if one.kind is NewsKind.CHANGED:
        return "\n".join(_sentence(told.change.kind, told) for told in _by_weight(one.told))
    return "\n".join(f"{_when(told.change.after['starts'])} – {told.title}" for told in one.told)


def _weight(told: Told) -> int:
    """A cancellation is the headline of what was also moved."""
    order = (ChangeKind.CANCELLED, ChangeKind.CHANGED, ChangeKind.MOVED, ChangeKind.RENAMED)
    return order.index(told.change.kind)


def _by_weight(told: tuple[Told, ...]) -> list[Told]:
    return sorted(told, key=_weight)


def _headline(told: tuple[Told, ...]) -> str:
    first = _by_weight(told)[0]
    match first.change.kind:
        case ChangeKind.CANCELLED:
            return str(gettext("Cancelled: %(title)s", title=first.title))
        case ChangeKind.MOVED:
            return str(gettext("New date: %(title)s", title=first.title))
        case ChangeKind.RENAMED:
            return str(gettext("New title: %(title)s", title=first.title))
        case _:
            return str(gettext("Takes place after all: %(title)s", title=first.title))


def _sentence(kind: ChangeKind, told: Told) -> str:
    before, after = told.change.before, told.change.after
    match kind:
        case ChangeKind.CANCELLED:
            return str(gettext("This webinar is cancelled."))
        case ChangeKind.MOVED:
            dates = {"old": _when(before["starts"]), "new": _when(after["starts"])}
            if not after.get("reason"):
                return str(gettext("Moved from %(old)s to %(new)s.", **dates))
            reason = after["reason"]
            return str(gettext("Moved from %(old)s to %(new)s: %(reason)s", reason=reason, **dates))
        case ChangeKind.RENAMED:
            return str(gettext("It was called %(title)s.", title=quoted(before["title"])))
        case _:
            return str(gettext("It was cancelled, and takes place after all."))


def _when(starts: str) -> str:
    """«jeudi 18 avril 2019 à 13 h», from ``2019-04-18T13:00 Europe/Paris``."""
    local = datetime.fromisoformat(starts.partition(" ")[0])
    day = calendar_date_with_weekday(local.date())
    return str(gettext("%(day)s at %(hour)s", day=day, hour=hour_words(local.time())))
