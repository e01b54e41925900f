"""An organiser who sends files to a real server, and whoever asks for them; plain HTTP."""

import hashlib
import http.client
import re
import socket
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.e2e.support import LOOPBACK, Answer, Installation, Process
from tests.support import APRIL, plan_of, published
from webinars import clock
from webinars.db import Database

EMAIL, PASSWORD = "dominique@example.org", "un bon mot de passe"
HERE = "/organise/cycles/essai/webinars/hier/replay"
PAGE = "/cycles/essai/hier"
BOUNDARY = "the-boundary-of-these-tests"
PATIENCE_SECONDS = 120


def with_webinar(place: Installation) -> None:
    """A webinar of yesterday, and Dominique's account."""
    place.sets_up(
        ("db", "upgrade"),
        ("organiser", "create", EMAIL, "--password", PASSWORD),
    )
    now = clock.now()
    day = (now - timedelta(days=1)).date()
    database = Database(f"sqlite:///{place.folder / 'webinars.sqlite'}")
    with database.write() as session:
        meeting = replace(APRIL, slug="hier", date=day)
        published(
            session, plan_of(meeting, slug="essai", year=day.year), now=now - timedelta(days=9)
        )
    database.dispose()


class Desk:
    """Dominique's browser."""

    def __init__(self, place: Installation) -> None:
        self._place = place
        self._cookie = ""
        door = "/organise/sign-in"
        form = {"csrf_token": self._token(door), "email": EMAIL, "password": PASSWORD}
        answer = self.ask("POST", door, urllib.parse.urlencode(form).encode())
        assert answer.status == 302, answer.text

    def ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """A request with the cookie of the desk."""
        with closing(self._connection()) as connection:
            headers = {"Cookie": self._cookie}
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, body=body, headers=headers)
            return self._answer(connection)

    def act(self, act: str, **typed: str) -> Answer:
        """A button of the screen."""
        form = {"csrf_token": self._token(HERE), "seen": self._seen(), "act": act} | typed
        return self.ask("POST", HERE, urllib.parse.urlencode(form).encode())

    def send(self, content: Iterable[bytes], size: int, *, name: str = "hier.mp4") -> Answer:
        """A video of that many bytes, as it comes."""
        with closing(self._connection()) as connection:
            for block in self.begin(connection, content, size, name=name):
                connection.send(block)
            return self._answer(connection)

    def begin(
        self,
        connection: http.client.HTTPConnection,
        content: Iterable[bytes],
        size: int,
        *,
        name: str = "hier.mp4",
    ) -> Iterator[bytes]:
        """Send the head of a request; the bytes of its body are the caller's to send."""
        fields = {"csrf_token": self._token(HERE), "seen": self._seen(), "act": "video"}
        before = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        )
        before += f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
        before += f'name="video_file"; filename="{name}"\r\n\r\n'
        after = f"\r\n--{BOUNDARY}--\r\n"
        connection.putrequest("POST", HERE)
        connection.putheader("Cookie", self._cookie)
        connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
        connection.putheader("Content-Length", str(len(before) + size + len(after)))
        connection.endheaders()
        yield before.encode()
        yield from content
        yield after.encode()

    def put_online(self) -> str:
        """The replay; the address of its video."""
        assert self.act("details", without_captions="Elles viennent.").status == 303
        assert self.act("online").status == 303
        found = re.search(r'src="(/files/[^"#]+)', self._place.get(PAGE).text)
        assert found, "the page plays an uploaded video"
        return found[1]

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(LOOPBACK, self._place.port, timeout=PATIENCE_SECONDS)

    def _answer(self, connection: http.client.HTTPConnection) -> Answer:
        response = connection.getresponse()
        for line in response.headers.get_all("Set-Cookie", []):
            self._cookie = line.partition(";")[0]
        return Answer(response.status, response.headers, response.read())

    def _token(self, path: str) -> str:
        field = re.search(r'<input[^>]*name="csrf_token"[^>]*>', self.ask("GET", path).text)
        assert field, "the page has no form"
        found = re.search(r'value="([^"]+)"', field[0])
        assert found
        return found[1]

    def _seen(self) -> str:
        found = re.search(r'name="seen" value="(\d+)"', self.ask("GET", HERE).text)
        assert found
        return found[1]


def peak_bytes(process: Process) -> int:
    """The most memory that any web process of a server ever had (VmHWM)."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
    statuses = (Path(f"/proc/{child}/status").read_text("ascii") for child in children)
    found = (re.search(r"VmHWM:\s+(\d+) kB", status) for status in statuses)
    return max(int(one[1]) for one in found if one) * 1024


def digest(blocks: Iterable[bytes]) -> str:
    """The SHA-256 of what comes."""
    found = hashlib.sha256()
    for block in blocks:
        found.update(block)
    return found.hexdigest()


def asks_and_does_not_read(place: Installation, path: str) -> socket.socket:
    """A slow line: a whole file is on its way, and nobody takes it."""
    line = socket.create_connection((LOOPBACK, place.port), timeout=PATIENCE_SECONDS)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-\r\n\r\n".encode())
    return line
