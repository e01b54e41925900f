"""What a person may do with what is kept about them: correct it, read it, take it, erase it."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString
from werkzeug.wrappers import Response as AnyResponse

from webinars import clock
from webinars.domain import audit, erasure, participants
from webinars.domain.personal_data import PersonalData, personal_data
from webinars.domain.plan import DEFAULT_ZONE
from webinars.i18n import iso
from webinars.models import MailKind, MailState, Participant
from webinars.services import services
from webinars.web.details_form import LANGUAGE_NAMES, DetailsForm
from webinars.web.list_words import LIST_WORDS
from webinars.web.notice_words import NOTICE_NAMES
from webinars.web.personal import OldForm, acting, opened, page_form_token, pressed, stands_on

blueprint = Blueprint("rights", __name__)

MAIL_NAMES: dict[MailKind, LazyString] = {
    MailKind.CONFIRMATION: lazy_gettext("Confirmation of the registration"),
    MailKind.WAITING_LIST: lazy_gettext("Place in the waiting list"),
    MailKind.PROMOTION: lazy_gettext("A place has become free"),
    MailKind.CANCELLATION: lazy_gettext("Cancellation of a registration"),
    MailKind.CYCLE_CONFIRMATION: lazy_gettext("Confirmation for a whole cycle"),
    MailKind.THEME_CONFIRMATION: lazy_gettext("Confirmation for a theme"),
    MailKind.SUMMARY: lazy_gettext("Summary of the registrations"),
    MailKind.PLANNED: lazy_gettext("New webinars"),
    MailKind.LINK: lazy_gettext("Personal link"),
    MailKind.REMINDER: lazy_gettext("Reminder"),
    MailKind.REPLAY: lazy_gettext("The replay is online"),
    MailKind.SURVEY: lazy_gettext("Survey"),
    MailKind.WELCOME: lazy_gettext("A new cycle"),
    MailKind.CHANGE_NOTICE: lazy_gettext("Notice of a change"),
}
MAIL_STATES: dict[MailState, LazyString] = {
    MailState.PENDING: lazy_gettext("to leave"),
    MailState.CLAIMED: lazy_gettext("leaving"),
    MailState.HANDING_OVER: lazy_gettext("leaving"),
    MailState.SENT: lazy_gettext("sent"),
    MailState.FAILED: lazy_gettext("not sent"),
    MailState.PARKED: lazy_gettext("kept back: it may or may not have arrived"),
}


# my details ------------------------------------------------------------------------------


@blueprint.get("/me/<token>/details")
def details(token: str) -> Response:
    """What I said of myself, to be corrected."""
    with services().database.read() as session:
        person = opened(session, token)
    return _details(token, person, DetailsForm(of=person))


@blueprint.post("/me/<token>/details")
def correct(token: str) -> AnyResponse:
    """Correct it; nothing is written while a field is wrong."""
    form = DetailsForm(request.form)
    if not form.is_right():
        with services().database.read() as session:
            return _details(token, opened(session, token), form)
    try:
        with acting(token) as (session, person):
            participants.lock(session, participant=person)
            person.full_name = form.full_name.data
            person.organisation = form.organisation.data
            person.actor_category = form.actor_category.data or None
            person.region = form.region.data or None
            person.language = form.language.data
    except OldForm:
        with services().database.read() as session:
            return _details(token, opened(session, token), form, old=True)
    return redirect(url_for("people.page", token=token, done="corrected"), code=303)


def _details(token: str, person: Participant, form: DetailsForm, *, old: bool = False) -> Response:
    status = 400 if old else 422 if form.errors else 200
    body = render_template(
        "people/details.html",
        token=token,
        person=person,
        form=form,
        old=old,
        csrf_token=page_form_token(person),
    )
    return make_response(body, status)


# my data ---------------------------------------------------------------------------------


@blueprint.get("/me/<token>/data")
def data(token: str) -> Response:
    """Everything that is kept about me, to be read."""
    _, kept = _kept(token)
    body = render_template(
        "people/data.html",
        token=token,
        kept=kept,
        mail_names=MAIL_NAMES,
        mail_states=MAIL_STATES,
        list_words=LIST_WORDS,
        notice_names=NOTICE_NAMES,
        languages=LANGUAGE_NAMES,
        zone=DEFAULT_ZONE,
    )
    return make_response(body)


@blueprint.get("/me/<token>/data.json")
def download(token: str) -> Response:
    """The same as a file, for people and programs."""
    _, kept = _kept(token)
    content = {"made_at": clock.now(), **asdict(kept)}
    response = Response(
        json.dumps(content, ensure_ascii=False, indent=2, default=_plain) + "\n",
        content_type="application/json; charset=utf-8",
    )
    name = gettext("my-data.json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _kept(token: str) -> tuple[Participant, PersonalData]:
    with services().database.read() as session:
        person = opened(session, token)
        return person, personal_data(session, participant=person)


def _plain(value: Any) -> str:
    return iso(value) if isinstance(value, datetime) else str(value)


# erase me --------------------------------------------------------------------------------


@blueprint.get("/me/<token>/erase")
def erase(token: str) -> Response:
    """What goes and what stays, before it is done."""
    return _erase(token)


@blueprint.post("/me/<token>/erase")
def erase_now(token: str) -> Response:
    """Erase me; from then on this address opens nothing."""
    try:
        with pressed(token) as (session, person):
            erasure.erase(
                session,
                participant=person,
                actor=audit.PARTICIPANT,
                host=services().house.host,
                now=services().moment().now,
            )
    except OldForm:
        return _erase(token, old=True)
    services().database.empty_log()  # where somebody reads meanwhile, the worker's next tick does
    stands_on(url_for("your_data.page"))  # this one is closed now
    return make_response(render_template("people/erased.html"))


def _erase(token: str, *, old: bool = False) -> Response:
    with services().database.read() as session:
        person = opened(session, token)
        going = erasure.what_goes(session, participant=person, now=services().moment().now)
    body = render_template(
        "people/erase.html",
        token=token,
        person=person,
        going=going,
        old=old,
        csrf_token=page_form_token(person),
    )
    return make_response(body, 400 if old else 200)
