"""The data of the demonstration: loaded once, kept afterwards, true to its sources."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from tests.support import HOUSE, MARCH, count, plan_of, published
from webinars import cli, logs
from webinars.db import Database
from webinars.demo.seed import DISCOVERY, RealData, discovery, seed
from webinars.models import (
    Cycle,
    Organiser,
    OutboxMail,
    Participant,
    Registration,
    Replay,
    Resource,
    Theme,
    Webinar,
    Wish,
    WishState,
)

SUMMER = datetime(2026, 6, 25, 9, 30, 20, tzinfo=UTC)
TABLES = (Cycle, Webinar, Theme, Resource, Replay, Participant, Registration, OutboxMail, Wish)


def webinars_of(session: Session) -> dict[str, int]:
    rows = session.execute(
        sa.select(Cycle.slug, sa.func.count(Webinar.id)).join(Webinar).group_by(Cycle.slug)
    )
    return dict(list(rows))


def plant(database: Database, now: datetime) -> bool:
    with database.write() as session:
        return seed(session, house=HOUSE, now=now)


def contents(database: Database) -> list[int]:
    with database.read() as session:
        return [count(session, table) for table in TABLES]


def test_it_is_the_real_cycle_and_two_running_years(database: Database) -> None:
    assert plant(database, SUMMER) is True
    with database.read() as session:
        assert webinars_of(session) == {
            "2019": 12,
            "2026": 12,
            "2027": 12,
            discovery(SUMMER.date()): 2,
        }
        assert count(session, Resource) == 91
        states = session.scalars(sa.select(Wish.state).order_by(Wish.id)).all()
        assert states == [WishState.PUBLIC, WishState.PUBLIC, WishState.WAITING]
        assert set(session.scalars(sa.select(Cycle.demonstration))) == {True}
        assert set(session.scalars(sa.select(Replay.demonstration))) == {True}
        assert set(session.scalars(sa.select(Replay.consent_at))) == {SUMMER}, "it shows nobody"
        # All twelve of 2019, and those of this year but the latest: its replay is expected.
        replays = session.execute(
            sa.select(Cycle.slug, sa.func.count(Replay.id))
            .join(Webinar, Webinar.cycle_id == Cycle.id)
            .join(Replay, Replay.webinar_id == Webinar.id)
            .group_by(Cycle.slug)
        )
        assert dict(list(replays)) == {"2019": 12, "2026": 5}


def test_loading_again_changes_nothing(database: Database) -> None:
    plant(database, SUMMER)
    before = contents(database)
    assert plant(database, SUMMER + timedelta(minutes=1)) is False
    assert contents(database) == before


def test_what_people_did_meanwhile_is_kept(database: Database) -> None:
    plant(database, SUMMER)
    with database.write() as session:
        session.execute(sa.update(Webinar).values(title="Autre titre"))
        session.execute(sa.update(Participant).values(full_name="Autre nom"))
    plant(database, SUMMER + timedelta(days=2))
    with database.read() as session:
        titles = session.scalars(
            sa.select(Webinar.title).join(Cycle).where(Cycle.slug == "2019").distinct()
        )
        assert list(titles) == ["Autre titre"]
        assert session.scalars(sa.select(Participant.full_name)).one() == "Autre nom"


def test_there_is_always_something_to_come(database: Database) -> None:
    for now in (
        SUMMER,
        SUMMER + timedelta(days=3),
        datetime(2026, 12, 31, 22, 59, 30, tzinfo=UTC),  # the last minute of the year in Paris
        datetime(2026, 12, 31, 23, 30, tzinfo=UTC),  # the new year in Paris
        datetime(2027, 3, 27, 0, 55, tzinfo=UTC),  # the night before summer time
        datetime(2027, 3, 28, 0, 30, tzinfo=UTC),  # the night itself
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),  # the hour that comes twice
    ):
        plant(database, now)
        with database.read() as session:
            coming = session.scalars(
                sa.select(Webinar.starts_at)
                .join(Cycle)
                .where(Cycle.slug.startswith(DISCOVERY), Webinar.ends_at > now)
                .order_by(Webinar.starts_at)
            ).all()
            assert len(coming) >= 2, now
            assert abs(coming[0] - now) <= timedelta(hours=1, minutes=1), now


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 22, 22, 46, tzinfo=UTC),  # the last quarter of an hour in Paris
        datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC),
        datetime(2026, 7, 31, 21, 50, tzinfo=UTC),
    ],
)
def test_the_last_minutes_of_a_day_have_a_meeting_too(database: Database, now: datetime) -> None:
    plant(database, now)
    with database.read() as session:
        starts = session.scalars(
            sa.select(Webinar.starts_at)
            .join(Cycle)
            .where(Cycle.slug.startswith(DISCOVERY))
            .order_by(Webinar.starts_at)
        ).all()
        assert len(starts) == 2
        assert timedelta(0) <= now - starts[0] < timedelta(minutes=15)


@pytest.fixture
def load(
    monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path
) -> Callable[[], Result]:
    """``webinars demo --load-only`` on this database."""
    monkeypatch.setattr(logs, "set_up", lambda **_values: None)
    monkeypatch.chdir(tmp_path)
    settings = {
        "WEBINARS_DATABASE_URL": database_url,
        "WEBINARS_INSTANCE_PATH": str(tmp_path / "instance"),
    }
    # The command tells its children through the environment: put it back afterwards.
    for name in ("BASE_URL", "WORKER_TICK_SECONDS", "LOG_LEVEL", "DEMO", "MAIL_SERVER"):
        monkeypatch.setenv(f"WEBINARS_{name}", "x")
        monkeypatch.delenv(f"WEBINARS_{name}")
    for name in ("MAIL_PORT", "MAIL_SECURITY", "MAIL_USERNAME", "MAIL_PASSWORD"):
        monkeypatch.setenv(f"WEBINARS_{name}", "x")
        monkeypatch.delenv(f"WEBINARS_{name}")
    return lambda: CliRunner().invoke(cli.commands, ["demo", "--load-only"], env=settings)


def test_the_command_loads_once_and_keeps(
    load: Callable[[], Result], database: Database, tmp_path: Path
) -> None:
    password = tmp_path / "instance" / "demo-organiser-password"
    seen = []
    for _ in range(2):
        result = load()
        assert (result.exit_code, result.stdout) == (0, "The demonstration is loaded.\n")
        with database.read() as session:
            accounts = count(session, Organiser)
        seen.append((contents(database), accounts, password.read_text("ascii")))
    assert seen[0] == seen[1]
    assert seen[0][1] == 1
    assert password.stat().st_mode & 0o777 == 0o600
    with database.read() as session:
        found = webinars_of(session)
    assert found.pop("2019") == 12
    # Two meetings, of one cycle but on New Year's Eve.
    assert sum(found.pop(slug) for slug in list(found) if slug.startswith(DISCOVERY)) == 2
    assert sorted(found.values()) == [12, 12]


def test_it_stays_out_of_a_database_in_use(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
    with pytest.raises(RealData):
        plant(database, SUMMER)
    with database.read() as session:
        assert webinars_of(session) == {"2019": 1}


def test_it_lives_beside_a_cycle_that_somebody_tries_out(database: Database) -> None:
    plant(database, SUMMER)
    with database.write() as session:
        published(session, plan_of(MARCH, slug="essai"))
    assert plant(database, SUMMER + timedelta(hours=1)) is False
