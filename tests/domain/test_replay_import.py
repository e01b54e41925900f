"""Replays as files say them: by the rules of the desk, whole, in the trail as what they are."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from tests.domain.reminding import DAY, END, HOUR, planned
from tests.support import (
    ALICE,
    APRIL,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import replay_acts, site
from webinars.domain.calendars import entries_of
from webinars.domain.editing import Editor
from webinars.domain.errors import ChangedMeanwhile, Problem, WrongValue
from webinars.domain.library_beside import Beside, named_files, to_receive
from webinars.domain.library_export import export_library
from webinars.domain.library_import import Imported, import_library
from webinars.domain.library_reading import SourceFile, WrongFiles
from webinars.domain.replay_export import kept_captions, kept_files
from webinars.domain.timed_text import Cue, Spoken
from webinars.domain.uploads import NewFile
from webinars.models import AuditAct, AuditEntry, Chapter, Replay, Webinar, WebinarStatus

AT = datetime.fromisoformat("2019-06-01T10:00:00+00:00")
PAST = "2019-03-22T09:00:00Z"
CUES = (Cue(0, 4000, (Spoken("Camille", "Bonjour."),)),)
OTHER_CUES = (Cue(0, 4000, (Spoken("Camille", "Bonsoir."),)),)
RESOURCES = "".join(
    f'[[resources]]\nslug = "{slug}"\ntitle = "R"\nkind = "guide"\n' for slug in ("r", "s")
)
BARE = f'[[replays]]\nwebinar = "2019/{MARCH.slug}"\n'
VIDEO = 'video = "https://www.youtube.com/watch?v=abcdefghijk"\n'
REASON = 'without_captions = "Elles viennent."\n'
ONLINE = f"{BARE}{VIDEO}{REASON}online_at = {PAST}\n"
CAPTIONS = '[[replays.captions]]\nlanguage = "fr"\nfile = "a.vtt"\n'


def chapter(at: str, title: str = "Un", resources: str = "") -> str:
    more = f"resources = [{resources}]\n" if resources else ""
    return f'[[replays.chapters]]\nat = "{at}"\ntitle = "{title}"\n{more}'


@pytest.fixture
def march(database: Database) -> Database:
    """March, April and May are over; June is cancelled, and July is to come."""
    with database.write() as session:
        june = replace(MAY, slug="annule", date=MAY.date + 14 * DAY, status=WebinarStatus.CANCELLED)
        july = replace(MAY, slug="a-venir", date=MAY.date + 50 * DAY)
        published(session, plan_of(MARCH, APRIL, MAY, june, july))
        import_library(session, files=[SourceFile("r", RESOURCES)], now=NOW)
    return database


def found(text: str, cues: tuple[Cue, ...] = CUES) -> Beside:
    """As if every file that is named lay there."""
    uploads, captions = named_files([SourceFile("x", text)])
    return Beside(
        sums={one.spot: "0" * 64 for one in uploads},
        cues={one.spot: cues for one in captions},
        received={
            one.spot: NewFile(f"{number:032x}", one.sent_as, "video/mp4", 1, "0" * 64)
            for number, one in enumerate(uploads)
        },
    )


def bring(
    database: Database, text: str, *, now: datetime = AT, beside: Beside | None = None
) -> Imported:
    with database.write() as session:
        return import_library(
            session, files=[SourceFile("x", text)], now=now, beside=beside or found(text)
        )


def refused(database: Database, text: str, *, beside: Beside | None = None) -> list[Problem]:
    before = state(database)
    with pytest.raises(WrongFiles) as error:
        bring(database, text, beside=beside)
    assert state(database) == before
    return error.value.by_file["x"]


def state(database: Database) -> tuple[Any, ...]:
    with database.read() as session:
        return site.version(session), export_library(session), *kept_captions(session)


def trail(database: Database) -> list[tuple[AuditAct, Mapping[str, Any], Mapping[str, Any]]]:
    with database.read() as session:
        rows = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.act.like("replay%")).order_by(AuditEntry.id)
        )
        return [(one.act, one.before["replay"], one.after["replay"]) for one in rows]


def replay(database: Database) -> Replay:
    with database.read() as session:
        row = session.scalars(sa.select(Replay)).one()
        session.expunge(row)
        return row


def sequence(database: Database, slug: str = MARCH.slug) -> int:
    with database.read() as session:
        return session.scalars(sa.select(Webinar.sequence).where(Webinar.slug == slug)).one()


def leads_to_replay(database: Database) -> bool:
    with database.read() as session:
        (entry,) = entries_of(session, Webinar.slug == MARCH.slug)
        return entry.has_replay


# what cannot be -----------------------------------------------------------------------------

FUTURE = "2019-06-01T10:00:01Z"
WRONG: list[tuple[str, Problem]] = [
    (
        BARE.replace("2019/", "2018/"),
        Problem(
            f'there is no published webinar "2018/{MARCH.slug}": import its cycle and publish '
            "it first",
            2,
            "replays[1].webinar",
        ),
    ),
    (
        BARE.replace("2019/", ""),
        Problem(
            'a cycle and its webinar are needed, such as "2019/ouverture"',
            2,
            "replays[1].webinar",
        ),
    ),
    (
        BARE + 'video = "javascript:alert(1)"\n',
        Problem("an address beginning with https:// is needed", 3, "replays[1].video"),
    ),
    (
        BARE + 'video = "demo:../secret.webm"\n',
        Problem("an address beginning with https:// is needed", 3, "replays[1].video"),
    ),
    (
        BARE + 'vidoe = "https://a.fr/v.mp4"\n',
        Problem("there is no such key here", 3, "replays[1].vidoe"),
    ),
    (
        BARE + VIDEO + 'video_file = "a.mp4"\n',
        Problem("give video or video_file, not both", 3, "replays[1].video"),
    ),
    (
        BARE + 'slides = "https://a.fr/s"\nslides_file = "a.pdf"\n',
        Problem("give slides or slides_file, not both", 3, "replays[1].slides"),
    ),
    (
        BARE + 'video_name = "a.mp4"\n',
        Problem("it is the name of video_file, which is not there", 3, "replays[1].video_name"),
    ),
    (
        BARE + "duration = 90\n",
        Problem("a text in quotes is needed, not 90", 3, "replays[1].duration"),
    ),
    (
        BARE + 'duration = "90 min"\n',
        Problem(
            "a duration is needed, such as 88:40, of 24 hours at most", 3, "replays[1].duration"
        ),
    ),
    (
        BARE + "recorded_on = 20190321\n",
        Problem("a date such as 2019-04-18 is needed, not 20190321", 3, "replays[1].recorded_on"),
    ),
    (
        BARE + "expected_by = 2019-03-20\n",
        Problem(
            "the webinar ends on 2019-03-21: a replay is promised for that day or later",
            3,
            "replays[1].expected_by",
        ),
    ),
    (
        BARE + "expected_by = 2022-03-20\n",
        Problem(
            "the day is more than two years after the webinar: choose an earlier one",
            3,
            "replays[1].expected_by",
        ),
    ),
    (
        BARE + 'without_captions = "a\\nb"\n',
        Problem(
            "line breaks and control characters cannot stand here",
            3,
            "replays[1].without_captions",
        ),
    ),
    (
        BARE + "consent_at = 2019-03-22T09:00:00\n",
        Problem(
            "an instant with its offset is needed, such as 2019-03-22T09:00:00Z",
            3,
            "replays[1].consent_at",
        ),
    ),
    (
        BARE + f"consent_at = {FUTURE}\n",
        Problem("this instant lies in the future", 3, "replays[1].consent_at"),
    ),
    (
        ONLINE.replace(PAST, FUTURE),
        Problem("this instant lies in the future", 5, "replays[1].online_at"),
    ),
    (
        ONLINE.replace(MARCH.slug, "a-venir"),
        Problem(
            "the webinar is not over: its replay cannot be online",
            5,
            "replays[1].online_at",
        ),
    ),
    (
        ONLINE.replace(REASON, ""),
        Problem(
            "without captions it is online only with the reason, as without_captions",
            4,
            "replays[1].online_at",
        ),
    ),
    (
        ONLINE.replace(VIDEO, ""),
        Problem(
            "a replay that is online has its video: give video or video_file",
            4,
            "replays[1].online_at",
        ),
    ),
    (
        ONLINE + f"withdrawn_at = {PAST}\n",
        Problem(
            "a replay that is online is not withdrawn: leave one of them out",
            6,
            "replays[1].withdrawn_at",
        ),
    ),
    (
        BARE + 'withdrawn_why = "Parce que."\n',
        Problem("it goes with withdrawn_at, which is not there", 3, "replays[1].withdrawn_why"),
    ),
    (
        BARE + chapter("12:34") + chapter("12:34"),
        Problem("line 4 already begins at 12:34", 7, "replays[1].chapters[2].at"),
    ),
    (
        BARE + chapter("12:34") + chapter("1:00"),
        Problem(
            "01:00 stands after 12:34 of line 4; put the chapters in their order",
            7,
            "replays[1].chapters[2].at",
        ),
    ),
    (
        BARE + 'duration = "12:34"\n' + chapter("12:34"),
        Problem("12:34 is beyond the end of the video, 12:34", 5, "replays[1].chapters[1].at"),
    ),
    (
        BARE + chapter("12:64"),
        Problem("a time is needed, such as 12:34", 4, "replays[1].chapters[1].at"),
    ),
    (
        BARE + chapter("12:34", "x" * 201),
        Problem(
            "a title has at most 200 characters, and no control characters",
            4,
            "replays[1].chapters[1].at",
        ),
    ),
    (
        BARE + "".join(chapter(f"{minute}:00") for minute in range(101)),
        Problem("there are too many chapters: at most 100", 1, "replays[1]"),
    ),
    (
        BARE + chapter("0:10", resources='"r", "none"'),
        Problem('there is no resource "none"', 6, "replays[1].chapters[1].resources"),
    ),
    (
        BARE + CAPTIONS.replace('"fr"', '"de"'),
        Problem('"de" is not known here: one of fr, en', 4, "replays[1].captions[1].language"),
    ),
    (
        BARE + CAPTIONS + CAPTIONS,
        Problem('"fr" is there more than once', 7, "replays[1].captions[2].language"),
    ),
    (
        BARE + CAPTIONS.replace("a.vtt", "../a.vtt"),
        Problem(
            'the path of a file below this one is needed, such as "documents/guide.pdf", '
            'without ".." and without "/" at its beginning',
            5,
            "replays[1].captions[1].file",
        ),
    ),
]


@pytest.mark.parametrize(("text", "problem"), WRONG, ids=lambda one: getattr(one, "key", ""))
def test_what_cannot_be_is_named_and_nothing_is_written(
    march: Database, text: str, problem: Problem
) -> None:
    try:
        beside = found(text)
    except WrongFiles:
        beside = Beside()
    assert refused(march, text, beside=beside) == [problem]


def test_the_same_webinar_twice_is_named_at_both_places(march: Database) -> None:
    assert [(one.line, one.key) for one in refused(march, BARE + BARE)] == [
        (2, "replays[1].webinar"),
        (4, "replays[2].webinar"),
    ]


def test_what_is_wrong_with_a_file_beside_stands_at_its_key(march: Database) -> None:
    text = BARE + 'video_file = "v/a.mp4"\n' + CAPTIONS
    uploads, captions = named_files([SourceFile("x", text)])
    wrong = {uploads[0].spot: WrongValue("the file is empty"), captions[0].spot: WrongValue("no")}
    assert refused(march, text, beside=Beside(wrong=wrong)) == [
        Problem('"v/a.mp4": the file is empty', 3, "replays[1].video_file"),
        Problem('"a.vtt": no', 6, "replays[1].captions[1].file"),
    ]


# what becomes of it -------------------------------------------------------------------------


def test_a_new_replay_is_what_its_table_says_and_once_more_changes_nothing(
    march: Database,
) -> None:
    text = ONLINE + "demonstration = true\n" + chapter("0:10", "Un", '"s", "r"') + CAPTIONS
    before = sequence(march)
    assert bring(march, text) == Imported(replays=1, changed=True)
    row = replay(march)
    assert (row.version, row.demonstration, row.online_at, row.revised_at) == (
        2,
        True,
        datetime.fromisoformat(PAST),
        None,
    )
    assert [one[0] for one in trail(march)] == [AuditAct.REPLAY_EDITED, AuditAct.REPLAY_ONLINE]
    _, _, content = trail(march)[0]
    assert content["chapters"] == "00:10 Un"
    assert content["resources"] == {"00:10 Un": ["r", "s"]}
    assert content["captions fr"] == 1
    _, was, stage = trail(march)[1]
    assert (was, stage) == (
        {"online_at": None},
        {"online_at": "2019-03-22T09:00:00+00:00", "without_consent": True},
    )
    assert (leads_to_replay(march), sequence(march)) == (True, before + 1)
    seen = state(march)
    assert not bring(march, text).changed
    assert (state(march), len(trail(march))) == (seen, 2)


def test_a_video_that_ships_with_the_product_is_named_by_files_alone(march: Database) -> None:
    bring(march, BARE + 'video = "demo:demonstration.webm"\n')
    assert replay(march).video_url == "demo:demonstration.webm"


def test_a_table_that_says_nothing_of_a_webinar_without_replay_makes_none(march: Database) -> None:
    assert not bring(march, BARE).changed
    with march.read() as session:
        assert session.scalar(sa.select(sa.func.count(Replay.id))) == 0


def test_a_revision_is_one_here_and_leaves_the_calendar_alone(march: Database) -> None:
    bring(march, ONLINE)
    before = sequence(march)
    assert bring(march, ONLINE + chapter("0:10"), now=AT + HOUR).changed
    assert replay(march).revised_at == AT + HOUR
    assert (trail(march)[-1][0], sequence(march)) == (AuditAct.REPLAY_EDITED, before)
    assert not bring(march, ONLINE + chapter("0:10"), now=AT + 2 * HOUR).changed
    assert replay(march).revised_at == AT + HOUR


def test_what_a_later_table_no_longer_says_is_gone(march: Database) -> None:
    bring(march, ONLINE + chapter("0:10", resources='"r"') + chapter("0:20") + CAPTIONS)
    bring(march, BARE + VIDEO + chapter("0:20"), now=AT + HOUR)
    row = replay(march)
    assert (row.online_at, row.without_captions) == (None, None)
    acts = trail(march)[2:]
    assert [one[0] for one in acts] == [AuditAct.REPLAY_EDITED, AuditAct.REPLAY_EDITED]
    assert acts[0][1]["online_at"] is not None
    assert acts[1][1] == {
        "without_captions": "Elles viennent.",
        "captions fr": 1,
        "chapters": "00:10 Un\n00:20 Un",
        "resources": {"00:10 Un": ["r"]},
    }
    assert not leads_to_replay(march)
    bring(march, BARE, now=AT + HOUR)
    with march.read() as session:
        assert export_library(session)["replays.toml"] == "replays = []\n"


def test_withdrawn_is_an_act_of_its_own_and_the_entry_leads_there_no_longer(
    march: Database,
) -> None:
    bring(march, ONLINE)
    before = sequence(march)
    gone = ONLINE.replace("online_at", "withdrawn_at") + 'withdrawn_why = "Parce que."\n'
    bring(march, gone + "words_stay = true\n", now=AT + HOUR)
    act, was, became = trail(march)[-1]
    assert act is AuditAct.REPLAY_WITHDRAWN
    assert set(was) == {"online_at", "withdrawn_at", "withdrawn_why", "words_stay"}
    assert became["withdrawn_why"] == "Parce que."
    assert (leads_to_replay(march), sequence(march)) == (False, before + 1)
    bring(march, ONLINE, now=AT + HOUR)
    assert (trail(march)[-1][0], sequence(march)) == (AuditAct.REPLAY_ONLINE, before + 2)


def test_one_that_is_online_stays_as_it_is_when_its_webinar_is_cancelled_or_moved(
    march: Database,
) -> None:
    bring(march, ONLINE)
    with march.write() as session:
        session.execute(
            sa.update(Webinar)
            .where(Webinar.slug == MARCH.slug)
            .values(status=WebinarStatus.CANCELLED)
        )
    assert not bring(march, ONLINE).changed


@pytest.mark.parametrize(
    "text",
    [ONLINE.replace(MARCH.slug, "annule"), ONLINE.replace(PAST, "2019-03-21T11:00:00Z")],
    ids=["cancelled since", "moved within the past since"],
)
def test_what_the_rows_of_another_installation_may_hold_is_taken(
    march: Database, text: str
) -> None:
    assert bring(march, text).changed
    assert not bring(march, text).changed


def test_chapters_keep_who_they_are(march: Database) -> None:
    bring(march, BARE + chapter("0:10", "Un", '"r"') + chapter("0:20", "Deux"))

    def rows() -> dict[str, int]:
        with march.read() as session:
            return {row.title: row.id for row in session.scalars(sa.select(Chapter))}

    before = rows()
    bring(march, BARE + chapter("0:05", "Deux") + chapter("0:10", "Un", '"r"'))
    assert rows() == before


def test_a_shorter_video_with_chapters_that_fit_is_taken_at_once(march: Database) -> None:
    bring(march, BARE + 'duration = "1:00:00"\n' + chapter("50:00"))
    bring(march, BARE + 'duration = "10:00"\n' + chapter("5:00"))
    assert replay(march).duration == 600


def test_other_captions_take_the_place_of_those_there(march: Database) -> None:
    text = BARE + CAPTIONS
    bring(march, text)
    assert not bring(march, text).changed
    assert bring(march, text, beside=found(text, OTHER_CUES)).changed
    with march.read() as session:
        assert ["Bonsoir." in vtt for _, vtt in kept_captions(session)] == [True]


def test_a_file_is_received_when_it_is_another_or_has_another_name(march: Database) -> None:
    text = BARE + 'video_file = "a.mp4"\nvideo_name = "A.mp4"\n'

    def wanted(said: str, sum_: str = "0" * 64) -> int:
        uploads, _ = named_files([SourceFile("x", said)])
        with march.read() as session:
            sums = {one.spot: sum_ for one in uploads}
            return len(to_receive(session, named=uploads, sums=sums))

    assert wanted(text) == 1
    bring(march, text)
    assert [
        wanted(text),
        wanted(text.replace('"A.mp4"', '"B.mp4"')),
        wanted(BARE + 'video_file = "b.mp4"\n'),
        wanted(text, "1" * 64),
    ] == [0, 1, 0, 1]
    another = Beside(sums=dict.fromkeys(found(text).sums, "1" * 64))
    with pytest.raises(ChangedMeanwhile):  # somebody else has changed it since it was compared
        bring(march, text, beside=another)


def test_an_act_that_saw_it_before_an_import_is_refused(march: Database) -> None:
    bring(march, ONLINE)
    with march.write() as session, pytest.raises(ChangedMeanwhile):
        replay_acts.withdraw(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            why=None,
            words_stay=False,
            editor=Editor("o", AT, seen=1),
        )


def test_mails_follow_from_the_rows(march: Database) -> None:
    """A replay that has been there for long is told to nobody; one of yesterday is."""
    with march.write() as session:
        register(session, ALICE)
    bring(march, ONLINE, now=END + 90 * DAY)
    assert planned(march, now=END + 90 * DAY) == 0
    recent = (END + 89 * DAY).isoformat()
    bring(march, ONLINE.replace(PAST, recent), now=END + 90 * DAY)
    assert planned(march, now=END + 90 * DAY) == 1


def test_the_queries_of_an_export_do_not_grow(march: Database) -> None:
    def all_of_it() -> int:
        with counted_queries(march) as queries, march.read() as session:
            export_library(session)
            kept_files(session)
            list(kept_captions(session))
        return len(queries)

    none = all_of_it()
    for slug in (MARCH.slug, APRIL.slug, MAY.slug):
        text = (BARE + chapter("0:10", resources='"r"') + CAPTIONS).replace(MARCH.slug, slug)
        bring(march, text)
    assert (none, all_of_it()) == (16, 16)
