"""Words that only the screens need."""

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from webinars.domain.rules import describe

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
    """«troisième jeudi de chaque mois»; a rule with more to it is shown as it was given."""
    found = describe(rule)
    if found is None:
        return rule
    nth, day = found
    return str(
        gettext("%(nth)s %(weekday)s of each month", nth=ORDINALS[nth], weekday=WEEKDAYS[day])
    )
