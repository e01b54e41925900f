"""What was counted, on the command line."""

from datetime import date

import sqlalchemy as sa

from tests.cli.support import Run, done, objects
from tests.support import MARCH, NOW, load_library, plan_of, published
from webinars.db import Database
from webinars.domain import counting
from webinars.domain.counting import Opened, OpenedFrom, Played, Viewed
from webinars.domain.replays import Video, put_online
from webinars.models import Place, Replay, Resource

DAY = date(2019, 3, 22)


def test_every_sum_is_a_line(run: Run, stored: Database) -> None:
    assert done(run("counts", "export")) == ""
    with stored.write() as session:
        published(session, plan_of(MARCH))
        load_library(session, "themes.toml", "resources.toml")
        video = Video(url="https://video.example.org/1.mp4", duration=60)
        put_online(session, cycle_slug="2019", webinar_slug=MARCH.slug, video=video, now=NOW)
        replay = session.scalars(sa.select(Replay.id)).one()
        id_, slug = session.execute(sa.select(Resource.id, Resource.slug).limit(1)).one()
        old = date(2017, 1, 1)
        counting.add(
            session,
            counts={
                Viewed(replay, DAY): 2,
                Played(replay, DAY, 0): 3,
                Played(replay, old, 0): 4,
                Opened(id_, DAY, Place.REPLAY): 1,
                OpenedFrom(replay, id_, DAY): 1,
            },
        )
        counting.fold(session, now=NOW)
    where = {"replay": f"2019/{MARCH.slug}"}
    assert objects(run("counts", "export", "--json")) == [
        {"of": "views", "day": "2019-03-22", "count": 2, **where},
        {"of": "minutes", "count": 4, **where, "minute": 0},
        {"of": "minutes", "day": "2019-03-22", "count": 3, **where, "minute": 0},
        {"of": "openings", "day": "2019-03-22", "count": 1, "resource": slug, "place": "replay"},
        {"of": "openings_from_replay", "day": "2019-03-22", "count": 1, **where, "resource": slug},
    ]
    assert done(run("counts", "export")).splitlines()[:2] == [
        f"2019-03-22 views 2019/{MARCH.slug}: 2",
        f"before minutes 2019/{MARCH.slug} minute 0: 4",
    ]
