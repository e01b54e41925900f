"""On English pages a voice reads French as French (WCAG 2.2, 3.1.2)."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from tests.domain.test_search import bring_up_to_date
from tests.support import ALICE, APRIL, register
from tests.web.support import Element, read, tokens
from webinars.db import Database
from webinars.domain.replays import Video, put_online
from webinars.domain.timed_text import Cue, Spoken
from webinars.i18n import content_words
from webinars.models import Cycle, Resource, Theme, Webinar
from webinars.services import Services

THEME = APRIL.theme or ""
PAGE = f"/cycles/2019/{APRIL.slug}"
ADDRESSES = [
    "/",
    "/cycles/2019",
    "/cycles/2019/embed",
    "/cycles/2019/register",
    PAGE,
    f"{PAGE}/embed",
    f"{PAGE}/join",
    f"/themes/{THEME}",
    "/themes/definir-sa-strategie",
    "/resources",
    f"/resources?theme={THEME}",
    "/resources/guide-pratique-sur-les-partenariats",
    "/resources/infographie-phare",
    "/replays",
    "/search?q=alliances",
    "/nowhere",
]
LATER = datetime(2019, 4, 19, 12, 0, tzinfo=UTC)
VIDEO = Video(
    url="https://files.example.org/avril.mp4",
    duration=5400,
    chapters=((0, "Mise en perspectives"),),
    captions={"en": (Cue(0, 4000, (Spoken(None, "Every alliance begins with a question."),)),)},
)
LEAST = 12
"""Letters: shorter texts stand in others by chance."""


def passages(element: Element, spoken: str) -> Iterator[tuple[str, str]]:
    """Each text of a page with the language in which it is read."""
    for part in element.content:
        if isinstance(part, str) and part.strip():
            yield spoken, " ".join(part.split())
        elif isinstance(part, Element) and part.tag not in {"head", "script", "style", "textarea"}:
            yield from passages(part, part.attrs.get("lang", spoken))


def content_of(database: Database) -> set[str]:
    """What the house wrote, as pages set it."""
    columns = (Webinar.title, Cycle.title, Theme.title, Resource.title)
    with database.read() as session:
        texts = {text for column in columns for text in session.scalars(sa.select(column))}
        texts |= {one for theme in session.scalars(sa.select(Theme)) for one in theme.questions}
    return {" ".join(text.split()) for text in texts if len(text) >= LEAST}


@pytest.fixture
def everything(real_site: Database, services: Services, now) -> Database:
    """The real site, with somebody who is registered, a replay, and the index of the search."""
    with real_site.write() as session:
        register(session, ALICE, webinar=APRIL.slug)
        put_online(session, cycle_slug="2019", webinar_slug=APRIL.slug, video=VIDEO, now=LATER)
    bring_up_to_date(real_site)
    return real_site


def found_on(client: FlaskClient, address: str, content: set[str]) -> dict[str, set[str]]:
    """Which content a page shows, by the language in which it is read."""
    found: dict[str, set[str]] = {}
    for spoken, text in passages(read(client.get(address, follow_redirects=True)), "?"):
        for one in content:
            if one in text:
                found.setdefault(spoken, set()).add(one)
    return found


@pytest.mark.parametrize("after", [False, True])
def test_content_is_read_in_its_language(
    client: FlaskClient, everything: Database, services: Services, at, after: bool
) -> None:
    if after:
        at(LATER)
    content = content_of(everything) | {"Mise en perspectives"}
    page_token, _ = tokens(everything, services.links)
    seen: set[str] = set()
    for address in (*ADDRESSES, f"/me/{page_token}", f"/me/{page_token}/data"):
        found = found_on(client, f"/en{address}", content)
        assert set(found) <= {"fr"}, (address, found)
        seen |= found.get("fr", set())
    assert len(seen) > 60
    assert "Mise en perspectives" in seen


def test_a_transcript_has_a_language_of_its_own(
    client: FlaskClient, everything: Database, at
) -> None:
    at(LATER)
    for prefix, address in [("", PAGE), ("/en", PAGE), ("", "/search?q=question")]:
        spoken = [
            language
            for language, text in passages(read(client.get(prefix + address)), "?")
            if "Every alliance begins with a" in text
        ]
        assert spoken == ["en"], (prefix, address)


def test_the_words_of_an_english_page_are_read_in_english(
    client: FlaskClient, everything: Database
) -> None:
    for address in ADDRESSES:
        spoken = dict.fromkeys(("en", "fr"), "")
        for language, text in passages(read(client.get(f"/en{address}")), "?"):
            spoken[language] += f"{text} | "
        for words in ("Resources", "Replays", "Register", "Previous", "Forthcoming"):
            assert f" {words} " not in spoken["fr"], address


def test_on_french_pages_nothing_is_marked(client: FlaskClient, everything: Database) -> None:
    for address in ADDRESSES:
        page = read(client.get(address))
        assert [element.tag for element in page.all(lang="fr")] == ["html"], address
        in_english = {element.text for element in page.all(lang="en")}
        assert in_english <= {"English", "Every alliance begins with a question."}, address


def test_content_inside_a_sentence(app: Flask) -> None:
    with app.test_request_context():
        said = {}
        for language in ("fr", "en"):
            with force_locale(language):
                said[language] = [str(content_words(text)) for text in ("A & B", "", None)]
    assert said == {
        "fr": ["A &amp; B", "", ""],
        "en": ['<span lang="fr">A &amp; B</span>', "", ""],
    }
