"""The organisers' list of addresses of which something came back."""

from datetime import timedelta

import pytest

from tests.support import ALICE, MARCH, NOW, counted_queries, plan_of, published, register
from webinars.db import Database
from webinars.domain import address_standings
from webinars.domain.address_standings import (
    AddressView,
    Filters,
    NoticeView,
    Standing,
    address_page,
    every_address,
)
from webinars.models import (
    AddressStanding,
    DeliveryNotice,
    NoticeKind,
    StopReason,
)

HOUR = timedelta(hours=1)


def add(database: Database, address: str, *, at=NOW, notices: int = 1, **values) -> None:
    with database.write() as session:
        session.add(
            AddressStanding(
                address=address,
                noticed_at=at,
                notices=[
                    DeliveryNotice(
                        key=f"{address} {number}",
                        proven=True,
                        kind=NoticeKind.TRANSIENT,
                        status="4.4.1",
                        words=f"no answer {number}",
                        noticed_at=NOW + number * HOUR,
                    )
                    for number in range(notices)
                ],
                **values,
            )
        )


@pytest.fixture
def four(database: Database) -> Database:
    """One of each standing; Alice's is stopped."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        register(session, ALICE)
    add(database, ALICE.email, stopped_at=NOW, reason=StopReason.RETURNED, complained_at=NOW)
    add(database, "b@example.org", at=NOW + HOUR, complained_at=NOW)
    add(database, "c@example.org", at=NOW + 2 * HOUR, lifted_at=NOW)
    add(database, "d@example.org", at=NOW + 3 * HOUR)
    return database


def names(database: Database, **filters) -> list[str]:
    with database.read() as session:
        page = address_page(session, filters=Filters(**filters))
        everybody = every_address(session, filters=Filters(**filters))
        assert [line.address for line in everybody] == [line.address for line in page.lines]
        assert page.found == len(page.lines)
        return [line.address.partition("@")[0] for line in page.lines]


def test_the_latest_notice_first(four: Database) -> None:
    assert names(four) == ["d", "c", "b", "alice"]


@pytest.mark.parametrize(
    ("standing", "expected"),
    [("stopped", "alice"), ("complained", "b"), ("lifted", "c"), ("watched", "d")],
)
def test_each_has_one_standing(four: Database, standing: str, expected: str) -> None:
    assert names(four, standing=Standing(standing)) == [expected]
    with four.read() as session:
        assert address_standings.counts(session) == dict.fromkeys(Standing, 1)


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", ["d", "c", "b", "alice"]),
        ("ÉXAMPLE b@", ["b"]),
        ("dupont", ["alice"]),
        ("nobody", []),
        ("%", []),
    ],
)
def test_words_of_the_address_or_the_name(four: Database, search: str, expected: list[str]) -> None:
    assert names(four, search=search) == expected


def test_a_line(four: Database) -> None:
    with four.read() as session:
        assert address_standings.of_address(session, address=ALICE.email) == AddressView(
            id=1,
            address=ALICE.email,
            full_name=ALICE.full_name,
            standing=Standing.STOPPED,
            reason=StopReason.RETURNED,
            since=NOW,
            noticed_at=NOW,
            notices=(
                NoticeView(
                    kind=NoticeKind.TRANSIENT,
                    proven=True,
                    status="4.4.1",
                    words="no answer 0",
                    noticed_at=NOW,
                    mail=None,
                    mail_sent_at=None,
                ),
            ),
        )
        assert address_standings.of_address(session, address="nobody@example.org") is None


def test_of_many_notices_the_latest(database: Database) -> None:
    add(database, "a@example.org", notices=15)
    with database.read() as session:
        (line,) = address_page(session, filters=Filters()).lines
    assert [one.words for one in line.notices] == [f"no answer {n}" for n in range(14, 4, -1)]


def test_pages_and_queries(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_standings, "PAGE", 2)
    taken = []
    for number in range(5):
        add(database, f"{number}@example.org", at=NOW + number * HOUR)
        with counted_queries(database) as queries, database.read() as session:
            page = address_page(session, filters=Filters(), page=9)
        taken.append(len(queries))
    assert taken == [4] * 5
    assert (page.page, page.pages, page.found) == (3, 3, 5)
    assert [line.address for line in page.lines] == ["0@example.org"]
