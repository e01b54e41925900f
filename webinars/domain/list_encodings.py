"""In which encoding a list was written: its bytes → its text. Pure.

The name of an encoding travels with no file. What is not ASCII in a wrong one becomes letters
that no name has where they stand, or signs inside of words: the encoding is right in which this
happens least. Statistics of whole languages, as general libraries keep them, see too little in a
list of three names; here the spelling of names decides, French before others.
"""

import codecs
import re
from itertools import islice

CANDIDATES = ("utf-8", "cp1252", "iso8859-15", "mac-roman", "cp850")
"""Of several that fit alike the first. All letters of cp437 that names have are those of cp850."""
EVIDENCE = 1000
"""Words with something beyond ASCII in them that are looked at."""

LETTER = 4
"""What a usual letter counts where it usually stands."""
WRONG = -4
"""What counts against an encoding."""
WEIGHTS = {
    "é": 6,
    "è": 5,
    "ç": 6,
    **dict.fromkeys("êôîïëâàûùüöäñíóœ", LETTER),
    **dict.fromkeys("áúßõøæåýÿšžãòìðþ", 2),
}
VOWELS = frozenset("aeiouyéèáàíóœ")
ALONE = frozenset("àÀÉ")

WORD = re.compile(r"[^\W\d_]*[^\x00-\x7f](?:[^\W\d_]|[^\x00-\x7f])*")
PART = re.compile(r"[^\W\d_]+|[^\x00-\x7f]")


def decoded(data: bytes) -> str:
    """The text of a list; what its encoding does not know of becomes U+FFFD.

    Raises UnicodeDecodeError for what says to be UTF-16 and is not.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    if b"\0" in data:
        # Latin letters have their zero first or second, whether or not a mark says so.
        return data.decode("utf-16-be" if data[::2].count(0) > data[1::2].count(0) else "utf-16-le")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return max((data.decode(one, "replace") for one in CANDIDATES), key=_likeness)


def _likeness(text: str) -> int:
    """How much what is not ASCII looks as if people had written it."""
    return sum(
        _of_word(part[0]) if part[0][0].isalpha() else _of_sign(text, found.start() + part.start())
        for found in islice(WORD.finditer(text), EVIDENCE)
        for part in PART.finditer(found[0])
        if not part[0].isascii()
    )


def _of_sign(text: str, at: int) -> int:
    sign = text[at]
    letter_before = text[max(0, at - 1) : at].isalpha()
    letter_after = text[at + 1 : at + 2].isalpha()
    if sign == "’":
        fits = letter_before
    elif sign in "‘“«":
        fits = not letter_before
    elif sign in "”»…":
        fits = not letter_after
    elif sign in "–—":
        fits = not letter_before and not letter_after
    else:
        fits = sign in "°²€\N{NO-BREAK SPACE}" and not (letter_before and letter_after)
    return LETTER - 1 if fits else WRONG


def _of_word(word: str) -> int:
    if len(word) == 1:
        return LETTER if word in ALONE else WRONG
    small = word.lower()
    if word not in (small, word.upper(), word.capitalize()):
        return WRONG  # «HÇlène»: capitals stand first, or everywhere
    return sum(
        _of_letter(small, index) - (word[index] != one)  # capitals are the rarer ones
        for index, one in enumerate(small)
        if not one.isascii()
    )


def _of_letter(word: str, index: int) -> int:
    """How well a letter, a small one, stands where it does."""
    one, before, after = word[index], word[max(0, index - 1) : index], word[index + 1 : index + 2]
    first, last = not before, not after
    if one == "ç" and after not in {*"aouãáóõôû"}:
        return WRONG  # before other letters the cedilla would say nothing
    if one == "ñ" and after not in VOWELS:
        return WRONG
    if (one in "ëï" and before not in VOWELS) or (one == "â" and before in VOWELS):
        return -1
    if one == "ù":
        return WEIGHTS["é"] if word == "où" else 0
    if (one == "à" and not last) or (one == "œ" and after not in {*"ui"}):
        return 0
    weight = WEIGHTS.get(one, WRONG)
    if first:
        return weight - 1 if one in "éêèâîô" else min(weight, 0)
    return min(weight, 0) if last and one in "êîôâïçöüäñãûèáíú" else weight
