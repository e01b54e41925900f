"""The page that says what is kept, why and for how long."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale, gettext

from tests.web.support import PAGE, counted, read, words
from webinars.db import Database
from webinars.domain import consent
from webinars.i18n import calendar_date


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
def test_it_says_what_why_how_long_and_how_to_leave(
    client: FlaskClient, app: Flask, site: Database, prefix: str, language: str
) -> None:
    answer = client.get(f"{prefix}/your-data")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert "Set-Cookie" not in answer.headers
    page = read(answer)
    assert page.one("html").attrs["lang"] == language
    assert [heading.text for heading in page.one("main").all("h1", "h2")] == [
        words(app, text, language)
        for text in (
            "Your data",
            "What is kept, and why",
            "What is counted, and is nobody",
            "For how long",
            "Who sees it",
            "Your rights, and how to leave",
            "What needs your consent",
        )
    ]
    for_three_years = counted(
        app,
        "%(num)s year after your last contact",
        "%(num)s years after your last contact",
        3,
        language,
    )
    assert for_three_years in page.text
    assert page.links("mailto:") == ["mailto:webinaires@example.org"]
    assert "Le RAMEAU" in page.one("main").text
    with app.test_request_context(), force_locale(language):
        assert " ".join(gettext(consent.NEWS.text).split()) in page.text
        assert calendar_date(consent.NEWS.version) in page.text
        assert calendar_date(consent.INFORMED) in page.text


@pytest.mark.parametrize(
    ("months", "said"),
    [(12, "1 an après"), (1, "1 mois après"), (18, "18 mois après"), (24, "2 ans après")],
)
def test_it_says_the_number_of_the_setting(make_app, now, months: int, said: str) -> None:
    page = read(make_app(retention_months=months).test_client().get("/your-data"))
    assert said in page.text


def test_every_page_and_the_form_lead_there(client: FlaskClient, site: Database) -> None:
    for address in ("/", PAGE, "/no-such", "/replays"):
        footer = read(client.get(address)).one("footer")
        assert footer.links("/your-data") == ["/your-data"]
    form = read(client.get(PAGE)).form(f"{PAGE}/register")
    assert form.links("/your-data") == ["/your-data"]
