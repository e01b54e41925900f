"""Mails in the organisers' own words: what they replace, what they never can, and the fallback."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_babel import force_locale

from tests.mail import test_by_rule as by_rule
from tests.mail import test_change_notices as notices
from tests.mail import test_messages as messages
from tests.mail import test_scopes as scopes
from tests.mail.facts import Facts, facts_of
from tests.mail.test_by_rule import write as of_a_rule  # noqa: F401
from tests.mail.test_change_notices import write as of_a_change  # noqa: F401
from tests.mail.test_messages import Html
from tests.mail.test_messages import write as of_a_message  # noqa: F401
from tests.mail.test_scopes import write as of_a_scope  # noqa: F401
from tests.support import NOW, counted_queries
from webinars.domain import mail_texts
from webinars.domain.mail_texts import SITUATIONS, Part, Situation, situation
from webinars.mail import own_words
from webinars.mail.letters import Letter
from webinars.mail.messages import compose
from webinars.mail.previews import preview
from webinars.mail.usual_words import usual_words
from webinars.models import MailKind, MailText, OutboxMail
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

OF_NO_HOUR = {
    "link-not-registered",
    "link-without-webinar",
    "link-of-the-whole",
    "link-of-the-whole-pending",
    "link-without-the-whole",
    "theme",
    "theme-pending",
    "summary-of-themes",
}
"""Mails about no webinar that the person is registered for."""

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
    assert facts_of(letter, language) == Facts(name not in OF_NO_HOUR, True, True, True)


def test_every_situation_can_fill_what_it_allows(app: Flask, services: Services) -> None:
    """With real values for each of its placeholders, in both languages."""
    for where in SITUATIONS:
        every = " ".join("{" + name + "}" for name in where.allowed(Part.CLOSING))
        for language in LANGUAGES:
            with app.app_context(), services.database.read() as session:
                said = preview(
                    session,
                    where=where,
                    language=language,
                    words={"closing": every, "opening": every, "subject": "{site_name}"},
                    registration_id=None,
                    services=services,
                )
            assert said.subject == services.settings.site_name
            assert "{" not in said.text
            spoken = " ".join(said.text.split())
            assert spoken.count("Camille Martin") == 3, "the greeting and both texts"


REMINDER = situation("reminder", "before")
NASTY = "<b>gras</b> & «\N{NO-BREAK SPACE}{webinar_title}\N{NO-BREAK SPACE}»\nligne 2\n\nà {time}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_own_words_in_both_forms(language: str, keep: Keep, write: Write) -> None:
    keep(
        REMINDER,
        {Part.SUBJECT: "À {time}, {zone} : {{oui}}", Part.OPENING: NASTY, Part.CLOSING: "Fin"},
    )
    letter = write("reminder-tomorrow", language)
    page = Html(letter.html)
    hour = {"fr": "13 h, heure de Paris", "en": "1 pm, Paris time"}[language]

    assert letter.subject == f"À {hour} : {{oui}}"
    title = (
        "Écosystèmes & stratégies\N{NO-BREAK SPACE}: «\N{NO-BREAK SPACE}l’été\N{NO-BREAK SPACE}»"
    )
    spoken = " ".join(letter.text.split())
    assert f"<b>gras</b> & « {' '.join(title.split())} à Nîmes » ligne 2 à 1" in spoken
    assert "&lt;b&gt;gras&lt;/b&gt; &amp; «" in letter.html
    assert "ligne 2" in letter.html
    assert not page.tags() & {"b", "script"}
    assert letter.text.index("Fin\n") > letter.text.index("ligne 2")
    # The facts, the button and the way to leave are not theirs to lose.
    assert len(page.having("button")) == 1
    assert page.having("button")[0]["href"] in letter.text.splitlines()
    assert letter.leave_url is not None
    assert letter.leave_url in letter.text
    assert max(len(line.encode()) for line in letter.html.splitlines()) <= 998


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Zoé Dupont", "Chère Zoé Dupont, à vous"),
        ("www.evil.example", "Chère, à vous"),
        ("<b>Zoé</b>", "Chère, à vous"),
    ],
)
def test_a_name_brings_no_link_and_no_markup(
    name: str, said: str, keep: Keep, request: pytest.FixtureRequest
) -> None:
    keep(situation("confirmation", "registered"), {Part.OPENING: "Chère {full_name}, à vous"})
    build = request.getfixturevalue("of_a_message")
    letter = build(replace(messages.CASES["confirmation"], name=name), "fr")

    assert said in letter.text
    assert said in Html(letter.html).text
    assert "evil" not in letter.text + letter.html
    assert "b" not in Html(letter.html).tags()


@pytest.mark.parametrize(
    "texts",
    [
        {"fr": {"subject": "Encore {gone}", "opening": "Ici {", "closing": "Là }"}},
        {"fr": {"subject": "a\r\nBcc: b@example.org", "no_such_part": "x"}},
        {"fr": {"subject": 7, "opening": None}},
        {"fr": ["subject"]},
        {"xx": {"subject": "ailleurs"}},
        {},
    ],
)
def test_words_that_cannot_be_used_stop_no_mail(
    texts: Any, services: Services, write: Write
) -> None:
    """A row of another version, of a backup, or written past every rule."""
    with services.database.write() as session:
        session.add(
            MailText(
                kind=MailKind.REMINDER,
                situation="before",
                texts=texts,
                version=1,
                changed_at=NOW,
                changed_by="anne@example.org",
            )
        )
    letter = write("reminder-tomorrow", "fr")
    assert f"{letter.subject}\n\n{letter.text}" == snapshot("reminder-tomorrow", "fr")


def test_a_placeholder_that_fails_stops_no_mail(
    keep: Keep, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_said: object) -> str:
        raise LookupError

    keep(REMINDER, {Part.OPENING: "À {time}", Part.CLOSING: "Fin"})
    monkeypatch.setitem(cast("dict[str, Any]", own_words.VALUES), "time", fail)
    letter = write("reminder-tomorrow", "fr")
    assert f"{letter.subject}\n\n{letter.text}" == snapshot("reminder-tomorrow", "fr")


def test_one_part_that_cannot_be_used_leaves_the_others(services: Services, write: Write) -> None:
    texts = {"fr": {"subject": "Demain {gone}", "opening": "Nous y serons."}}
    with services.database.write() as session:
        session.add(
            MailText(
                kind=MailKind.REMINDER,
                situation="before",
                texts=texts,
                version=1,
                changed_at=NOW,
                changed_by="anne@example.org",
            )
        )
    letter = write("reminder-tomorrow", "fr")
    assert letter.subject == snapshot("reminder-tomorrow", "fr").partition("\n")[0]
    assert "Nous y serons." in letter.text


def test_one_query_more(keep: Keep, write: Write, services: Services, app: Flask) -> None:
    """Whether or not there are words; none where none can stand."""
    write("reminder-tomorrow", "fr")
    counts = []
    for _ in range(2):
        with (
            app.app_context(),
            services.database.read() as session,
            counted_queries(services.database) as statements,
        ):
            mail = session.scalars(sa.select(OutboxMail)).one()
            compose(session, mail=mail, services=services, now=NOW + timedelta(days=44))
        counts.append(sum("mail_texts" in one for one in statements))
        keep(REMINDER, {Part.OPENING: "{room_opening}"})
    assert counts == [1, 1]
