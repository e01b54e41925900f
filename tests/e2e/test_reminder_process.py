"""A reminder in real time: a webinar that begins in a day and a few seconds."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.support import Installation
from tests.support import MailServer, written
from webinars import clock

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


def in_seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_once_and_not_before_it_is_due(place: Installation, smtp: MailServer):
    place.settings["reminders_apart_minutes"] = 0  # the confirmation leaves seconds before it
    place.serve()
    one_command = min(in_seconds(lambda: place.run("worker", "--once")), 15)
    # Three commands come before the reminder may be due; on a busy machine they take long.
    lead = timedelta(seconds=2 + 5 * one_command)
    due = (clock.now() + lead).replace(microsecond=0)
    start = due + timedelta(hours=24)
    place.run("cycle", "import", written(place.folder, "cycle.toml", plan(start)))
    place.run("cycle", "publish", "essai")
    answer = place.register(f"essai/{SLUG}", "alice@example.org")
    assert answer.status == 200, answer.text

    assert "1 mail worked on" in place.run("worker", "--once")
    assert clock.now() < due, "the machine is too slow for this test: the reminder is due already"
    assert len(smtp.arrived) == 1  # the confirmation

    time.sleep(max(0.0, (due - clock.now()).total_seconds() + 0.2))
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
