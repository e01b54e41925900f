"""Surveys: who answers when, that it is nobody's answer, and what organisers see of it."""

import threading
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.domain.halfway import meanwhile, on_postgresql
from tests.domain.voicing import DAY, END, HOUR, SECOND, all_are, editor, participant
from tests.support import (
    ALICE,
    APRIL,
    BOB,
    CHARLIE,
    MARCH,
    NOW,
    counted_queries,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import erasure, site
from webinars.domain.errors import ChangedMeanwhile, NotFound, WrongValue
from webinars.domain.people import Person
from webinars.domain.personal_data import personal_data
from webinars.domain.personal_voices import KeptSurvey
from webinars.domain.survey_edit import QuestionsFixed, open_year, reset_survey, save_survey
from webinars.domain.survey_questions import (
    USUAL_OF_A_WEBINAR,
    USUAL_OF_A_YEAR,
    AnswerKind,
    SurveyQuestion,
    Words,
    choices_of,
    from_json,
    mark_of,
    to_json,
)
from webinars.domain.survey_results import (
    Result,
    keep_text,
    quote_text,
    quotes_of,
    remove_text,
    results_of,
    survey_list,
    texts_waiting,
)
from webinars.domain.survey_sheets import Sheet, sheet_of
from webinars.domain.surveys import (
    AlreadyAnswered,
    NothingSaid,
    Said,
    SurveyNotOpen,
    answer,
    my_survey,
    open_surveys,
)
from webinars.models import (
    AuditAct,
    AuditEntry,
    Cycle,
    RegistrationStatus,
    Survey,
    SurveyAnswered,
    SurveyKind,
    SurveyTally,
    SurveyText,
    TextState,
    Webinar,
    WebinarStatus,
)

words = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Where no statement differs between the kinds of database."""
APRIL_END = datetime.fromisoformat("2019-04-18T12:30:00+00:00")
TWO = (
    SurveyQuestion(AnswerKind.TEXT, Words("Quoi ?", "What?")),
    SurveyQuestion(AnswerKind.SCALE, Words("Utile ?")),
)


@pytest.fixture
def march(database: Database) -> Database:
    """Alice, Bob and Charlie are registered for March, Alice for April as well."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        for who in (ALICE, BOB, CHARLIE):
            register(session, who)
        register(session, ALICE, webinar=APRIL.slug)
    return database


def said(
    scale: int | None = None, choice: int | None = None, text: str | None = None
) -> list[Said]:
    """Answers to the usual questions."""
    return [Said(scale), Said(choice), Said(text=text, may_quote=True)]


def reply(
    session: Session,
    who: Person,
    answers: list[Said] | None = None,
    *,
    webinar: str | None = MARCH.slug,
    mark: str | None = None,
    now: datetime = END,
) -> None:
    usual = USUAL_OF_A_YEAR if webinar is None else USUAL_OF_A_WEBINAR
    answer(
        session,
        participant=participant(session, who),
        cycle_slug="2019",
        webinar_slug=webinar,
        mark=mark or mark_of(usual),
        said=said(4, 0, "Bien") if answers is None else answers,
        now=now,
    )


def opened(session: Session, who: Person, now: datetime) -> list[tuple[str, str | None]]:
    """What somebody can answer: the kind and the webinar."""
    mine = open_surveys(session, participant=participant(session, who), now=now)
    return [(one.kind.value, one.webinar_slug) for one in mine]


def sheet(session: Session, kind: SurveyKind = SurveyKind.WEBINAR) -> Sheet:
    slug = MARCH.slug if kind is SurveyKind.WEBINAR else None
    return sheet_of(session, kind=kind, cycle_slug="2019", webinar_slug=slug)


def results(session: Session) -> tuple[Result, ...]:
    where = {"cycle_slug": "2019", "webinar_slug": MARCH.slug}
    return results_of(session, kind=SurveyKind.WEBINAR, **where).results


def save(
    session: Session, kind: SurveyKind = SurveyKind.WEBINAR, *, days: int = 30, **more
) -> bool:
    return save_survey(
        session,
        kind=kind,
        cycle_slug="2019",
        webinar_slug=MARCH.slug if kind is SurveyKind.WEBINAR else None,
        **{"questions": TWO, "closes_after": days, "editor": editor(), **more},
    )


# when, and who ------------------------------------------------------------------------------


@words
def test_it_opens_with_the_end_and_closes_after_its_days(march: Database) -> None:
    with march.write() as session:
        first, last = END, END + 30 * DAY - HOUR  # days of the calendar: summer has begun
        times = (first - SECOND, first, last - SECOND, last)
        assert [opened(session, BOB, at) for at in times] == [
            [],
            [("webinar", MARCH.slug)],
            [("webinar", MARCH.slug), ("year", None)],
            [("year", None)],
        ]
        for at in (first - SECOND, last):
            with pytest.raises(SurveyNotOpen):
                reply(session, BOB, now=at)


@words
def test_a_year_opens_with_its_last_end_or_when_an_organiser_says_so(march: Database) -> None:
    with march.write() as session:
        assert sheet(session, SurveyKind.YEAR).opens_at == APRIL_END
        assert open_year(session, cycle_slug="2019", editor=editor())
        assert not open_year(session, cycle_slug="2019", editor=editor())
        year = sheet(session, SurveyKind.YEAR)
        assert (year.opens_at, year.closes_at) == (END, APRIL_END + 30 * DAY)
        assert opened(session, BOB, END)[1:] == [("year", None)]
        reply(session, BOB, webinar=None)
        assert opened(session, BOB, END) == [("webinar", MARCH.slug)]
        again = editor(APRIL_END + 40 * DAY)
        assert open_year(session, cycle_slug="2019", editor=again)
        assert opened(session, CHARLIE, again.now) == [("year", None)]


@words
@pytest.mark.parametrize(
    ("status", "may"),
    [(one, one.value in ("confirmed", "attended", "absent")) for one in RegistrationStatus],
)
def test_who_had_a_place_answers(march: Database, status: RegistrationStatus, may: bool) -> None:
    with march.write() as session:
        all_are(session, status)
        assert opened(session, BOB, END) == ([("webinar", MARCH.slug)] if may else [])
        if may:
            reply(session, BOB)
        else:
            with pytest.raises(NotFound):
                reply(session, BOB)


@words
def test_who_was_not_there_and_what_is_not_public_is_not_found(march: Database) -> None:
    with march.write() as session:
        for webinar in (APRIL.slug, "nothing"):
            with pytest.raises(NotFound):
                reply(session, BOB, webinar=webinar, now=APRIL_END)
        with pytest.raises(NotFound):
            my_survey(
                session,
                participant=participant(session, BOB),
                cycle_slug="1999",
                webinar_slug=None,
            )


@words
def test_what_is_open_costs_the_same_however_many(march: Database) -> None:
    with march.write() as session:
        bob, alice = (participant(session, who) for who in (BOB, ALICE))
        seen = []
        for who, now in ((bob, NOW), (bob, END), (alice, APRIL_END)):
            with counted_queries(march) as queries:
                found = open_surveys(session, participant=who, now=now)
            seen.append((len(found), len(queries)))
    assert seen == [(0, 4), (1, 4), (3, 4)]


# answering ----------------------------------------------------------------------------------


def test_one_answer_each_and_nothing_leads_to_a_person(march: Database) -> None:
    with march.write() as session:
        reply(session, ALICE, said(5, 1, "Merci"))
        reply(session, BOB, said(5, None, None))
        reply(session, CHARLIE, said(2, 1, "Trop long"))
        with pytest.raises(AlreadyAnswered):
            reply(session, ALICE, said(1, 0, None))
    with march.read() as session:
        one, two, three = results(session)
        assert (one.counts, one.total, one.mean) == ((0, 1, 0, 0, 2), 3, 4.0)
        assert (two.counts, two.total) == ((0, 2, 0, 0), 2)
        assert [text.text for text in three.texts] == ["Merci", "Trop long"]
        assert session.scalars(sa.select(Survey.answers)).all() == [3]
    # What an answer is made of, and nothing else: a column more must be argued for here.
    assert [
        set(table.__table__.columns.keys()) for table in (SurveyAnswered, SurveyTally, SurveyText)
    ] == [
        {"survey_id", "participant_id"},
        {"survey_id", "question", "choice", "count"},
        {"id", "survey_id", "question", "text", "may_quote", "state", "quote"},
    ]


@words
def test_texts_lie_in_no_order_of_time(march: Database) -> None:
    """SQLite's hidden number of a row would tell who wrote first."""
    with march.read() as session:
        for table in ("survey_answered", "survey_tallies", "survey_texts"):
            with pytest.raises(sa.exc.OperationalError, match="rowid"):
                session.execute(sa.text(f"SELECT rowid FROM {table}"))


@words
@pytest.mark.parametrize(
    "answers",
    [[Said(), Said(), Said()], [Said(6), Said(4), Said(text="")], [Said(0), Said(-1), Said(3)]],
)
def test_what_says_nothing_is_not_taken(march: Database, answers: list[Said]) -> None:
    with march.write() as session, pytest.raises(NothingSaid):
        reply(session, ALICE, answers)


@words
def test_a_cycle_that_asks_on_another_site_asks_nothing_here(march: Database) -> None:
    with march.write() as session:
        assert len(open_surveys(session, participant=participant(session, BOB), now=END)) > 0
        session.scalars(sa.select(Cycle)).one().survey_url = "https://enquete.example.org"
        session.flush()
        assert open_surveys(session, participant=participant(session, BOB), now=END) == ()
        with pytest.raises(SurveyNotOpen):
            reply(session, BOB)


def test_an_answer_while_the_questions_are_taken_back_is_for_the_new_ones(march: Database) -> None:
    where: dict[str, Any] = {"cycle_slug": "2019", "webinar_slug": MARCH.slug}
    with march.write() as session:
        save_survey(
            session,
            kind=SurveyKind.WEBINAR,
            **where,
            questions=TWO,
            closes_after=30,
            seen=mark_of(USUAL_OF_A_WEBINAR),
            editor=editor(),
        )
    found: list[Exception | None] = []

    def press() -> None:
        try:
            with march.write() as session:
                reply(session, BOB, mark=mark_of(TWO))
            found.append(None)
        except ChangedMeanwhile as error:
            found.append(error)

    thread = threading.Thread(target=press)
    with march.write() as session:
        reset_survey(session, kind=SurveyKind.WEBINAR, **where, editor=editor())
        thread.start()
        thread.join(timeout=0.5)  # it waits for the lock
    thread.join()
    assert [type(one) for one in found] == [ChangedMeanwhile]


@on_postgresql
def test_the_first_answer_while_other_questions_are_written_fixes_those_it_read(
    march: Database,
) -> None:
    def written(session: Session) -> bool:
        return save_survey(
            session,
            kind=SurveyKind.WEBINAR,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            questions=TWO,
            closes_after=30,
            editor=editor(),
        )

    refused, answered = meanwhile(
        march, written, after="SELECT cycles.id", second=lambda session: reply(session, BOB)
    )
    assert (type(refused), answered) == (QuestionsFixed, None)


def test_two_presses_at_once_are_one_answer(march: Database) -> None:
    failed: list[Exception] = []

    def press() -> None:
        try:
            with march.write() as session:
                reply(session, ALICE)
        except AlreadyAnswered as error:
            failed.append(error)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with march.read() as session:
        assert session.scalars(sa.select(Survey.answers)).all() == [1]
        assert session.scalars(sa.select(SurveyTally.count)).all() == [1, 1]
    assert len(failed) == 1


# questions ----------------------------------------------------------------------------------


@words
def test_questions_are_the_webinars_own_else_its_cycles_else_the_usual(march: Database) -> None:
    one, other = TWO[:1], TWO[1:]
    with march.write() as session:
        assert sheet(session).questions == USUAL_OF_A_WEBINAR
        assert save(session, SurveyKind.EACH, questions=one, days=10)
        assert (sheet(session).questions, sheet(session).closes_after) == (one, 10)
        assert save(session, questions=other)
        assert (sheet(session).questions, sheet(session).own) == (other, True)
        assert not save(session, questions=other)
        assert reset_survey(
            session,
            kind=SurveyKind.WEBINAR,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            editor=editor(),
        )
        assert sheet(session).questions == one
        acts = session.scalars(sa.select(AuditEntry.act).order_by(AuditEntry.id)).all()
        changed = AuditAct.SURVEY_CHANGED
        assert acts[-3:] == [changed, changed, AuditAct.SURVEY_RESET]


@words
def test_with_the_first_answer_they_are_fixed_whatever_the_cycle_asks_then(march: Database) -> None:
    with march.write() as session:
        reply(session, ALICE)
        with pytest.raises(QuestionsFixed):
            save(session)
        with pytest.raises(QuestionsFixed):
            reset_survey(
                session,
                kind=SurveyKind.WEBINAR,
                cycle_slug="2019",
                webinar_slug=MARCH.slug,
                editor=editor(),
            )
        save(session, SurveyKind.EACH)
        assert sheet(session).questions == USUAL_OF_A_WEBINAR
        reply(session, BOB)
        # For how long it is open is no question.
        assert save(session, questions=USUAL_OF_A_WEBINAR, days=3)
        with pytest.raises(SurveyNotOpen):
            reply(session, CHARLIE, now=END + 3 * DAY)


@words
def test_answers_to_other_questions_are_not_taken(march: Database) -> None:
    """Somebody had the form open while an organiser changed it."""
    with march.write() as session:
        save(session)
        with pytest.raises(ChangedMeanwhile):
            reply(session, ALICE)
    with march.write() as session:
        mine = [Said(text="Bien"), Said(3)]
        reply(session, ALICE, mine, mark=mark_of(TWO))
        with pytest.raises(ChangedMeanwhile):
            save(session, questions=TWO[:1], seen="another")


@words
def test_a_survey_asks_between_one_and_ten_questions(march: Database) -> None:
    for number in (0, 11):
        with march.write() as session, pytest.raises(WrongValue):
            save(session, questions=TWO[:1] * number)


def test_questions_come_back_as_they_were_written() -> None:
    for questions in (USUAL_OF_A_WEBINAR, USUAL_OF_A_YEAR, TWO):
        assert from_json(to_json(questions)) == questions
    assert [one.words.said("en") for one in TWO] == ["What?", "Utile ?"]


@pytest.mark.parametrize(
    ("fr", "en"), [(["a"], []), (["a", "a"], []), (["a", "b"], ["a"]), (["a", "b" * 301], [])]
)
def test_choices_that_cannot_be(fr: list[str], en: list[str]) -> None:
    with pytest.raises(WrongValue):
        choices_of(fr, en)


# what organisers see --------------------------------------------------------------------------


@words
def test_below_three_answers_only_their_number_is_shown(march: Database) -> None:
    with march.write() as session:
        seen = []
        for who in (ALICE, BOB, CHARLIE):
            reply(session, who)
            where = {"cycle_slug": "2019", "webinar_slug": MARCH.slug}
            found = results_of(session, kind=SurveyKind.WEBINAR, **where)
            seen.append((found.too_few, len(found.results), found.asked, texts_waiting(session)))
        assert seen == [(True, 0, 3, {}), (True, 0, 3, {}), (False, 3, 3, {"2019": 3})]


@words
def test_a_text_is_read_quoted_and_removed(march: Database) -> None:
    with march.write() as session:
        for who, text in ((ALICE, "A"), (BOB, "B"), (CHARLIE, "C")):
            reply(session, who, [Said(3), Said(), Said(text=text, may_quote=text != "C")])
        a, b, c = (text.id for text in results(session)[2].texts)
        where: dict[str, Any] = {"cycle_slug": "2019", "editor": editor()}
        version = site.version(session)
        keep_text(session, text_id=a, **where)
        assert site.version(session) == version
        quote_text(session, text_id=b, words="« B »", **where)
        with pytest.raises(NotFound):  # its writer does not let it be quoted
            quote_text(session, text_id=c, words="C", **where)
        march_id = session.scalars(sa.select(Webinar.id).where(Webinar.slug == MARCH.slug)).one()
        assert quotes_of(session, webinar_id=march_id) == ("« B »",)
        assert texts_waiting(session) == {"2019": 1}
        remove_text(session, text_id=c, **where)
        keep_text(session, text_id=b, **where)
        assert quotes_of(session, webinar_id=march_id) == ()
        assert site.version(session) == version + 2
        left = [(one.text, one.state) for one in results(session)[2].texts]
        assert left == [("A", TextState.KEPT), ("B", TextState.KEPT)]
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()[-4:]
        assert [one.act.value for one in entries] == [
            "survey_text_read",
            "survey_text_quoted",
            "survey_text_removed",
            "survey_text_read",
        ]
        assert {one.subject for one in entries} == {"webinar"}
        assert [(one.before, one.after) for one in entries] == [
            ({"state": "waiting"}, {"state": "kept"}),
            ({"state": "waiting"}, {"state": "quoted"}),
            ({"state": "waiting"}, {}),
            ({"state": "quoted"}, {"state": "kept"}),
        ]


@words
def test_the_list_of_a_cycle_costs_the_same_whatever_is_answered(march: Database) -> None:
    with march.write() as session:
        with counted_queries(march) as before:
            survey_list(session, cycle_slug="2019")
        for who in (ALICE, BOB, CHARLIE):
            reply(session, who)
        with counted_queries(march) as after:
            found = survey_list(session, cycle_slug="2019")
    assert len(before) == len(after)
    assert [(one.sheet.webinar_slug, one.sheet.answers, one.waiting) for one in found.webinars] == [
        (MARCH.slug, 3, 3),
        (APRIL.slug, 0, 0),
    ]


# a person's rights ------------------------------------------------------------------------------


@words
def test_that_they_answered_is_told_and_goes_what_they_answered_stays(march: Database) -> None:
    with march.write() as session:
        reply(session, ALICE)
        alice = participant(session, ALICE)
        assert personal_data(session, participant=alice).surveys == (
            KeptSurvey(f"2019/{MARCH.slug}", MARCH.title),
        )
        erasure.erase(session, participant=alice, actor="x", host="h", now=END + DAY)
        assert session.scalars(sa.select(SurveyAnswered)).all() == []
        assert session.scalars(sa.select(SurveyText.text)).all() == ["Bien"]


@words
def test_a_cancelled_webinar_asks_nothing(march: Database) -> None:
    with march.write() as session:
        session.execute(sa.update(Webinar).values(status=WebinarStatus.CANCELLED))
        assert opened(session, BOB, END) == []
