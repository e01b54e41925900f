"""A letter as it travels (RFC 5322): what letters of one mould share is built once.

The standard library builds the message with empty bodies: Flask-Mail folds a header that it has
encoded already, and so cuts through encoded words (RFC 2047 section 2). The bodies are
quoted-printable (RFC 2045 section 6.7), which may break a line anywhere; so each piece between
two marks is encoded for itself, and what belongs to the person is put between the pieces.
"""

import binascii
import email.policy
import enum
import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from webinars.config import Settings
from webinars.domain.calendar_text import folded
from webinars.domain.invitations import in_mailto
from webinars.domain.mail_copies import in_html
from webinars.mail.letters import ADDRESS, NAME, Letter, Mould

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
)
PLAIN_NAME = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
SOFT_BREAK = b"=\r\n"
LAST_UNIT = re.compile(rb"(?:=[0-9A-F]{2}|.)\Z", re.DOTALL)
LINE = 76
"""RFC 2045 section 6.7 rule 5, with the sign of a soft break."""


class Unwritable(Exception):
    """It cannot be put into an envelope or a header."""


class Form(enum.Enum):
    """In what something of one person stands."""

    TEXT = enum.auto()
    HTML = enum.auto()
    CALENDAR = enum.auto()


Place = tuple[str, Form]
"""Of what stands in the place of a mark; a calendar, by its number, is one person's as a whole."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The bytes of a mould: pieces, with a place between each and the next."""

    subject_is_marked: bool
    """Then it is not among the headers of the first piece."""
    pieces: tuple[bytes, ...]
    places: tuple[Place, ...]


def content_of(letter: Letter, *, settings: Settings, now: datetime) -> bytes:
    """The message as it travels, in seven bits and lines of at most 78.

    Only the address in List-Unsubscribe may be longer. Raises Unwritable for characters that no
    header may have and for an address that cannot be written.
    """
    encoded = _encoded(letter, settings)
    own = [
        _recipient(letter.to_name, letter.to_address),
        f"Date: {format_datetime(now)}\r\nMessage-ID: {letter.message_id}\r\n".encode("ascii"),
    ]
    if encoded.subject_is_marked:
        own.append(_header("Subject", letter.subject))
    if letter.leave_url:
        # RFC 8058 section 3.1: one of each, for the server's DKIM signature to cover. Not
        # folded: RFC 5322 section 2.1.1 allows 998 characters, and a broken address is none.
        own.append(
            f"List-Unsubscribe: <{letter.leave_url}>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode("ascii")
        )
    own.append(encoded.pieces[0])
    values: dict[Place, bytes] = {}
    for mark, value in letter.personal.items():
        values[mark, Form.TEXT] = quoted(value)
        values[mark, Form.HTML] = quoted(in_html(value))
    for number, text in enumerate(calendar_of(letter)):
        values[str(number), Form.CALENDAR] = quoted(folded(text.rstrip("\r\n")).decode("utf-8"))
    for place, piece in zip(encoded.places, encoded.pieces[1:], strict=True):
        own += [values[place], piece]
    return b"".join(own)


def calendar_of(letter: Letter) -> tuple[str, ...]:
    """The parts of a letter for calendars, unfolded, as the person gets them.

    Raises Unwritable.
    """
    if not letter.mould.calendar:
        return ()
    name = letter.personal.get(NAME, "").replace('"', "'")  # it stands between such marks
    address = in_mailto(ascii_address(letter.to_address))
    common = {**letter.personal, NAME: name, ADDRESS: address}
    texts = []
    for part, own in zip(letter.mould.calendar, letter.in_calendar, strict=True):
        text = part.text
        for mark, value in {**common, **own}.items():
            text = text.replace(mark, value)
        texts.append(text)
    return tuple(texts)


def ascii_address(address: str) -> str:
    """The address with its domain as the network writes it (RFC 5890). Raises Unwritable."""
    if PLAIN_ADDRESS.fullmatch(address):
        return address
    local, _, domain = address.rpartition("@")
    try:
        written = f"{local}@{domain.encode('idna').decode('ascii')}"
        written.encode("ascii")
        Address(addr_spec=written)
    except (UnicodeError, ValueError, HeaderParseError) as error:
        why = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise Unwritable(f"the address cannot be written: {why}") from error
    return written


def quoted(text: str) -> bytes:
    """Quoted-printable; may be followed by another piece or by a soft break."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8")
    found = binascii.b2a_qp(lines).replace(b"\n", b"\r\n")
    if len(found) - found.rfind(b"\n") > LINE:  # a soft break after it has to fit as well
        unit = LAST_UNIT.search(found)
        assert unit is not None, "it is not empty"
        found = found[: unit.start()] + SOFT_BREAK + unit[0]
    return found


def _recipient(name: str, address: str) -> bytes:
    """The header; the library writes what is not plain, which takes it longer than the rest."""
    _refuse_control(name, address)
    written = ascii_address(address)
    whole = f"{name} <{written}>" if name else written
    if (not name or PLAIN_NAME.fullmatch(name)) and len(whole) < LINE - len("To: "):
        return f"To: {whole}\r\n".encode("ascii")
    return _header("To", Address(name, addr_spec=written))


def _header(name: str, value: str | Address) -> bytes:
    policy = email.policy.SMTP
    folded: str = policy.header_factory(name, value).fold(policy=policy)
    return folded.encode("ascii")


def _refuse_control(*texts: str) -> None:
    if any(CONTROL.search(text) for text in texts):
        raise Unwritable("a header has control characters")


# what letters of a mould share ---------------------------------------------------------------

TEXT, HTML, CALENDAR = "text-goes-here", "html-goes-here", "calendar-{}-goes-here"


def _encoded(letter: Letter, settings: Settings) -> Encoded:
    made = letter.mould.made
    if "content" not in made:
        made["content"] = _encode(letter.mould, tuple(letter.personal), settings)
    found: Encoded = made["content"]
    return found


def _encode(mould: Mould, marks: tuple[str, ...], settings: Settings) -> Encoded:
    """The message without what is one letter's, cut where the marks are."""
    texts = mould.texts
    _refuse_control(texts.subject)
    subject_is_marked = any(mark in texts.subject for mark in marks)
    message = _message(None if subject_is_marked else texts.subject, mould, settings)
    bodies = [
        (TEXT, *_cut(texts.text, marks, Form.TEXT)),
        (HTML, *_cut(texts.html, marks, Form.HTML)),
    ]
    bodies += [
        (CALENDAR.format(number), [b"", b""], [(str(number), Form.CALENDAR)])
        for number in range(len(mould.calendar))
    ]
    pieces, places = [b""], []
    for word, (first, *others), found in bodies:
        before, _, message = message.partition(word.encode("ascii"))
        pieces[-1] += before + first
        pieces += others
        places += found
    pieces[-1] += message  # the library ends each body with a line of its own
    return Encoded(subject_is_marked, tuple(pieces), tuple(places))


def _message(subject: str | None, mould: Mould, settings: Settings) -> bytes:
    """The message with a word in the place of each body."""
    message = EmailMessage(policy=email.policy.SMTP)
    if subject is not None:
        message["Subject"] = subject
    message["From"] = Address(settings.sender_name, addr_spec=settings.mail_sender)
    if settings.mail_reply_to:
        message["Reply-To"] = Address(addr_spec=ascii_address(settings.mail_reply_to))
    # RFC 3834 section 5: no auto-responder shall answer.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(TEXT, cte="7bit")
    message.add_alternative(HTML, subtype="html", cte="7bit")
    for number, part in enumerate(mould.calendar):
        word = CALENDAR.format(number)
        parameters = {"method": part.method} if part.method else {}
        if part.method and number == 0:
            # The last alternative, and no file: where mail programs look for an invitation.
            message.add_alternative(word, subtype="calendar", cte="7bit", params=parameters)
        else:
            message.add_attachment(
                word, subtype="calendar", cte="7bit", filename=part.filename, params=parameters
            )
    for body in message.walk():
        if not body.is_multipart():
            body.replace_header("Content-Transfer-Encoding", "quoted-printable")
    return message.as_bytes()


def _cut(text: str, marks: tuple[str, ...], form: Form) -> tuple[list[bytes], list[Place]]:
    """The encoded pieces between the marks, each ready for what goes between, and the places."""
    pattern = "|".join(re.escape(mark) for mark in marks)
    parts = re.split(f"({pattern})", text.rstrip("\n")) if marks else [text.rstrip("\n")]
    pieces = [quoted(part) for part in parts[::2]]
    for number, piece in enumerate(pieces):
        begins = b"" if number == 0 or piece.startswith(b"\r\n") else SOFT_BREAK
        ends = b"" if number == len(pieces) - 1 or piece.endswith(b"\r\n") else SOFT_BREAK
        pieces[number] = begins + piece + ends
    return pieces, [(mark, form) for mark in parts[1::2]]
