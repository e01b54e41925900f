"""What an installation writes is read again, and here without a change."""

from datetime import date

import pytest
import sqlalchemy as sa

from tests.domain.reminding import DAY
from tests.domain.test_replay_import import (
    AT,
    BARE,
    CAPTIONS,
    ONLINE,
    PAST,
    REASON,
    VIDEO,
    bring,
    found,
    march,
    refused,
    replay,
    trail,
)
from tests.support import APRIL, MARCH, MAY, NOW, plan_of, published
from webinars.db import Database
from webinars.domain import site
from webinars.domain.errors import Problem
from webinars.domain.library_export import export_library, left_out
from webinars.domain.library_import import Imported, import_library
from webinars.domain.library_reading import SourceFile
from webinars.domain.replay_export import kept_captions, kept_files
from webinars.models import Replay, Webinar

__all__ = ["march"]

DETAILS = f"""\
[[webinars]]
slug = "2019-03-21-{MARCH.slug}"
date = 2019-03-21
why = "Parce que"
"""
WHOLE = (
    ONLINE.replace(VIDEO, 'video_file = "a.mp4"\n')
    + CAPTIONS
    + f'[[questions]]\nwebinar = "2019/{MARCH.slug}"\ntext = "Qui ?"\n'
    + DETAILS
)
BARE_ONLINE = f"{BARE}{VIDEO}online_at = {PAST}\n"


def exported(database: Database) -> dict[str, str]:
    with database.read() as session:
        return export_library(session)


def unchanged(database: Database) -> bool:
    """Whether what it writes is read without a change; it names no uploads."""
    files = [SourceFile(name, text) for name, text in exported(database).items()]
    with database.write() as session:
        before = site.version(session)
        brought = import_library(session, files=files, now=AT)
        return not brought.changed and site.version(session) == before


def test_of_a_webinar_that_the_draft_no_longer_has_nothing_is_written(march: Database) -> None:
    bring(march, WHOLE, beside=found(WHOLE))
    with march.read() as session:
        assert left_out(session) == []
        assert (len(kept_files(session)), len(list(kept_captions(session)))) == (1, 1)
    with march.write() as session:
        published(session, plan_of(APRIL, MAY))
        gone = ["2019/a-venir", "2019/annule", f"2019/{MARCH.slug}"]
        assert sorted(left_out(session)) == gone
        assert (kept_files(session), list(kept_captions(session))) == ([], [])
    files = exported(march)
    assert [MARCH.slug in files[name] for name in files] == [False] * 5
    assert unchanged(march)


def test_one_from_before_the_rule_of_captions_stays_online_as_it_is(march: Database) -> None:
    bring(march, ONLINE)
    with march.write() as session:
        session.execute(sa.update(Replay).values(without_captions=None))
    assert unchanged(march)
    assert bring(march, BARE_ONLINE + 'duration = "10:00"\n') == Imported(replays=1, changed=True)
    assert replay(march).duration == 600


SENTENCE = Problem(
    "without captions it is online only with the reason, as without_captions",
    4,
    "replays[1].online_at",
)


@pytest.mark.parametrize(
    ("before", "online_at"),
    [
        (ONLINE, PAST),
        (BARE_ONLINE + CAPTIONS, PAST),
        (ONLINE, "2019-03-23T09:00:00Z"),
        (BARE + VIDEO + REASON, PAST),
        (BARE, PAST),
    ],
    ids=["reason", "captions", "instant", "prepared", "new"],
)
def test_what_changes_needs_the_reason_as_at_the_desk(
    march: Database, before: str, online_at: str
) -> None:
    bring(march, before, beside=found(before))
    if online_at != PAST:
        with march.write() as session:
            session.execute(sa.update(Replay).values(without_captions=None))
    assert refused(march, BARE_ONLINE.replace(PAST, online_at)) == [SENTENCE]


def test_a_day_that_promises_nothing_any_more_stays_where_it_is(march: Database) -> None:
    bring(march, ONLINE + "expected_by = 2019-03-29\n")
    with march.write() as session:
        webinar = session.scalars(sa.select(Webinar).where(Webinar.slug == MARCH.slug)).one()
        webinar.starts_at += 14 * DAY
        webinar.ends_at += 14 * DAY
    acts, before = trail(march), replay(march)
    assert "expected_by" not in exported(march)["replays.toml"]
    assert unchanged(march)
    after = replay(march)
    assert (after.expected_by, after.version) == (date(2019, 3, 29), before.version)
    assert (after.revised_at, trail(march)) == (before.revised_at, acts)


def test_a_promise_that_holds_is_taken_away_by_a_table_without_it(march: Database) -> None:
    bring(march, BARE + VIDEO + "expected_by = 2019-03-29\n", now=NOW)
    assert bring(march, BARE + VIDEO).changed
    assert replay(march).expected_by is None
