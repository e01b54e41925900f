"""Which addresses answered: kept for each resource, true of its present address alone."""

from datetime import timedelta

from tests.support import NOW, counted_queries
from webinars.db import Database
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile
from webinars.domain.link_checks import Answer, LinksPage, addresses, links_page, note
from webinars.models import LinkState

LATER = NOW + timedelta(days=7)
A, B, C = (f"https://{name}.example.org/" for name in "abc")


def bring(database: Database, **urls: str | None) -> None:
    text = "resources = []\n" if not urls else ""
    for slug, url in urls.items():
        text += f'[[resources]]\nslug = "{slug}"\ntitle = "{slug}"\nkind = "k"\n'
        text += f'url = "{url}"\n' if url else ""
    with database.write() as session:
        import_library(session, files=[SourceFile("x.toml", text)], now=NOW)


def noted(database: Database, answers: dict[str, Answer], now=NOW) -> None:
    with database.write() as session:
        note(session, answers=answers, now=now)


def look(database: Database) -> LinksPage:
    with database.read() as session:
        return links_page(session)


def wanted(database: Database) -> tuple[str, ...]:
    with database.read() as session:
        return addresses(session)


def troubled(database: Database) -> list[tuple[str, LinkState]]:
    return [(one.slug, one.state) for one in look(database).troubled]


def test_nothing_was_ever_asked(database: Database) -> None:
    assert look(database) == LinksPage((), {}, 0, None)
    bring(database, a=A, none=None)
    assert look(database) == LinksPage((), {}, 1, None)
    assert wanted(database) == (A,)


def test_the_worst_goes_first_and_what_answers_is_counted(database: Database) -> None:
    bring(database, a=A, b=B, c=C, again=A)
    noted(
        database,
        {
            A: Answer(LinkState.MOVED, 200, B),
            B: Answer(LinkState.ANSWERS, 200),
            C: Answer(LinkState.MISSING, 404),
        },
    )
    page = look(database)
    assert troubled(database) == [
        ("c", LinkState.MISSING),
        ("a", LinkState.MOVED),
        ("again", LinkState.MOVED),
    ]
    assert page.counts == {LinkState.MOVED: 2, LinkState.ANSWERS: 1, LinkState.MISSING: 1}
    assert (page.unchecked, page.latest, page.troubled[1].moved_to) == (0, NOW, B)


def test_a_later_look_takes_the_place_of_the_one_before(database: Database) -> None:
    bring(database, a=A)
    noted(database, {A: Answer(LinkState.MISSING, 404)})
    noted(database, {A: Answer(LinkState.ANSWERS, 200)}, LATER)
    noted(database, {})
    assert (troubled(database), look(database).latest) == ([], LATER)


def test_of_a_new_address_nothing_is_known(database: Database) -> None:
    bring(database, a=A)
    noted(database, {A: Answer(LinkState.MISSING, 404)})
    bring(database, a=B)
    assert (troubled(database), look(database).unchecked) == ([], 1)
    noted(database, {A: Answer(LinkState.MISSING, 404)})
    assert (troubled(database), look(database).unchecked) == ([], 1)


def test_what_was_never_asked_goes_first_then_the_oldest(database: Database) -> None:
    bring(database, a=A, b=B, c=C)
    noted(database, {A: Answer(LinkState.ANSWERS, 200)}, LATER)
    noted(database, {B: Answer(LinkState.ANSWERS, 200)})
    assert wanted(database) == (C, B, A)


def test_the_count_of_queries_is_fixed(database: Database) -> None:
    bring(database, a=A, b=B)
    noted(database, {A: Answer(LinkState.SLOW), B: Answer(LinkState.MISSING, 404)})
    with counted_queries(database) as queries:
        look(database)
    assert len(queries) == 2
