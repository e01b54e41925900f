"""What the domain says, in the language of the page."""

from flask_babel import gettext

from webinars.domain.errors import Sentence


def say(sentence: Sentence) -> str:
    """The sentence, translated, with its values."""
    return gettext(sentence.text, **sentence.values)
