"""The organisers' screen of one replay."""

from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.support import ALICE, BOB, MARCH, counted_queries, register
from tests.web.desk import sign_in
from tests.web.support import END, PAGE, Element, read, words
from webinars.db import Database
from webinars.domain.timed_text import MOST_BYTES
from webinars.models import AuditEntry, Captions, Replay
from webinars.web.replay_edit import MOST_REQUEST_BYTES

HERE = f"/organise/cycles/2019/webinars/{MARCH.slug}/replay"
YOUTUBE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
SRT = (
    "1\n00:00:01,000 --> 00:00:04,000\nBonjour à tous.\n\n2\n00:00:04,000 --> 00:00:06,000\nOù ?\n"
)


@pytest.fixture
def desk(organiser: FlaskClient, site: Database, at) -> FlaskClient:
    """The webinar of March is over; Alice and Bob had a place."""
    with site.write() as session:
        register(session, ALICE)
        register(session, BOB)
    at(END)
    assert sign_in(organiser).status_code == 302
    return organiser


def main(client: FlaskClient, address: str = HERE) -> Element:
    return read(client.get(address)).one("main")


def form_of(client: FlaskClient, act: str) -> dict[str, str]:
    """What the form of an act holds."""
    forms = [one.values() for one in main(client).all("form")]
    return next(values for values in forms if values.get("act") == act)


def do(client: FlaskClient, act: str, **typed: Any) -> TestResponse:
    return client.post(HERE, data=form_of(client, act) | typed)


def done(client: FlaskClient, act: str, **typed: Any) -> None:
    answer = do(client, act, **typed)
    assert (answer.status_code, answer.headers.get("Location")) == (303, HERE)


def error(answer: TestResponse, name: str) -> str:
    assert answer.status_code == 422
    return read(answer).by_id(f"{name}-error").text


def kept(database: Database) -> Replay | None:
    with database.read() as session:
        replay = session.scalar(sa.select(Replay))
        if replay is not None:
            session.expunge(replay)
        return replay


def checklist(client: FlaskClient) -> list[bool]:
    """Whether each part is there, in their order."""
    lists = [one for one in main(client).all("ul") if one.attrs.get("class") == "replay-checklist"]
    return [words_of.text.endswith("fait") for words_of in lists[0].all("li")]


def test_from_nothing_to_online(desk: FlaskClient, app: Flask, site: Database) -> None:
    assert checklist(desk) == [False] * 7 + [True]
    done(desk, "video", url="https://youtu.be/dQw4w9WgXcQ", duration="1:28:40")
    done(desk, "chapters", chapters="0:00 Ouverture\r\n12:34 Les freins techniques\r\n")
    done(desk, "captions", language="fr", captions=SRT)
    done(desk, "details", slides_url="https://files.example.org/mars.pdf", consent="1")
    assert checklist(desk) == [True, True, True, True, True, False, True, True]
    text = main(desk).text
    assert "2 personnes qui avaient une place seront prévenues" in text
    assert "2 sous-titres, 4 mots" in text
    assert form_of(desk, "chapters")["chapters"].strip() == (
        "00:00 Ouverture\n12:34 Les freins techniques"
    )
    done(desk, "online")
    assert "2 personnes en sont prévenues" in main(desk).text
    page = read(desk.get(PAGE))
    assert page.links("?t=")[:2] == ["?t=0#player", "?t=754#player"]
    assert "Où ?" in page.text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_without_consent_it_goes_online_and_both_page_and_trail_say_so(
    desk: FlaskClient, app: Flask, language: str
) -> None:
    prefix = "/en" if language == "en" else ""
    asked = words(
        app,
        "The speakers’ consent is not noted: put the replay online only if they agree.",
        language,
    )
    noted = words(app, "the speakers’ consent was not noted", language)
    history = f"{prefix}/organise/cycles/2019/history"
    done(desk, "video", url=YOUTUBE, duration="")
    done(desk, "captions", language="fr", captions=SRT)
    assert asked in main(desk, prefix + HERE).text
    done(desk, "details", slides_url="", consent="1")
    assert asked not in main(desk, prefix + HERE).text
    done(desk, "online")
    assert noted not in read(desk.get(history)).text
    done(desk, "withdraw", why="")
    done(desk, "details", slides_url="", consent="")
    done(desk, "online")
    assert noted in read(desk.get(history)).text
    assert asked not in main(desk, prefix + HERE).text


def test_the_trail_names_who_did_what(desk: FlaskClient, site: Database) -> None:
    done(desk, "video", url=YOUTUBE, duration="")
    with site.read() as session:
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.act.value, entry.actor) == ("replay_edited", "dominique@example.org")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_file_of_captions(desk: FlaskClient, site: Database, encoding: str) -> None:
    file = (BytesIO(SRT.encode(encoding)), "mars.srt")
    done(desk, "captions", language="fr", file=file)
    with site.read() as session:
        vtt = session.scalars(sa.select(Captions.vtt)).one()
    assert vtt.startswith("WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nBonjour à tous.\n")
    done(desk, "remove")
    with site.read() as session:
        assert session.scalars(sa.select(Captions.id)).all() == []


@pytest.mark.parametrize(
    ("act", "typed", "name", "sentence"),
    [
        ("video", {"url": "javascript:alert(1)"}, "url", "Il faut une adresse en https."),
        (
            "video",
            {"url": YOUTUBE, "duration": "une heure"},
            "duration",
            "Il faut une durée, par exemple 88:40, de 24 heures au plus.",
        ),
        (
            "chapters",
            {"chapters": "\n0:00 A\n0:00 B"},
            "chapters",
            "Ligne 3 : la ligne 2 commence déjà à 00:00.",
        ),
        (
            "captions",
            {"language": "fr", "captions": "WEBVTT\n\n00:02.000 --> 00:01.000\nA"},
            "captions",
            "Ligne 3 : le sous-titre finit avant de commencer, ou aussitôt.",
        ),
        (
            "captions",
            {"language": "fr", "file": b"\x00\x00\x00\x18ftypmp42"},
            "captions",
            None,
        ),
        (
            "captions",
            {"language": "de", "captions": SRT},
            "language",
            "Choisissez la langue dans laquelle ils sont écrits.",
        ),
        ("details", {"slides_url": "slides.pdf"}, "slides_url", None),
        ("details", {"expected_by": "2019-02-30"}, "expected_by", None),
        (
            "details",
            {"expected_by": "2019-03-20"},
            "expected_by",
            "Le webinaire se termine le 21 mars 2019 : un replay est promis pour ce jour ou après.",
        ),
        (
            "details",
            {"expected_by": "9999-12-31"},
            "expected_by",
            "Ce jour est plus de deux ans après le webinaire : choisissez-en un plus proche.",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(
    desk: FlaskClient,
    site: Database,
    act: str,
    typed: dict[str, Any],
    name: str,
    sentence: str | None,
) -> None:
    if isinstance(typed.get("file"), bytes):
        typed = {**typed, "file": (BytesIO(typed["file"]), "a.vtt")}
    said = error(do(desk, act, **typed), name)
    assert said
    if sentence is not None:
        assert said.replace("\N{NO-BREAK SPACE}", " ") == sentence
    assert kept(site) is None


def test_what_was_typed_stays(desk: FlaskClient) -> None:
    answer = do(desk, "video", url="http://files.example.org/a.mp4", duration="12:00")
    forms = [one.values() for one in read(answer).one("main").all("form")]
    video = next(values for values in forms if values["act"] == "video")
    assert (video["url"], video["duration"]) == ("http://files.example.org/a.mp4", "12:00")


def test_a_chapter_beyond_the_end_is_refused_both_ways(desk: FlaskClient) -> None:
    done(desk, "video", url=YOUTUBE, duration="10:00")
    said = error(do(desk, "chapters", chapters="0:00 A\n10:00 B"), "chapters")
    assert "10:00 est au-delà de la fin de la vidéo" in said
    done(desk, "chapters", chapters="0:00 A\n9:59 B")
    said = error(do(desk, "video", duration="9:00"), "duration")
    assert "un chapitre commence à 09:59" in said.lower()


def test_without_captions_only_with_the_reason(desk: FlaskClient, app: Flask, site) -> None:
    done(desk, "video", url=YOUTUBE)
    answer = do(desk, "online")
    assert answer.status_code == 409
    assert "avec la raison" in read(answer).one("main").text
    replay = kept(site)
    assert replay is not None
    assert replay.online_at is None
    done(desk, "details", without_captions="Ils arrivent le 2 mai.")
    done(desk, "online")
    assert "Ils arrivent le 2 mai." in read(desk.get(PAGE)).text
    answer = do(desk, "details", without_captions="")
    assert answer.status_code == 409


def test_who_saw_another_state_is_told(desk: FlaskClient, site: Database) -> None:
    before = form_of(desk, "video")
    done(desk, "video", url=YOUTUBE)
    answer = desk.post(HERE, data=before | {"url": "https://vimeo.com/76979871"})
    assert answer.status_code == 409
    replay = kept(site)
    assert replay is not None
    assert replay.video_url == YOUTUBE


def test_withdrawn_and_promised_again(desk: FlaskClient, app: Flask, site: Database) -> None:
    done(desk, "withdraw", why="La salle n’enregistrait pas.")
    assert "La salle n’enregistrait pas." in read(desk.get(PAGE)).text
    board = "/organise/cycles/2019/"
    assert read(desk.get(board)).links(HERE) == []
    assert words(app, "There is no replay") in read(desk.get("/cycles/2019")).text
    done(desk, "expect")
    assert read(desk.get(board)).links(HERE) == [HERE]
    assert words(app, "The replay is expected.") in read(desk.get("/cycles/2019")).text
    assert words(app, "The replay is expected") in read(desk.get(PAGE)).text


@pytest.mark.parametrize(("size", "status"), [(MOST_BYTES + 1, 422), (MOST_REQUEST_BYTES, 413)])
def test_too_much_is_refused_and_the_screen_says_so(
    desk: FlaskClient, site: Database, size: int, status: int
) -> None:
    data: dict[str, Any] = {**form_of(desk, "captions"), "language": "fr"}
    file = FileStorage(BytesIO(b"A" * size), "a.vtt")
    boundary, body = encode_multipart(data | {"file": file})  # the client would leave it open
    kind = f"multipart/form-data; boundary={boundary}"
    answer = desk.post(HERE, data=body, content_type=kind)
    assert answer.status_code == status
    said = read(answer).one("main").text.replace("\N{NO-BREAK SPACE}", " ")
    assert "trop gros : des sous-titres ont 2 Mo" in said
    assert kept(site) is None


def test_bad_addresses_and_acts(desk: FlaskClient) -> None:
    assert desk.get("/organise/cycles/2019/webinars/no-such/replay").status_code == 404
    unknown = form_of(desk, "video") | {"act": "nothing"}
    assert desk.post(HERE, data=unknown).status_code == 400
    assert do(desk, "video", seen="x").status_code == 400
    assert desk.post(HERE, data={"act": "online", "seen": "0"}).status_code == 400


def test_the_desk_says_what_is_late(desk: FlaskClient, at) -> None:
    assert desk.get("/organise/").text.count(HERE) == 0
    at(END.replace(day=29))
    late = read(desk.get("/organise/")).one("main")
    assert late.links(HERE) == [HERE]
    assert "1 replay est en retard" in late.text
    assert "Le jour promis est passé" in main(desk).text
    done(desk, "details", expected_by="2019-04-02")
    assert read(desk.get("/organise/")).one("main").links(HERE) == []


def test_a_fixed_number_of_queries(desk: FlaskClient, site: Database) -> None:
    with counted_queries(site) as empty:
        desk.get(HERE)
    done(desk, "video", url=YOUTUBE)
    done(desk, "chapters", chapters="0:00 A\n1:00 B\n2:00 C")
    done(desk, "captions", language="fr", captions=SRT)
    desk.get(HERE)  # what was done is said once
    with counted_queries(site) as full:
        desk.get(HERE)
    assert len(full) - len(empty) == 2
