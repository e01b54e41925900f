"""A person's three lists: seen by the door or by their own word, to see, and what comes next."""

from dataclasses import replace
from datetime import date, datetime

import pytest
import sqlalchemy as sa

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    HOST,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    load_library,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import erasure, following, participants, person_path, replays
from webinars.domain.errors import NotFound
from webinars.domain.person_path import PersonPath, Why
from webinars.domain.personal_data import KeptSeen, personal_data
from webinars.domain.programme import Moment
from webinars.domain.registrations import House
from webinars.models import Participant, Registration, RegistrationStatus, SeenWebinar, Webinar

JUNE = datetime.fromisoformat("2019-06-01T09:00:00+00:00")
AGAIN = replace(APRIL, slug="encore", date=date(2019, 10, 17), title="Encore")
DIGITAL = replace(
    MAY, slug="numerique", date=date(2019, 11, 21), theme="accelerer-grace-au-numerique"
)
HOUSE = House(host=HOST)


@pytest.fixture
def past(database: Database) -> Database:
    """March, April and May are over and have replays; another one on April's theme is to come."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, AGAIN, DIGITAL))
        load_library(session, "themes.toml", "resources.toml")
        for webinar in (MARCH, APRIL):
            register(session, ALICE, webinar=webinar.slug)
        register(session, BOB, webinar=MARCH.slug)
        video = replays.Video(url="https://video.example.org/1.mp4", duration=60)
        for webinar in (MARCH, APRIL, MAY):
            replays.put_online(
                session, cycle_slug="2019", webinar_slug=webinar.slug, video=video, now=JUNE
            )
    return database


def path(database: Database, email: str = ALICE.email) -> PersonPath:
    with database.read() as session:
        person = participants.by_email(session, email=email)
        assert person is not None
        moment = Moment.at(JUNE, opens_minutes=15)
        return participants.own_page(session, participant=person, moment=moment).path


def mark(database: Database, slug: str, *, now: datetime = JUNE, back: bool = False) -> None:
    with database.write() as session:
        person = participants.by_email(session, email=ALICE.email)
        assert person is not None
        where = {"participant": person, "cycle_slug": "2019", "webinar_slug": slug}
        if back:
            person_path.take_back(session, **where)  # type: ignore[arg-type]
        else:
            person_path.mark_seen(session, **where, now=now)  # type: ignore[arg-type]


def came(database: Database, slug: str) -> None:
    with database.write() as session:
        session.execute(
            sa.update(Registration)
            .where(
                Registration.webinar_id.in_(sa.select(Webinar.id).where(Webinar.slug == slug)),
                Registration.participant_id.in_(
                    sa.select(Participant.id).where(Participant.email == ALICE.email)
                ),
            )
            .values(status=RegistrationStatus.ATTENDED)
        )


def follow(database: Database, *themes: str) -> None:
    with database.write() as session:
        for theme in themes:
            following.follow_theme(session, theme_slug=theme, person=ALICE, house=HOUSE, now=NOW)


def listed(found: PersonPath) -> tuple[list[tuple[str, bool]], list[tuple[str, Why]]]:
    return (
        [(one.webinar.slug, one.marked_at is not None) for one in found.seen],
        [(one.webinar.slug, one.why) for one in found.to_see],
    )


def suggested(found: PersonPath) -> list[tuple[str, Why, str | None, bool | None, str | None]]:
    return [
        (
            one.theme.slug,
            one.why,
            one.after.slug if one.after else None,
            one.step.neighbouring if one.step else None,
            one.webinar.slug if one.webinar else None,
        )
        for one in found.suggested
    ]


def test_what_was_attended_and_what_is_said_to_be_seen(past: Database):
    assert listed(path(past)) == (
        [],
        [(APRIL.slug, Why.REGISTERED), (MARCH.slug, Why.REGISTERED)],
    )
    came(past, MARCH.slug)
    mark(past, MAY.slug)
    mark(past, MAY.slug)
    mark(past, MARCH.slug)  # that they came says more
    assert listed(path(past)) == (
        [(MAY.slug, True), (MARCH.slug, False)],
        [(APRIL.slug, Why.REGISTERED)],
    )
    assert path(past, BOB.email).seen == ()
    mark(past, MAY.slug, back=True)
    mark(past, MAY.slug, back=True)
    assert listed(path(past))[0] == [(MARCH.slug, False)]


def test_replays_of_themes_that_are_followed_come_after_their_own(past: Database):
    follow(past, MAY.theme or "", APRIL.theme or "")
    assert listed(path(past))[1] == [
        (APRIL.slug, Why.REGISTERED),
        (MARCH.slug, Why.REGISTERED),
        (MAY.slug, Why.FOLLOWED),
    ]


def test_only_a_replay_that_anybody_can_play_is_marked(past: Database):
    for slug in (AGAIN.slug, "nothing"):
        with pytest.raises(NotFound):
            mark(past, slug)
    with pytest.raises(NotFound):
        mark(past, "nothing", back=True)
    with pytest.raises(NotFound):
        mark(past, MARCH.slug, now=NOW)


def test_what_comes_next_says_why(past: Database):
    april, march = APRIL.theme or "", MARCH.theme or ""
    assert suggested(path(past)) == [
        (april, Why.TO_SEE, APRIL.slug, False, AGAIN.slug),
        (march, Why.TO_SEE, MARCH.slug, False, None),
    ]
    mark(past, MARCH.slug)
    follow(past, DIGITAL.theme or "")
    assert suggested(path(past)) == [
        (march, Why.SEEN, MARCH.slug, False, None),
        (april, Why.TO_SEE, APRIL.slug, False, AGAIN.slug),
        (DIGITAL.theme, Why.FOLLOWED, None, True, DIGITAL.slug),
    ]
    with past.write() as session:
        register(session, ALICE, webinar=AGAIN.slug, now=JUNE)
    assert suggested(path(past))[1] == (april, Why.TO_SEE, APRIL.slug, False, None)


def test_a_stranger_has_three_empty_lists(past: Database):
    with past.write() as session:
        follower = replace(BOB, email="follower@example.org")
        following.follow_theme(
            session,
            theme_slug=MARCH.theme or "",
            person=follower,
            house=House(host=HOST, require_confirmation=True),
            now=NOW,
        )
    assert path(past, "follower@example.org") == PersonPath((), (), ())


def year(database: Database, number: int, theme: str | None = None) -> None:
    """Another cycle, of one webinar that is over and has a replay."""
    one = replace(MARCH, slug="autre", date=date(number, 3, 21), theme=theme)
    with database.write() as session:
        published(session, plan_of(one, slug=str(number), year=number))
        video = replays.Video(url="https://video.example.org/1.mp4", duration=60)
        replays.put_online(
            session, cycle_slug=str(number), webinar_slug="autre", video=video, now=JUNE
        )


def test_years_that_have_nothing_of_theirs_are_not_read(past: Database):
    year(past, 2016)
    year(past, 2017, theme=MAY.theme)
    year(past, 2018)
    follow(past, MAY.theme or "")
    with past.write() as session:
        person = participants.by_email(session, email=ALICE.email)
        assert person is not None
        person_path.mark_seen(
            session, participant=person, cycle_slug="2018", webinar_slug="autre", now=JUNE
        )
    read: list[str] = []

    def note(webinar: Webinar, _context: object) -> None:
        read.append(webinar.uid.partition("@")[0])

    sa.event.listen(Webinar, "load", note)
    try:
        found = path(past)
    finally:
        sa.event.remove(Webinar, "load", note)
    whole = (MARCH, APRIL, MAY, AGAIN, DIGITAL)
    assert sorted(read) == sorted(
        ["2017.autre", "2018.autre", *(f"2019.{one.slug}" for one in whole)]
    )
    assert [(one.webinar.cycle_slug, one.webinar.slug) for one in found.seen] == [("2018", "autre")]
    assert [(one.webinar.cycle_slug, one.why) for one in found.to_see] == [
        ("2019", Why.REGISTERED),
        ("2019", Why.REGISTERED),
        ("2019", Why.FOLLOWED),
        ("2017", Why.FOLLOWED),
    ]


def test_three_take_a_bounded_number_of_queries(past: Database):
    taken = []
    for slugs in ((), (MARCH.slug,), (APRIL.slug, MAY.slug)):
        for slug in slugs:
            mark(past, slug)
        with counted_queries(past) as queries:
            path(past)
        taken.append(len(queries))
    # May's theme has no step: the closest one is asked for, and its themes.
    assert taken == [9, 9, 11]


def test_marks_are_told_and_erased_with_the_person(past: Database):
    mark(past, MARCH.slug)
    with past.read() as session:
        person = participants.by_email(session, email=ALICE.email)
        assert person is not None
        assert personal_data(session, participant=person).seen == (
            KeptSeen(f"2019/{MARCH.slug}", MARCH.title, JUNE),
        )
    with past.write() as session:
        person = participants.by_email(session, email=ALICE.email)
        assert person is not None
        erasure.erase(session, participant=person, actor="test", host=HOST, now=JUNE)
        assert session.scalars(sa.select(SeenWebinar)).all() == []
