"""Fixtures: a small published site, and the real one."""

from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import ALICE, APRIL, MARCH, MAY, load_2019, plan_of, published, register
from tests.web.desk import ADMINISTRATOR, EMAIL, make_account, sign_in
from webinars.db import Database


@pytest.fixture
def site(database: Database, now: datetime) -> Database:
    """March, April and May of 2019, seen on 4 March."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
    return database


@pytest.fixture
def alice(site: Database) -> Database:
    """The site, with Alice registered for March."""
    with site.write() as session:
        register(session, ALICE)
    return site


@pytest.fixture
def real_site(database: Database, now: datetime) -> Database:
    """The real cycle of 2019 with its library, seen on 4 March."""
    load_2019(database)
    return database


@pytest.fixture
def organiser(app: Flask, database: Database, now: datetime) -> FlaskClient:
    """A visitor of a site where Dominique has an account, which is no administrator's."""
    make_account(app, EMAIL)
    return app.test_client()


@pytest.fixture
def desk(organiser: FlaskClient, site: Database) -> FlaskClient:
    """Dominique at the desk of a site with March, April and May."""
    assert sign_in(organiser).status_code == 302
    return organiser


@pytest.fixture
def administrator(organiser: FlaskClient, app: Flask) -> FlaskClient:
    """Camille, who manages accounts and has just signed in."""
    make_account(app, ADMINISTRATOR, administrator=True)
    client = app.test_client()
    assert sign_in(client, email=ADMINISTRATOR).status_code == 302
    return client
