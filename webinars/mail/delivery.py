"""Handing one mail to the server, one recipient at a time.

Flask-Mail is the configured door. Its connection is replaced where it is unsafe: it has no
time limit and no TLS context, takes a failing QUIT for a failed mail, and hides a refused
recipient. https://flask-mail.readthedocs.io
"""

import contextlib
import re
import select
import smtplib
import socket
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn, Self

from flask_mail import Connection, Mail

from webinars.config import Settings
from webinars.domain.delivery_notices import is_no_such_address
from webinars.mail.content import ascii_address

ENHANCED = re.compile(r"5\.\d{1,3}\.\d{1,3}\b")
"""At the beginning of a reply (RFC 2034 section 4)."""
PROMPT = 0.1
"""Seconds within which a server that is not slow answers; then, every so long, we look up."""
LOOK_UP = 2.0


class Refused(Exception):
    """The server said no for good (5xx) to this mail."""


class NoSuchAddress(Refused):
    """The server knows no such recipient: none of our mails will ever arrive there."""

    def __init__(self, answer: str, *, address: str, status: str) -> None:
        super().__init__(answer)
        self.address = address
        self.status = status


class NotNow(Exception):
    """The server said no for now (4xx) to this mail."""


class Uncertain(Exception):
    """The link broke after the message went out: the server may or may not have it."""


class Trouble(Exception):
    """The server takes nothing now, whoever it is for; the words are for the log."""

    def __init__(self, words: str, *, tried: bool = False) -> None:
        super().__init__(words)
        self.tried = tried
        """A recipient had been named: it may be that mail that the server cannot stand."""


class Post(Connection):
    """One connection to the server, for as many mails as one likes.

    ``look_up`` is called with the seconds that an answer has taken so far, when the server is
    slow: its owner sees to what else it holds. ``hurry`` says that a message's answer may take no
    longer than any other.
    """

    def __init__(
        self,
        mail: Mail,
        settings: Settings,
        *,
        look_up: Callable[[float], None] = lambda _waited: None,
        hurry: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(mail)
        self._settings = settings
        self._look_up = look_up
        self._hurry = hurry

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

    def offer(self, address: str) -> None:
        """Name the sender and the recipient. Raises Refused, NotNow, Trouble, Unwritable."""
        recipient = ascii_address(address)
        used = self.host is not None
        try:
            self._name_sender()
        except Trouble:
            if not used:
                raise
            # It may have hung up while nothing was to be sent.
            self._name_sender()
        self._name_recipient(recipient)

    def withdraw(self) -> None:
        """Take back what was offered: the next mail begins afresh."""
        if self.host is not None:
            try:
                self.host.rset()
            except (OSError, smtplib.SMTPException):
                self._hang_up()

    def hand_over(self, content: bytes) -> str:
        """Give the content; the server's reply. Raises Refused, NotNow, Trouble, Uncertain."""
        assert self.host is not None
        try:
            code, reply = self._ask("DATA")
        except (OSError, smtplib.SMTPException) as error:  # nothing went out yet
            self._hang_up()
            raise Trouble(f"the link broke: {_short(error)}", tried=True) from error
        if code != 354:
            self._say_no(code, reply)
        try:
            # RFC 5321 section 4.5.2: a line that begins with a dot has another before it.
            self.host.send(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            code, reply = self._answer(self._patience)
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise Uncertain(f"the link broke after the message: {_short(error)}") from error
        if 400 <= code < 600:
            self._say_no(code, reply)
        if not 200 <= code < 300:
            self._hang_up()
            raise Uncertain(f"the server answered {code} {_text(reply)}")
        return f"{code} {_text(reply)}"

    def _name_sender(self) -> None:
        """Whatever goes wrong here would go wrong with any mail."""
        try:
            if self.host is None:
                self._look_up(0)
                self.host = self.configure_host()
            code, reply = self._ask(f"MAIL FROM:<{ascii_address(self._settings.return_path)}>")
        except smtplib.SMTPAuthenticationError as error:
            self._hang_up()
            raise Trouble(f"the server refused the password: {error.smtp_code}") from error
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise Trouble(f"no conversation with the server: {_short(error)}") from error
        if code != 250:
            self._hang_up()
            raise Trouble(f"the server takes no mail from us: {code} {_text(reply)}")

    def _name_recipient(self, address: str) -> None:
        try:
            code, reply = self._ask(f"RCPT TO:<{address}>")
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise Trouble(f"the link broke: {_short(error)}", tried=True) from error
        if code in (250, 251):
            return
        said = ENHANCED.match(_text(reply))
        if 500 <= code < 600 and said and is_no_such_address(said[0]):
            self.withdraw()
            answer = f"{code} {_text(reply)}"
            raise NoSuchAddress(answer, address=address, status=said[0])
        self._say_no(code, reply)

    def _say_no(self, code: int, reply: bytes) -> NoReturn:
        answer = f"{code} {_text(reply)}"
        if code == 421:
            self._hang_up()
            raise Trouble(answer, tried=True)
        self.withdraw()
        raise Refused(answer) if 500 <= code < 600 else NotNow(answer)

    def _ask(self, command: str) -> tuple[int, bytes]:
        assert self.host is not None
        self.host.putcmd(command)
        return self._answer(lambda: self._settings.mail_timeout)

    def _answer(self, patience: Callable[[], float]) -> tuple[int, bytes]:
        """The server's answer; looks up from time to time while there is none."""
        assert self.host is not None
        sock = self.host.sock
        assert isinstance(sock, socket.socket)
        waited, step = 0.0, PROMPT
        while not _is_readable(sock, step):
            waited += step
            if waited >= patience():
                raise TimeoutError(f"no answer in {waited:.0f} s")
            self._look_up(waited)
            step = min(LOOK_UP, max(PROMPT, patience() - waited))
        return self.host.getreply()

    def _patience(self) -> float:
        """Seconds for the answer to a message."""
        return self._settings.mail_timeout if self._hurry() else self._settings.answer_timeout

    def _hang_up(self) -> None:
        """Without a goodbye: a server that does not answer would be waited for again."""
        if self.host is not None:
            self.host.close()
            self.host = None


def _is_readable(sock: socket.socket, seconds: float) -> bool:
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _text(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())[:300]


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
