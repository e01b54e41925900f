"""What tests of the domain begin with."""

import pytest

from tests.domain.scoping import small
from tests.support import APRIL, MARCH, MAY, plan_of, published
from webinars.db import Database


@pytest.fixture
def three(database: Database) -> Database:
    """March, April and May are public; April has one place."""
    with database.write() as session:
        published(session, plan_of(MARCH, small(APRIL), MAY))
    return database
