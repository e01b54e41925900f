"""Handing one mail to the server, one recipient at a time.

Flask-Mail is the configured door. Its connection is replaced where it is unsafe: it has no
time limit and no TLS context, takes a failing QUIT for a failed mail, and hides a refused
recipient. https://flask-mail.readthedocs.io
"""

import contextlib
import email.policy
import re
import smtplib
import ssl
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from flask_mail import Connection, Mail

from webinars.config import Settings
from webinars.domain.delivery_notices import is_no_such_address
from webinars.mail.letters import Letter

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
ENHANCED = re.compile(r"5\.\d{1,3}\.\d{1,3}\b")
"""At the beginning of a reply (RFC 2034 section 4)."""


class Refused(Exception):
    """The server said no for good (5xx), or the mail cannot be put into an envelope."""


class NoSuchAddress(Refused):
    """The server knows no such recipient: none of our mails will ever arrive there."""

    def __init__(self, answer: str, *, address: str, status: str) -> None:
        super().__init__(answer)
        self.address = address
        self.status = status


class NotNow(Exception):
    """The server said no for now (4xx), or could not be reached."""


class Uncertain(Exception):
    """The link broke after the message went out: the server may or may not have it."""


class Post(Connection):
    """One connection to the server, for as many mails as one likes."""

    def __init__(self, mail: Mail, settings: Settings) -> None:
        super().__init__(mail)
        self._settings = settings

    def __enter__(self) -> Self:
        """Connects on the first mail, so that an unreachable server is that mail's news."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Say goodbye; an answer to that changes nothing any more."""
        if self.host is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self.host.quit()
        self._hang_up()

    def configure_host(self) -> smtplib.SMTP:
        """A connection with a time limit, and verified TLS where it is asked for."""
        settings = self._settings
        context = ssl.create_default_context()
        where = (settings.mail_server, settings.mail_port)
        host: smtplib.SMTP
        if settings.mail_security == "tls":
            host = smtplib.SMTP_SSL(*where, timeout=settings.mail_timeout, context=context)
        else:
            host = smtplib.SMTP(*where, timeout=settings.mail_timeout)
        try:
            if settings.mail_security == "starttls":
                host.starttls(context=context)
            if settings.mail_username and settings.mail_password:
                host.login(settings.mail_username, settings.mail_password)
            host.ehlo_or_helo_if_needed()
        except BaseException:
            host.close()
            raise
        return host

    def offer(self, letter: Letter) -> None:
        """Name the sender and the recipient. Raises Refused, NotNow."""
        try:
            if self.host is None:
                self.host = self.configure_host()
            self._expect(*self.host.mail(ascii_address(self._settings.return_path)))
            self._expect_recipient(letter.to_address)
        except (Refused, NotNow):
            self._reset()
            raise
        except smtplib.SMTPAuthenticationError as error:
            self._hang_up()
            raise NotNow(f"the server refused the password: {error.smtp_code}") from error
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise NotNow(f"no conversation with the server: {_short(error)}") from error

    def withdraw(self) -> None:
        """Take back what was offered: the next mail begins afresh."""
        self._reset()

    def hand_over(self, content: bytes) -> str:
        """Give the content; the server's reply. Raises Refused, NotNow, Uncertain."""
        assert self.host is not None
        try:
            code, reply = self.host.data(content)
        except smtplib.SMTPDataError as error:  # DATA itself was refused: nothing went out
            self._reset()
            self._raise(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise Uncertain(f"the link broke after the message: {_short(error)}") from error
        if code != 250:
            self._reset()
            self._raise(code, reply)
        return f"{code} {_text(reply)}"

    def _expect_recipient(self, address: str) -> None:
        assert self.host is not None
        code, reply = self.host.rcpt(ascii_address(address))
        said = ENHANCED.match(_text(reply))
        if 500 <= code < 600 and said and is_no_such_address(said[0]):
            answer = f"{code} {_text(reply)}"
            raise NoSuchAddress(answer, address=address, status=said[0])
        self._expect(code, reply)

    def _expect(self, code: int, reply: bytes | str) -> None:
        if code not in (250, 251):
            self._raise(code, reply)

    def _raise(self, code: int, reply: bytes | str) -> None:
        answer = f"{code} {_text(reply)}"
        if code == 421:
            self._hang_up()
        raise Refused(answer) if 500 <= code < 600 else NotNow(answer)

    def _reset(self) -> None:
        if self.host is not None:
            try:
                self.host.rset()
            except (OSError, smtplib.SMTPException):
                self._hang_up()

    def _hang_up(self) -> None:
        """Without a goodbye: a server that does not answer would be waited for again."""
        if self.host is not None:
            self.host.close()
            self.host = None


class OneLine(str):
    """A header that is not folded: the library would encode an address of more than a line."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str, value: str) -> Self:
        """Of this name, which the library asks for."""
        header = super().__new__(cls, value)
        header.name = name
        return header

    def fold(self, *, policy: email.policy.Policy) -> str:
        """As it travels; RFC 5322 section 2.1.1 allows 998 characters."""
        return f"{self.name}: {self}{policy.linesep}"


def content_of(letter: Letter, *, settings: Settings, now: datetime) -> bytes:
    """The message as it travels (RFC 5322), in seven bits and lines of at most 78.

    Only the address in List-Unsubscribe may be longer.

    The standard library builds it: Flask-Mail folds a header that it has encoded already,
    and so cuts through encoded words (RFC 2047 section 2). Raises Refused for characters
    that no header may have and for an address that cannot be written.
    """
    for text in (letter.subject, letter.to_address, letter.to_name):
        if CONTROL.search(text):
            raise Refused("a header has control characters")
    message = EmailMessage(policy=email.policy.SMTP)
    message["Subject"] = letter.subject
    message["From"] = Address(settings.sender_name, addr_spec=settings.mail_sender)
    message["To"] = Address(letter.to_name, addr_spec=ascii_address(letter.to_address))
    message["Date"] = now
    message["Message-ID"] = letter.message_id
    if settings.mail_reply_to:
        message["Reply-To"] = Address(addr_spec=ascii_address(settings.mail_reply_to))
    # RFC 3834 section 5: no auto-responder shall answer.
    message["Auto-Submitted"] = "auto-generated"
    if letter.leave_url:
        # RFC 8058 section 3.1: one of each, for the server's DKIM signature to cover.
        message["List-Unsubscribe"] = OneLine("List-Unsubscribe", f"<{letter.leave_url}>")
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    for enclosure in letter.enclosures:
        kind, _, subtype = enclosure.content_type.partition("/")
        message.add_attachment(
            enclosure.data,
            maintype=kind,
            subtype=subtype,
            filename=enclosure.filename,
            params={"charset": "utf-8"} if kind == "text" else None,
        )
    return message.as_bytes()


def ascii_address(address: str) -> str:
    """The address with its domain as the network writes it (RFC 5890). Raises Refused."""
    local, _, domain = address.rpartition("@")
    try:
        written = f"{local}@{domain.encode('idna').decode('ascii')}"
        written.encode("ascii")
        Address(addr_spec=written)
    except (UnicodeError, ValueError, HeaderParseError) as error:
        raise Refused(f"the address cannot be written: {_short(error)}") from error
    return written


def _text(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())[:300]


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
