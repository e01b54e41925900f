"""Large files and a real server: bounded memory, broken lines, a full disk, slow readers."""

import http.client
import resource
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import repeat

import pytest

from tests import files
from tests.e2e.support import LOOPBACK, Installation, Process, installation, until
from tests.e2e.test_serve import children_of
from tests.e2e.warm import Warm
from tests.uploading import (
    Desk,
    asks_and_does_not_read,
    digest,
    peak_bytes,
    with_webinar,
)

MEGABYTE = 1024**2
SIZE = 200 * MEGABYTE
MOST_MORE = 48 * MEGABYTE
"""Of memory, for a file that is larger by far."""
SLOW_LINES = 200


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, warm: Warm | None
) -> Iterator[tuple[Installation, Process, Desk]]:
    """A server of two processes, its webinar of yesterday, and Dominique who has signed in."""
    with installation(tmp_path_factory.mktemp("uploads"), warm=warm) as place:
        with_webinar(place)
        process = place.serve()
        yield place, process, Desk(place)


Running = tuple[Installation, Process, Desk]


def kept(place: Installation) -> list[str]:
    folder = place.folder / "uploads"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_what_is_too_large_is_said_while_it_is_still_being_sent(running: Running) -> None:
    place, process, desk = running
    before = peak_bytes(process)
    size = 3 * 1024**3
    with closing(http.client.HTTPConnection(LOOPBACK, place.port, timeout=60)) as connection:
        body = desk.begin(connection, repeat(b"x" * MEGABYTE, 300), size)
        for block in body:
            connection.send(block)
        answer = connection.getresponse()
        assert (answer.status, "trop gros" in answer.read().decode()) == (413, True)
    assert kept(place) == []
    assert peak_bytes(process) - before < MOST_MORE


def test_a_line_that_breaks_leaves_nothing(running: Running) -> None:
    place, _, desk = running
    with closing(http.client.HTTPConnection(LOOPBACK, place.port, timeout=60)) as connection:
        body = desk.begin(connection, files.large_mp4(SIZE), SIZE)
        for _ in range(20):
            connection.send(next(body))
        until(lambda: kept(place), within=20, what="the file has begun")
    until(lambda: kept(place) == [], within=20, what="nothing of it is left")


def test_a_disk_that_is_full_is_a_sentence(running: Running) -> None:
    place, process, desk = running
    numbers = [int(child) for child in children_of(process)]
    before = [resource.prlimit(one, resource.RLIMIT_FSIZE) for one in numbers]
    for one, (_, hard) in zip(numbers, before, strict=True):
        resource.prlimit(one, resource.RLIMIT_FSIZE, (30 * MEGABYTE, hard))
    try:
        answer = desk.send(files.large_mp4(SIZE), SIZE)
    finally:
        for one, limits in zip(numbers, before, strict=True):
            resource.prlimit(one, resource.RLIMIT_FSIZE, limits)
    assert (answer.status, "plus de place" in answer.text) == (422, True)
    assert kept(place) == []


def takes(place: Installation, process: Process, desk: Desk, size: int) -> str:
    """Send a file of that size and see that memory stays; the address of the video."""
    before = peak_bytes(process)
    answer = desk.send(files.large_mp4(size), size)
    assert answer.status == 303, answer.text
    address = desk.put_online()
    connection = http.client.HTTPConnection(LOOPBACK, place.port, timeout=60)
    with closing(connection):
        connection.request("GET", address)
        whole = connection.getresponse()
        assert whole.headers["Content-Length"] == str(size)
        found = digest(iter(lambda: whole.read(MEGABYTE), b""))
    assert found == digest(files.large_mp4(size))
    end = place.get(address, {"Range": "bytes=-1000"})
    assert (end.status, len(end.body)) == (206, 1000)
    assert end.headers["Content-Range"] == f"bytes {size - 1000}-{size - 1}/{size}"
    assert peak_bytes(process) - before < MOST_MORE
    return address


def test_a_large_file_comes_and_goes_in_bounded_memory_and_slow_lines_starve_nobody(
    running: Running,
) -> None:
    place, process, desk = running
    address = takes(place, process, desk, SIZE)
    before = peak_bytes(process)
    lines = [asks_and_does_not_read(place, address) for _ in range(SLOW_LINES)]
    try:
        for path in ("/", "/replays", "/healthz", "/calendar.ics"):
            assert place.get(path).status == 200
        piece = place.get(address, {"Range": "bytes=1000-"})
        assert (piece.status, len(piece.body) >= MEGABYTE) == (206, True)
    finally:
        for line in lines:
            with suppress(OSError):
                line.close()
    assert peak_bytes(process) - before < SLOW_LINES * 2 * MEGABYTE


@pytest.mark.soak
def test_two_gigabytes(install: Callable[..., Installation]) -> None:
    place = install(upload_max_bytes=2 * 1024**3)
    with_webinar(place)
    process = place.serve()
    takes(place, process, Desk(place), 2 * 1024**3)
