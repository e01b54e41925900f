"""What stands close to a resource or to a thin theme, and where a theme goes on."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from tests.support import APRIL, MARCH, NOW, load_2019, plan_of, published
from webinars.db import Database
from webinars.domain.library import resources_of
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile
from webinars.domain.neighbours import LENT, MOST, Neighbour
from webinars.domain.paths import FirstStep, NextWebinar, first_steps, next_on_themes, next_step
from webinars.domain.programme import Moment
from webinars.domain.replays import Video, put_online
from webinars.domain.resource_page import resource_page
from webinars.domain.theme_page import theme_page
from webinars.domain.webinar_page import webinar_page
from webinars.models import Theme

MOMENT = Moment.at(NOW, opens_minutes=15)
THEMES = "".join(f'[[themes]]\nslug = "{slug}"\ntitle = "{slug.upper()}"\n' for slug in "abcd")
STEPS = {"u": "comprendre", "p": "s'approprier", "g": "agir"}


def bring(database: Database, *resources: str, more: str = "") -> None:
    """Resources as words: «slug:themes:step», such as ``x:ab:u``."""
    text = THEMES
    for words in resources:
        slug, themes, step = words.split(":")
        text += f'[[resources]]\nslug = "{slug}"\ntitle = "{slug}"\nkind = "guide"\n'
        text += f"themes = {list(themes)}\n"
        text += f'step = "{STEPS[step]}"\n' if step else ""
    with database.write() as session:
        import_library(session, files=[SourceFile("x.toml", text + more)], now=NOW)


def told(neighbours: tuple[Neighbour, ...]) -> list[tuple[str, bool, bool]]:
    return [(one.resource.slug, one.same_theme, one.same_step) for one in neighbours]


def close_to(database: Database, slug: str) -> list[tuple[str, bool, bool]]:
    with database.read() as session:
        return told(resource_page(session, slug=slug, moment=MOMENT).neighbours)


def lent_to(database: Database, slug: str) -> list[tuple[str, str, bool]]:
    """What fills a theme: each with the theme by which it came, and whether that is shared."""
    with database.read() as session:
        found = theme_page(session, slug=slug, moment=MOMENT).neighbours
    return [(one.resource.slug, one.theme.slug, one.shared) for one in found]


def following(database: Database, slug: str) -> str | None:
    with database.read() as session:
        found = resource_page(session, slug=slug, moment=MOMENT).following
    return found.resource.slug if found else None


def test_alone_in_the_library_nothing_is_close(database: Database) -> None:
    bring(database, "x:a:u")
    assert close_to(database, "x") == []
    assert lent_to(database, "a") == []


def test_theme_and_step_go_before_theme_and_theme_before_step(database: Database) -> None:
    bring(database, "x:ab:u", "far:c:", "step:c:u", "theme:a:g", "both:b:u", "two:ab:g")
    assert close_to(database, "x") == [
        ("both", True, True),
        ("two", True, False),
        ("theme", True, False),
        ("step", False, True),
    ]


def test_without_theme_the_step_alone_makes_neighbours(database: Database) -> None:
    bring(database, "x::u", "y:a:u", "z:a:g", "w::")
    assert close_to(database, "x") == [("y", False, True)]
    assert close_to(database, "w") == []


def test_the_whole_and_its_parts_are_shown_as_what_they_are(database: Database) -> None:
    part = '[[resources]]\nslug = "{0}"\ntitle = "{0}"\nkind = "k"\nthemes = ["a"]\npart_of = "x"\n'
    bring(database, "x:a:", more=part.format("p") + part.format("q"))
    with database.read() as session:
        whole = resource_page(session, slug="x", moment=MOMENT)
        one = resource_page(session, slug="p", moment=MOMENT)
    assert ([part.slug for part in whole.parts], told(whole.neighbours)) == (["p", "q"], [])
    assert one.part_of is not None
    assert (one.part_of.slug, one.parts) == ("x", ())
    assert told(one.neighbours) == [("q", True, False)]


def test_no_more_than_a_page_holds(database: Database) -> None:
    bring(database, "x:a:u", *(f"n{number}:a:u" for number in range(MOST + 3)))
    assert [slug for slug, _, _ in close_to(database, "x")] == [f"n{n}" for n in range(MOST)]


def test_a_thin_theme_is_filled_step_by_step_then_by_shared_themes(database: Database) -> None:
    bring(database, "x:bc:u", "near:a:u", "fills:d:g", "more:d:g", "shares:dc:u", "plain:a:")
    assert lent_to(database, "b") == [
        ("fills", "d", False),
        ("shares", "c", True),
        ("more", "d", False),
        ("near", "a", False),
        ("plain", "a", False),
    ]


def test_many_that_share_a_theme_leave_no_step_empty(database: Database) -> None:
    bring(database, "x:bc:", *(f"s{number}:c:u" for number in range(MOST)), "g:d:g")
    assert lent_to(database, "b") == [
        ("s0", "c", True),
        ("g", "d", False),
        *((f"s{number}", "c", True) for number in range(1, MOST - 1)),
    ]


def test_of_several_themes_the_nearest_says_where_a_neighbour_comes_from(
    database: Database,
) -> None:
    bring(database, "x:a:", "far:bd:u", "two:cd:g")
    assert lent_to(database, "a") == [("far", "b", False), ("two", "c", False)]


def test_an_empty_theme_is_filled_too_and_a_full_one_is_not(database: Database) -> None:
    bring(database, *(f"r{number}:a:{step}" for number, step in enumerate("uupg")))
    assert lent_to(database, "a") == []
    assert [slug for slug, _, _ in lent_to(database, "b")] == ["r0", "r2", "r3", "r1"]


def test_an_empty_step_of_a_full_theme_is_filled_and_nothing_else(database: Database) -> None:
    mine = [f"r{number}:a:{step}" for number, step in enumerate("uuup")]
    bring(database, *mine, "far:d:g", "near:b:g", "u:b:u", "n:b:", "p:c:p")
    assert lent_to(database, "a") == [("near", "b", False), ("far", "d", False)]


def test_an_empty_step_of_a_full_theme_takes_a_few(database: Database) -> None:
    mine = [f"r{number}:a:{step}" for number, step in enumerate("uuup")]
    bring(database, *mine, *(f"g{number}:b:g" for number in range(LENT + 2)))
    assert lent_to(database, "a") == [(f"g{number}", "b", False) for number in range(LENT)]


def test_what_shares_a_theme_goes_first_into_an_empty_step(database: Database) -> None:
    bring(database, "r:ad:u", "s:a:u", "t:a:u", "v:a:", "near:b:p", "far:d:p", "g:b:g")
    assert lent_to(database, "a") == [
        ("far", "d", True),
        ("g", "b", False),
        ("near", "b", False),
    ]


def test_a_full_theme_without_steps_is_left_as_it_is(database: Database) -> None:
    bring(database, *(f"r{number}:a:" for number in range(4)), "u:b:u", "p:b:p")
    assert lent_to(database, "a") == []


def test_a_real_theme_of_one_resource_looks_whole(database: Database) -> None:
    load_2019(database)
    with database.read() as session:
        page = webinar_page(
            session, cycle_slug="2019", webinar_slug="definir-sa-strategie", moment=MOMENT
        )
        theme = theme_page(session, slug="definir-sa-strategie", moment=MOMENT)
    assert sum(group.count for group in page.kit) == 1
    assert len(page.neighbours) == MOST
    assert page.resources == {
        "centre-de-ressources-accompagnement-des-associations",
        *(one.resource.slug for one in page.neighbours),
    }
    assert page.neighbours == theme.neighbours
    assert {"definir-sa-strategie"}.isdisjoint(
        {one.slug for found in page.neighbours for one in found.resource.themes}
    )


def test_a_theme_goes_on_by_step(database: Database) -> None:
    late = (
        '[[resources]]\nslug = "soon"\ntitle = "s"\nkind = "k"\nthemes = ["a"]\n'
        'step = "agir"\nstatus = "à paraître"\n'
    )
    bring(database, "u:a:u", more=late)
    assert [following(database, slug) for slug in ("u", "soon")] == ["soon", None]
    bring(database, "u:a:u", "g:a:g", "other:b:p", "none:a:")
    assert following(database, "u") == "g"  # what can be read goes before what is announced
    assert [following(database, slug) for slug in ("g", "none")] == [None, None]
    with database.read() as session:  # its own theme ends there: a neighbouring one goes on
        found = resource_page(session, slug="other", moment=MOMENT).following
    assert found is not None
    assert (found.resource.slug, found.neighbouring) == ("g", True)


def test_a_theme_without_steps_goes_on_with_the_closest_that_has_one(database: Database) -> None:
    plain = [f"x{number}:a:" for number in range(5)]  # too many to be filled with neighbours
    bring(database, *plain)
    assert step_of_theme(database, "a") is None
    bring(database, *plain, "u:c:u", "p:b:p", "late:b:g")
    assert step_of_theme(database, "a") == ("p", True)
    bring(database, *plain, "u:c:u", "p:b:p", "shared:ac:", "late:b:g")
    assert step_of_theme(database, "a") == ("u", True)  # it shares one of its resources
    assert step_of_theme(database, "b") == ("p", False)
    assert step_of_theme(database, "d") == ("u", True)  # nothing of its own: the nearest


def step_of_theme(database: Database, slug: str) -> tuple[str, bool] | None:
    with database.read() as session:
        found = theme_page(session, slug=slug, moment=MOMENT).next_step
        # A person's way says the same, without the resources of the theme.
        link = first_steps(session, [slug]).get(slug)
    step = (found.resource.slug, found.neighbouring) if found else None
    assert step == ((link.slug, link.neighbouring) if link else None)
    return step


def test_every_theme_of_the_library_begins_as_its_page_says(library: Database) -> None:
    with library.read() as session:
        themes = session.scalars(sa.select(Theme).order_by(Theme.position)).all()
        expected = {}
        for theme in themes:
            found = next_step(session, theme, kit=resources_of(session, theme), after=None)
            assert found is not None
            line = found.resource
            assert line.step is not None
            expected[theme.slug] = FirstStep(line.slug, line.title, line.step, found.neighbouring)
        assert first_steps(session, [theme.slug for theme in themes]) == expected
    assert {found.neighbouring for found in expected.values()} == {True, False}


def test_a_theme_leads_to_its_latest_and_its_next_webinar(database: Database) -> None:
    load_2019(database)
    for now, expected in (
        (NOW, (None, APRIL.slug)),
        (NOW + timedelta(days=100), (APRIL.slug, None)),
    ):
        with database.read() as session:
            moment = Moment.at(now, opens_minutes=15)
            page = theme_page(session, slug=APRIL.theme or "", moment=moment)
        assert (
            tuple(one and one.slug for one in (page.latest_webinar, page.next_webinar)) == expected
        )


def test_a_webinar_leads_to_the_first_step_that_holds_something(database: Database) -> None:
    load_2019(database)
    with database.read() as session:
        pages = {
            slug: webinar_page(session, cycle_slug="2019", webinar_slug=slug, moment=MOMENT)
            for slug in (APRIL.slug, MARCH.slug, "definir-sa-strategie")
        }
    first = pages[APRIL.slug].next_step
    assert first is not None
    assert (first.resource.step, first.neighbouring) == ("adopt", False)
    near = pages["definir-sa-strategie"].next_step
    assert near is not None
    assert near.neighbouring


@pytest.mark.parametrize("cancelled", [False, True])
def test_the_next_webinar_on_a_theme_may_be_of_another_cycle(
    database: Database, cancelled: bool
) -> None:
    again = replace(APRIL, slug="encore", date=date(2020, 4, 16), title="Encore")
    with database.write() as session:
        published(session, plan_of(APRIL))
        published(session, plan_of(again, MARCH_2020, slug="2020", year=2020))
        if cancelled:
            published(session, plan_of(MARCH_2020, slug="2020", year=2020))
    with database.read() as session:
        page = webinar_page(session, cycle_slug="2019", webinar_slug=APRIL.slug, moment=MOMENT)
        found = next_on_themes(session, (APRIL.theme or "",), after=NOW, now=NOW)
        later = NOW + timedelta(days=1000)
        assert next_on_themes(session, (APRIL.theme or "",), after=later, now=NOW) is None
    assert found is not None
    assert found.slug == APRIL.slug
    assert page.next_webinar is None  # the library does not know the theme
    with database.write() as session:
        import_library(session, files=[SourceFile("t.toml", ALLIANCES)], now=NOW)
    with database.read() as session:
        page = webinar_page(session, cycle_slug="2019", webinar_slug=APRIL.slug, moment=MOMENT)
    expected = (
        None
        if cancelled
        else NextWebinar(
            "2020",
            "encore",
            "Encore",
            page.webinar.starts_at + timedelta(days=364),
            "Europe/Paris",
            begun=False,
            has_replay=False,
        )
    )
    assert page.next_webinar == expected


def test_what_is_over_is_not_named_as_the_next(database: Database) -> None:
    days = {"un": date(2019, 5, 16), "deux": date(2019, 6, 20), "trois": date(2019, 7, 18)}
    plan = [replace(APRIL, slug=slug, date=day, title=slug) for slug, day in days.items()]
    with database.write() as session:
        published(session, plan_of(*plan))
    starts = {slug: datetime.combine(day, time(11), tzinfo=UTC) for slug, day in days.items()}
    replay = Video(url="https://files.example.org/deux.mp4", duration=None)

    def after_the_first(now: datetime) -> tuple[str, bool, bool]:
        with database.read() as session:
            found = next_on_themes(session, (APRIL.theme or "",), after=starts["un"], now=now)
        assert found is not None
        return found.slug, found.begun, found.has_replay

    assert after_the_first(NOW) == ("deux", False, False)
    assert after_the_first(starts["deux"]) == ("trois", False, False)
    over = starts["trois"] + timedelta(days=1)
    assert after_the_first(over) == ("deux", True, False)
    with database.write() as session:
        put_online(session, cycle_slug="2019", webinar_slug="deux", video=replay, now=over)
    assert after_the_first(over) == ("deux", True, True)


MARCH_2020 = replace(MARCH, date=date(2020, 3, 19))
ALLIANCES = f'[[themes]]\nslug = "{APRIL.theme}"\ntitle = "Alliances"\n'
