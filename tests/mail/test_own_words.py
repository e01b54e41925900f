"""Mails in the organisers' own words: what they replace, what they never can, and what is said
when they cannot be used."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from tests.mail import test_by_rule as by_rule
from tests.mail import test_change_notices as notices
from tests.mail import test_messages as messages
from tests.mail import test_scopes as scopes
from tests.mail.test_by_rule import write as of_a_rule  # noqa: F401
from tests.mail.test_change_notices import write as of_a_change  # noqa: F401
from tests.mail.test_messages import write as of_a_message  # noqa: F401
from tests.mail.test_scopes import write as of_a_scope  # noqa: F401
from tests.support import NOW
from webinars.domain import mail_texts
from webinars.domain.mail_texts import SITUATIONS, Part, Situation
from webinars.mail.letters import Letter
from webinars.mail.usual_words import usual_words
from webinars.services import Services

# The words do not depend on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SNAPSHOTS = Path(__file__).parent / "snapshots"
LANGUAGES = ("fr", "en")
CLOSING = "Bien à vous, {full_name}\nL’équipe de {site_name} {{merci}}"
SIGNED = re.compile(r"Bien à vous.*\nL’équipe de .* \{merci\}\n\n")

CASES: dict[str, tuple[str, Any]] = {
    **{name: ("of_a_message", case) for name, case in messages.CASES.items()},
    **{name: ("of_a_rule", name) for name in (*by_rule.CASES, *by_rule.WELCOMES)},
    **{name: ("of_a_change", case) for name, case in notices.CASES.items()},
    **{name: ("of_a_scope", case) for name, case in scopes.SITUATIONS.items()},
}
"""Every mail of the snapshots: the fixture that writes it, and what it is given."""
THE_PRODUCTS = {
    "confirmation-open",
    "confirmation-begun",
    "promotion-begun",
    "waiting_list-begun",
    "summary",
    "summary-pending",
    "summary-of-themes",
    "summary-pressed",
}
"""Where no own words can stand."""

Keep = Callable[[Situation, Mapping[Part, str]], None]


@pytest.fixture
def keep(services: Services) -> Keep:
    """Keeps own words of a situation, the same in both languages."""

    def save(where: Situation, parts: Mapping[Part, str]) -> None:
        with services.database.write() as session:
            version = mail_texts.own_words(session, where=where).version
            mail_texts.save(
                session,
                where=where,
                texts=dict.fromkeys(LANGUAGES, parts),
                seen=version,
                actor="anne@example.org",
                now=NOW,
            )

    return save


@pytest.fixture
def write(request: pytest.FixtureRequest) -> Callable[[str, str], Letter]:
    """The mail of a snapshot, by its name, in a language."""

    def build(name: str, language: str) -> Letter:
        fixture, given = CASES[name]
        letter: Letter = request.getfixturevalue(fixture)(given, language)
        return letter

    return build


Write = Callable[[str, str], Letter]


def snapshot(name: str, language: str) -> str:
    return (SNAPSHOTS / f"{name}.{language}.txt").read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_the_usual_words_as_own_words_are_the_same_mail(
    name: str, language: str, app: Flask, keep: Keep, write: Write
) -> None:
    """What the screens give to begin from is what leaves without it; the closing is new."""
    with app.app_context(), force_locale(language):
        for where in SITUATIONS:
            keep(where, {**usual_words(where), Part.CLOSING: CLOSING})
    letter = write(name, language)
    signed = SIGNED.findall(letter.text)

    assert len(signed) == (0 if name in THE_PRODUCTS else 1)
    assert f"{letter.subject}\n\n{SIGNED.sub('', letter.text)}" == snapshot(name, language)
    assert ("L’équipe de" in letter.html) == bool(signed)


def test_every_situation_is_among_the_snapshots(
    app: Flask, keep: Keep, write: Write, services: Services
) -> None:
    assert len({(one.kind, one.name) for one in SITUATIONS}) == len(SITUATIONS)
