"""The search of the site, on both databases: what is public, a tick later."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.support import (
    ALICE,
    APRIL,
    MARCH,
    MAY,
    NOW,
    count,
    counted_queries,
    load_2019,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import planning, replays, search_index, site
from webinars.domain.replays import Video
from webinars.domain.search import Chosen, Group, Results, search
from webinars.domain.search_words import Piece
from webinars.models import FoundKind, Question, Replay, SearchEntry

LATER = NOW + timedelta(days=1)


def bring_up_to_date(database: Database) -> int:
    """As the worker does; how many rows were written or removed."""
    with database.read() as session:
        assert search_index.is_behind(session)
        found = search_index.difference(session)
    writes = found.writes
    for part in found.parts:
        with database.write() as session:
            writes = search_index.write(session, part=part, writes=writes)
    with database.write() as session:
        search_index.is_up_to_date(session, version=found.version, writes=writes)
    with database.read() as session:
        assert not search_index.is_behind(session)
    return sum(len(part.gone) + len(part.made) for part in found.parts)


def find(database: Database, typed: str, **chosen: object) -> Results:
    with database.read() as session:
        return search(session, typed=typed, chosen=Chosen(**chosen))  # type: ignore[arg-type]


def titles(results: Results, kind: FoundKind = FoundKind.WEBINAR) -> list[str]:
    return [
        "".join(piece.text for piece in one.title)
        for group in results.groups
        if group.kind is kind
        for one in group.found
    ]


@pytest.fixture
def three(database: Database) -> Database:
    """Three webinars that the search knows."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
    bring_up_to_date(database)
    return database


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("ecosysteme", [MARCH.title]),
        ("ÉCOSYSTÈMES", [MARCH.title]),
        ("alliance", [APRIL.title]),
        ("alli", [APRIL.title]),
        ("alli ", []),
        ("faire apprendre", [APRIL.title]),
        ("faire strategie", []),
        ("nothing of this", []),
        ("", []),
        ("« » ? * \" ' ) ( : & | ! -", []),
        ("NEAR(a b) OR title:x*", []),
        ("\x00\ud7ff", []),
    ],
)
def test_what_is_found(three: Database, typed: str, wanted: list[str]) -> None:
    assert titles(find(three, typed)) == wanted


def test_a_title_counts_more_than_a_text(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(replace(MARCH, title="Mesurer"), APRIL))
        session.execute(sa.text("UPDATE webinars SET why = 'apprendre, toujours apprendre'"))
    bring_up_to_date(database)
    assert titles(find(database, "apprendre")) == [APRIL.title, "Mesurer"]


def test_the_index_follows_what_is_public(three: Database) -> None:
    with three.write() as session:
        published(session, plan_of(replace(MARCH, title="Mesurer"), APRIL, MAY), now=LATER)
        planning.save_draft(session, plan=plan_of(replace(MARCH, title="Secret")), now=LATER)
    assert titles(find(three, "ecosysteme")) == [MARCH.title], "a tick late"
    assert bring_up_to_date(three) == 2, "one made anew"
    assert titles(find(three, "ecosysteme")) == []
    assert titles(find(three, "mesurer")) == ["Mesurer"]
    assert titles(find(three, "secret")) == []
    with three.read() as session:
        assert count(session, SearchEntry) == 3
        rows = session.execute(sa.text("SELECT count(*) FROM search_index")).scalar_one()
    assert rows == 3


def test_a_chapter_opens_the_video_at_its_second(three: Database) -> None:
    with three.write() as session:
        replays.put_online(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            video=Video("https://video.example.org/m", 3600, [(0, "Début"), (754, "Les freins")]),
            now=datetime(2019, 3, 22, 9, tzinfo=UTC),
        )
    bring_up_to_date(three)
    assert [group.kind for group in find(three, MARCH.title).groups] == [FoundKind.WEBINAR]
    (group,) = find(three, "frein").groups
    assert (group.kind, group.count) == (FoundKind.MOMENT, 1)
    (one,) = group.found
    assert (one.cycle_slug, one.webinar_slug, one.second) == ("2019", MARCH.slug, 754)
    assert (one.webinar_title, one.extract) == (MARCH.title, ())


@pytest.mark.parametrize("away", ["cancelled", "later", "withdrawn"])
def test_a_replay_that_its_page_does_not_show_is_not_found(three: Database, away: str) -> None:
    with three.write() as session:
        replays.put_online(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            video=Video("https://video.example.org/m", 3600, [(754, "Les freins")]),
            now=datetime(2019, 3, 22, 9, tzinfo=UTC),
        )
    bring_up_to_date(three)
    assert find(three, "frein").count == 1
    with three.write() as session:
        if away == "withdrawn":
            session.execute(sa.update(Replay).values(online_at=None))
            site.touch(session, now=LATER)
        else:
            others = (APRIL, MAY)
            later = replace(MARCH, date=date(2019, 11, 21))
            plan = plan_of(*others) if away == "cancelled" else plan_of(later, *others)
            published(session, plan, now=LATER)
    assert find(three, "frein").groups in ((), (Group(FoundKind.MOMENT, 1, ()),)), "not even now"
    bring_up_to_date(three)
    assert find(three, "frein").count == 0


def test_only_published_questions_are_found(three: Database) -> None:
    with three.write() as session:
        register(session, ALICE, question="Quels obstacles ?")
        session.execute(sa.text("UPDATE site_state SET version = version + 1"))
    bring_up_to_date(three)
    assert find(three, "obstacle").count == 0
    with three.write() as session:
        session.execute(
            sa.update(Question).values(
                published_at=NOW, published_text="Quels obstacles ?", answer="Aucun."
            )
        )
        session.execute(sa.text("UPDATE site_state SET version = version + 1"))
    bring_up_to_date(three)
    (group,) = find(three, "obstacle").groups
    assert (group.kind, group.found[0].webinar_slug) == (FoundKind.QUESTION, MARCH.slug)
    assert "".join(piece.text for piece in group.found[0].extract) == "Aucun."


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_the_real_library_with_its_facets(database: Database) -> None:
    load_2019(database)
    bring_up_to_date(database)
    results = find(database, "alliances")
    kinds = {option.value: option.count for option in results.kinds}
    assert results.count == sum(kinds.values())
    assert kinds["webinar"] >= 1
    assert kinds["resource"] > 20
    assert not results.too_many
    theme = results.themes[0]
    narrowed = find(database, "alliances", theme=theme.value)
    assert narrowed.count == theme.count
    assert {option.value: option.count for option in narrowed.themes} == {
        option.value: option.count for option in results.themes
    }, "a facet counts what the others leave"
    one_kind = find(database, "alliances", kind=FoundKind.RESOURCE)
    assert [group.kind for group in one_kind.groups] == [FoundKind.RESOURCE]
    assert len(one_kind.groups[0].found) == kinds["resource"]
    year = results.years[0]
    assert find(database, "alliances", year=int(year.value)).count == year.count
    assert find(database, "alliances", theme="no-such").count == 0


def test_the_queries_do_not_grow(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
    bring_up_to_date(database)
    with database.read() as session, counted_queries(database) as few:
        search(session, typed="ecosysteme", chosen=Chosen())
    load_2019(database, now=LATER)
    bring_up_to_date(database)
    with database.read() as session, counted_queries(database) as many:
        search(session, typed="a le de alliance", chosen=Chosen())
        search(session, typed="alliance", chosen=Chosen())
    assert len(few) == 3
    assert len(many) in {4, 6}


def test_nothing_new_is_nothing_to_write(three: Database) -> None:
    with three.write() as session:
        session.execute(sa.text("UPDATE site_state SET version = version + 1"))
    assert bring_up_to_date(three) == 0


def test_of_two_workers_one_goes_on(three: Database) -> None:
    """The one that was overtaken writes nothing of what it had read."""
    titles_of = [
        replace(one, title=f"Mesurer {number}") for number, one in enumerate((MARCH, APRIL, MAY))
    ]
    with three.write() as session:
        published(session, plan_of(*titles_of), now=LATER)
    with three.read() as session:
        slow = search_index.difference(session)
    assert len(slow.parts) == 2
    with three.write() as session:
        writes = search_index.write(session, part=slow.parts[0], writes=slow.writes)
    assert bring_up_to_date(three) == 3, "made, what the slow one has only removed"
    with pytest.raises(search_index.Overtaken), three.write() as session:
        search_index.write(session, part=slow.parts[1], writes=writes)
    with pytest.raises(search_index.Overtaken), three.write() as session:
        search_index.is_up_to_date(session, version=slow.version, writes=writes)
    assert len(titles(find(three, "mesurer"))) == 3
    with three.read() as session:
        assert count(session, SearchEntry) == 3


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_resource_is_found_by_its_facts(database: Database) -> None:
    """By kind, year, edition, audience, step and entry point."""
    load_2019(database)
    bring_up_to_date(database)
    partenariale, rse = "Politique partenariale", "RSE & Partenariats"
    moocs = ["Les alliances qui changent les territoires", "Les partenariats qui changent le monde"]
    wanted = {
        "MOOC": moocs,
        "mooc 2015": moocs[1:],
        "autodiagnostic": [partenariale, rse],
        "autodiagnostic entreprises": [rse],
        "autodiagnostic s’approprier": [partenariale, rse],
        "mooc approprier": [],
        "etudes de cas 2012": ["Etudes de cas représentatives de la diversité des partenariats"],
        "boites outils convention jour 2016": ["Exemple de convention de partenariat"],
        "guide automne": ["Entreprises et territoires"],
    }
    found = {typed: titles(find(database, typed), FoundKind.RESOURCE) for typed in wanted}
    assert {typed: sorted(some) for typed, some in found.items()} == wanted


def test_a_resource_says_its_facts_with_what_was_looked_for(library: Database) -> None:
    bring_up_to_date(library)
    (group,) = find(library, "mooc partenariats").groups
    assert group.found[0].facts == (
        Piece("MOOC", marked=True),
        Piece(", ESSEC, Le RAMEAU, 2015", marked=False),
    )
    assert "ESSEC" not in "".join(piece.text for piece in group.found[0].extract)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_theme_is_found_by_what_else_it_is_called(database: Database) -> None:
    load_2019(database)
    bring_up_to_date(database)
    results = find(database, "comprendre son écosystème")
    assert titles(results) == ["Connaître son écosystème"]
    assert "phare" in " ".join(titles(results, FoundKind.RESOURCE)).lower()


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_an_index_of_another_form_is_written_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an upgrade, while nothing of the site has changed."""
    with database.write() as session:
        published(session, plan_of(MARCH))
    bring_up_to_date(database)
    monkeypatch.setattr(search_index, "FORM", search_index.FORM + 1)
    monkeypatch.setattr(search_index, "folded", lambda text: [text[:3].lower()])
    assert bring_up_to_date(database) == 2, "one made anew"
    assert find(database, MARCH.title[:3]).count == 1
    with database.read() as session:
        assert not search_index.is_behind(session)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_of_equals_the_latest_with_a_replay_comes_first(database: Database) -> None:
    alike = [replace(one, title="Mesurer", theme=None) for one in (MARCH, APRIL, MAY)]
    with database.write() as session:
        published(session, plan_of(*alike))

    def dates() -> list[int]:
        bring_up_to_date(database)
        (group,) = find(database, "mesurer").groups
        return [one.starts_at.month for one in group.found if one.starts_at]

    assert dates() == [5, 4, 3]
    with database.write() as session:
        for one in (MARCH, APRIL):
            replays.put_online(
                session,
                cycle_slug="2019",
                webinar_slug=one.slug,
                video=Video("https://video.example.org/m", 3600, []),
                now=datetime(2019, 4, 22, 9, tzinfo=UTC),
            )
    assert dates() == [4, 3, 5]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("title", ["ODD17", "L’ODD 17"])
def test_a_number_is_found_glued_to_its_word_and_apart(database: Database, title: str) -> None:
    with database.write() as session:
        published(session, plan_of(replace(MARCH, title=title)))
    bring_up_to_date(database)
    for typed in ("odd17", "ODD 17", "odd1", "odd", "ODD17 "):
        assert titles(find(database, typed)) == [title], typed
    assert titles(find(database, "odd16")) == []
