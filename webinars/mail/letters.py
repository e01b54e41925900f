"""A mail ready to be handed over, and how its texts are made from templates."""

import re
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
