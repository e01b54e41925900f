"""Rules of a cycle as people read them."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import APRIL, MARCH, MAY, plan_of, published
from webinars.db import Database
from webinars.domain import programme
from webinars.domain.rules import MonthlyRule, describe
from webinars.models import WebinarStatus
from webinars.web.sharing import cycle_picture
from webinars.web.wording import rule_words


@pytest.mark.parametrize(
    ("rule", "french", "english"),
    [
        ("third Thursday", "le troisième jeudi de chaque mois", "third Thursday of each month"),
        (
            "FREQ=MONTHLY;BYDAY=-1TU;BYMONTH=3",
            "le dernier mardi de mars",
            "last Tuesday of March",
        ),
        (
            "FREQ=MONTHLY;BYDAY=3TH;BYMONTH=3,6,9",
            "le troisième jeudi de mars, juin et septembre",
            "third Thursday of March, June, and September",
        ),
        (
            "premier lundi en août et décembre",
            "le premier lundi d’août et décembre",
            "first Monday of August and December",
        ),
        ("FREQ=WEEKLY;BYDAY=TH", "FREQ=WEEKLY;BYDAY=TH", "FREQ=WEEKLY;BYDAY=TH"),
        ("nonsense", "nonsense", "nonsense"),
    ],
)
def test_a_rule_is_said_in_both_languages(app: Flask, rule: str, french: str, english: str) -> None:
    said = []
    for language in ("fr", "en"):
        with app.app_context(), force_locale(language):
            said.append(rule_words(rule))
    assert said == [french, english]


EXCEPTIONS: list[dict[str, Any]] = [
    {"exception_of": date(2019, 4, 18)},
    {"status": WebinarStatus.CANCELLED},
]


@pytest.mark.parametrize("exception", EXCEPTIONS)
def test_a_rule_with_exceptions_is_said_to_have_them(
    client: FlaskClient, app: Flask, database: Database, now, exception: dict[str, Any]
) -> None:
    def said(language: str) -> str:
        with database.read() as session, app.test_request_context(), force_locale(language):
            moment = app.extensions["webinars"].moment()
            view = programme.programme(session, cycle_slug="2019", moment=moment)
            line = cycle_picture(view).line
        prefix = "/en" if language == "en" else ""
        for address in ("/", "/cycles/2019", "/cycles/2019/embed"):
            assert line in client.get(prefix + address).text
        return line

    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
    assert said("fr") == "3 webinaires, le troisième jeudi de chaque mois"
    assert said("en") == "3 webinars, third Thursday of each month"
    with database.write() as session:
        published(session, plan_of(MARCH, replace(APRIL, **exception), MAY))
    assert said("fr") == "3 webinaires, en règle générale le troisième jeudi de chaque mois"
    assert said("en") == "3 webinars, as a rule the third Thursday of each month"
    with database.write() as session:
        plan = plan_of(MARCH, replace(APRIL, **exception), MAY)
        published(session, replace(plan, rule="FREQ=WEEKLY;BYDAY=TH"))
    assert said("fr") == "3 webinaires"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rule=st.builds(
        MonthlyRule,
        st.sampled_from((1, 2, 3, 4, 5, -1)),
        st.integers(0, 6),
        st.lists(st.integers(1, 12)).map(tuple),
    ),
    language=st.sampled_from(("fr", "en")),
)
def test_what_is_said_is_understood(app: Flask, rule: MonthlyRule, language: str) -> None:
    with app.app_context(), force_locale(language):
        assert describe(rule_words(rule.rrule)) == rule
