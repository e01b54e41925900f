"""Bodies that come slowly, not whole, or not at all."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from threading import BoundedSemaphore, Event, current_thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests import files
from tests.e2e.support import until
from tests.support import MARCH
from tests.web.support import END, read
from webinars.cli import serve
from webinars.web import bodies, lanes

HERE = f"/organise/cycles/2019/webinars/{MARCH.slug}/replay"
CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked"}
Answer = tuple[str, dict[str, str], bytes]
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Line:
    """Brings one of these pieces each time that it is asked; then it ends, or nothing comes."""

    def __init__(self, pieces: Iterable[bytes], *, ends: bool, waits: bool = False) -> None:
        self._pieces = iter(pieces)
        self._waits = waits
        self.asked = 0
        self.over = Event()
        if ends:
            self.over.set()

    def read(self, size: int) -> bytes:
        self.asked += 1
        for piece in self._pieces:
            assert len(piece) <= size
            return piece
        if not (self._waits or self.over.is_set()):
            reader = current_thread()
            assert isinstance(reader, bodies._Reader)
            reader.stop_waiting()  # its time is over
        self.over.wait()
        return b""


@pytest.fixture
def stalled() -> Iterator[Callable[..., Line]]:
    """Lines on which nothing more comes, until the test is over."""
    made: list[Line] = []

    def line(*pieces: bytes, **named: bool) -> Line:
        made.append(Line(pieces, ends=False, **named))
        return made[-1]

    yield line
    for one in made:
        one.over.set()


@pytest.fixture(autouse=True)
def places(monkeypatch: pytest.MonkeyPatch) -> BoundedSemaphore:
    """Those of what lasts long, all free."""
    free = BoundedSemaphore(lanes.LONG)
    monkeypatch.setattr(lanes, "long_places", free)
    return free


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """An application that tells what came, or that it did not."""
    try:
        came = environ["wsgi.input"].read()
    except bodies.Stalled:
        start_response("408 REQUEST TIMEOUT", [("Content-Length", "4")])
        return [b"slow"]
    start_response("200 OK", [("Content-Length", str(len(came)))])
    return [came]


def nobody(_environ: dict[str, Any], _start_response: Callable[..., Any]) -> list[bytes]:
    """An application that must not be asked."""
    pytest.fail("asked")


def ask(app: Any, environ: dict[str, Any]) -> Answer:
    """Its answer, all of it."""
    said: list[Any] = []
    answer = app(environ, lambda status, headers, *_: said.extend((status, dict(headers))))
    body = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    return said[0], said[1], body


def post(line: Line, path: str = "/", **environ: str) -> dict[str, Any]:
    return {"REQUEST_METHOD": "POST", "PATH_INFO": path, "wsgi.input": line, **environ}


def is_broken(answer: Answer) -> bool:
    """It announces more than there is, so the server breaks the line."""
    _, headers, body = answer
    return int(headers["Content-Length"]) == len(body) + 1


def all_free(places: BoundedSemaphore) -> bool:
    taken = [places.acquire(blocking=False) for _ in range(lanes.LONG)]
    places.release(sum(taken))
    return all(taken)


@pytest.mark.parametrize("at_once", [0, bodies.AT_ONCE_SECONDS])
@pytest.mark.parametrize(
    ("size", "announced"),
    [
        (8, {"CONTENT_LENGTH": "8"}),
        (9, {"CONTENT_LENGTH": "9"}),
        (0, CHUNKED),
        (7, CHUNKED),
        (8, CHUNKED),
        (9, CHUNKED),
    ],
)
def test_what_comes_in_pieces_comes_whole(
    places: BoundedSemaphore,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    announced: dict[str, str],
    at_once: float,
) -> None:
    monkeypatch.setattr(lanes, "LARGE_BODY", 8)
    monkeypatch.setattr(bodies, "AT_ONCE_SECONDS", at_once)
    whole = b"abcdefghi"[:size]
    line = Line((bytes([byte]) for byte in whole), ends=True)
    status, headers, body = ask(lanes.Lanes(echo), post(line, **announced))
    assert (status, headers, body) == ("200 OK", {"Content-Length": str(size)}, whole)
    assert all_free(places)


def page(_environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """An application that reads nothing."""
    start_response("200 OK", [])
    return [b"page"]


@pytest.mark.parametrize(
    "announced",
    [
        {},
        {"CONTENT_LENGTH": ""},
        {"CONTENT_LENGTH": "0"},
        {"REQUEST_METHOD": "HEAD", "CONTENT_LENGTH": "100"},
        {"REQUEST_METHOD": "HEAD", **CHUNKED},
    ],
)
def test_without_a_body_nothing_is_read(announced: dict[str, str]) -> None:
    line = Line([], ends=True)
    assert ask(lanes.Lanes(page), post(line, **announced))[2] == b"page"
    assert line.asked == 0


def test_a_process_that_is_told_to_end_is_not_kept_by_a_form() -> None:
    assert bodies.AT_ONCE_SECONDS + bodies.FORM_SECONDS < serve.STOP_SECONDS


def test_a_form_that_is_cut_off_is_not_taken_for_a_whole_one() -> None:
    line = Line([b"full_name=Ali"], ends=True)
    status, _, body = ask(lanes.Lanes(nobody), post(line, CONTENT_LENGTH="15"))
    assert (status, body) == ("400 BAD REQUEST", lanes.BROKEN_OFF)


@pytest.mark.parametrize("path", ["/", "/me/token", "/organise/files/0/a.mp4"])
@pytest.mark.parametrize("announced", [{"CONTENT_LENGTH": "100"}, CHUNKED])
def test_a_body_that_does_not_come_has_no_place(
    stalled: Callable[..., Line],
    places: BoundedSemaphore,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    announced: dict[str, str],
) -> None:
    monkeypatch.setattr(bodies, "AT_ONCE_SECONDS", 0)
    answer = ask(lanes.Lanes(echo), post(stalled(b"email="), path, **announced))
    assert (answer[0], answer[2]) == ("408 REQUEST TIMEOUT", b"slow")
    assert is_broken(answer)
    assert all_free(places)


def awaits(number: int) -> bool:
    return len(bodies._slow._awaited) == number


def test_one_too_many_ends_the_one_that_was_awaited_for_longest(
    stalled: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "AT_ONCE_SECONDS", 0)
    monkeypatch.setattr(bodies, "SLOW", 3)
    app = lanes.Lanes(echo)
    lines = [stalled(waits=True) for _ in range(5)]
    with ThreadPoolExecutor(5) as pool:
        answers = []
        for line in lines:
            answers.append(pool.submit(ask, app, post(line, CONTENT_LENGTH="1")))
            until(partial(getattr, line, "asked"), within=20, what="it is read")
            until(partial(awaits, min(3, len(answers))), within=20, what="it is awaited")
        ended = [answer.result()[0] for answer in answers[:2]]
        assert ended == ["408 REQUEST TIMEOUT"] * 2
        assert not any(answer.done() for answer in answers[2:])
        for line in lines:
            line.over.set()


@on_sqlite
def test_an_upload_that_stops_midway_is_a_sentence_and_leaves_nothing(
    desk: FlaskClient,
    app: Flask,
    at: Callable[..., None],
    stalled: Callable[..., Line],
    places: BoundedSemaphore,
) -> None:
    at(END)
    forms = [one.values() for one in read(desk.get(HERE)).one("main").all("form")]
    values = next(one for one in forms if one.get("act") == "video")
    video = FileStorage(BytesIO(files.mp4(3000)), "a.mp4", "video_file")
    boundary, body = encode_multipart(values | {"video_file": video})
    answer = desk.post(
        HERE,
        environ_overrides={
            "CONTENT_TYPE": f"multipart/form-data; boundary={boundary}",
            "wsgi.input": stalled(body[:-100]),
            "CONTENT_LENGTH": str(lanes.LARGE_BODY + 1),
        },
    )
    answer.close()
    assert answer.status_code == 408
    assert "Ce que vous avez envoyé n’est pas arrivé" in read(answer).text
    assert int(answer.headers["Content-Length"]) == len(answer.data) + 1
    folder = app.extensions["webinars"].settings.uploads_folder
    assert not list(folder.iterdir())
    assert all_free(places)
