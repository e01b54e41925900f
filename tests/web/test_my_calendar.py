"""What a person may do about their own calendar."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from tests.support import BASE_URL, counted_queries
from tests.web.own_page import kept, notice, own, press
from tests.web.support import read, replace_secrets, spelt_wrong, tokens, words
from webinars.db import Database
from webinars.domain import participants
from webinars.services import Services
from webinars.web.limits import WRONG_SECRETS


def alarms(client: FlaskClient, services: Services) -> list[timedelta]:
    token = tokens(services.database, services.links)[1]
    calendar = Calendar.from_ical(client.get(f"/me/{token}/calendar.ics").data)
    return [each.decoded("TRIGGER") for each in calendar.walk("VALARM")]


def chosen(client: FlaskClient, page: str) -> list[str]:
    form = read(client.get(page)).form(f"{page}/calendar/alarm")
    return [option.attrs["value"] for option in form.all("option") if "selected" in option.attrs]


def test_an_alarm_is_set_and_taken_back(
    client: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    page = own(services)
    assert (alarms(client, services), chosen(client, page)) == ([], [])
    for alarm, done, trigger in (
        ("60", "alarm_set", [-timedelta(hours=1)]),
        ("1440", "alarm_set", [-timedelta(days=1)]),
        ("none", "alarm_off", []),
    ):
        answer = press(client, page, "calendar/alarm", alarm=alarm)
        assert answer.headers["Location"] == f"{page}?done={done}"
        assert alarms(client, services) == trigger
        assert chosen(client, page) == ([alarm] if trigger else [])
        said = "Your calendar rings" if trigger else "Your calendar does not ring"
        assert words(app, said) in notice(read(client.get(answer.headers["Location"])))


@pytest.mark.parametrize("alarm", ["", "11", "-10", "10 ", "1e1", "９", "\0", "9" * 50])
def test_no_other_alarm(
    client: FlaskClient, alice: Database, services: Services, alarm: str
) -> None:
    page = own(services)
    assert press(client, page, "calendar/alarm", alarm=alarm).status_code == 404
    assert kept(alice).calendar_alarm is None


def test_the_entry_leads_in_by_the_own_door(
    client: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    token = tokens(alice, services.links)[1]
    (event,) = Calendar.from_ical(client.get(f"/me/{token}/calendar.ics").data).walk("VEVENT")
    door = str(event["LOCATION"]).removeprefix(BASE_URL)
    stranger = words(app, "Not registered yet?")
    assert stranger not in read(client.get(door)).text
    press(client, own(services), "link")  # with the page's secret the door's is replaced
    assert stranger in read(client.get(door)).text


def test_another_address_of_the_calendar_ends_the_doors_in_it_and_no_others(
    client: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    token = tokens(alice, services.links)[1]
    (event,) = Calendar.from_ical(client.get(f"/me/{token}/calendar.ics").data).walk("VEVENT")
    door = str(event["LOCATION"]).removeprefix(BASE_URL)
    of_mails = participants.door_token(services.links, kept(alice))
    in_mail = f"{door.partition('?')[0]}?t={of_mails}"
    stranger = words(app, "Not registered yet?")
    for address in (door, in_mail):
        shown = client.get(address)
        assert stranger not in read(shown).text
        others = {one for one in (door, in_mail) if one != address}
        assert not any(one.partition("?t=")[2].encode() in shown.data for one in others)
    press(client, own(services), "calendar")
    assert stranger in read(client.get(door)).text
    assert stranger not in read(client.get(in_mail)).text


def test_whatever_a_secret_is_worth_it_is_looked_for_once(
    client: FlaskClient, alice: Database, services: Services
) -> None:
    page, calendar = tokens(alice, services.links)
    wrong = [
        one for one in (*spelt_wrong(calendar), "x", page[::-1]) if one != "%00"
    ]  # which opens no view
    client.get("/me/x/calendar.ics")  # the page of errors knows the programme from now on
    replace_secrets(alice)
    asked = set()
    for token in (calendar, page, *wrong):
        with counted_queries(alice) as statements:
            assert client.get(f"/me/{token}/calendar.ics").status_code in {404, 410}
        asked.add(len(statements))
    assert len(asked) == 1


def test_wrong_secrets_are_limited_and_good_ones_are_not(
    make_app, alice: Database, services: Services
) -> None:
    client = make_app(rate_limit_enabled=True).test_client()
    good = f"/me/{tokens(alice, services.links)[1]}/calendar.ics"
    found = [client.get(f"/me/x{number}/calendar.ics").status_code for number in range(62)]
    assert found == [404] * WRONG_SECRETS.amount + [429] * 2
    limited = client.get("/me/x/calendar.ics")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "60")
    assert client.get("/me/x").status_code == 429  # pages and calendars are counted together
    assert client.get(good).status_code == 200
    elsewhere = client.get("/me/x", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert elsewhere.status_code == 404
