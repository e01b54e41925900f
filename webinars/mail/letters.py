"""A mail ready to be handed over, and how its texts are made from templates."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import css_inline
from flask import current_app

from webinars.domain.mail_copies import in_html
from webinars.models import MailKind

NAME = f"Name{secrets.token_hex(8)}"
"""The mark of the name by which the person is greeted: see ``marks.py``."""
ADDRESS = f"Address{secrets.token_hex(8)}"
"""The mark of the address in what a letter brings for calendars."""


class NotToBeSent(Exception):
    """What the mail would say is no longer true or of use; the reason is for the ledger."""


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """An entry for calendars, unfolded; marks stand where something is one letter's."""

    filename: str
    method: str | None
    """Of an invitation; None is a plain file (RFC 5546 section 1.4)."""
    text: str
    sequence: int
    """The webinar's own."""
    changed_at: datetime
    withdraws: bool
    """It takes back the invitation of one person, of a webinar that takes place."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What a mail says, in both forms; marks stand where something is one person's."""

    subject: str
    text: str
    html: str

    def filled(self, personal: Mapping[str, str]) -> "Texts":
        """The same with what belongs in the place of each mark."""
        subject, text, html = self.subject, self.text, self.html
        for mark, value in personal.items():
            subject, text = subject.replace(mark, value), text.replace(mark, value)
            html = html.replace(mark, in_html(value))
        return Texts(subject, text, html)


@dataclass(slots=True, eq=False)
class Mould:
    """What letters have in common that differ only in what is one person's."""

    texts: Texts
    calendar: tuple[CalendarPart, ...] = ()
    common: bool = False
    """Nothing in it is of one person: others may read it."""
    made: dict[str, Any] = field(default_factory=dict)
    """What ``content.py`` and ``copies.py`` have made of it, once for all of its letters."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to be handed over."""

    to_name: str
    to_address: str
    mould: Mould
    message_id: str
    personal: Mapping[str, str] = field(default_factory=dict)
    """What stands in the place of each mark."""
    in_calendar: tuple[Mapping[str, str], ...] = ()
    """The same in each part for calendars, beside these."""
    leave_url: str | None = None
    """Where this sort of mail is left; None for what belongs to something they asked for."""

    @property
    def _said(self) -> Texts:
        return self.mould.texts.filled(self.personal)

    @property
    def subject(self) -> str:
        """As the person reads it."""
        return self._said.subject

    @property
    def text(self) -> str:
        """As the person reads it."""
        return self._said.text

    @property
    def html(self) -> str:
        """As the person's mail program shows it."""
        return self._said.html


@dataclass(frozen=True, slots=True)
class Own:
    """What the organisers say in their own words, filled in; what is empty has the usual ones."""

    subject: str = ""
    opening: tuple[str, ...] = ()
    """Paragraphs, each of one line or more."""
    closing: tuple[str, ...] = ()


USUAL = Own()

ODD_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f0-9/\\@:<>\[\](){}|=+*#%$€£&_~^。．｡]|\.(?![ -]|$)")


def harmless(name: str) -> str:
    """The name, or nothing when it could carry somebody else's message to this address."""
    return "" if len(name) > 60 or ODD_IN_A_NAME.search(name) else name


def texts(kind: MailKind, context: dict[str, Any], own: Own = USUAL) -> Texts:
    """The texts of a kind of mail, in the language of the moment."""
    environment = current_app.jinja_env
    context = {**context, "own": own}
    subject, text, html = (
        environment.get_template(f"email/{kind.value}/{name}").render(context)
        for name in ("subject.txt", "body.txt", "body.html")
    )
    return Texts(
        subject=" ".join((own.subject or subject).split()),
        text=text.strip() + "\n",
        # The dark scheme is a media query: it cannot stand in an attribute.
        html=css_inline.inline(html, load_remote_stylesheets=False, keep_at_rules=True),
    )
