"""French and English: texts, dates and the names of things. Usable without a request."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Protocol

from babel.dates import format_date, get_month_names, get_timezone_location
from babel.numbers import format_decimal
from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as gettext  # noqa: PLC0414  (the domain takes it from here)
from flask_babel.speaklater import LazyString
from markupsafe import Markup, escape

from webinars.clock import to_local
from webinars.models import ActorCategory, EntryPoint, RegistrationStatus, Step

LANGUAGES = ("fr", "en")
DEFAULT_LANGUAGE = "fr"
CONTENT_LANGUAGE = DEFAULT_LANGUAGE
"""Of what the house and its people write: titles, questions, answers. Captions know their own."""
NARROW = "\N{NARROW NO-BREAK SPACE}"
NO_BREAK = "\N{NO-BREAK SPACE}"


class Timed(Protocol):
    """Anything with a beginning, an end and a zone."""

    @property
    def starts_at(self) -> datetime:
        """UTC."""

    @property
    def ends_at(self) -> datetime:
        """UTC."""

    @property
    def zone(self) -> str:
        """IANA name."""


def language() -> str:
    """The language that texts are now written in."""
    locale = get_locale()
    return str(locale.language) if locale else DEFAULT_LANGUAGE


def content_lang() -> Markup:
    """The attribute of an element that holds content, none on a page in its language.

    WCAG 2.2, 3.1.2: a voice reads each passage in the language that it is in.
    """
    own = language() == CONTENT_LANGUAGE
    return Markup("") if own else Markup(' lang="{}"').format(CONTENT_LANGUAGE)


def content_words(text: str | None) -> Markup:
    """Content inside a sentence of the page, as an element of its own where it needs one."""
    mark = content_lang()
    return Markup("<span{}>{}</span>").format(mark, text) if mark and text else escape(text or "")


def long_date(instant: datetime, zone: str) -> str:
    """«jeudi 18 avril 2019», in the zone."""
    return calendar_date_with_weekday(to_local(instant, zone).date())


def calendar_date_with_weekday(day: date) -> str:
    """«jeudi 18 avril 2019»."""
    return _date(day, "full")


def short_date(instant: datetime, zone: str) -> str:
    """«18 avr. 2019», in the zone."""
    return _date(to_local(instant, zone).date(), "medium")


def calendar_date(day: date) -> str:
    """«15 août 2019»."""
    return _date(day, "long")


def day_in_words(instant: datetime, zone: str) -> str:
    """«jeudi 18 avril», in the zone: for a day of the year that one is in."""
    return _date(
        to_local(instant, zone).date(), "EEEE d MMMM" if language() == "fr" else "EEEE, MMMM d"
    )


def _date(day: date, form: str) -> str:
    text = format_date(day, form, locale=language())
    if language() == "fr" and day.day == 1:  # «1er août»: CLDR has no form for it
        return re.sub(r"\b1 ", "1er ", text, count=1)
    return text


def hour(instant: datetime, zone: str) -> str:
    """«13 h», «14 h 30» or "1 pm", "2:30 pm", in the zone."""
    local = to_local(instant, zone)
    if language() == "fr":
        whole = f"{local.hour}{NO_BREAK}h"
        return f"{whole}{NO_BREAK}{local.minute:02d}" if local.minute else whole
    clock = f"{(local.hour + 11) % 12 + 1}" + (f":{local.minute:02d}" if local.minute else "")
    return f"{clock}{NO_BREAK}{'am' if local.hour < 12 else 'pm'}"


def time_range(timed: Timed) -> str:
    """«13 h – 14 h 30», in the zone of the thing."""
    return f"{hour(timed.starts_at, timed.zone)} – {hour(timed.ends_at, timed.zone)}"


def day_number(instant: datetime, zone: str) -> str:
    """«18», in the zone."""
    return str(to_local(instant, zone).day)


def month_short(instant: datetime, zone: str) -> str:
    """«avr.», in the zone."""
    return format_date(to_local(instant, zone).date(), "LLL", locale=language())


def month_name(instant: datetime, zone: str) -> str:
    """«avril», in the zone."""
    return format_date(to_local(instant, zone).date(), "LLLL", locale=language())


def month_names(lang: str | None = None) -> tuple[str, ...]:
    """«janvier» to «décembre»."""
    names = get_month_names("wide", "stand-alone", locale=lang or language())
    return tuple(names[number] for number in range(1, 13))


def weekday(instant: datetime, zone: str) -> str:
    """«jeudi», in the zone."""
    return format_date(to_local(instant, zone).date(), "EEEE", locale=language())


def upper_first(text: str) -> str:
    """The same with a capital at its beginning: «MOOC» stays as it is."""
    return text[:1].upper() + text[1:]


def tied(text: str) -> str:
    """The same without a line break between a French mark and its word, as in « l’été »."""
    return re.sub(r"(?<=«) | (?=[»!?:;])", NO_BREAK, text)


def decimal(value: float) -> str:
    """A number with one decimal: «0,8» or "0.8"."""
    return str(format_decimal(value, "#,##0.0", locale=language()))


def file_size(size: int) -> str:
    """Bytes in words, by thousands as shops and systems count them: «2,4 Mo» or "2.4 MB"."""
    for unit, least in ((lazy_gettext("GB"), 10**9), (lazy_gettext("MB"), 10**6)):
        if size >= least:
            number = format_decimal(size / least, "#,##0.#", locale=language())
            return f"{number}{NO_BREAK}{unit}"
    kilobyte = gettext("kB")
    return f"{max(1, round(size / 1000))}{NO_BREAK}{kilobyte}"


def zone_name(zone: str) -> str:
    """«heure de Paris»: the city of the zone, or its name."""
    city = get_timezone_location(zone, locale=language(), return_city=True)
    return str(gettext("%(city)s time", city=city))


def iso(instant: datetime) -> str:
    """ISO 8601 in UTC, for machines."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def timecode(seconds: int) -> str:
    """«12:34», or «1:02:03» from an hour on."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


STEP_NAMES: dict[Step, LazyString] = {
    Step.UNDERSTAND: lazy_gettext("Understand"),
    Step.ADOPT: lazy_gettext("Adopt"),
    Step.ACT: lazy_gettext("Act"),
}
STEP_QUESTIONS: dict[Step, LazyString] = {
    Step.UNDERSTAND: lazy_gettext("What is at stake?"),
    Step.ADOPT: lazy_gettext("Where do I stand?"),
    Step.ACT: lazy_gettext("To act effectively"),
}
ENTRY_POINT_NAMES: dict[EntryPoint, LazyString] = {
    EntryPoint.REFERENCE_FRAMEWORK: lazy_gettext("Reference framework"),
    EntryPoint.TOOLBOX: lazy_gettext("Toolbox"),
    EntryPoint.METHODS: lazy_gettext("Methods"),
    EntryPoint.ILLUSTRATIONS: lazy_gettext("Illustrations"),
}
STATUS_NAMES: dict[RegistrationStatus, LazyString] = {
    RegistrationStatus.PENDING: lazy_gettext("to be confirmed"),
    RegistrationStatus.CONFIRMED: lazy_gettext("confirmed"),
    RegistrationStatus.WAITLISTED: lazy_gettext("on the waiting list"),
    RegistrationStatus.CANCELLED: lazy_gettext("cancelled"),
    RegistrationStatus.ATTENDED: lazy_gettext("attended"),
    RegistrationStatus.ABSENT: lazy_gettext("absent"),
}
CATEGORY_NAMES: dict[ActorCategory, LazyString] = {
    ActorCategory.LOCAL_AUTHORITY: lazy_gettext("Local authority"),
    ActorCategory.ASSOCIATION: lazy_gettext("Association"),
    ActorCategory.COMPANY: lazy_gettext("Company"),
    ActorCategory.FOUNDATION: lazy_gettext("Foundation"),
    ActorCategory.ACADEMIC: lazy_gettext("Academic"),
    ActorCategory.CITIZEN: lazy_gettext("Citizen"),
    ActorCategory.PUBLIC_BODY: lazy_gettext("Institution or public body"),
    ActorCategory.SUPPORT_PROVIDER: lazy_gettext("Support provider"),
    ActorCategory.INVESTOR: lazy_gettext("Investor"),
    ActorCategory.EMPLOYEE: lazy_gettext("Employee"),
    ActorCategory.TERRITORIAL_CATALYST: lazy_gettext("Territorial catalyst"),
}
REGION_NAMES: dict[str, str | LazyString] = {
    "84": "Auvergne-Rhône-Alpes",
    "27": "Bourgogne-Franche-Comté",
    "53": "Bretagne",
    "24": "Centre-Val de Loire",
    "94": "Corse",
    "44": "Grand Est",
    "32": "Hauts-de-France",
    "11": "Île-de-France",
    "28": "Normandie",
    "75": "Nouvelle-Aquitaine",
    "76": "Occitanie",
    "52": "Pays de la Loire",
    "93": "Provence-Alpes-Côte d’Azur",
    "outside": lazy_gettext("Elsewhere: overseas or abroad"),
}
"""The 13 regions of metropolitan France by INSEE code, and outside."""


def _name_of(names: dict[Any, Any]) -> Callable[[Any], str]:
    return lambda value: str(names.get(value, value)) if value else ""


FILTERS: dict[str, Callable[..., str]] = {
    "long_date": long_date,
    "day_in_words": day_in_words,
    "short_date": short_date,
    "calendar_date": calendar_date,
    "hour": hour,
    "time_range": time_range,
    "day_number": day_number,
    "month_short": month_short,
    "month_name": month_name,
    "weekday": weekday,
    "zone_name": zone_name,
    "upper_first": upper_first,
    "tied": tied,
    "decimal": decimal,
    "content_words": content_words,
    "file_size": file_size,
    "iso": iso,
    "timecode": timecode,
    "step_name": _name_of(STEP_NAMES),
    "step_question": _name_of(STEP_QUESTIONS),
    "entry_point_name": _name_of(ENTRY_POINT_NAMES),
    "status_name": _name_of(STATUS_NAMES),
    "category_name": _name_of(CATEGORY_NAMES),
    "region_name": _name_of(REGION_NAMES),
}
