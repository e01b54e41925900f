"""Leaving one sort of mail, from the mail itself.

GET shows. POST acts and is answered 200 at once: it may come from a mail program (RFC 8058),
which follows no redirect, has no form token, and sends whatever body it likes. The token in
the address is the proof; it leaves this list, and opens nothing else.
"""

from flask import Blueprint, Response, make_response, render_template
from sqlalchemy.orm import Session

from webinars.domain import list_choices, participants, registrations
from webinars.domain.errors import NotFound
from webinars.models import MailList, Participant
from webinars.services import services
from webinars.web.list_words import LIST_WORDS
from webinars.web.personal import stands_on

blueprint = Blueprint("leaving", __name__)

ADDRESS = "/leave/<list_>/<token>"


@blueprint.get(ADDRESS)
def page(list_: str, token: str) -> Response:
    """What is left, by which button, and what else comes."""
    return _page(list_, token)


@blueprint.post(ADDRESS)
def leave(list_: str, token: str) -> Response:
    """Nothing of this list leaves for them any more."""
    with services().database.write() as session:
        person, wanted = _opened(session, list_, token)
        participants.lock(session, participant=person)
        list_choices.leave(session, participant=person, lists=[wanted], now=services().moment().now)
    return _page(list_, token, done="left")


@blueprint.post(f"{ADDRESS}/link")
def send_link(list_: str, token: str) -> Response:
    """The personal page, where every choice stands: its secret leaves by mail only."""
    with services().database.write() as session:
        person, _ = _opened(session, list_, token)
        registrations.send_link(
            session,
            participant=person,
            webinar=None,
            house=services().house,
            now=services().moment().now,
        )
    return _page(list_, token, done="link_sent")


@blueprint.get(f"{ADDRESS}/link")
def link_address(list_: str, token: str) -> Response:
    """Where the form leads is no page of its own."""
    return _page(list_, token)


def _page(list_: str, token: str, *, done: str | None = None) -> Response:
    with services().database.read() as session:
        person, wanted = _opened(session, list_, token)
        choices = list_choices.choices(session, participant=person)
    if done:
        stands_on(f"/leave/{list_}/{token}")
    body = render_template(
        "people/leave.html",
        chosen=next(one for one in choices if one.list is wanted),
        others=[one for one in choices if one.list is not wanted and one.on and one.of_use],
        words=LIST_WORDS,
        where={"list_": list_, "token": token},
        done=done,
    )
    return make_response(body)


def _opened(session: Session, list_: str, token: str) -> tuple[Participant, MailList]:
    """Who leaves what. Raises NotFound, UnknownSecret, SecretReplaced."""
    if list_ not in set(MailList):
        raise NotFound(list_)
    person = participants.open_leaving(session, links=services().links, token=token, about=list_)
    return person, MailList(list_)
