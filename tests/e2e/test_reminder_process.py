"""A reminder by real processes: of a webinar that begins in a day."""

import threading
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from tests.e2e.support import Installation
from tests.support import MailServer, written
from webinars import clock
from webinars.db import Database
from webinars.models import Webinar

PARIS = ZoneInfo("Europe/Paris")
SLUG = "tout-de-suite"


def plan(start: datetime) -> str:
    local = start.astimezone(PARIS)
    return f"""
title = "Cycle d’essai"
slug = "essai"
year = {local.year}
rule = "FREQ=DAILY"

[[sessions]]
slug = "{SLUG}"
date = {local:%Y-%m-%d}
title = "Un webinaire demain"
starts_at = {local:%H:%M:%S}
duration = 60
join_url = "https://salle.example.org/essai"
"""


def bring_near(database_url: str, start: datetime) -> None:
    """The webinar begins then: the hours between have gone by."""
    database = Database(database_url)
    with database.write() as session:
        webinar = session.scalars(sa.select(Webinar)).one()
        webinar.ends_at = start + (webinar.ends_at - webinar.starts_at)
        webinar.starts_at = start
    database.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_once_and_not_before_it_is_due(place: Installation, database_url: str, smtp: MailServer):
    place.settings["reminders_apart_minutes"] = 0  # the confirmation leaves seconds before it
    place.serve()
    start = clock.now() + timedelta(days=1, hours=2)
    place.sets_up(
        ("cycle", "import", written(place.folder, "cycle.toml", plan(start))),
        ("cycle", "publish", "essai"),
    )
    answer = place.register(f"essai/{SLUG}", "alice@example.org")
    assert answer.status == 200, answer.text

    assert "1 mail worked on" in place.run("worker", "--once")
    assert len(smtp.arrived) == 1  # the confirmation

    bring_near(database_url, clock.now() + timedelta(days=1))
    late = place.register(f"essai/{SLUG}", "bob@example.org", "Bob Martin")
    assert late.status == 200
    both = [threading.Thread(target=place.run, args=("worker", "--once")) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert "0 mails worked on" in place.run("worker", "--once")

    # Bob registered after it was due: his confirmation says everything, no reminder follows.
    rows = Counter((mail["kind"], mail["email"], mail["state"]) for mail in place.outbox())
    assert rows == {
        ("confirmation", "alice@example.org", "sent"): 1,
        ("confirmation", "bob@example.org", "sent"): 1,
        ("reminder", "alice@example.org", "sent"): 1,
    }
    assert Counter(arrived.envelope_to[0] for arrived in smtp.arrived) == {
        "alice@example.org": 2,
        "bob@example.org": 1,
    }
    to_alice = [mail for mail in smtp.arrived if mail.envelope_to == ["alice@example.org"]]
    assert f"/cycles/essai/{SLUG}/join?t=" in to_alice[-1].text()
