"""Asking addresses of the web whether they still answer: politely, and within bounds.

One module opens connections to addresses that others have typed, so one module decides where
they may lead: to the public Internet by http and https, at each step of a redirection.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Timer
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from webinars.domain.link_checks import Answer
from webinars.models import LinkState

SECONDS = 15.0
"""For one address with all of its redirections."""
SILENCE = 8.0
"""Seconds without a byte."""
HOPS = 5
"""Redirections that are followed."""
WORKERS = 8
"""Hosts that are asked at once; one host is asked one address after the other."""
LONGEST = 2000
"""Characters of an address that is kept."""
MOVED_FOR_GOOD = (301, 308)
REDIRECTIONS = (301, 302, 303, 307, 308)
GONE = (404, 410)
IN_PATHS = "/%:@!$&'()*+,;=~-._"
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv4 addresses behind a translator (RFC 6052)."""


class _Forbidden(Exception):
    """The address leads where nothing is asked."""


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was looked at first, whatever the name says later."""

    def __init__(self, host: str, port: int, ip: str, *, tls: bool) -> None:
        super().__init__(host, port, timeout=SILENCE)
        self._ip = ip
        self._context = ssl.create_default_context() if tls else None
        self.cut_off = False

    def connect(self) -> None:
        """At each step ``cut`` finds the socket, or is found out after it."""
        self.sock = socket.create_connection((self._ip, self.port), timeout=self.timeout)
        self._demand_time()
        if self._context:
            tls = self._context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock = tls
            self._demand_time()
            tls.do_handshake()
            self._demand_time()

    def _demand_time(self) -> None:
        if self.cut_off:
            raise TimeoutError

    def cut(self) -> None:
        """End what takes too long, from another thread."""
        self.cut_off = True
        if self.sock is not None:
            with suppress(OSError):
                # That of the connection below TLS: the other one takes TLS from who is using it.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def ask_all(
    urls: Iterable[str], *, agent: str, seconds: float, private: bool = False
) -> dict[str, Answer]:
    """What became of each address; those that there was no time for are left out.

    ``agent`` says who asks. ``private`` lets addresses of one's own network be asked.
    """
    ends = time.monotonic() + seconds
    hosts: dict[str, list[str]] = {}
    for url in urls:
        hosts.setdefault(_host(url), []).append(url)

    def ask_host(of_host: list[str]) -> list[tuple[str, Answer]]:
        return [
            (url, ask(url, agent=agent, private=private))
            for url in of_host
            if time.monotonic() < ends
        ]

    with ThreadPoolExecutor(WORKERS) as pool:
        return {
            url: answer for found in pool.map(ask_host, hosts.values()) for url, answer in found
        }


def _host(url: str) -> str:
    """Where it leads; an address that cannot be taken apart leads to itself."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return url


def ask(url: str, *, agent: str, private: bool = False) -> Answer:
    """What becomes of one address: HEAD, and GET where that is refused. Never raises."""
    ends = time.monotonic() + SECONDS
    here, for_good = url, True
    for _ in range(HOPS + 1):
        try:
            status, location = _status(here, agent=agent, private=private, ends=ends)
        except _Forbidden:
            return Answer(LinkState.FORBIDDEN)
        except TimeoutError:
            return Answer(LinkState.SLOW)
        except (OSError, ValueError, http.client.HTTPException):
            return Answer(LinkState.UNREACHABLE)
        if status not in REDIRECTIONS or not location:
            moved = for_good and here != url and len(here) <= LONGEST
            return _answer(status, here if moved else None)
        for_good = for_good and status in MOVED_FOR_GOOD
        try:
            here = urljoin(here, location)
        except ValueError:
            return Answer(LinkState.UNREACHABLE, status)
    return Answer(LinkState.LOOPING, status)


def _answer(status: int, moved_to: str | None) -> Answer:
    if status in GONE:
        return Answer(LinkState.MISSING, status)
    if status >= http.client.INTERNAL_SERVER_ERROR:
        return Answer(LinkState.FAILING, status)
    if status >= http.client.BAD_REQUEST:
        return Answer(LinkState.REFUSED, status)
    return Answer(LinkState.MOVED if moved_to else LinkState.ANSWERS, status, moved_to)


def _status(url: str, *, agent: str, private: bool, ends: float) -> tuple[int, str | None]:
    """Status and ``Location``; what HEAD refuses is asked by GET, whose body nobody reads.

    Raises _Forbidden, TimeoutError, OSError, ValueError, HTTPException.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _Forbidden(url)
    host = parts.hostname.encode("idna").decode()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    ip = _looked_up(host, port, private=private)
    status, location = 0, None
    for method in ("HEAD", "GET"):
        connection = _Connection(host, port, ip, tls=parts.scheme == "https")
        status, location = _one(connection, method, parts, agent=agent, ends=ends)
        if status < http.client.BAD_REQUEST:
            break
    return status, location


def _one(
    connection: _Connection, method: str, parts: SplitResult, *, agent: str, ends: float
) -> tuple[int, str | None]:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.timeout = min(SILENCE, left)
    watchdog = Timer(left, connection.cut)
    watchdog.daemon = True
    watchdog.start()
    target = quote(parts.path or "/", safe=IN_PATHS)
    if parts.query:
        target += f"?{quote(parts.query, safe=f'{IN_PATHS}?')}"
    try:
        headers = {"User-Agent": agent, "Accept": "*/*", "Connection": "close"}
        connection.request(method, target, headers=headers)
        response = connection.getresponse()
        return response.status, response.getheader("Location")
    except (OSError, http.client.HTTPException) as error:
        if connection.cut_off:
            raise TimeoutError from error
        raise
    finally:
        watchdog.cancel()
        connection.close()


def _looked_up(host: str, port: int, *, private: bool) -> str:
    """An address of this name. Raises _Forbidden if one of them is not of the public Internet."""
    found = [
        str(entry[4][0]).partition("%")[0]
        for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ]
    if not private and not all(_is_public(ip) for ip in found):
        raise _Forbidden(host)
    return found[0]


def _is_public(text: str) -> bool:
    ip = ipaddress.ip_address(text)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return _is_public(str(ip.ipv4_mapped))
        if ip.sixtofour or ip.teredo or ip in TRANSLATED:
            return False
    return ip.is_global and not ip.is_multicast
