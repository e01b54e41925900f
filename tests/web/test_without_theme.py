"""A webinar on no theme: its page leads to the library where a kit would stand."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.support import APRIL, MARCH, NOW, load_library, plan_of, published
from tests.web.support import END, PAGE, Element, read, words
from webinars.db import Database
from webinars.domain import replays
from webinars.domain.mentions import link_resource
from webinars.domain.replays import Video
from webinars.models import Chapter, Resource

FREE = plan_of(replace(MARCH, theme=None), APRIL)


def heads(page: Element) -> list[str]:
    """Of the kit, or what takes its place."""
    return [one.attrs["id"] for one in page.all("h2") if one.attrs.get("id") in KINDS]


KINDS = ("kit-title", "library-title")


@pytest.mark.parametrize("over", [False, True], ids=["to come", "replay"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_it_leads_to_the_themes_and_to_all_resources(
    client: FlaskClient, app: Flask, database: Database, at, language: str, over: bool
) -> None:
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
        published(session, FREE)
        video = Video(url="https://video.example.org/1", duration=60)
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=MARCH.slug, video=video, now=END
        )
    at(END if over else NOW)
    prefix = "/en" if language == "en" else ""
    page = read(client.get(prefix + PAGE))
    assert heads(page) == ["library-title"]
    (section,) = [
        one for one in page.all("section") if one.attrs.get("aria-labelledby") == "library-title"
    ]
    assert section.one("h2").text == words(app, "In the library", language)
    assert len(section.links(f"{prefix}/themes/")) == 11
    assert section.links(f"{prefix}/resources") == [f"{prefix}/resources"]
    with_theme = read(client.get(f"{prefix}/cycles/2019/{APRIL.slug}"))
    assert heads(with_theme) == ["kit-title"]


def test_where_its_chapters_lead_to_resources_it_needs_no_more(
    client: FlaskClient, database: Database, at
) -> None:
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
        published(session, FREE)
        video = Video(url="https://video.example.org/1", duration=60, chapters=[(0, "Un")])
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=MARCH.slug, video=video, now=END
        )
        resource = session.scalars(sa.select(Resource.slug).order_by(Resource.id).limit(1)).one()
        link_resource(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            chapter_id=session.scalars(sa.select(Chapter.id)).one(),
            resource_slug=resource,
            actor="olivia@example.org",
            now=END,
        )
    at(END)
    page = read(client.get(PAGE))
    assert heads(page) == []
    assert f"/resources/{resource}" in page.links("/resources/")


def test_without_a_library_it_leads_nowhere(client: FlaskClient, database: Database, now) -> None:
    with database.write() as session:
        published(session, FREE)
    assert heads(read(client.get(PAGE))) == []
