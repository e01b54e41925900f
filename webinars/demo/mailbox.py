"""A mailbox in a folder (maildir): an SMTP server puts mails in, pages read them."""

import email
import email.policy
import email.utils
import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

MOST_SHOWN = 200
KEY = re.compile(r"[A-Za-z0-9._\-]{1,120}")


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A mail as it arrived."""

    key: str
    subject: str
    sender: str
    to: str
    date: datetime
    snippet: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str | None
    attachments: tuple[tuple[str, str, int], ...]
    """File name, type, size in bytes."""

    @property
    def has_html(self) -> bool:
        """Whether it has a page of its own."""
        return self.html is not None


class Mailbox:
    """The mails of the demonstration."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._maildir = mailbox.Maildir(str(folder), create=True)

    def deliver(self, content: bytes) -> None:
        """Put a mail in."""
        self._maildir.add(content)

    def messages(self) -> list[StoredMessage]:
        """The latest mails, the newest first."""
        keys = sorted(self._maildir.keys(), key=self._arrival, reverse=True)
        return [found for key in keys[:MOST_SHOWN] if (found := self.message(key))]

    def message(self, key: str) -> StoredMessage | None:
        """One mail, if it is there."""
        if not KEY.fullmatch(key):
            return None
        try:
            content = self._maildir.get_bytes(key)
        except KeyError:
            return None
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        return _stored(key, parsed)

    def _arrival(self, key: str) -> float:
        found = re.match(r"(\d+)\.M(\d+)", key)
        return int(found[1]) + int(found[2]) / 1_000_000 if found else 0.0


def _stored(key: str, parsed: EmailMessage) -> StoredMessage:
    text = _part(parsed, "plain") or ""
    date = parsed["Date"]
    sent = email.utils.parsedate_to_datetime(str(date)) if date else None
    return StoredMessage(
        key=key,
        subject=str(parsed["Subject"] or ""),
        sender=str(parsed["From"] or ""),
        to=str(parsed["To"] or ""),
        date=sent.astimezone(UTC) if sent else datetime.fromtimestamp(0, UTC),
        snippet=" ".join(text.split())[:160],
        headers=tuple((name, str(value)) for name, value in parsed.items()),
        text=text,
        html=_part(parsed, "html"),
        attachments=tuple(_attachments(parsed)),
    )


def _part(parsed: EmailMessage, kind: str) -> str | None:
    body = parsed.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body is not None else None


def _attachments(parsed: EmailMessage) -> Iterator[tuple[str, str, int]]:
    for part in parsed.iter_attachments():
        content: Any = part.get_payload(decode=True) or b""
        yield part.get_filename() or "", part.get_content_type(), len(content)


class _Handler:
    def __init__(self, box: Mailbox) -> None:
        self._box = box

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a message: the name is aiosmtpd's."""
        self._box.deliver(envelope.original_content or b"")
        return "250 kept for the demonstration"


def start_server(folder: Path, *, host: str, port: int) -> Controller:
    """An SMTP server on the loopback that keeps every mail in the folder; it is running."""
    controller = Controller(_Handler(Mailbox(folder)), hostname=host, port=port)
    controller.start()
    return controller
