"""Whose a question is: what organisers are shown, and the buttons of the personal page."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import ALICE, MARCH, register
from tests.web.desk import sign_in
from tests.web.own_page import own
from tests.web.support import post_registration, read, words
from webinars.db import Database
from webinars.services import Services

INSULT = {"full_name": "Robin Inconnu", "question": "Vous <b>dormez</b> ?"}
LIST = f"/organise/cycles/2019/webinars/{MARCH.slug}/questions"


@pytest.mark.parametrize(
    ("act", "done", "left"),
    [
        ("own-question", "The organisers see that the question is yours.", True),
        ("disown-question", "The question is no longer kept with your address.", False),
    ],
)
def test_the_person_says_whether_it_is_theirs(
    organiser: FlaskClient,
    app: Flask,
    site: Database,
    services: Services,
    act: str,
    done: str,
    left: bool,
) -> None:
    with site.write() as session:
        register(session, ALICE)
    visitor = app.test_client()
    assert sign_in(organiser).status_code == 302
    page = own(services)
    assert read(visitor.get(page)).all(id="my-questions") == []
    assert post_registration(visitor, **INSULT).status_code == 200
    mark, whose = (
        words(app, "address not confirmed"),
        words(app, "typed with the address of %(name)s", name=ALICE.full_name),
    )
    listed = read(organiser.get(LIST)).one("main").text
    assert mark in listed
    assert f"Robin Inconnu ({whose})" in listed
    section = read(visitor.get(page)).by_id("my-questions")
    assert INSULT["question"] in section.text
    assert words(app, "Under the name %(name)s", name="Robin Inconnu") in section.text
    assert visitor.post(f"{page}/{act}").status_code == 400, "a form without its token"
    values = section.form(f"{page}/{act}").values()
    for wrong in ("", "x", "²", "9" * 40, "-1"):
        answer = visitor.post(f"{page}/{act}", data=values | {"question": wrong})
        assert (answer.status_code, wrong) == (404, wrong)
    answer = visitor.post(f"{page}/{act}", data=values)
    assert answer.status_code == 303
    shown = read(visitor.get(answer.headers["Location"]))
    assert words(app, done) in shown.text
    assert shown.all(id="my-questions") == []
    listed = read(organiser.get(LIST)).one("main").text
    assert mark not in listed
    assert (INSULT["question"] in listed) is left
    assert "Robin" not in listed
