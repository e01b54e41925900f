"""What every mail has in both forms, whatever its words are."""

import re
from dataclasses import dataclass

from tests.mail.test_messages import Html
from webinars.mail.letters import Letter, Texts

HOUR = {"fr": r"\b\d{1,2} h(?: \d\d)?", "en": r"\b\d{1,2}(?::\d\d)? [ap]m"}
ZONE = {"fr": "heure de Paris", "en": "Paris time"}
WHY = {"fr": "Vous recevez ce courriel parce que", "en": "You receive this mail because"}
SENDER = {"fr": "Un cycle de webinaires proposé par", "en": "A cycle of webinars run by"}


@dataclass(frozen=True)
class Facts:
    """Of one mail; each holds of its text and of its HTML alike."""

    hour_and_zone: bool
    one_button: bool
    """The main one, with its plain address beneath it, in the text on a line of its own."""
    sender_and_why: bool
    way_out: bool
    """The list is left, or the personal page ends it."""


def facts_of(letter: Letter | Texts, language: str) -> Facts:
    """What the mail has. Fails where its two forms differ in it."""
    lines, page = letter.text.splitlines(), Html(letter.html.partition("</style>")[2])
    body = page.text
    forms = [" ".join(form.split()) for form in (letter.text, body)]
    hours = {bool(re.search(HOUR[language], form)) and ZONE[language] in form for form in forms}
    assert len(hours) == 1, "one form names an hour that the other does not"
    buttons = [attrs["href"] for attrs in page.having("button")]
    addresses = [line for line in lines if line.startswith("http")]
    linked = {attrs["href"] for tag, attrs in page.elements if tag == "a"}
    assert linked == set(addresses)
    return Facts(
        hour_and_zone=hours.pop(),
        one_button=len(buttons) == 1 and buttons[0] in body and buttons[0] in addresses,
        sender_and_why=all(WHY[language] in form and SENDER[language] in form for form in forms),
        way_out=any("/leave/" in address or "/me/" in address for address in addresses),
    )
