"""Leaving a sort of mail from the mail: one POST, no redirect, no cookie, nothing else left."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import BASE_URL, NOW
from tests.web.own_page import assert_private, kept, notice, own
from tests.web.support import read, replace_secrets, rows, spelt_wrong, tokens, words
from webinars.db import Database
from webinars.domain import erasure, list_choices
from webinars.models import LeftList, MailKind, MailList, OutboxMail
from webinars.services import Services
from webinars.web.list_words import LIST_WORDS

LISTS = list(MailList)


def address(services: Services, list_: MailList = MailList.REMINDERS) -> str:
    """Where Alice leaves a list, as the mail's header says it."""
    token = list_choices.leave_token(services.links, kept(services.database), list_)
    return services.links.leave(list_, token, language="fr").removeprefix(BASE_URL)


def left(database: Database) -> list[str]:
    with database.read() as session:
        return [row.list.value for row in session.scalars(sa.select(LeftList))]


def one_click(client: FlaskClient, where: str) -> TestResponse:
    """As a mail program posts it (RFC 8058 section 3.2)."""
    return client.post(where, data={"List-Unsubscribe": "One-Click"})


@pytest.mark.parametrize("list_", LISTS)
def test_one_post_leaves_one_list(
    client: FlaskClient, alice: Database, services: Services, list_: MailList
) -> None:
    answer = one_click(client, address(services, list_))
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert_private(answer)
    assert left(alice) == [list_]
    assert one_click(client, address(services, list_)).status_code == 200
    assert left(alice) == [list_]


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"data": b""},
        {"data": b"\xff\x00garbage", "content_type": "application/octet-stream"},
        {"data": b"x" * 300_000, "content_type": "text/plain"},
        {"data": b"a=" + b"b" * 300_000, "content_type": "application/x-www-form-urlencoded"},
        {"data": b"--no", "content_type": "multipart/form-data"},
        {"json": {"any": ["thing"]}},
        {"data": {"List-Unsubscribe": "One-Click"}, "content_type": "multipart/form-data"},
    ],
)
def test_any_body_is_tolerated(
    client: FlaskClient, alice: Database, services: Services, how: dict[str, object]
) -> None:
    assert client.post(address(services), **how).status_code == 200
    assert left(alice) == ["reminders"]


@pytest.mark.parametrize("headers", [{}, {"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"}])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(
    client: FlaskClient, alice: Database, services: Services, method: str, headers
) -> None:
    for where in (address(services), f"{address(services)}/link"):
        answer = client.open(where, method=method, headers=headers)
        assert answer.status_code == 200
        assert_private(answer)
    assert left(alice) == []
    assert rows(alice) == (1, 1, 1)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("list_", LISTS)
def test_the_page_says_what_ends_and_what_comes_on(
    client: FlaskClient, app: Flask, alice: Database, services: Services, list_, language: str
) -> None:
    prefix = "/en" if language == "en" else ""
    if list_ is MailList.NEWS:
        with alice.write() as session:
            person = session.merge(kept(alice))
            list_choices.take_up(session, participant=person, list_=list_, now=NOW)
    where = f"{prefix}{address(services, list_)}"
    said = LIST_WORDS[list_]
    page = read(client.get(where)).one("main")
    stop = words(app, str(said.stop._args[0]), language)
    assert page.form(where).one("button").text == stop
    others = [heading.text for heading in page.all("h3")]
    expected = (MailList.REMINDERS, MailList.REPLAYS, MailList.SURVEYS)
    assert others == [words(app, "What belongs to a registration", language)] + [
        words(app, str(LIST_WORDS[one].title._args[0]), language)
        for one in expected
        if one is not list_
    ]
    page = read(client.post(where)).one("main")
    assert page.one("h1").text == words(app, str(said.stopped._args[0]), language)
    assert page.all("form", action=where) == []
    # The other language of the answer is the page itself.
    other = "/en" if language == "fr" else ""
    assert f"{other}{address(services, list_)}" in read(client.get(where)).links("/")


def test_no_other_secret_leaves_it_and_this_one_opens_nothing_else(
    client: FlaskClient, alice: Database, services: Services
) -> None:
    page, calendar = tokens(alice, services.links)
    token = address(services).rpartition("/")[2]
    for wrong in (page, calendar, *spelt_wrong(token)):
        assert client.post(f"/leave/reminders/{wrong}").status_code == 404, wrong
    for list_ in set(MailList) - {MailList.REMINDERS}:
        assert client.post(f"/leave/{list_}/{token}").status_code == 404
    assert client.post(f"/leave/everything/{token}").status_code == 404
    assert client.get(f"/me/{token}").status_code == 404
    assert client.get(f"/me/{token}/calendar.ics").status_code == 404
    assert left(alice) == []


def test_it_ends_with_the_secret_of_the_page(
    client: FlaskClient, alice: Database, services: Services
) -> None:
    before = address(services)
    replace_secrets(alice)
    assert client.post(before).status_code == 410
    assert left(alice) == []
    assert client.post(address(services)).status_code == 200


def test_an_erased_person_has_nothing_to_leave(
    client: FlaskClient, alice: Database, services: Services
) -> None:
    before = address(services)
    with alice.write() as session:
        person = session.merge(kept(alice))
        erasure.erase(session, participant=person, actor="x", host="x", now=NOW)
    assert client.get(before).status_code == 404
    assert client.post(before).status_code == 404


def test_it_leads_to_the_personal_page_by_mail(
    client: FlaskClient, alice: Database, services: Services, app: Flask, at
) -> None:
    where = address(services)
    body = client.get(where).get_data(as_text=True)
    assert "/me/" not in body
    for hour, expected in enumerate((1, 2, 3, 3)):
        at(NOW + timedelta(hours=hour))
        page = read(client.post(f"{where}/link"))
        assert notice(page).startswith(words(app, "Your personal link is on its way"))
        with alice.read() as session:
            links = session.scalars(sa.select(OutboxMail).where(OutboxMail.kind == MailKind.LINK))
            assert len(links.all()) == expected
    assert left(alice) == []


# on one's own page ---------------------------------------------------------------------


def push(client: FlaskClient, page: str, act: str, list_: str) -> TestResponse:
    for form in read(client.get(page)).all("form"):
        values = form.values()
        if form.attrs["action"] == f"{page}/{act}" and values.get("list") == list_:
            return client.post(form.attrs["action"], data=values)
    raise AssertionError(f"no button to {act} {list_}")


def offered(client: FlaskClient, page: str) -> list[tuple[str, str]]:
    return [
        (form.attrs["action"].rpartition("/")[2], form.values()["list"])
        for form in read(client.get(page)).all("form")
        if "list" in form.values()
    ]


def test_each_choice_stands_on_the_own_page_and_back(
    client: FlaskClient, alice: Database, services: Services
) -> None:
    page = own(services)
    assert offered(client, page) == [
        ("leave-list", "reminders"),
        ("leave-list", "replays"),
        ("leave-list", "surveys"),
        ("take-up-list", "news"),  # nobody is on it without having asked; and no theme is followed
    ]
    one_click(client, address(services, MailList.THEMES))
    push(client, page, "leave-list", "surveys")
    push(client, page, "take-up-list", "news")
    assert offered(client, page) == [
        ("leave-list", "reminders"),
        ("leave-list", "replays"),
        ("take-up-list", "surveys"),
        ("take-up-list", "themes"),
        ("leave-list", "news"),
    ]
    for list_ in ("surveys", "themes"):
        push(client, page, "take-up-list", list_)
    assert left(alice) == []


def test_a_list_that_is_none_is_refused(
    client: FlaskClient, alice: Database, services: Services
) -> None:
    page = own(services)
    values = next(f.values() for f in read(client.get(page)).all("form") if "list" in f.values())
    for act in ("leave-list", "take-up-list"):
        for wrong in ("", "all", "reminders\0"):
            assert client.post(f"{page}/{act}", data=values | {"list": wrong}).status_code == 404
        assert client.post(f"{page}/{act}", data={"list": "news"}).status_code == 400
    assert left(alice) == []
