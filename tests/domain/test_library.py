"""Themes and resources in the three steps."""

import pytest

from tests.support import NOW, counted_queries, load_2019, load_library
from webinars.db import Database
from webinars.domain import library
from webinars.domain.errors import NotFound
from webinars.domain.library import ResourceView, StepGroup, by_step
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile
from webinars.domain.programme import Moment
from webinars.domain.resource_page import resource_page
from webinars.domain.theme_page import theme_page
from webinars.domain.webinar_page import webinar_page
from webinars.models import EntryPoint, Step

MOMENT = Moment.at(NOW, opens_minutes=15)
ALLIANCES = "apprendre-a-faire-alliances"
PRINTED = [
    (EntryPoint.REFERENCE_FRAMEWORK, "Cadre de référence", 1),
    (EntryPoint.REFERENCE_FRAMEWORK, "Pour aller plus loin", 3),
    (EntryPoint.TOOLBOX, "Fiche contexte", 6),
    (EntryPoint.TOOLBOX, "Fiches connaissance", 3),
    (EntryPoint.TOOLBOX, "Fiches pratique", 5),
    (EntryPoint.TOOLBOX, "Fiches outils", 2),
    (EntryPoint.METHODS, "Se Former", 2),
    (EntryPoint.METHODS, "Concevoir – mettre en place une stratégie partenariale", 2),
    (EntryPoint.METHODS, "Evaluer", 1),
    (EntryPoint.ILLUSTRATIONS, "Illustrations", 2),
]
"""The kit's sub-headings with their entries; the two of ``s'approprier`` stand in that step."""


def resource(
    slug: str, step: Step | None = None, entry_point: EntryPoint | None = None
) -> ResourceView:
    return ResourceView(
        slug=slug,
        title=slug,
        kind="guide",
        publishers=(),
        audience=(),
        year=None,
        edition=None,
        step=step,
        entry_point=entry_point,
        section=None,
        url=None,
        forthcoming=False,
        themes=(),
    )


Shape = list[tuple[Step | None, list[tuple[EntryPoint | None, list[str]]]]]


def shape(groups: tuple[StepGroup, ...]) -> Shape:
    return [
        (
            group.step,
            [(g.entry_point, [r.slug for r in g.resources]) for g in group.entry_points],
        )
        for group in groups
    ]


NO_STEPS: Shape = [(Step.UNDERSTAND, []), (Step.ADOPT, []), (Step.ACT, [])]


def test_the_three_steps_are_always_there() -> None:
    assert shape(by_step([])) == NO_STEPS
    assert [group.count for group in by_step([])] == [0, 0, 0]


def test_one_resource_stands_in_its_step() -> None:
    assert shape(by_step([resource("a", Step.ADOPT)])) == [
        (Step.UNDERSTAND, []),
        (Step.ADOPT, [(None, ["a"])]),
        (Step.ACT, []),
    ]


def test_those_without_a_step_come_last() -> None:
    assert shape(by_step([resource("a")])) == [*NO_STEPS, (None, [(None, ["a"])])]


def test_steps_and_entry_points_have_their_order_and_resources_keep_theirs() -> None:
    resources = [
        resource("none"),
        resource("z", Step.ACT, EntryPoint.ILLUSTRATIONS),
        resource("y", Step.ACT),
        resource("b", Step.ACT, EntryPoint.TOOLBOX),
        resource("a", Step.ACT, EntryPoint.TOOLBOX),
        resource("x", Step.ACT, EntryPoint.REFERENCE_FRAMEWORK),
        resource("u", Step.UNDERSTAND, EntryPoint.METHODS),
    ]
    assert shape(by_step(resources)) == [
        (Step.UNDERSTAND, [(EntryPoint.METHODS, ["u"])]),
        (Step.ADOPT, []),
        (
            Step.ACT,
            [
                (EntryPoint.REFERENCE_FRAMEWORK, ["x"]),
                (EntryPoint.TOOLBOX, ["b", "a"]),
                (EntryPoint.ILLUSTRATIONS, ["z"]),
                (None, ["y"]),
            ],
        ),
        (None, [(None, ["none"])]),
    ]


def test_the_kit_of_april_has_its_29_entries_under_the_four_entry_points(
    database: Database,
) -> None:
    load_2019(database)
    with database.read() as session:
        kit = webinar_page(session, cycle_slug="2019", webinar_slug=ALLIANCES, moment=MOMENT).kit
        theme = theme_page(session, slug=ALLIANCES, moment=MOMENT)
    assert kit == theme.steps
    entries = [
        (group.step, entry.entry_point, len(entry.resources))
        for group in kit
        for entry in group.entry_points
        if entry.entry_point is not None
    ]
    assert entries == [
        (Step.ADOPT, EntryPoint.METHODS, 2),
        (Step.ACT, EntryPoint.REFERENCE_FRAMEWORK, 4),
        (Step.ACT, EntryPoint.TOOLBOX, 16),
        (Step.ACT, EntryPoint.METHODS, 5),
        (Step.ACT, EntryPoint.ILLUSTRATIONS, 2),
    ]
    assert sum(count for _, _, count in entries) == 29


def test_the_kit_of_april_stands_under_the_sub_headings_that_its_deck_prints(
    database: Database,
) -> None:
    load_2019(database)
    with database.read() as session:
        steps = theme_page(session, slug=ALLIANCES, moment=MOMENT).steps
    printed = [
        (entry.entry_point, section, len(resources))
        for entry in steps[2].entry_points
        if entry.entry_point
        for section, resources in entry.sections
    ]
    assert printed == PRINTED


def test_a_theme_shows_its_questions_and_webinars(database: Database) -> None:
    load_2019(database)
    with database.read() as session:
        page = theme_page(session, slug=ALLIANCES, moment=MOMENT)
    assert [webinar.slug for webinar in page.webinars] == [ALLIANCES]
    assert page.theme.title == "Apprendre à faire alliances"
    assert page.questions
    assert page.resource_count == sum(group.count for group in page.steps)


def test_a_theme_without_anything(database: Database) -> None:
    with database.write() as session:
        text = '[[themes]]\nslug = "t"\ntitle = "T"\n'
        import_library(session, files=[SourceFile("t.toml", text)], now=NOW)
    with database.read() as session:
        page = theme_page(session, slug="t", moment=MOMENT)
    assert (page.webinars, page.resource_count, shape(page.steps)) == ((), 0, NO_STEPS)


def test_what_is_not_there_is_not_found(database: Database) -> None:
    with database.read() as session:
        with pytest.raises(NotFound):
            theme_page(session, slug="no-such", moment=MOMENT)
        with pytest.raises(NotFound):
            resource_page(session, slug="no-such", moment=MOMENT)


def test_themes_stand_in_the_librarys_order_each_with_its_colour(database: Database) -> None:
    with database.write() as session:
        load_library(session, "themes.toml")
    with database.read() as session:
        assert [theme.colour for theme in library.all_themes(session)] == list(range(1, 12))


def test_a_resource_knows_its_whole_and_its_webinars(database: Database) -> None:
    load_2019(database)
    text = """\
[[resources]]
slug = "whole"
title = "Whole"
kind = "guide"
[[resources]]
slug = "part"
title = "Part"
kind = "guide"
part_of = "whole"
themes = ["apprendre-a-faire-alliances", "definir-sa-strategie"]
partners = ["P"]
"""
    with database.write() as session:
        import_library(session, files=[SourceFile("more.toml", text)], now=NOW)
    with database.read() as session:
        part = resource_page(session, slug="part", moment=MOMENT)
        whole = resource_page(session, slug="whole", moment=MOMENT)
    assert part.part_of is not None
    assert (part.part_of.slug, list(part.partners)) == ("whole", ["P"])
    assert [webinar.slug for webinar in part.webinars] == ["definir-sa-strategie", ALLIANCES]
    assert (whole.part_of, whole.webinars) == (None, ())


def test_the_count_of_queries_depends_on_what_a_theme_lacks_alone(database: Database) -> None:
    load_2019(database)
    counts = []
    for slug in (ALLIANCES, "definir-sa-strategie", "mobiliser-les-competences"):
        with counted_queries(database) as queries, database.read() as session:
            theme_page(session, slug=slug, moment=MOMENT)
        counts.append(len(queries))
    # The neighbours of those that lack some, and the next step of those without one.
    assert counts == [8, 10, 10]
