"""What tests of the domain begin with."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from tests.domain.scoping import small
from tests.support import APRIL, MARCH, MAY, load_library, plan_of, published
from webinars.db import Database


@pytest.fixture
def three(database: Database) -> Database:
    """March, April and May are public; April has one place."""
    with database.write() as session:
        published(session, plan_of(MARCH, small(APRIL), MAY))
    return database


@pytest.fixture
def _in_english() -> Iterator[None]:
    """An application without a request, whose texts are English."""
    app = Flask("webinars")
    Babel(app, default_locale="en")
    with app.app_context(), force_locale("en"):
        yield


@pytest.fixture
def library(database: Database) -> Database:
    """The library that ships."""
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
    return database
