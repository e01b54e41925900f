"""The year board as its page shows it: months with what stands in them, and what was just done."""

from calendar import SATURDAY, monthrange
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date, format_interval
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from webinars.domain.arranging import CONTENT_LANGUAGE
from webinars.domain.board import Board, Card, Month
from webinars.domain.history import Act
from webinars.domain.holidays import SchoolHoliday, public_holiday
from webinars.domain.programme import Life
from webinars.domain.remarks import Remark, RemarkKind
from webinars.i18n import calendar_date, language
from webinars.models import AuditAct, ChangeKind
from webinars.web.act_words import ActWords, act_in_words
from webinars.web.change_words import FIELDS, day_words, listed
from webinars.web.remark_words import remark_in_words, substitute_in_words

DATE_FORMS = {"fr": "d MMMM", "en": "MMMM d"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A date that could stand in for another: one press moves the webinar there."""

    day: date
    words: str
    detail: str
    reason: str
    """What is recorded; in the language of the programme's own texts."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know of a card's date."""

    words: str
    conflict: bool
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class MonthCell:
    """One of the twelve."""

    month: Month
    name: str
    holidays: tuple[tuple[date, str, str], ...]
    """Day, day in words, name."""
    school: tuple[tuple[str, str], ...]
    """Name, and zones with their days."""
    stretches: tuple[tuple[int, int, int], ...]
    """Row of the zone, first and last day: what the month's picture draws."""
    days: int
    weekend: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ThemeOption:
    """A theme in a list to choose from."""

    slug: str
    words: str
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What was just done."""

    entry_id: int
    words: str
    can_be_undone: bool
    swapped: tuple[str, ...] = ()
    """The two that were swapped."""
    at: str = ""
    """A card that it touched, to come back to."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An act that was refused: what was typed for it, and what is wrong."""

    act: str
    slug: str
    typed: Mapping[str, str]
    errors: Mapping[str, str]
    """The sentence at each field; "" is the form as a whole."""

    def is_of(self, act: str, slug: str = "") -> bool:
        """Whether it was asked for with this form."""
        return (self.act, self.slug) == (act, slug)


@dataclass(frozen=True, slots=True)
class Conflict:
    """An act that was asked for on a draft which others have edited since."""

    since: Sequence[ActWords]
    """What they did, in words."""
    wanted: str
    address: str
    fields: tuple[tuple[str, str], ...]
    """What was typed: the same form again, on the new version."""
    possible: bool
    """The webinars that it names are still there."""

    @staticmethod
    def label(name: str) -> str:
        """What a field is called."""
        return str(FIELDS.get(name, name))


def date_words(day: date) -> str:
    """«29 août»: a day of the year that one is in."""
    words = format_date(day, DATE_FORMS[language()], locale=language())
    return f"1er{words[1:]}" if language() == "fr" and day.day == 1 else words


def months(board: Board) -> tuple[MonthCell, ...]:
    """The twelve, with holidays and school holidays."""
    return tuple(_month(month, board.school) for month in board.months)


def _month(month: Month, school: Iterable[SchoolHoliday]) -> MonthCell:
    first = month.first
    last = first.replace(day=monthrange(first.year, first.month)[1])
    touching = [one for one in school if one.first <= last and one.last >= first]
    return MonthCell(
        month=month,
        name=format_date(first, "LLLL", locale=language()),
        holidays=tuple((day, date_words(day), name) for day, name in month.holidays.items()),
        school=tuple(_school(touching)),
        stretches=tuple(
            (
                "ABC".index(zone),
                max(one.first, first).day,
                min(one.last, last).day,
            )
            for one in touching
            for zone in one.zones
        ),
        days=last.day,
        weekend=tuple(
            number
            for number in range(1, last.day + 1)
            if first.replace(day=number).weekday() == SATURDAY
        ),
    )


def _school(touching: Iterable[SchoolHoliday]) -> Iterable[tuple[str, str]]:
    named: dict[str, list[str]] = {}
    for one in touching:
        words = format_interval(one.first, one.last, "MMMd", locale=language())
        zones = "\N{NO-BREAK SPACE}".join(one.zones)
        named.setdefault(one.name, []).append(
            str(gettext("%(zones)s: %(days)s", zones=zones, days=words))
        )
    return ((name, ", ".join(parts)) for name, parts in named.items())


def notes(board: Board) -> dict[str, tuple[Note, ...]]:
    """What there is to know of each card's date, by its slug; conflicts first."""
    return {
        card.slug: tuple(
            _note(remark, board.department)
            for remark in sorted(card.remarks, key=lambda one: not one.conflict)
        )
        for card in board.cards
    }


def _note(remark: Remark, department: str | None) -> Note:
    reason = ""
    if remark.kind is RemarkKind.PUBLIC_HOLIDAY:
        named = public_holiday(remark.day, department=department, language=CONTENT_LANGUAGE)
        reason = named or remark.name
    return Note(
        words=remark_in_words(remark),
        conflict=remark.conflict,
        offers=tuple(
            Offer(one.day, date_words(one.day), substitute_in_words(one), reason)
            for one in remark.substitutes
        ),
    )


def themes(board: Board) -> tuple[ThemeOption, ...]:
    """The library's themes; those of this year say on which dates."""
    when = {card.slug: date_words(card.day) for card in board.cards}
    return tuple(
        ThemeOption(
            slug=choice.theme.slug,
            words=(
                str(
                    gettext(
                        "%(theme)s (already on %(days)s)",
                        theme=choice.theme.title,
                        days=", ".join(when[slug] for slug in choice.used_by if slug in when),
                    )
                )
                if choice.used_by
                else choice.theme.title
            ),
            used_by=choice.used_by,
        )
        for choice in board.themes
    )


def state_of(card: Card) -> str:
    """One key for where a card stands."""
    if card.cancelled:
        return "cancelled" if card.public and card.public.cancelled else "cancelling"
    if card.public is None:
        return "draft"
    if card.life is Life.AFTER:
        return "past"
    if card.life is Life.LIVE:
        return "live"
    return "next" if card.is_next else "published"


def told_of(card: Card) -> int:
    """How many would be told if it were cancelled, or took place after all."""
    if card.public is None or card.life is Life.AFTER:
        return 0
    return card.registered + card.waiting


def only_details(card: Card) -> bool:
    """Whether something changes that the card itself does not show."""
    return ChangeKind.CHANGED in card.changes and not (
        card.public and card.public.cancelled and not card.cancelled
    )


def done_of(
    act: Act | None, titles: Mapping[str, str], *, asked: int | None, version: int
) -> Done | None:
    """What was just done, if the address names the latest act on this draft.

    An older address, kept or gone back to, has nothing new to say.
    """
    if asked == 0:
        return Done(0, str(gettext("nothing has changed: it was so already")), can_be_undone=False)
    if act is None or act.draft_version != version:
        return None
    swapped = act.slugs if act.act is AuditAct.SWAPPED else ()
    at = next((slug for slug in act.slugs if slug in titles), "")
    return Done(act.id, act_in_words(act, titles), act.can_be_undone, swapped, at)


def rotations(
    cards: Sequence[Card], chosen: Sequence[str]
) -> dict[str, tuple[tuple[str, str], ...]]:
    """For each direction where each chosen webinar would go: title, and day in words."""
    among = [card for card in cards if card.slug in chosen and not card.dropped]
    if len(among) < 2:
        return {}
    return {
        direction: tuple(
            (card.title, day_words(among[(index + shift) % len(among)].day))
            for index, card in enumerate(among)
        )
        for direction, shift in (("forwards", 1), ("backwards", -1))
    }


WANTED: dict[str, LazyString] = {
    "move": lazy_gettext("move %(titles)s to %(day)s"),
    "swap": lazy_gettext("swap %(titles)s"),
    "rotate": lazy_gettext("rotate %(titles)s"),
    "theme": lazy_gettext("give %(titles)s another theme"),
    "cancel": lazy_gettext("cancel %(titles)s"),
    "restore": lazy_gettext("let %(titles)s take place after all"),
    "remove": lazy_gettext("remove %(titles)s"),
    "add": lazy_gettext("add a webinar on %(day)s"),
    "discard": lazy_gettext("drop the changes to %(titles)s"),
    "edit": lazy_gettext("change the fields of a webinar"),
    "undo": lazy_gettext("undo an act"),
}
"""Acts of the board, as somebody asks for them."""


def wanted_in_words(act: str, form: Mapping[str, Sequence[str]], titles: Mapping[str, str]) -> str:
    """What was asked for, for somebody who is to ask again."""
    slugs = [one for name in ("slug", "other", "choose") for one in form.get(name, ()) if one]
    if act == "discard" and not slugs:
        return str(gettext("drop every change"))
    named = listed(titles.get(slug, slug) for slug in slugs) if slugs else ""
    typed = next((one for name in ("to", "day") for one in form.get(name, ()) if one), "")
    with suppress(ValueError):  # what is no date is shown as it was typed
        typed = calendar_date(date.fromisoformat(typed))
    return str(WANTED[act]) % {"titles": named, "day": typed}
