"""The rule of a cycle: words or RFC 5545, to dates. Pure.

Words: "third Thursday", "last Tuesday of each month", "1st Monday in March and June",
«troisième jeudi de mars, juin et septembre», «3e jeudi de chaque mois».
RFC 5545 section 3.3.10: "FREQ=MONTHLY;BYDAY=3TH;BYMONTH=1,2,3". A rule has no beginning of
its own: INTERVAL and COUNT count from 1 January of each year.
"""

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from dateutil.rrule import rrulestr

from webinars.domain.errors import N_, WrongRule

LONGEST_RULE = 200
LAST = -1
"""The ordinal of the last weekday of a month."""

ORDINALS = {
    name: nth
    for nth, names in {
        1: ("first", "1st", "premier", "1er"),
        2: ("second", "2nd", "deuxieme", "2e", "2eme"),
        3: ("third", "3rd", "troisieme", "3e", "3eme"),
        4: ("fourth", "4th", "quatrieme", "4e", "4eme"),
        5: ("fifth", "5th", "cinquieme", "5e", "5eme"),
        LAST: ("last", "dernier"),
    }.items()
    for name in names
}
WEEKDAYS = {
    name: weekday
    for names in (
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    )
    for weekday, name in enumerate(names)
}
MONTHS = {
    name: month
    for names in (
        "january february march april may june july august september october november december",
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    )
    for month, name in enumerate(names.split(), start=1)
}
"""Words of both languages, in small letters without accents."""

A_MONTH = "|".join(MONTHS)
OF = r"(?:of |in |en |de |d')"
WORDS = re.compile(
    rf"(?:the |le )?(?P<nth>{'|'.join(ORDINALS)}) (?P<weekday>{'|'.join(WEEKDAYS)})"
    rf"(?: (?:of|in) (?:each|every|the) month| (?:de chaque|de tous les|du) mois"
    rf"| {OF}(?P<months>(?:{A_MONTH})(?:(?: ?, ?(?:and |et )?| and | et ){OF}?(?:{A_MONTH}))*))?"
)

RFC_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
RFC_DAY = rf"(?:{'|'.join(RFC_DAYS)})"
RFC_NUMBER = r"[+-]?[1-9]\d{0,2}"
RFC_PARTS = {
    "FREQ": r"(?:YEARLY|MONTHLY|WEEKLY|DAILY)",
    "UNTIL": r"\d{8}(?:T\d{6}Z?)?",
    "COUNT": r"[1-9]\d{0,3}",
    "INTERVAL": r"[1-9]\d{0,3}",
    "BYMONTH": r"(?:0?[1-9]|1[0-2])",
    "BYDAY": rf"(?:[+-]?[1-9]\d?)?{RFC_DAY}",
    "BYMONTHDAY": RFC_NUMBER,
    "BYYEARDAY": RFC_NUMBER,
    "BYWEEKNO": RFC_NUMBER,
    "BYSETPOS": RFC_NUMBER,
    "WKST": RFC_DAY,
}
"""The parts of RFC 5545 that name days, each with the form of its value."""

WITHIN_A_DAY = re.compile(r"FREQ=(?:SECONDLY|MINUTELY|HOURLY)|BY(?:HOUR|MINUTE|SECOND)=")
NTH_DAY = re.compile(rf"(?P<nth>[+-]?\d)(?P<day>{RFC_DAY})")
NOT_RFC = N_('"%(rule)s" is not a rule of RFC 5545')


@dataclass(frozen=True, slots=True)
class MonthlyRule:
    """The nth or last weekday of chosen months: what a form asks for in three fields.

    Raises WrongRule for a number that is none of its field.
    """

    nth: int
    """1 to 5, or -1 for the last."""
    weekday: int
    """0 is Monday."""
    months: tuple[int, ...] = ()
    """1 to 12, in order; empty is every month."""

    def __post_init__(self) -> None:
        if self.nth not in ORDINALS.values():
            raise WrongRule(N_("choose the first to the fifth weekday of the month, or the last"))
        if self.weekday not in WEEKDAYS.values():
            raise WrongRule(N_("choose a day from Monday to Sunday"))
        if not set(self.months) <= set(MONTHS.values()):
            raise WrongRule(N_("choose months from January to December"))
        months = tuple(sorted(set(self.months)))
        object.__setattr__(self, "months", () if len(months) == 12 else months)

    @property
    def rrule(self) -> str:
        """The same as RFC 5545 writes it."""
        months = f";BYMONTH={','.join(map(str, self.months))}" if self.months else ""
        return f"FREQ=MONTHLY;BYDAY={self.nth}{RFC_DAYS[self.weekday]}{months}"


def to_rrule(rule: str) -> str:
    """The RFC 5545 rule for words or for itself. Raises WrongRule."""
    if len(rule) > LONGEST_RULE:
        raise WrongRule(
            N_("the rule is too long: at most %(most)s characters"), most=str(LONGEST_RULE)
        )
    words = _of_words(rule)
    return words.rrule if words else _written(_parts(rule))


def dates(rule: str, *, year: int) -> tuple[date, ...]:
    """Every date of the rule within the year, in order: 366 at most.

    A month without a fifth weekday has none. Raises WrongRule when the year has none at all.
    """
    parts = _parts(to_rrule(rule))
    until = _day(parts.pop("UNTIL", "99991231"))
    twin = _twin(year)
    first, last = datetime(twin, 1, 1), datetime(twin, 12, 31)  # noqa: DTZ001  (dates)
    pattern = rrulestr(_written(parts), dtstart=first)
    days = (moment.date().replace(year=year) for moment in pattern.between(first, last, inc=True))
    found = tuple(day for day in days if day <= until)
    if not found:
        raise WrongRule(N_('"%(rule)s" gives no date in %(year)s'), rule=rule, year=str(year))
    return found


def describe(rule: str) -> MonthlyRule | None:
    """The fields of a rule of this kind, in words or RFC 5545; None when there is more to it."""
    try:
        parts = _parts(to_rrule(rule))
    except WrongRule:
        return None
    # Neither says anything of a rule that counts within its months.
    parts.pop("WKST", None)
    if parts.get("INTERVAL") == "1":
        del parts["INTERVAL"]
    day = NTH_DAY.fullmatch(parts.get("BYDAY", ""))
    simple = parts["FREQ"] == "MONTHLY" and parts.keys() <= {"FREQ", "BYDAY", "BYMONTH"}
    if not simple or not day or int(day["nth"]) not in ORDINALS.values():
        return None
    months = tuple(int(month) for month in parts.get("BYMONTH", "").split(",") if month)
    return MonthlyRule(int(day["nth"]), RFC_DAYS.index(day["day"]), months)


def _of_words(rule: str) -> MonthlyRule | None:
    """The rule that words of either language say. Capitals, accents and spaces are free."""
    letters = unicodedata.normalize("NFKD", rule.replace("’", "'"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter)).lower()
    found = WORDS.fullmatch(" ".join(plain.split()))
    if not found:
        return None
    months = tuple(MONTHS[name] for name in re.findall(A_MONTH, found["months"] or ""))
    return MonthlyRule(ORDINALS[found["nth"]], WEEKDAYS[found["weekday"]], months)


def _parts(rule: str) -> dict[str, str]:
    """The parts of an RFC 5545 rule, each in its form. Raises WrongRule."""
    text = " ".join(rule.split()).upper().removeprefix("RRULE:")
    if not text.startswith("FREQ="):
        raise WrongRule(
            N_(
                '"%(rule)s" is not understood: write for example "third Thursday", '
                '"last Tuesday in March and June" or "%(example)s"'
            ),
            rule=rule,
            example=MonthlyRule(nth=3, weekday=3).rrule,
        )
    if WITHIN_A_DAY.search(text):
        raise WrongRule(
            N_('"%(rule)s" repeats within a day: a cycle has at most one webinar a day'), rule=rule
        )
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        form = RFC_PARTS.get(name, "")
        form = rf"{form}(?:,{form})*" if name.startswith("BY") else form
        if not form or name in parts or not re.fullmatch(form, value, re.ASCII):
            raise WrongRule(NOT_RFC, rule=rule)
        parts[name] = value
    _refuse_contradictions(rule, parts)
    return parts


def _written(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _refuse_contradictions(rule: str, parts: dict[str, str]) -> None:
    """What RFC 5545 forbids beyond the form of a part. Raises WrongRule."""
    if "COUNT" in parts and "UNTIL" in parts:
        raise WrongRule(N_('"%(rule)s" ends twice: keep either COUNT or UNTIL'), rule=rule)
    if re.search(r"\d", parts.get("BYDAY", "")) and parts["FREQ"] in {"WEEKLY", "DAILY"}:
        raise WrongRule(
            N_('"%(rule)s" numbers a weekday: that needs FREQ=MONTHLY or FREQ=YEARLY'),
            rule=rule,
        )
    try:
        _day(parts.get("UNTIL", "99991231"))
        endless = {name: part for name, part in parts.items() if name != "UNTIL"}
        rrulestr(_written(endless), dtstart=datetime(2000, 1, 1))  # noqa: DTZ001  (dates)
    except ValueError as error:
        raise WrongRule(NOT_RFC, rule=rule) from error


def _day(until: str) -> date:
    """The last day of an UNTIL, whose hour says nothing of dates. Raises ValueError."""
    return date.fromisoformat(until[:8])


@cache
def _twin(year: int) -> int:
    """The latest year with the same days on the same weekdays, its neighbours' too.

    dateutil looks for a next date until the year 9999. There, a rule that has none is known
    to have none at once, instead of after ten seconds. The calendar repeats every 400 years.
    """

    def days(of: int) -> list[tuple[int, bool]]:
        return [(calendar.weekday(y, 1, 1), calendar.isleap(y)) for y in (of - 1, of, of + 1)]

    return next(other for other in range(9998, 9598, -1) if days(other) == days(year))
