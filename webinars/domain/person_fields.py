"""What may stand in the fields of a person, whether they typed them or a list brings them. Pure.

Each check takes a tidied text and gives back what is kept, or raises WrongValue: a sentence
that says what to do.
"""

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from webinars.domain.errors import N_, WrongValue
from webinars.domain.fields import long_text

MOST_EMAIL = 254
MOST_NAME = 120
MOST_ORGANISATION = 160
MOST_QUESTION = 2000

UNWANTED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
    # No width at all; and what stands for bytes that were not text.
    r"\u200b\u2060\ufeff\ufffd-\uffff]"
)
DIRECTION = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
UNSEEN = re.compile(r"[\u115f\u1160\u2800\u3164\uffa0\U000e0000-\U000e007f]")
"""Letters and signs that show nothing (Hangul fillers, the blank of Braille), and tags."""
MOST_MARKS = 4
"""Above and below one letter: no writing in use needs more."""
AN_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"']+@[^\s@<>()\[\],;:\"']+")
"""In a longer text, roughly."""
LOOKS_LIKE_A_LINK = re.compile(r"https?://|www\.|<[a-z/]", re.IGNORECASE)

NO_ADDRESS = N_("Write your e-mail address.")
NO_NAME = N_("Write your first and last name.")
MALFORMED_ADDRESS = N_("This address is not complete: write it like prenom.nom@example.org.")
ONE_ADDRESS = N_("Write one address only.")
ADDRESS_ALONE = N_("Write the address alone: no name, brackets or other signs before or after it.")
ACCENT_IN_ADDRESS = N_(
    "Before the @ there can be no accents and no other letters than a to z: check how this "
    "address is written."
)
INVISIBLE = N_("There are invisible characters in this field: type it again.")
TOO_MANY_MARKS = N_("There are too many accents on one letter: type this field again.")
ONE_LINE = N_("Write this on one line.")
NO_LINK = N_("Write a name here, without an address of a site.")
TOO_LONG = N_("Shorten this: at most %(max)s characters.")


def tidy(value: str | None) -> str | None:
    """Trimmed, in composed form (NFC); None when nothing is left."""
    if value is None:
        return None
    text = unicodedata.normalize("NFC", value.strip())
    return text or None


def tidy_email(value: str | None) -> str | None:
    """Trimmed, in lower case, wide letters as the usual ones (NFKC).

    One person has one address however it is written.
    """
    text = tidy(unicodedata.normalize("NFKC", value)) if value else None
    return text.lower() if text else None


def kept_address(value: str | None) -> str | None:
    """The address as it is kept, however it was written; None when no mail can be sent there."""
    try:
        found = validate_email(
            tidy_email(value) or "",
            check_deliverability=False,
            globally_deliverable=False,
            allow_smtputf8=False,
            strict=True,  # RFC 5321 section 4.5.3.1.1: 64 octets before the @
        )
    except (EmailNotValidError, UnicodeError):
        return None
    return found.normalized if "." in found.domain else None


def email(value: str | None) -> str:
    """An address that mail can be sent to. Raises WrongValue."""
    text = tidy_email(value)
    if text is None:
        raise WrongValue(NO_ADDRESS)
    visible(at_most(text, MOST_EMAIL))
    address = kept_address(text)
    if address is None:
        raise WrongValue(_wrong_about(text))
    return address


def _wrong_about(text: str) -> str:
    """What to say of a text that is no address."""
    found = AN_ADDRESS.findall(text)
    if len(found) > 1:
        return ONE_ADDRESS
    if found and text.count("@") == 1 and kept_address(found[0].rstrip(".")):
        return ADDRESS_ALONE
    return MALFORMED_ADDRESS if text.partition("@")[0].isascii() else ACCENT_IN_ADDRESS


def full_name(value: str | None) -> str:
    """A name. It stands in mails: it must not carry somebody else's message. Raises WrongValue."""
    text = tidy(value)
    if text is None:
        raise WrongValue(NO_NAME)
    seen(visible(at_most(text, MOST_NAME)))
    if not has_letters(text):
        raise WrongValue(NO_NAME)
    return without_link(text)


def organisation(value: str | None) -> str | None:
    """Where somebody works, if they say so. Raises WrongValue."""
    text = tidy(value)
    return seen(visible(at_most(text, MOST_ORGANISATION))) if text else None


def question(value: str | None) -> str | None:
    """What somebody asks the speakers, on several lines if they like. Raises WrongValue."""
    text = tidy(value)
    return visible(at_most(text, MOST_QUESTION), lines=True) if text else None


def wording(value: str) -> str | None:
    """A question as everybody may read it, as long as one may be. Raises WrongValue."""
    text = long_text(value.replace("\r\n", "\n"))
    if len(text) > MOST_QUESTION:
        raise WrongValue(N_("the text is too long: at most 2000 characters"))
    return text or None


def at_most(text: str, count: int) -> str:
    """No longer than so many characters. Raises WrongValue."""
    if len(text) > count:
        raise WrongValue(TOO_LONG, max=str(count))
    return text


def visible(text: str, *, lines: bool = False) -> str:
    """No control characters, and on one line unless it is a longer text. Raises WrongValue."""
    if UNWANTED.search(text) or DIRECTION.search(text):
        raise WrongValue(INVISIBLE)
    if not lines and re.search(r"[\r\n\t]", text):
        raise WrongValue(ONE_LINE)
    return text


def seen(text: str) -> str:
    """Nothing that shows nothing, no tower of accents. Raises WrongValue."""
    if UNSEEN.search(text):
        raise WrongValue(INVISIBLE)
    marks = 0
    for one in text:
        category = unicodedata.category(one)
        if category in ("Mn", "Me"):
            marks += 1
        elif category != "Cf":  # a joiner in between does not part them
            marks = 0
        if marks > MOST_MARKS:
            raise WrongValue(TOO_MANY_MARKS)
    return text


def has_letters(text: str) -> bool:
    """Whether a letter or a digit of it can be seen."""
    return any(unicodedata.category(one)[0] in "LN" for one in UNSEEN.sub("", text))


def without_link(text: str) -> str:
    """No address of a site. Raises WrongValue."""
    if LOOKS_LIKE_A_LINK.search(text):
        raise WrongValue(NO_LINK)
    return text
