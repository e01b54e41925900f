"""The dates of a year that is being planned, as the forms show them at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext, ngettext

from webinars.domain.outline import Outline, Slot
from webinars.domain.programme import ThemeView
from webinars.i18n import upper_first
from webinars.web.change_words import day_words
from webinars.web.remark_words import remark_in_words, substitute_in_words


@dataclass(frozen=True, slots=True)
class DateRow:
    """One date with what is planned on it."""

    day: date
    ruled: date
    words: str
    """«jeudi 15 avril»."""
    title: str
    theme: ThemeView | None
    holiday: str | None
    notes: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    """Dates that could stand in for it: as an address, in words."""
    error: str | None

    @property
    def moved(self) -> bool:
        """A substitute was chosen."""
        return self.day != self.ruled

    @property
    def field(self) -> str:
        """The name of its choice of a substitute."""
        return f"instead-{self.ruled.isoformat()}"


@dataclass(frozen=True, slots=True)
class Dates:
    """All of them; or why there are none."""

    rows: tuple[DateRow, ...]
    summary: str
    problem: bool = False
    choosing: bool = False
    """Substitutes can be chosen here."""
    left_over: tuple[str, ...] = ()
    """Titles that found no date."""


def no_dates(sentence: str) -> Dates:
    """There is nothing to show, and why."""
    return Dates((), sentence, problem=True)


def shown_dates(
    found: Outline,
    *,
    themes: Iterable[ThemeView],
    since: date | None = None,
    choosing: bool = False,
    errors: Mapping[str, str] | None = None,
    left_over: Sequence[str] = (),
) -> Dates:
    """The dates of an outline; ``since``: only those from that day on."""
    known = {theme.slug: theme for theme in themes}
    slots = [slot for slot in found.slots if since is None or slot.session.date >= since]
    rows = tuple(_row(slot, known, errors or {}) for slot in slots)
    return Dates(
        rows,
        _summary(slots),
        choosing=choosing,
        left_over=tuple(left_over),
    )


def _row(slot: Slot, themes: Mapping[str, ThemeView], errors: Mapping[str, str]) -> DateRow:
    session = slot.session
    return DateRow(
        day=session.date,
        ruled=slot.ruled,
        words=day_words(session.date),
        title=session.title,
        theme=themes.get(session.theme or ""),
        holiday=slot.holiday,
        notes=tuple(upper_first(remark_in_words(one)) for one in slot.remarks),
        options=tuple((one.day.isoformat(), substitute_in_words(one)) for one in slot.substitutes),
        error=errors.get(f"instead-{slot.ruled.isoformat()}"),
    )


def _summary(slots: Sequence[Slot]) -> str:
    if not slots:
        return str(gettext("No date is to come."))
    dates = str(ngettext("%(num)s date", "%(num)s dates", len(slots)))
    conflicts = sum(slot.holiday is not None and not slot.moved for slot in slots)
    if not conflicts:
        return str(gettext("%(dates)s, none on a public holiday", dates=dates))
    return str(
        ngettext(
            "%(dates)s, %(num)s of them is on a public holiday",
            "%(dates)s, %(num)s of them are on a public holiday",
            conflicts,
            dates=dates,
        )
    )
