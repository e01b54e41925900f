"""Finding words in what people typed, whatever the case and the accents, on both databases.

Neither database is asked to fold its texts: each letter of a word becomes the class of the
letters that it stands for, which GLOB of SQLite and regular expressions of PostgreSQL know.
A letter that is also written as two (œ, æ, ß) is two in the word and in the text.
"""

import re
import unicodedata
from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

MOST_CHARACTERS = 100
MOST_WORDS = 8
PAIRS = {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ẞ": "SS"}


def contains(session: Session, text: sa.ColumnElement[str], search: str) -> sa.ColumnElement[bool]:
    """The condition that each word of the search stands somewhere in the text.

    What is too much of a search is left out; an empty one is always met.
    """
    words = re.sub(r"[\x00-\x1f\x7f]", " ", search[:MOST_CHARACTERS]).split()[:MOST_WORDS]
    words = [_in_pairs(word) for word in words]
    for letter, pair in PAIRS.items():
        if any(pair.lower() in _without_accents(word) for word in words):
            text = sa.func.replace(text, letter, pair)
    if session.get_bind().dialect.name == "postgresql":
        return sa.and_(sa.true(), *(text.op("~")(_regular(word)) for word in words))
    return sa.and_(sa.true(), *(text.op("GLOB")(f"*{_glob(word)}*") for word in words))


def _glob(word: str) -> str:
    # A sign of GLOB stands for itself in a class of its own.
    return "".join(_class(one) or (f"[{one}]" if one in "*?[" else one) for one in _composed(word))


def _regular(word: str) -> str:
    return "".join(_class(one) or re.escape(one) for one in _composed(word))


def _in_pairs(word: str) -> str:
    return "".join(PAIRS.get(character, character) for character in _composed(word))


def _without_accents(word: str) -> str:
    return "".join(_base(character) for character in word)


def _composed(word: str) -> str:
    """In the form in which names are kept."""
    return unicodedata.normalize("NFC", word)


def _class(character: str) -> str | None:
    """«[eEéÉ…]» for «e» and for «É»; None for what has neither case nor accents."""
    base = _base(character)
    letters = ALIKE.get(base) or "".join(dict.fromkeys((character.lower(), character.upper())))
    single = base.isalpha() and len(letters) > 1 and letters.isalpha()
    return f"[{letters}]" if single else None


def _base(character: str) -> str:
    """The letter without accents, in lower case."""
    return unicodedata.normalize("NFD", character)[0].lower()


def _alike() -> dict[str, str]:
    """The letters of European names (Latin-1 and Extended-A) by what they are without accents."""
    found: dict[str, list[str]] = defaultdict(list)
    for code in (*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0x180)):
        if chr(code).isalpha():
            found[_base(chr(code))].append(chr(code))
    return {base: "".join(letters) for base, letters in found.items() if base.isascii()}


ALIKE = _alike()
