"""What the domain says, in the language of the page."""

from datetime import date

from flask_babel import gettext

from webinars.domain.errors import Sentence
from webinars.i18n import calendar_date, upper_first


def say(sentence: Sentence) -> str:
    """The sentence, translated, with its values; a day as people write it."""
    values = dict(sentence.values)
    if "day" in values:
        values["day"] = calendar_date(date.fromisoformat(values["day"]))
    return gettext(sentence.text, **values)


def say_line(sentence: Sentence) -> str:
    """The same as a line of its own: with a capital and a full stop."""
    return f"{upper_first(say(sentence))}."
