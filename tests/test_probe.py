"""Asking addresses of the web: a real server on the loopback, and what is never asked."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support import free_port
from webinars import probe
from webinars.domain.link_checks import Answer
from webinars.models import LinkState
from webinars.probe import ask, ask_all

HANGING = 20
"""Seconds for which the slow paths would keep somebody."""

AGENT = "Webinars/1 link check (+https://webinaires.example.org)"


class Handler(BaseHTTPRequestHandler):
    """Answers as the path says: ``/404``, ``/to/301/…``, ``/get-only``, ``/silent``, ``/drip``."""

    seen: list[tuple[str, str, str]]

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.seen.append((self.command, self.path, self.headers["User-Agent"]))
        words = self.path.partition("?")[0].strip("/").split("/")
        match words[0]:
            case "to":
                self.send_response(int(words[1]))
                self.send_header("Location", "/" + "/".join(words[2:]))
            case "away":
                self.send_response(302)
                self.send_header("Location", "http://10.0.0.1/" if words[1] == "in" else "ftp://x/")
            case "round":
                self.send_response(302)
                self.send_header("Location", f"/round/{int(words[1]) + 1}")
            case "get-only":
                self.send_response(200 if self.command == "GET" else 405)
            case "silent":
                time.sleep(HANGING)
                return
            case "drip":
                self._drip()
                return
            case "nonsense":
                self.wfile.write(b"this is no HTTP\r\n\r\n")
                return
            case code:
                self.send_response(int(code) if code.isdigit() else 200)
        self.end_headers()

    def _drip(self) -> None:
        try:
            for _ in range(20 * HANGING):
                self.wfile.write(b"H")
                time.sleep(0.05)
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name there)
        """Nothing on the terminal."""


@contextmanager
def web_server() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """A server and what it was asked."""
    seen: list[tuple[str, str, str]] = []
    handler = type("Own", (Handler,), {"seen": seen})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def site() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    with web_server() as found:
        yield found


@pytest.mark.parametrize(
    ("path", "state", "status"),
    [
        ("/", LinkState.ANSWERS, 200),
        ("", LinkState.ANSWERS, 200),
        ("/get-only", LinkState.ANSWERS, 200),
        ("/é à?q=ç#x", LinkState.ANSWERS, 200),
        ("/404", LinkState.MISSING, 404),
        ("/410", LinkState.MISSING, 410),
        ("/403", LinkState.REFUSED, 403),
        ("/429", LinkState.REFUSED, 429),
        ("/500", LinkState.FAILING, 500),
        ("/to/302/200", LinkState.ANSWERS, 200),
        ("/to/302/404", LinkState.MISSING, 404),
        ("/to/301/to/302/200", LinkState.ANSWERS, 200),
        ("/round/0", LinkState.LOOPING, 302),
        ("/away/ftp", LinkState.FORBIDDEN, None),
        ("/nonsense", LinkState.UNREACHABLE, None),
    ],
)
def test_what_becomes_of_an_address(site, path: str, state: LinkState, status: int | None) -> None:
    base, _ = site
    assert ask(base + path, agent=AGENT, private=True) == Answer(state, status)


def test_what_has_moved_for_good_says_where(site) -> None:
    base, _ = site
    found = ask(f"{base}/to/301/to/308/new", agent=AGENT, private=True)
    assert found == Answer(LinkState.MOVED, 200, f"{base}/new")


def test_head_goes_first_and_the_agent_names_the_project(site) -> None:
    base, seen = site
    ask(f"{base}/get-only?a=b", agent=AGENT, private=True)
    assert seen == [("HEAD", "/get-only?a=b", AGENT), ("GET", "/get-only?a=b", AGENT)]


def test_redirections_are_followed_a_few_times(site) -> None:
    base, seen = site
    ask(f"{base}/round/0", agent=AGENT, private=True)
    assert len(seen) == probe.HOPS + 1


@pytest.mark.parametrize("path", ["/silent", "/drip"])
def test_what_takes_too_long_is_ended(site, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "SECONDS", 0.5)
    monkeypatch.setattr(probe, "SILENCE", 0.4 if path == "/silent" else 5)
    base, _ = site
    began = time.monotonic()
    assert ask(base + path, agent=AGENT, private=True) == Answer(LinkState.SLOW)
    assert time.monotonic() - began < HANGING / 2


def test_the_bound_of_time_holds_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of TLS that never comes to an end, a byte now and then."""
    monkeypatch.setattr(probe, "SECONDS", 0.5)
    monkeypatch.setattr(probe, "SILENCE", 5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip_a_greeting, args=(server,))
        thread.start()
        began = time.monotonic()
        url = f"https://127.0.0.1:{server.getsockname()[1]}/"
        assert ask(url, agent=AGENT, private=True) == Answer(LinkState.SLOW)
        assert time.monotonic() - began < HANGING / 2
        thread.join()


def drip_a_greeting(server: socket.socket) -> None:
    """The head of a long record, then its zeros one by one, as long as that."""
    there, _ = server.accept()
    with there, suppress(OSError):
        there.sendall(b"\x16\x03\x03\x40\x00")
        for _ in range(20 * HANGING):
            there.sendall(b"\0")
            time.sleep(0.05)


def test_what_was_cut_off_while_it_connected_asks_nothing(site) -> None:
    base, seen = site
    connection = probe._Connection(
        "127.0.0.1", int(base.rpartition(":")[2]), "127.0.0.1", tls=False
    )
    connection.cut()
    with pytest.raises(TimeoutError):
        connection.connect()
    connection.close()
    assert seen == []


def test_nobody_there_is_unreachable() -> None:
    found = ask(f"http://127.0.0.1:{free_port()}/", agent=AGENT, private=True)
    assert found == Answer(LinkState.UNREACHABLE)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8000/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[fd00::1]/",
        "http://0/",
        "http://2130706433/",
        "http://224.0.0.1/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://example.org/",
        "https:///path",
        "",
    ],
)
def test_only_the_public_internet_is_asked(url: str) -> None:
    assert ask(url, agent=AGENT) == Answer(LinkState.FORBIDDEN)


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "http://[::1/", "http://.../"])
def test_a_broken_address_is_unreachable(url: str) -> None:
    assert ask(url, agent=AGENT, private=True).state is LinkState.UNREACHABLE


def test_a_redirection_into_the_house_is_not_followed(
    site, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, seen = site
    monkeypatch.setattr(probe, "_is_public", lambda ip: ip == "127.0.0.1")
    assert ask(f"{base}/away/in", agent=AGENT) == Answer(LinkState.FORBIDDEN)
    assert len(seen) == 1


def test_what_no_program_can_take_apart_stops_no_other(site) -> None:
    base, _ = site
    broken = ["https://[exemple.org]/page", "http://[::1/", "http://a\u2100b/", "http://h:x/"]
    found = ask_all([*broken, f"{base}/200"], agent=AGENT, seconds=60, private=True)
    assert [found[url].state for url in broken] == [LinkState.UNREACHABLE] * 4
    assert found[f"{base}/200"] == Answer(LinkState.ANSWERS, 200)


def test_many_are_asked_and_those_without_time_are_left_out(site) -> None:
    base, seen = site
    urls = [f"{base}/200?{number}" for number in range(20)] + [f"{base}/404"]
    found = ask_all(urls, agent=AGENT, seconds=60, private=True)
    assert [found[url].state for url in urls] == [LinkState.ANSWERS] * 20 + [LinkState.MISSING]
    assert ask_all(urls, agent=AGENT, seconds=0, private=True) == {}
    assert ask_all([], agent=AGENT, seconds=60) == {}
    assert len(seen) == 22
