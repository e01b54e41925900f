"""Words that only the screens need."""

from babel.dates import get_month_names
from babel.lists import format_list
from flask_babel import gettext, lazy_gettext, pgettext
from flask_babel.speaklater import LazyString

from webinars.domain.programme import CycleView
from webinars.domain.rules import describe
from webinars.i18n import language

ORDINALS: dict[int, LazyString] = {
    1: lazy_gettext("first"),
    2: lazy_gettext("second"),
    3: lazy_gettext("third"),
    4: lazy_gettext("fourth"),
    5: lazy_gettext("fifth"),
    -1: lazy_gettext("last"),
}
WEEKDAYS: tuple[LazyString, ...] = (
    lazy_gettext("Monday"),
    lazy_gettext("Tuesday"),
    lazy_gettext("Wednesday"),
    lazy_gettext("Thursday"),
    lazy_gettext("Friday"),
    lazy_gettext("Saturday"),
    lazy_gettext("Sunday"),
)


def rule_words(rule: str) -> str:
    """«le troisième jeudi de mars, juin et septembre»; any other rule as it was given."""
    found = describe(rule)
    if found is None:
        return rule
    words = {"nth": ORDINALS[found.nth], "weekday": WEEKDAYS[found.weekday]}
    if not found.months:
        return str(gettext("%(nth)s %(weekday)s of each month", **words))
    names = get_month_names(locale=language())
    months = format_list([names[month] for month in found.months], locale=language())
    if months[0] in "ao":  # French elides: «d’avril»
        return str(
            pgettext("before a vowel", "%(nth)s %(weekday)s of %(months)s", months=months, **words)
        )
    return str(gettext("%(nth)s %(weekday)s of %(months)s", months=months, **words))


def rule_of(cycle: CycleView) -> str:
    """The rule of a programme as visitors read it; with exceptions, it is said to have them.

    A rule for machines only (RFC 5545) is left out.
    """
    words = rule_words(cycle.rule)
    if "=" in words:
        return ""
    if any(one.cancelled or one.exception_of for one in cycle.webinars):
        return str(gettext("as a rule the %(rule)s", rule=words))
    return words
