"""What the routes behind a personal link have in common: its secret, its form's token."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import g, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from webinars.domain import participants
from webinars.domain.errors import NotFound
from webinars.models import Participant
from webinars.services import services
from webinars.web.webinar_form import form_token_is_good, new_form_token


class OldForm(Exception):
    """The form was not fetched from this person's page, or too long ago."""


def page_form_token(person: Participant) -> str:
    """What the forms of this person's page carry."""
    return new_form_token(_subject(person))


def opened(session: Session, token: str) -> Participant:
    """Whose page this is. Raises UnknownSecret, SecretReplaced."""
    return participants.open_page(session, links=services().links, token=token)


@contextmanager
def acting(token: str) -> Iterator[tuple[Session, Participant]]:
    """One act of the person on their own page: one transaction, and it proves the address.

    Raises UnknownSecret, SecretReplaced, OldForm.
    """
    with pressed(token) as (session, person):
        yield session, person
        participants.used(session, participant=person, now=services().moment().now)


@contextmanager
def pressed(token: str) -> Iterator[tuple[Session, Participant]]:
    """The same for an act after which there is nobody to be proven."""
    with services().database.write() as session:
        person = opened(session, token)
        if not form_token_is_good(_subject(person), request.form.get("csrf_token")):
            raise OldForm
        yield session, person


def done_on_page(token: str, done: str) -> Response:
    """Back to the page, which says what was done."""
    return redirect(url_for("people.page", token=token, done=done), code=303)


def which_webinar() -> tuple[str, str]:
    """The cycle and the webinar that a button is about. Raises NotFound."""
    cycle, _, webinar = request.form.get("webinar", "").partition("/")
    if not cycle or not webinar or "\0" in cycle + webinar:
        raise NotFound("webinar")
    return cycle, webinar


def stands_on(address: str) -> None:
    """The answer to a form stands on this page: the other language leads there."""
    g.page_path = address.removeprefix(request.script_root)
    g.page_query = ""


def _subject(person: Participant) -> str:
    return f"person.{person.public_id}"
