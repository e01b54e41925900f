"""Rules of a cycle as people read them."""

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webinars.domain.rules import MonthlyRule, describe
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
