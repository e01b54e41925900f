"""Forms whose bodies do not come, and a real server."""

import socket
from contextlib import ExitStack, closing
from select import select

import pytest

from tests.e2e.support import COMMAND_SECONDS, LOOPBACK, Installation, until
from webinars.web.bodies import SLOW
from webinars.web.lanes import LONG, PAGES

HEAD = (
    b"POST /cycles/essai/bientot/register HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n"
)


def whole(line: socket.socket) -> bytes:
    """What came until the server ended the line."""
    return b"".join(iter(lambda: line.recv(4096), b""))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_bodies_that_nobody_reads_starve_nobody(place: Installation) -> None:
    """An answer to HEAD ends with its head: it waits for no body."""
    place.serve("--workers", "1")
    with ExitStack() as stack:
        for _ in range(PAGES + LONG + SLOW + 20):
            line = socket.create_connection((LOOPBACK, place.port), timeout=COMMAND_SECONDS)
            stack.enter_context(closing(line))
            line.sendall(HEAD.replace(b"POST", b"HEAD", 1) + b"email=alice")
            assert line.recv(4096).startswith(b"HTTP/1.1 ")
        assert place.get("/healthz").status == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_forms_that_do_not_come_starve_nobody(place: Installation) -> None:
    """As many as there are threads for pages, for files and for slow forms, and some more."""
    place.serve("--workers", "1")
    with ExitStack() as stack:
        lines = []
        for _ in range(PAGES + LONG + SLOW + 20):
            line = socket.create_connection((LOOPBACK, place.port), timeout=COMMAND_SECONDS)
            lines.append(stack.enter_context(closing(line)))
            line.sendall(HEAD + b"email=alice")
        for path in ("/", "/healthz", "/calendar.ics"):
            assert place.get(path).status == 200
        assert place.post("/cycles/essai/bientot/register", {"email": "alice"}).status == 404
        ended = until(
            lambda: len(found := select(lines, [], [], 0)[0]) == len(lines) - SLOW and found,
            within=20,
            what="those that were awaited for longest have ended",
        )
        for line in ended:
            answer = whole(line)
            assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
            assert "Ce que vous avez envoyé n’est pas arrivé" in answer.decode()
