"""A mail ready to be handed over, and how its texts are made from templates."""

from dataclasses import dataclass
from typing import Any

import css_inline
from flask import current_app

from webinars.models import MailKind


class NotToBeSent(Exception):
    """What the mail would say is no longer true or of use; the reason is for the ledger."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a mail."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to be handed over."""

    to_name: str
    to_address: str
    subject: str
    text: str
    html: str
    message_id: str
    leave_url: str | None = None
    """Where this sort of mail is left; None for what belongs to something they asked for."""
    enclosures: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class Texts:
    """What a mail says, in both forms."""

    subject: str
    text: str
    html: str


def texts(kind: MailKind, context: dict[str, Any]) -> Texts:
    """The texts of a kind of mail, in the language of the moment."""
    environment = current_app.jinja_env
    subject, text, html = (
        environment.get_template(f"email/{kind.value}/{name}").render(context)
        for name in ("subject.txt", "body.txt", "body.html")
    )
    return Texts(
        subject=" ".join(subject.split()),
        text=text.strip() + "\n",
        # The dark scheme is a media query: it cannot stand in an attribute.
        html=css_inline.inline(html, load_remote_stylesheets=False, keep_at_rules=True),
    )
