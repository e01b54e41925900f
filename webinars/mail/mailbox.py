"""The mailbox of notices, read over IMAP (RFC 3501); every step has a time limit."""

import contextlib
import imaplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from webinars.config import Settings
from webinars.mail.bounces import MOST_BYTES

AT_ONCE = 500
"""Messages of one look; the others wait for the next."""


class Unreadable(Exception):
    """The mailbox cannot be read now; the words are for the log and for who runs the service."""


def read_new(settings: Settings, *, take: Callable[[bytes], None], stop: Callable[[], bool]) -> int:
    """Give each unread message to ``take``, then mark it as read; how many.

    One that ``take`` refused or that a crash left behind stays unread, and comes again.
    Raises Unreadable, and what ``take`` raises.
    """
    done = 0
    with opened(settings) as box:
        for uid in _unread(box)[:AT_ONCE]:
            if stop():
                break
            fetched = _asked(box.uid, "FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
            # A message that was moved away meanwhile has no content.
            for content in (part[1] for part in fetched if isinstance(part, tuple)):
                take(content)
            _asked(box.uid, "STORE", uid, "+FLAGS.SILENT", r"(\Seen)")
            done += 1
    return done


def waiting(settings: Settings) -> int:
    """How many messages are unread; nothing is changed. Raises Unreadable."""
    with opened(settings, readonly=True) as box:
        return len(_unread(box))


@contextmanager
def opened(settings: Settings, *, readonly: bool = False) -> Iterator[imaplib.IMAP4]:
    """The folder, connected and signed in. Raises Unreadable."""
    box = _connected(settings)
    try:
        name = settings.bounce_imap_folder.replace("\\", "\\\\").replace('"', '\\"')
        _asked(box.select, f'"{name}"', readonly)
        yield box
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            box.logout()


def _connected(settings: Settings) -> imaplib.IMAP4:
    server, port = settings.bounce_imap_server or "", settings.bounce_imap_port
    name, password = settings.bounce_imap_username or "", settings.bounce_imap_password or ""
    limit = settings.bounce_imap_timeout
    context = ssl.create_default_context()
    box: imaplib.IMAP4 | None = None
    try:
        if settings.bounce_imap_security == "tls":
            box = imaplib.IMAP4_SSL(server, port, ssl_context=context, timeout=limit)
        else:
            box = imaplib.IMAP4(server, port, timeout=limit)
        if settings.bounce_imap_security == "starttls":
            box.starttls(context)
        box.login(name, password)
    except (OSError, UnicodeError, imaplib.IMAP4.error) as error:
        if box is not None:
            box.shutdown()
        raise Unreadable(_words(error)) from error
    return box


def _unread(box: imaplib.IMAP4) -> list[str]:
    found = _asked(box.uid, "SEARCH", "UNSEEN")[0]
    return found.decode("ascii", "replace").split() if isinstance(found, bytes) else []


def _asked(command: Callable[..., tuple[str, list[Any]]], *words: Any) -> list[Any]:
    """The data of an answer that is OK. Raises Unreadable."""
    try:
        state, data = command(*words)
    except (OSError, UnicodeError, imaplib.IMAP4.error) as error:
        raise Unreadable(_words(error)) from error
    if state != "OK":
        raise Unreadable(f"the server answered {state}: {data!r}"[:200])
    return data


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
