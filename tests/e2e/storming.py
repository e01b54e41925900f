"""``python -m tests.e2e.storming``: one of the processes that storm a webinar at once.

Half of what it does are registrations of new people, the rest cancellations of somebody of its
own and people who come back. It prints one line with what it did.
"""

import argparse
import json
import random
from collections import Counter

from webinars import clock
from webinars.db import Database
from webinars.domain import participants, registrations
from webinars.domain.people import Person
from webinars.domain.registrations import House

HOUSE = House(host="webinaires.example.org")


def storm(
    database: Database, *, cycle: str, webinar: str, number: int, attempts: int
) -> Counter[str]:
    """So many attempts, one transaction each; how often each outcome came."""
    chance = random.Random(number)
    done: Counter[str] = Counter()
    mine: list[str] = []
    for turn in range(attempts):
        wanted = chance.random()
        if mine and wanted < 0.35:
            leave(database, cycle, webinar, chance.choice(mine))
            done["left"] += 1
            continue
        if not mine or wanted < 0.85:
            mine.append(f"storm{number}.{turn}@example.org")
            email = mine[-1]
        else:
            email = chance.choice(mine)
        with database.write() as session:
            registered = registrations.register(
                session,
                cycle_slug=cycle,
                webinar_slug=webinar,
                person=Person(email=email, full_name="Une personne", language="fr"),
                question=None,
                house=HOUSE,
                now=clock.now(),
            )
        done[registered.outcome.value] += 1
    return done


def leave(database: Database, cycle: str, webinar: str, email: str) -> None:
    """Somebody cancels, perhaps for the second time."""
    with database.write() as session:
        person = participants.by_email(session, email=email)
        assert person is not None
        registrations.cancel(
            session,
            participant=person,
            cycle_slug=cycle,
            webinar_slug=webinar,
            house=HOUSE,
            now=clock.now(),
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("database_url")
    parser.add_argument("cycle")
    parser.add_argument("webinar")
    parser.add_argument("number", type=int)
    parser.add_argument("attempts", type=int)
    given = parser.parse_args()
    database = Database(given.database_url)
    done = storm(
        database,
        cycle=given.cycle,
        webinar=given.webinar,
        number=given.number,
        attempts=given.attempts,
    )
    database.dispose()
    print(json.dumps(done))


if __name__ == "__main__":
    main()
