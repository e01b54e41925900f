"""Files that organisers send: taken or refused, given to those who may have them, gone again."""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests import files
from tests.support import BASE_URL, MARCH, NOW, load_library, plan_of, published
from tests.web.desk import EMAIL, make_account, sign_in
from tests.web.support import END, PAGE, Element, read
from webinars.db import Database
from webinars.models import AuditEntry, Replay, Upload
from webinars.uploads import UploadsFolder
from webinars.web import file_answers, lanes
from webinars.worker import Worker

HERE = f"/organise/cycles/2019/webinars/{MARCH.slug}/replay"
NEW = "/organise/library/new-resource"
VIDEO = files.mp4(3000)
LIMIT = 1024**2
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """It takes files of one mebibyte."""
    return make_app(upload_max_bytes=LIMIT)


@pytest.fixture(autouse=True)
def places(monkeypatch: pytest.MonkeyPatch) -> BoundedSemaphore:
    """All free: a server closes each answer, a test may leave one open until it is collected."""
    free = BoundedSemaphore(lanes.LONG)
    for module in (lanes, file_answers):
        monkeypatch.setattr(module, "long_places", free)
    return free


@pytest.fixture
def desk(organiser: FlaskClient, site: Database, at) -> FlaskClient:
    """The webinar of March is over; Dominique has signed in."""
    at(END)
    assert sign_in(organiser).status_code == 302
    return organiser


def form_of(client: FlaskClient, act: str) -> dict[str, Any]:
    forms = [one.values() for one in read(client.get(HERE)).one("main").all("form")]
    return next(values for values in forms if values.get("act") == act)


def do(client: FlaskClient, act: str, **typed: Any) -> TestResponse:
    return client.post(HERE, data=form_of(client, act) | typed)


def send(client: FlaskClient, content: bytes, name: str = "Réunion de mars.mp4") -> TestResponse:
    return do(client, "video", url="", video_file=(BytesIO(content), name))


def raw(
    client: FlaskClient, act: str, file: FileStorage, *, cut: int = 0, **changes: Any
) -> TestResponse:
    """As bytes, which may be cut; the client itself would leave a large body open."""
    values = form_of(client, act) | changes | {str(file.name): file}
    boundary, body = encode_multipart(values)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(HERE, data=body[: len(body) - cut], content_type=kind)


def video_file() -> FileStorage:
    return FileStorage(BytesIO(VIDEO), "a.mp4", "video_file")


def put_online(client: FlaskClient) -> None:
    assert send(client, VIDEO).status_code == 303
    do(client, "details", without_captions="Elles viennent.")
    assert do(client, "online").status_code == 303


def address_of(client: FlaskClient) -> str:
    return read(client.get(PAGE)).one("video").attrs["src"]


def on_disk(app: Flask) -> list[Path]:
    folder = app.extensions["webinars"].settings.uploads_folder
    return sorted(folder.iterdir()) if folder.exists() else []


def rows(database: Database) -> list[tuple[str, str, int]]:
    with database.read() as session:
        found = session.execute(sa.select(Upload.name, Upload.media_type, Upload.size))
        return [(name, kind, size) for name, kind, size in found]


def wrong(answer: TestResponse, name: str) -> str:
    return read(answer).by_id(f"{name}-error").text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_video_plays_here_once_the_replay_is_online(
    desk: FlaskClient, app: Flask, site: Database
) -> None:
    assert send(desk, VIDEO).status_code == 303
    kept = read(desk.get(HERE)).links("/organise/files/")
    assert desk.get(kept[0]).data == VIDEO
    hidden = kept[0].removeprefix("/organise")
    assert app.test_client().get(hidden).status_code == 404
    assert app.test_client().get(kept[0]).status_code == 302

    put_online(desk)

    page = read(desk.get(PAGE))
    address = page.one("video").attrs["src"]
    assert re.fullmatch(r"/files/[0-9a-f]{32}/reunion-de-mars\.mp4", address)
    assert f'"contentUrl":"https://webinaires.example.org{address}"' in _data(page)
    answer = app.test_client().get(address)
    assert (answer.status_code, answer.data) == (200, VIDEO)
    digest = hashlib.sha256(VIDEO).hexdigest()
    assert dict(answer.headers) == {
        "Content-Type": "video/mp4",
        "Content-Disposition": 'inline; filename="R_union de mars.mp4"; '
        "filename*=UTF-8''R%C3%A9union%20de%20mars.mp4",
        "Accept-Ranges": "bytes",
        "Cache-Control": "public, max-age=600",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": file_answers.IN_ITS_VIEWER,
        "Referrer-Policy": "no-referrer",
        "ETag": f'"{digest[:32]}"',
        "Last-Modified": "Thu, 21 Mar 2019 13:30:00 GMT",
        "Content-Length": str(len(VIDEO)),
        "Strict-Transport-Security": "max-age=31536000",
    }
    assert rows(site) == [("Réunion de mars.mp4", "video/mp4", len(VIDEO))]
    with site.read() as session:
        trail = session.scalars(sa.select(AuditEntry.after).order_by(AuditEntry.id)).all()
    history = read(desk.get("/organise/cycles/2019/history")).text
    assert "(vidéo)" in history
    said = {"name": "Réunion de mars.mp4", "size": len(VIDEO), "sha256": digest}
    assert {"replay": {"video_file": said}} in trail


def _data(page: Element) -> str:
    found = next(
        one for one in page.all("script") if "VideoObject" in "".join(map(str, one.content))
    )
    return "".join(map(str, found.content))


@pytest.fixture
def played(desk: FlaskClient, app: Flask) -> Callable[..., TestResponse]:
    """Asks for the video of a replay that is online."""
    put_online(desk)
    address = address_of(desk)
    visitor = app.test_client()

    def ask(method: str = "GET", **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return visitor.open(address, method=method, headers=named)

    return ask


TAG = f'"{hashlib.sha256(VIDEO).hexdigest()[:32]}"'
DATE = "Thu, 21 Mar 2019 13:30:00 GMT"
SIZE = len(VIDEO)


@on_sqlite
def test_ranges(played: Callable[..., TestResponse]) -> None:
    for asked, start, end in (
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, SIZE),
        (f"bytes=100-{SIZE * 2}", 100, SIZE),
        ("bytes=-50", SIZE - 50, SIZE),
        (f"bytes=-{SIZE * 2}", 0, SIZE),
        ("bytes=0-0", 0, 1),
    ):
        answer = played(Range=asked)
        assert (answer.status_code, answer.data) == (206, VIDEO[start:end]), asked
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
        assert answer.headers["Content-Length"] == str(end - start)
    for asked in (f"bytes={SIZE}-", "bytes=-0"):
        answer = played(Range=asked)
        assert (answer.status_code, answer.data) == (416, b""), asked
        assert answer.headers["Content-Range"] == f"bytes */{SIZE}"
        assert answer.headers["Cache-Control"] == "no-store"
    for asked in ("bytes=0-9,20-29", "bytes=9-5", "bytes=x-y", "lines=0-9", "bytes"):
        answer = played(Range=asked)
        assert (answer.status_code, answer.data) == (200, VIDEO), asked


@on_sqlite
def test_conditions(played: Callable[..., TestResponse]) -> None:
    for headers, status, length in (
        ({"If_None_Match": TAG}, 304, 0),
        ({"If_None_Match": '"other"'}, 200, SIZE),
        ({"If_Modified_Since": DATE}, 304, 0),
        ({"If_None_Match": '"other"', "If_Modified_Since": DATE}, 200, SIZE),
        ({"If_Match": '"other"'}, 412, 0),
        ({"If_Match": TAG}, 200, SIZE),
        ({"If_Unmodified_Since": "Wed, 20 Mar 2019 13:30:00 GMT"}, 412, 0),
        ({"Range": "bytes=0-9", "If_Range": TAG}, 206, 10),
        ({"Range": "bytes=0-9", "If_Range": f"W/{TAG}"}, 200, SIZE),
        ({"Range": "bytes=0-9", "If_Range": '"other"'}, 200, SIZE),
        ({"Range": "bytes=0-9", "If_Range": DATE}, 206, 10),
        ({"Range": "bytes=0-9", "If_Range": "Wed, 20 Mar 2019 13:30:00 GMT"}, 200, SIZE),
    ):
        answer = played(**headers)
        assert (answer.status_code, len(answer.data)) == (status, length), headers
    head = played("HEAD", Range="bytes=0-9")
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(SIZE))
    assert played("POST").status_code == 404


@on_sqlite
def test_when_every_place_is_taken_ranges_come_in_pieces(
    played: Callable[..., TestResponse],
    places: BoundedSemaphore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(file_answers, "BLOCK", 100)
    monkeypatch.setattr(file_answers, "PIECE", 300)
    whole = played()
    assert whole.data == VIDEO
    taken = [places.acquire(blocking=False) for _ in range(lanes.LONG)]
    try:
        assert all(taken)
        answer = played(Range="bytes=50-")
        assert (answer.status_code, answer.data) == (206, VIDEO[50:350])
        assert answer.headers["Content-Range"] == f"bytes 50-349/{SIZE}"
        assert played().status_code == 503
    finally:
        places.release(len(taken))


@on_sqlite
def test_what_is_dropped_today_stays_a_day_however_old_its_bytes(
    desk: FlaskClient, app: Flask, at
) -> None:
    """A backup of the database of this morning names it."""
    put_online(desk)
    (old,) = on_disk(app)
    os.utime(old, (0, 0))
    send(desk, files.mp4(500), "b.mp4")
    worker = Worker(app)
    for hours, there in ((1, True), (23, True), (25, False)):
        at(END + timedelta(hours=hours))
        worker.tick()
        assert old.exists() is there


@on_sqlite
def test_a_commit_whose_answer_is_lost_keeps_the_bytes(
    desk: FlaskClient, app: Flask, site: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = form_of(desk, "video") | {"url": "", "video_file": (BytesIO(VIDEO), "a.mp4")}
    write = Database.write

    @contextmanager
    def cut_off(self: Database, **named: Any) -> Iterator[Session]:
        with write(self, **named) as session:
            yield session
        raise sa.exc.OperationalError("COMMIT", {}, OSError("cut off"))

    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", cut_off)
        assert desk.post(HERE, data=values).status_code >= 500
    assert [name for name, *_ in rows(site)] == ["a.mp4"]
    assert len(on_disk(app)) == 1


@on_sqlite
@pytest.mark.parametrize(
    ("act", "name", "content", "sentence"),
    [
        ("video", "a.mp4", b"<!doctype html><p>", "Le fichier est une page web (HTML)"),
        ("video", "a.mp4", files.mp4()[:-1], "Le fichier s’arrête avant sa fin"),
        (
            "video",
            "a.mp4",
            b"x" * (LIMIT + 1),
            "Le fichier est trop gros : ici, on prend 1 Mo au plus",
        ),
        ("details", "a.pdf", b"<svg xmlns='x'/>", "Le fichier est un dessin SVG"),
        ("details", "a.pdf", files.mp4(), "Le nom du fichier finit par .pdf, mais son contenu"),
    ],
)
def test_what_is_refused_leaves_what_was_there(
    desk: FlaskClient,
    app: Flask,
    site: Database,
    act: str,
    name: str,
    content: bytes,
    sentence: str,
) -> None:
    send(desk, VIDEO)
    before = (on_disk(app), rows(site))
    field = "video_file" if act == "video" else "slides_file"
    answer = raw(desk, act, FileStorage(BytesIO(content), name, field))
    assert answer.status_code == 422
    assert wrong(answer, field).startswith(sentence)
    assert (on_disk(app), rows(site)) == before


@on_sqlite
def test_nothing_is_written_before_the_token_is_right(
    desk: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UploadsFolder, "begin", lambda *_, **__: pytest.fail("begun"))
    assert raw(desk, "video", video_file(), csrf_token="wrong").status_code == 400
    stranger = app.test_client()
    answer = stranger.post(HERE, data={"video_file": (BytesIO(VIDEO), "a.mp4")})
    assert (answer.status_code, on_disk(app)) == (302, [])


@on_sqlite
def test_what_breaks_off_leaves_nothing(desk: FlaskClient, app: Flask) -> None:
    answer = raw(desk, "video", video_file(), cut=200)
    assert answer.status_code == 422
    assert wrong(answer, "video_file").startswith("Le fichier n’est pas arrivé en entier")
    assert on_disk(app) == []


@on_sqlite
def test_a_file_that_the_act_does_not_ask_for_is_not_kept(desk: FlaskClient, app: Flask) -> None:
    assert raw(desk, "chapters", video_file(), chapters="0:00 Début").status_code == 303
    assert on_disk(app) == []


@on_sqlite
def test_a_body_over_the_limit_is_refused_unread(desk: FlaskClient, app: Flask) -> None:
    values = form_of(desk, "video")
    boundary, body = encode_multipart(values)
    kind = f"multipart/form-data; boundary={boundary}"
    announced = {"CONTENT_LENGTH": str(3 * 1024**3)}
    answer = desk.post(HERE, data=body, content_type=kind, environ_overrides=announced)
    assert answer.status_code == 413
    said = read(answer).one("main").text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Le fichier est trop gros" in said
    assert on_disk(app) == []


@on_sqlite
def test_a_full_disk_is_a_sentence(
    desk: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webinars.uploads.KEPT_FREE", 2**62)
    answer = send(desk, VIDEO)
    assert answer.status_code == 422
    assert wrong(answer, "video_file").startswith("Il n’y a plus de place")
    assert on_disk(app) == []


@on_sqlite
def test_a_file_or_an_address(desk: FlaskClient, app: Flask, site: Database) -> None:
    both = do(
        desk, "video", url="https://youtu.be/dQw4w9WgXcQ", video_file=(BytesIO(VIDEO), "a.mp4")
    )
    assert wrong(both, "url") == "Donnez le fichier ou une adresse, pas les deux."
    assert on_disk(app) == []
    send(desk, VIDEO)
    do(desk, "video", url="", duration="1:00:00")
    assert len(rows(site)) == 1
    assert do(desk, "video", url="https://youtu.be/dQw4w9WgXcQ").status_code == 303
    assert rows(site) == []
    with site.read() as session:
        replay = session.scalars(sa.select(Replay)).one()
        assert (replay.video_url, replay.video_file) == (
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
            None,
        )
    send(desk, VIDEO)
    assert do(desk, "video", remove_video="1").status_code == 303
    assert rows(site) == []


@on_sqlite
def test_what_was_replaced_goes_from_the_disk_a_day_later(
    desk: FlaskClient, app: Flask, at
) -> None:
    put_online(desk)
    old = address_of(desk)
    send(desk, files.mp4(500), "b.mp4")
    assert app.test_client().get(old).status_code == 404
    new = address_of(desk).split("/")[2]
    (stray := on_disk(app)[0].with_name(f"{'0' * 32}.part")).write_bytes(b"cut off")
    other = stray.with_name("README")
    other.write_bytes(b"not ours")
    newest = max(path.stat().st_mtime for path in on_disk(app))
    worker = Worker(app)
    begun = NOW.fromtimestamp(newest, tz=NOW.tzinfo)
    at(begun + timedelta(hours=23))
    worker.tick()
    assert len(on_disk(app)) == 4
    at(begun + timedelta(hours=25))
    worker.tick()
    assert {path.name for path in on_disk(app)} == {new, "README"}


@on_sqlite
def test_withdrawn_it_is_nobodys_but_its_slides_may_stay(desk: FlaskClient, app: Flask) -> None:
    put_online(desk)
    answer = do(
        desk,
        "details",
        without_captions="Elles viennent.",
        slides_file=(BytesIO(files.pdf()), "Diaporama.pdf"),
    )
    assert answer.status_code == 303
    slides = read(desk.get(PAGE)).links("/files/")
    assert "Diaporama (PDF, 1 ko)" in read(desk.get(PAGE)).text.replace("\N{NO-BREAK SPACE}", " ")
    video = address_of(desk)
    visitor = app.test_client()
    assert visitor.get(slides[0]).headers["Content-Security-Policy"] == file_answers.IN_ITS_VIEWER
    do(desk, "withdraw", why="", words_stay="1")
    assert (visitor.get(video).status_code, visitor.get(slides[0]).status_code) == (404, 200)
    do(desk, "withdraw", why="", words_stay="")
    assert visitor.get(slides[0]).status_code == 404


@on_sqlite
def test_the_front_server_is_told_where_the_file_is(
    make_app: Callable[..., Flask], database: Database, at
) -> None:
    app = make_app(uploads_accel="/internal-uploads/")
    with database.write() as session:
        published(session, plan_of(MARCH))
    at(END)
    make_account(app, EMAIL)
    client = app.test_client()
    sign_in(client)
    put_online(client)
    address = address_of(client)
    answer = client.get(address, headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["X-Accel-Redirect"] == f"/internal-uploads/{address.split('/')[2]}"
    assert answer.headers["Content-Type"] == "video/mp4"


@on_sqlite
def test_the_document_of_a_resource(organiser: FlaskClient, app: Flask, database: Database) -> None:
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
    sign_in(organiser)
    form = read(organiser.get(NEW)).form(NEW).values() | {"title": "Un guide", "kind": "guide"}
    svg = organiser.post(NEW, data=form | {"document": (BytesIO(b"<svg>"), "a.svg")})
    assert wrong(svg, "document").startswith("Le fichier est un dessin SVG")
    assert read(svg).by_id("title").attrs["value"] == "Un guide"
    added = organiser.post(NEW, data=form | {"document": (BytesIO(files.docx()), "Guide.docx")})
    here = added.headers["Location"]
    page = read(organiser.get("/resources/un-guide"))
    (address,) = page.links("/files/")
    assert page.one("a", href=address).attrs["data-resource"] == "un-guide"
    on_paper = page.one("p", class_="print-only").text
    assert f"{BASE_URL}/resources/un-guide" in on_paper
    assert on_paper.endswith(f"{BASE_URL}{address}")
    assert "Guide.docx (DOCX, 1 ko)" in page.text.replace("\N{NO-BREAK SPACE}", " ")
    given = app.test_client().get(address)
    assert given.headers["Content-Security-Policy"] == file_answers.IN_ITS_BOX
    assert (given.data, given.headers["Content-Disposition"]) == (
        files.docx(),
        "attachment; filename=\"Guide.docx\"; filename*=UTF-8''Guide.docx",
    )
    held = read(organiser.get(here)).form(here).values()
    organiser.post(here, data=held | {"year": "2020"})
    assert rows(database)[0][0] == "Guide.docx"
    held = read(organiser.get(here)).form(here).values()
    organiser.post(here, data=held | {"document": (BytesIO(files.pdf()), "Guide.pdf")})
    assert [name for name, *_ in rows(database)] == ["Guide.pdf"]
    stale = organiser.post(here, data=held | {"document": (BytesIO(files.pdf()), "Autre.pdf")})
    assert (stale.status_code, len(on_disk(app))) == (409, 2)
    held = read(organiser.get(here)).form(here).values()
    organiser.post(here, data=held | {"remove_document": "1"})
    assert rows(database) == []
