"""The life of a replay: prepared out of sight, online, revised, withdrawn."""

import hashlib
import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support import MARCH, NOW, count, load_library, plan_of, published
from webinars.db import Database
from webinars.domain import replay_acts, site
from webinars.domain.chapter_lines import Moment as ChapterMoment
from webinars.domain.editing import Editor
from webinars.domain.errors import ChangedMeanwhile, NotFound, WebinarCancelled, WrongValue
from webinars.domain.mentions import link_resource
from webinars.domain.programme import Moment
from webinars.domain.replay_life import Overdue, Stage, overdue
from webinars.domain.replay_work import NotOver, NoVideo, ReasonNeeded
from webinars.domain.replays import Video, put_online
from webinars.domain.timed_text import Cue, Spoken, to_webvtt
from webinars.domain.transcripts import Line, Paragraph
from webinars.domain.webinar_page import WebinarPage, webinar_page
from webinars.models import (
    AuditAct,
    AuditEntry,
    Captions,
    Chapter,
    Replay,
    Resource,
    Webinar,
    WebinarStatus,
)

AFTER = datetime.fromisoformat("2019-03-22T09:00:00+00:00")
WHERE: dict[str, Any] = {"cycle_slug": "2019", "webinar_slug": MARCH.slug}
URL = "https://files.example.org/mars.mp4"
CUES = (
    Cue(0, 4000, (Spoken("Camille", "Bonjour."),)),
    Cue(4000, 9000, (Spoken("Camille", "On commence."),)),
)
OPENING = ChapterMoment(0, "Ouverture")


@pytest.fixture
def march(database: Database) -> Database:
    with database.write() as session:
        published(session, plan_of(MARCH))
    return database


def editor(seen: int | None = None, now: datetime = AFTER) -> Editor:
    return Editor("olivia@example.org", now, seen)


def act(database: Database, name: str, *, by: Editor | None = None, **values: Any) -> None:
    with database.write() as session:
        getattr(replay_acts, name)(session, **WHERE, editor=by or editor(), **values)


def prepare(database: Database) -> None:
    act(database, "set_video", url=URL, duration=3600)
    act(database, "set_chapters", chapters=(OPENING, ChapterMoment(1800, "Des pratiques")))
    act(database, "set_captions", language="fr", cues=CUES)


def details(database: Database, **values: Any) -> None:
    usual: dict[str, Any] = {
        "slides_url": None,
        "expected_by": None,
        "consent": False,
        "without_captions": None,
    }
    act(database, "set_details", **usual | values)


def page(database: Database, now: datetime = AFTER) -> WebinarPage:
    with database.read() as session:
        return webinar_page(session, **WHERE, moment=Moment.at(now, opens_minutes=15))


def kept(database: Database) -> Replay:
    with database.read() as session:
        replay = session.scalars(sa.select(Replay)).one()
        session.expunge(replay)
        return replay


def sequence(database: Database) -> int:
    with database.read() as session:
        return session.scalars(sa.select(Webinar.sequence)).one()


def trail(database: Database) -> list[tuple[AuditAct, dict[str, Any], dict[str, Any]]]:
    with database.read() as session:
        rows = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.act.like("replay%")).order_by(AuditEntry.id)
        )
        return [(one.act, one.before["replay"], one.after["replay"]) for one in rows]


def test_it_is_expected_a_week_after_the_end_or_by_the_day_that_is_set(march: Database) -> None:
    life = page(march).replay_life
    assert (life.stage, life.expected_by) == (Stage.EXPECTED, date(2019, 3, 28))
    details(march, expected_by=date(2019, 4, 2))
    assert page(march).replay_life.expected_by == date(2019, 4, 2)


def test_it_is_late_once_the_promised_day_is_over_in_the_zone_of_the_cycle(march: Database) -> None:
    midnight = datetime.fromisoformat("2019-03-28T23:00:00+00:00")
    lives = [page(march, midnight - timedelta(seconds=second)).replay_life for second in (1, 0)]
    assert [(life.late, life.late_from) for life in lives] == [(False, midnight), (True, midnight)]
    details(march, expected_by=date(2019, 3, 31))
    summer = datetime.fromisoformat("2019-03-31T22:00:00+00:00")
    assert page(march, midnight).turns == (summer,)
    prepare(march)
    act(march, "go_online")
    assert (page(march, summer).replay_life.late, page(march, summer).turns) == (False, ())


def test_a_day_that_cannot_be_promised_is_refused(march: Database) -> None:
    for day in (date(2019, 3, 20), date(2021, 3, 24), date(9999, 12, 31)):
        with pytest.raises(WrongValue):
            details(march, expected_by=day)
    assert page(march).replay_life.expected_by == date(2019, 3, 28)
    for day in (date(2019, 3, 21), date(2021, 3, 21)):
        details(march, expected_by=day)
        assert page(march).replay_life.expected_by == day


def test_a_day_before_a_webinar_that_was_moved_since_promises_nothing(march: Database) -> None:
    details(march, expected_by=date(2019, 3, 25))
    with march.write() as session:
        published(session, plan_of(replace(MARCH, date=date(2019, 4, 11))))
    assert page(march).replay_life.expected_by == date(2019, 4, 18)
    details(march, slides_url="https://files.example.org/mars.pdf", expected_by=date(2019, 3, 25))


def test_it_is_prepared_out_of_sight(march: Database) -> None:
    prepare(march)
    details(march, slides_url="https://files.example.org/mars.pdf")
    found = page(march)
    assert found.replay is None
    assert not found.webinar.has_replay
    life = found.replay_life
    assert (life.stage, life.captions, life.slides_url) == (Stage.EXPECTED, (), None)
    assert sequence(march) == 0


def test_online_it_shows_all_of_it_and_changes_the_calendar_entry(march: Database) -> None:
    prepare(march)
    act(march, "go_online")
    found = page(march)
    assert found.webinar.has_replay
    assert found.replay is not None
    assert (found.replay.video_url, found.replay.duration, found.replay.online_at) == (
        URL,
        3600,
        AFTER,
    )
    assert [one.starts_at for one in found.replay.chapters] == [0, 1800]
    assert [(one.language, one.paragraphs) for one in found.replay_life.captions] == [
        ("fr", (Paragraph("Camille", (Line(0, "Bonjour."), Line(4, "On commence."))),))
    ]
    assert sequence(march) == 1
    act(march, "go_online")
    assert sequence(march) == 1


def test_revised_it_shows_at_once_and_calendars_need_not_know(march: Database) -> None:
    prepare(march)
    act(march, "go_online")
    later = AFTER + timedelta(days=1)
    act(march, "set_chapters", chapters=(OPENING,), by=editor(now=later))
    found = page(march)
    assert found.replay is not None
    assert [one.title for one in found.replay.chapters] == ["Ouverture"]
    assert kept(march).revised_at == later
    assert sequence(march) == 1


def test_withdrawn_it_is_gone_and_everything_is_kept(march: Database) -> None:
    prepare(march)
    details(march, slides_url="https://files.example.org/mars.pdf")
    act(march, "go_online")
    act(march, "withdraw", why="Une intervenante l’a demandé.", words_stay=False)
    found = page(march)
    assert (found.replay, found.webinar.has_replay) == (None, False)
    life = found.replay_life
    assert (life.stage, life.why) == (Stage.WITHDRAWN, "Une intervenante l’a demandé.")
    assert (life.captions, life.slides_url) == ((), None)
    assert sequence(march) == 2
    with march.read() as session:
        assert (count(session, Chapter), count(session, Captions)) == (2, 1)
    act(march, "go_online")
    assert page(march).replay_life.stage is Stage.ONLINE
    assert sequence(march) == 3


def test_transcript_and_slides_may_stay_without_the_video(march: Database) -> None:
    prepare(march)
    details(march, slides_url="https://files.example.org/mars.pdf")
    act(march, "go_online")
    act(march, "withdraw", why=None, words_stay=True)
    life = page(march).replay_life
    assert [one.language for one in life.captions] == ["fr"]
    assert life.slides_url == "https://files.example.org/mars.pdf"


def test_there_may_be_none_at_all_and_one_after_all(march: Database) -> None:
    act(march, "withdraw", why="Pas d’enregistrement.", words_stay=False)
    found = page(march)
    assert (found.replay_life.stage, found.webinar.replay_expected) == (Stage.WITHDRAWN, False)
    assert sequence(march) == 0
    act(march, "expect_again")
    life = page(march).replay_life
    assert (life.stage, life.why) == (Stage.EXPECTED, None)


def test_each_act_is_in_the_trail_and_the_same_once_more_is_none(march: Database) -> None:
    prepare(march)
    prepare(march)
    details(march)
    act(march, "go_online")
    act(march, "withdraw", why=None, words_stay=False)
    at = AFTER.isoformat()
    assert trail(march) == [
        (
            AuditAct.REPLAY_EDITED,
            {"video_url": None, "duration": None},
            {"video_url": URL, "duration": 3600},
        ),
        (
            AuditAct.REPLAY_EDITED,
            {"chapters": ""},
            {"chapters": "00:00 Ouverture\n30:00 Des pratiques"},
        ),
        (AuditAct.REPLAY_EDITED, {"captions fr": None}, {"captions fr": 2}),
        (
            AuditAct.REPLAY_ONLINE,
            {"online_at": None},
            {"online_at": at, "without_consent": True},
        ),
        (
            AuditAct.REPLAY_WITHDRAWN,
            {"withdrawn_at": None, "online_at": at},
            {"withdrawn_at": at, "online_at": None},
        ),
    ]
    with march.read() as session:
        assert site.version(session) == 7
    assert kept(march).version == 5


def test_where_the_speakers_agree_the_trail_says_no_more(march: Database) -> None:
    prepare(march)
    details(march, consent=True)
    act(march, "go_online")
    at = AFTER.isoformat()
    assert trail(march)[-1] == (AuditAct.REPLAY_ONLINE, {"online_at": None}, {"online_at": at})


def test_who_saw_another_state_changes_nothing(march: Database) -> None:
    act(march, "set_video", url=URL, duration=None, by=editor(0))
    for seen in (0, 2):
        with pytest.raises(ChangedMeanwhile):
            act(march, "set_video", url=None, duration=None, by=editor(seen))
    assert kept(march).video_url == URL
    act(march, "set_video", url=URL, duration=60, by=editor(1))
    assert kept(march).version == 2


def test_what_is_needed_to_go_online(march: Database) -> None:
    with pytest.raises(NoVideo):
        act(march, "go_online")
    act(march, "set_video", url=URL, duration=None)
    with pytest.raises(ReasonNeeded):
        act(march, "go_online")
    with pytest.raises(NotOver):
        act(march, "go_online", by=editor(now=NOW))
    details(march, without_captions="La transcription est commandée.")
    act(march, "go_online")
    life = page(march).replay_life
    assert (life.stage, life.why) == (Stage.ONLINE, "La transcription est commandée.")


def test_what_an_online_replay_cannot_lose(march: Database) -> None:
    prepare(march)
    act(march, "go_online")
    with pytest.raises(NoVideo):
        act(march, "set_video", url=None, duration=None)
    with pytest.raises(ReasonNeeded):
        act(march, "remove_captions", language="fr")
    details(march, without_captions="Elle est à refaire.")
    act(march, "remove_captions", language="fr")
    with pytest.raises(ReasonNeeded):
        details(march)
    with march.read() as session:
        assert count(session, Captions) == 0
    assert kept(march).without_captions == "Elle est à refaire."


def test_a_cancelled_webinar_has_none(march: Database) -> None:
    prepare(march)
    with march.write() as session:
        session.execute(sa.update(Webinar).values(status=WebinarStatus.CANCELLED))
    with pytest.raises(WebinarCancelled):
        act(march, "go_online")


def test_another_video_is_not_the_demonstrations(march: Database) -> None:
    with march.write() as session:
        video = Video("demo:replay.webm", 96, demonstration=True)
        put_online(session, **WHERE, video=video, now=AFTER)
    act(march, "set_video", url="demo:replay.webm", duration=90)
    assert kept(march).demonstration
    act(march, "set_video", url=URL, duration=90)
    assert not kept(march).demonstration
    assert trail(march)[-1][1:] == (
        {"video_url": "demo:replay.webm", "demonstration": True},
        {"video_url": URL, "demonstration": False},
    )


def test_captions_are_replaced_by_language(march: Database) -> None:
    prepare(march)
    act(march, "set_captions", language="en", cues=CUES[:1])
    act(march, "set_captions", language="fr", cues=CUES[1:])
    with march.read() as session:
        rows = session.execute(
            sa.select(Captions.language, Captions.vtt).order_by(Captions.language)
        )
        assert [tuple(row) for row in rows] == [
            ("en", "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\n<v Camille>Bonjour.</v>\n"),
            ("fr", "WEBVTT\n\n00:00:04.000 --> 00:00:09.000\n<v Camille>On commence.</v>\n"),
        ]


def test_a_video_does_not_end_before_its_chapters(march: Database) -> None:
    prepare(march)
    with pytest.raises(WrongValue) as caught:
        act(march, "set_video", url=URL, duration=1800)
    assert str(caught.value.sentence) == "a chapter begins at 30:00, beyond this end"
    act(march, "set_video", url=URL, duration=1801)
    act(march, "set_chapters", chapters=())
    with pytest.raises(WrongValue) as caught:
        act(march, "set_video", url=URL, duration=4)
    assert str(caught.value.sentence) == "a caption begins at 00:04, beyond this end"


def test_a_chapter_in_the_same_place_is_the_same_one(march: Database) -> None:
    """Its title and its second are others: what stands beside it stays."""
    prepare(march)
    with march.read() as session:
        before = [row.id for row in session.scalars(sa.select(Chapter).order_by(Chapter.id))]
    chapters = (OPENING, ChapterMoment(1790, "Des pratiques, et lesquelles"))
    act(march, "set_chapters", chapters=chapters)
    act(march, "set_chapters", chapters=(*chapters, ChapterMoment(2000, "Une de plus")))
    with march.read() as session:
        rows = session.scalars(sa.select(Chapter).order_by(Chapter.starts_at)).all()
        assert [row.id for row in rows][:2] == before
        assert [row.starts_at for row in rows] == [0, 1790, 2000]


def test_consent_is_dated_once(march: Database) -> None:
    details(march, consent=True)
    act(march, "set_video", url=URL, duration=None)
    with march.write() as session:
        replay_acts.set_details(
            session,
            **WHERE,
            slides_url=None,
            expected_by=None,
            consent=True,
            without_captions=None,
            editor=editor(now=AFTER + timedelta(days=1)),
        )
    assert kept(march).consent_at == AFTER
    details(march)
    assert kept(march).consent_at is None


def test_no_such_webinar(march: Database) -> None:
    with march.write() as session, pytest.raises(NotFound):
        replay_acts.go_online(session, cycle_slug="2019", webinar_slug="no-such", editor=editor())
    with march.read() as session:
        assert count(session, Replay) == 0


def late(database: Database, now: datetime) -> list[tuple[str, date]]:
    with database.read() as session:
        found = overdue(session, now=now)
        assert all(isinstance(one, Overdue) for one in found)
        return [(one.slug, one.expected_by) for one in found]


def test_none_one_three_are_overdue(database: Database) -> None:
    january = replace(MARCH, slug="january", date=date(2019, 1, 17))
    february = replace(MARCH, slug="february", date=date(2019, 2, 21))
    with database.write() as session:
        published(session, plan_of(january, february, MARCH))
    midnight = datetime.fromisoformat("2019-01-24T23:00:00+00:00")
    assert late(database, midnight - timedelta(seconds=1)) == []
    assert late(database, midnight) == [("january", date(2019, 1, 24))]
    april = datetime.fromisoformat("2019-04-01T00:00:00+00:00")
    assert late(database, april) == [
        ("january", date(2019, 1, 24)),
        ("february", date(2019, 2, 28)),
        (MARCH.slug, date(2019, 3, 28)),
    ]
    details(database, expected_by=date(2019, 4, 2))
    assert [slug for slug, _ in late(database, april)] == ["january", "february"]
    assert late(database, april + timedelta(days=365)) == []


def test_what_is_online_or_will_not_come_is_not_overdue(march: Database) -> None:
    april = datetime.fromisoformat("2019-04-01T00:00:00+00:00")
    prepare(march)
    assert late(march, april) == [(MARCH.slug, date(2019, 3, 28))]
    act(march, "go_online")
    assert late(march, april) == []
    act(march, "withdraw", why=None, words_stay=False)
    assert late(march, april) == []


@pytest.mark.parametrize(
    ("chapters", "stays"),
    [
        (((0, "Un"), (60, "Deux"), (120, "Trois")), ["Un", "Deux", "Trois"]),
        (((0, "Un"), (75, "Deux"), (120, "Trois")), ["Un", "Deux", "Trois"]),
        (((0, "Un"), (60, "Autre"), (120, "Trois")), ["Un", "Autre", "Trois"]),
        (((0, "Deux"), (60, "Un"), (120, "Trois")), ["Deux", "Un", "Trois"]),
        (((0, "Trois"), (30, "Neuf"), (60, "Un")), ["Trois", "Neuf", "Un"]),
        (((0, "Un"), (30, "Neuf"), (60, "Sept"), (120, "Trois")), ["Un", "Sept", "Trois"]),
        ((), []),
    ],
)
def test_a_chapter_stays_itself_while_its_title_its_second_or_its_place_does(
    march: Database, chapters: tuple[tuple[int, str], ...], stays: list[str]
) -> None:
    """Resources stand beside it."""

    def rows() -> dict[str, tuple[int, int]]:
        with march.read() as session:
            found = session.scalars(sa.select(Chapter).order_by(Chapter.starts_at))
            return {row.title: (row.id, row.starts_at) for row in found}

    act(march, "set_video", url=URL, duration=3600)
    first = ((0, "Un"), (60, "Deux"), (120, "Trois"))
    act(march, "set_chapters", chapters=tuple(ChapterMoment(*one) for one in first))
    before = rows()
    act(march, "set_chapters", chapters=tuple(ChapterMoment(*one) for one in chapters))
    after = rows()
    assert [(at, title) for title, (_, at) in after.items()] == list(chapters)
    ids = {id_ for id_, _ in before.values()}
    assert [title for title, (id_, _) in after.items() if id_ in ids] == stays
    for title in stays:
        if title in before:
            assert after[title][0] == before[title][0]


def test_a_chapter_that_goes_leaves_in_the_trail_what_stood_beside_it(march: Database) -> None:
    with march.write() as session:
        load_library(session, "themes.toml", "resources.toml")
    act(march, "set_video", url=URL, duration=3600)
    act(
        march, "set_chapters", chapters=(OPENING, ChapterMoment(60, "Deux"), ChapterMoment(90, "3"))
    )
    with march.read() as session:
        ids = session.scalars(sa.select(Chapter.id).order_by(Chapter.starts_at)).all()
    with march.write() as session:
        beside = list(
            session.scalars(sa.select(Resource.slug).order_by(Resource.position).limit(2))
        )
        for chapter_id, slug in ((ids[0], beside[0]), (ids[1], beside[1]), (ids[1], beside[0])):
            link_resource(
                session, **WHERE, chapter_id=chapter_id, resource_slug=slug, actor="o", now=AFTER
            )
    act(march, "set_chapters", chapters=(OPENING,))
    assert trail(march)[-1] == (
        AuditAct.REPLAY_EDITED,
        {
            "chapters": "00:00 Ouverture\n01:00 Deux\n01:30 3",
            "resources": {"01:00 Deux": beside},
        },
        {"chapters": "00:00 Ouverture", "resources": {}},
    )
    act(march, "set_chapters", chapters=(ChapterMoment(0, "Accueil"),))
    assert trail(march)[-1][1:] == (
        {"chapters": "00:00 Ouverture"},
        {"chapters": "00:00 Accueil"},
    )


def test_what_is_put_beside_a_chapter_while_it_goes_is_in_the_trail_too(march: Database) -> None:
    with march.write() as session:
        load_library(session, "themes.toml", "resources.toml")
    act(march, "set_video", url=URL, duration=3600)
    act(march, "set_chapters", chapters=(OPENING,))
    thread = threading.Thread(target=act, args=(march, "set_chapters"), kwargs={"chapters": ()})
    with march.writing_session() as session, session.begin():
        chapter_id = session.scalars(sa.select(Chapter.id)).one()
        slug = session.scalars(sa.select(Resource.slug).order_by(Resource.position)).first()
        assert slug is not None
        link_resource(
            session, **WHERE, chapter_id=chapter_id, resource_slug=slug, actor="o", now=AFTER
        )
        thread.start()
        thread.join(0.5)  # it waits in the database for what becomes of the chapter
    thread.join()
    assert trail(march)[-1][1:] == (
        {"chapters": "00:00 Ouverture", "resources": {"00:00 Ouverture": [slug]}},
        {"chapters": "", "resources": {}},
    )


def test_captions_that_are_replaced_are_told_apart_though_as_many(march: Database) -> None:
    prepare(march)
    other = (CUES[0], replace(CUES[1], spoken=(Spoken("Camille", "On finit."),)))
    act(march, "set_captions", language="fr", cues=other)
    _, before, after = trail(march)[-1]
    assert (before["captions fr"], after["captions fr"]) == (2, 2)
    marks = before["captions fr sha256"], after["captions fr sha256"]
    assert marks == tuple(
        hashlib.sha256(to_webvtt(cues).encode()).hexdigest()[:16] for cues in (CUES, other)
    )
    act(march, "set_captions", language="fr", cues=CUES)
    assert trail(march)[-1][1:] == (after, before)
