"""The organisers' own words for mails: kept, given back, refused, overtaken, traced."""

from collections.abc import Mapping

import pytest
import sqlalchemy as sa

from tests.support import ALICE, MARCH, NOW, count, in_threads, plan_of, published, register
from webinars.db import Database
from webinars.domain import mail_texts, trials
from webinars.domain.errors import NotFound, WrongValue
from webinars.domain.mail_texts import SITUATIONS, Overtaken, OwnWords, Part, WrongTexts
from webinars.domain.organisers import create_organiser
from webinars.domain.trials import TooManyTrials
from webinars.models import AuditEntry, MailKind, MailText, MailTrial, OutboxMail

ANNE, BOB = "anne@example.org", "bob@example.org"
REMINDER = mail_texts.situation("reminder", "before")
MISSED = mail_texts.situation("replay", "missed")
HELLO = {Part.SUBJECT: "{when} : {webinar_title}", Part.CLOSING: "À bientôt"}
NO_SUBJECT = "a subject is needed: without one a mail looks like an unwanted one"
NO_LINES = "line breaks and control characters cannot stand here"
NO_CONTROLS = "control characters cannot stand here"
TOO_LONG = "the text is too long: at most {} characters, and these are {}"
NOT_HERE = ", at character 1 of line 1, cannot stand here: choose from the list of placeholders"

Words = Mapping[str, Mapping[Part, str]]


def save(database: Database, texts: Words, *, seen: int, actor: str = ANNE) -> bool:
    with database.write() as session:
        return mail_texts.save(
            session, where=REMINDER, texts=texts, seen=seen, actor=actor, now=NOW
        )


def reset(database: Database, language: str, *, seen: int, actor: str = ANNE) -> bool:
    with database.write() as session:
        return mail_texts.reset(
            session, where=REMINDER, language=language, seen=seen, actor=actor, now=NOW
        )


def kept(database: Database) -> OwnWords:
    with database.read() as session:
        return mail_texts.own_words(session, where=REMINDER)


def trail(database: Database) -> list[tuple[object, ...]]:
    with database.read() as session:
        rows = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
        return [(one.actor, one.act.value, one.subject, one.before, one.after) for one in rows]


def test_none_is_the_usual(database: Database) -> None:
    assert kept(database) == OwnWords()
    with database.read() as session:
        assert mail_texts.every_own_words(session) == {}


def test_words_are_kept_by_language_and_part(database: Database) -> None:
    assert save(database, {"fr": HELLO}, seen=0)
    french = {"subject": "{when} : {webinar_title}", "closing": "À bientôt"}
    assert kept(database) == OwnWords({"fr": french, "en": {}}, 1, NOW, ANNE)
    assert not save(database, {"fr": HELLO}, seen=1, actor=BOB)
    assert save(database, {"fr": HELLO, "en": {Part.OPENING: "Hello"}}, seen=1, actor=BOB)
    both = {"fr": french, "en": {"opening": "Hello"}}
    assert kept(database) == OwnWords(both, 2, NOW, BOB)
    with database.read() as session:
        assert mail_texts.every_own_words(session) == {
            (REMINDER.kind, REMINDER.name): OwnWords(both, 2, NOW, BOB)
        }
        assert mail_texts.own_words(session, where=MISSED) == OwnWords()
    assert trail(database) == [
        (
            ANNE,
            "mail_text_changed",
            "reminder/before",
            {"fr": {}},
            {"version": 1, "fr": french},
        ),
        (
            BOB,
            "mail_text_changed",
            "reminder/before",
            {"en": {}},
            {"version": 2, "en": {"opening": "Hello"}},
        ),
    ]


def test_the_usual_words_come_back_in_one_language(database: Database) -> None:
    save(database, {"fr": HELLO, "en": HELLO}, seen=0)
    assert reset(database, "fr", seen=1)
    assert not reset(database, "fr", seen=2)
    words = {"subject": "{when} : {webinar_title}", "closing": "À bientôt"}
    assert kept(database) == OwnWords({"fr": {}, "en": words}, 2, NOW, ANNE)
    assert trail(database)[1:] == [
        (ANNE, "mail_text_reset", "reminder/before", {"fr": words}, {"version": 2, "fr": {}})
    ]
    save(database, {"fr": HELLO, "en": HELLO}, seen=2)
    assert kept(database).texts == {"fr": words, "en": words}


def test_nobody_overwrites_what_they_have_not_seen(database: Database) -> None:
    save(database, {"fr": HELLO}, seen=0)
    for seen in (0, 7):
        with pytest.raises(Overtaken):
            save(database, {"fr": {Part.CLOSING: "Non"}}, seen=seen, actor=BOB)
    assert not save(database, {"fr": HELLO}, seen=0), "the same press once more"
    reset(database, "fr", seen=1)
    with pytest.raises(Overtaken) as raised:
        save(database, {"fr": {Part.CLOSING: "Non"}}, seen=0, actor=BOB)
    assert [(act.actor, act.act.value, act.after["version"]) for act in raised.value.since] == [
        (ANNE, "mail_text_reset", 2),
        (ANNE, "mail_text_changed", 1),
    ]
    assert not reset(database, "fr", seen=1, actor=BOB), "it has the usual words already"
    assert kept(database).version == 2


def test_the_first_words_of_two_at_once(database: Database) -> None:
    outcomes: list[str] = []

    def write(number: int) -> None:
        try:
            save(database, {"fr": {Part.CLOSING: f"De {number}"}}, seen=0)
            outcomes.append("saved")
        except Overtaken as error:
            outcomes.append(f"after {len(error.since)}")

    in_threads(write, 4)
    assert sorted(outcomes) == ["after 1"] * 3 + ["saved"]
    assert kept(database).version == 1
    assert len(trail(database)) == 1


@pytest.mark.parametrize(
    ("part", "text", "sentence"),
    [
        (Part.SUBJECT, "", NO_SUBJECT),
        (Part.SUBJECT, " \N{NO-BREAK SPACE}", NO_SUBJECT),
        (Part.SUBJECT, "a\r\nBcc: b@example.org", NO_LINES),
        (Part.SUBJECT, "a\nb", NO_LINES),
        (Part.SUBJECT, "a\tb", NO_LINES),
        (Part.SUBJECT, "a\u202eb", NO_LINES),
        (Part.OPENING, "a\x00b", NO_CONTROLS),
        (Part.CLOSING, "a\rb", NO_CONTROLS),
        (Part.SUBJECT, "a" * 151, TOO_LONG.format(150, 151)),
        (Part.OPENING, "a" * 801, TOO_LONG.format(800, 801)),
        (Part.CLOSING, "a" * 2001, TOO_LONG.format(2000, 2001)),
        (Part.SUBJECT, "{full_name}", "{full_name}" + NOT_HERE),
        (Part.OPENING, "{position}", "{position}" + NOT_HERE),
    ],
)
def test_what_cannot_be_sent_is_refused(
    database: Database, part: Part, text: str, sentence: str
) -> None:
    with pytest.raises(WrongTexts) as raised:
        save(database, {"fr": {Part.CLOSING: "Bien"}, "en": {part: text}}, seen=0)
    assert {key: str(error) for key, error in raised.value.errors.items()} == {
        ("en", part): sentence
    }
    with database.read() as session:
        assert (count(session, MailText), count(session, AuditEntry)) == (0, 0)


def test_situations_have_their_names_and_placeholders() -> None:
    assert {one.name for one in SITUATIONS if one.kind == "replay"} == {"came", "missed", "unknown"}
    assert all(len(one.kind) <= 20 and len(one.name) <= 20 for one in SITUATIONS)
    with pytest.raises(NotFound):
        mail_texts.situation("invitation", "registered")


# trials ------------------------------------------------------------------------------------


@pytest.fixture
def anne(database: Database) -> int:
    with database.write() as session:
        published(session, plan_of(MARCH))
        register(session, ALICE)
        session.execute(sa.delete(OutboxMail))
        organiser = create_organiser(
            session, email=ANNE, password_hash="x", roles=("organiser",), language="fr", now=NOW
        )
        session.flush()
        return organiser.id


def try_(
    database: Database, anne: int, press: str, text: str = "{when}", **changes: object
) -> bool:
    with database.write() as session:
        values: dict[str, object] = {
            "organiser_id": anne,
            "press": press,
            "where": REMINDER,
            "language": "fr",
            "words": {Part.SUBJECT: text},
            "registration_id": None,
            "host": "webinaires.example.org",
            "now": NOW,
        }
        return trials.owe(session, **values | changes)  # type: ignore[arg-type]


def test_one_press_is_one_mail(database: Database, anne: int) -> None:
    assert [try_(database, anne, press) for press in ("one", "one", "two")] == [True, False, True]
    assert try_(database, anne, "one", language="en")
    with database.read() as session:
        rows = session.execute(
            sa.select(OutboxMail.key, MailTrial.language, MailTrial.texts)
            .join(MailTrial)
            .order_by(OutboxMail.id)
        ).all()
    assert [tuple(row) for row in rows] == [
        (f"trial:{anne}:{language}:{press}", language, {"subject": "{when}"})
        for language, press in (("fr", "one"), ("fr", "two"), ("en", "one"))
    ]
    assert [(line[1], line[4]) for line in trail(database)[-3:]] == [
        ("mail_text_tried", {"language": language}) for language in ("fr", "fr", "en")
    ]


def test_ten_within_an_hour(database: Database, anne: int) -> None:
    for number in range(10):
        assert try_(database, anne, f"press-{number}")
    with pytest.raises(TooManyTrials):
        try_(database, anne, "one-more")
    assert not try_(database, anne, "press-9")
    assert try_(database, anne, "one-more", now=NOW + trials.LASTS)


def test_what_cannot_be_sent_is_not_tried(database: Database, anne: int) -> None:
    with pytest.raises(WrongValue):
        try_(database, anne, "one", "{position}")
    with database.read() as session:
        assert count(session, OutboxMail) == 0


@pytest.mark.parametrize("subject", ["", " ", "\u200b", "\u00ad \u2060", "\ufe0f", "\u0301"])
def test_a_subject_that_nobody_sees_is_none(subject: str) -> None:
    where = mail_texts.situation(MailKind.REMINDER, "before")
    with pytest.raises(WrongValue, match="a subject is needed"):
        mail_texts.read_part(where, Part.SUBJECT, subject)
    assert mail_texts.read_part(where, Part.SUBJECT, "🎉")
