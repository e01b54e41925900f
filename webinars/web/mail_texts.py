"""The words of the mails: looked at, written, tried on oneself, and given back."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
)
from flask import url_for as address
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import mail_texts, trials
from webinars.domain.mail_texts import SITUATIONS, OwnWords, Part, Situation, TextAct
from webinars.domain.plan import DEFAULT_ZONE
from webinars.domain.preview_people import SomeRegistration, people_to_show
from webinars.domain.searching import MOST_CHARACTERS
from webinars.i18n import LANGUAGES
from webinars.links import BadToken
from webinars.mail.own_words import faults
from webinars.mail.previews import preview, status_shown
from webinars.models import AuditAct
from webinars.services import services
from webinars.web.acting import seen_version, whole_number
from webinars.web.details_form import LANGUAGE_NAMES
from webinars.web.headers import MAIL_POLICY
from webinars.web.mail_text_form import TextForm
from webinars.web.mail_text_words import PART_NAMES, PLACEHOLDERS, situation_words

PREFIX = "/organise/mails/texts"
MOST_ACTS = 10
PRESS = re.compile(r"[\w-]{8,40}")

blueprint = Blueprint("mail_texts", __name__)


@dataclass(frozen=True, slots=True)
class Preview:
    """How the mail of the fields reads in one language."""

    subject: str
    text: str
    token: str
    """For the frame that shows the HTML."""


@blueprint.get(PREFIX)
def everything() -> Response:
    """Every mail whose words can be written, and which have words of their own."""
    with services().database.read() as session:
        kept = mail_texts.every_own_words(session)
    lines = [
        (where, situation_words(where), own, {one: _state(where, own, one) for one in LANGUAGES})
        for where in SITUATIONS
        for own in [kept.get((where.kind, where.name), OwnWords())]
    ]
    body = render_template(
        "organise/mail_texts.html", lines=lines, zone=DEFAULT_ZONE, languages=LANGUAGE_NAMES
    )
    return make_response(body)


def _state(where: Situation, own: OwnWords, language: str) -> str:
    if not own.of(language):
        return "usual"
    return "unusable" if faults(where, own.of(language)) else "own"


@blueprint.get(f"{PREFIX}/<kind>/<name>")
def edit(kind: str, name: str) -> Response:
    """The form of one mail; ``before`` puts words of earlier into it."""
    where = mail_texts.situation(kind, name)
    with services().database.read() as session:
        own = mail_texts.own_words(session, where=where)
        form = TextForm.of(where, own.texts)
        taken_up = whole_number(request.args.get("before"))
        for act in mail_texts.acts(session, where=where) if taken_up else ():
            if act.id == taken_up:
                form.take_up(act.before)
        return _page(session, where, form, own)


@blueprint.post(f"{PREFIX}/<kind>/<name>")
def save(kind: str, name: str) -> AnyResponse:
    """Keep what was typed: it holds for the mails that leave from now on."""
    where, seen = mail_texts.situation(kind, name), seen_version()
    form = TextForm.typed(where, request.form)
    texts = form.read()
    if form.errors:
        return _shown_again(where, form, status=422)
    try:
        with services().database.write() as session:
            changed = mail_texts.save(
                session,
                where=where,
                texts=texts,
                seen=seen,
                actor=current_user.email,
                now=services().moment().now,
            )
    except mail_texts.Overtaken as error:
        return _overtaken(where, form, error.since)
    if changed:
        flash(gettext("Saved. The mails that leave from now on say so."), "success")
    else:
        flash(gettext("Nothing has changed: it was so already."), "success")
    return redirect(address("mail_texts.edit", kind=kind, name=name), code=303)


@blueprint.post(f"{PREFIX}/<kind>/<name>/preview")
def look(kind: str, name: str) -> Response:
    """The form again, with the mail as it would read. Nothing is kept."""
    where = mail_texts.situation(kind, name)
    form = TextForm.typed(where, request.form)
    form.read()
    return _shown_again(where, form, status=422 if form.errors else 200, looked=not form.errors)


@blueprint.get(f"{PREFIX}/<kind>/<name>/preview")
@blueprint.get(f"{PREFIX}/<kind>/<name>/test")
@blueprint.get(f"{PREFIX}/<kind>/<name>/reset")
def form_address(kind: str, name: str) -> AnyResponse:
    """Where the buttons lead is no page of its own: whoever opens it is led to the form."""
    return redirect(address("mail_texts.edit", kind=kind, name=name))


@blueprint.get(f"{PREFIX}/shown/<token>")
def shown(token: str) -> Response:
    """The HTML of a preview, for its sandboxed frame."""
    try:
        asked = services().links.read_preview_token(token)
    except BadToken:
        abort(404)
    with services().database.read() as session:
        said = preview(
            session,
            where=mail_texts.situation(asked["kind"], asked["name"]),
            language=asked["language"],
            words=asked["words"],
            registration_id=asked["who"],
            services=services(),
        )
    response = Response(said.html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@blueprint.post(f"{PREFIX}/<kind>/<name>/test")
def test(kind: str, name: str) -> Response:
    """Send what was typed to whoever presses, in one language. Nothing is kept."""
    where = mail_texts.situation(kind, name)
    form = TextForm.typed(where, request.form)
    own = form.read()
    language, press = request.form.get("language"), request.form.get("press", "")
    if language not in LANGUAGES or not PRESS.fullmatch(press):
        abort(400)
    if form.wrong_in(language):
        return _shown_again(where, form, status=422)
    try:
        with services().database.write() as session:
            trials.owe(
                session,
                organiser_id=current_user.id,
                press=press,
                where=where,
                language=language,
                words=own[language],
                registration_id=_who(_people(session, where)),
                host=services().settings.host,
                now=services().moment().now,
            )
    except trials.TooManyTrials:
        flash(
            gettext(
                "%(most)s tests an hour are the most: wait a while, then send it again.",
                most=trials.MOST_AN_HOUR,
            ),
            "error",
        )
        return _shown_again(where, form, status=429)
    flash(
        gettext("A test is on its way to %(email)s.", email=current_user.email)
        + " "
        + gettext("Nothing is saved yet."),
        "success",
    )
    return _shown_again(where, form)


@blueprint.post(f"{PREFIX}/<kind>/<name>/reset")
def reset(kind: str, name: str) -> AnyResponse:
    """The usual words again, in one language."""
    where, language = mail_texts.situation(kind, name), request.form.get("language")
    if language not in LANGUAGES:
        abort(400)
    try:
        with services().database.write() as session:
            changed = mail_texts.reset(
                session,
                where=where,
                language=language,
                seen=seen_version(),
                actor=current_user.email,
                now=services().moment().now,
            )
    except mail_texts.Overtaken as error:
        with services().database.read() as session:
            form = TextForm.of(where, mail_texts.own_words(session, where=where).texts)
        return _overtaken(where, form, error.since)
    if changed:
        flash(
            gettext("The usual words leave again. What stood there is kept in the history below."),
            "success",
        )
    return redirect(address("mail_texts.edit", kind=kind, name=name), code=303)


# the page ----------------------------------------------------------------------------------


def _shown_again(
    where: Situation, form: TextForm, *, status: int = 200, looked: bool = False
) -> Response:
    """What was typed, upon the version that it was typed upon; ``looked``: for its preview."""
    with services().database.read() as session:
        own = mail_texts.own_words(session, where=where)
        seen = seen_version()
        return _page(session, where, form, own, status=status, seen=seen, looked=looked)


def _overtaken(where: Situation, form: TextForm, since: Sequence[TextAct]) -> Response:
    """What was typed, with what a colleague saved meanwhile."""
    with services().database.read() as session:
        own = mail_texts.own_words(session, where=where)
        form.overtaken(since, own)
        return _page(session, where, form, own, status=409, since=since)


def _people(session: Session, where: Situation) -> tuple[SomeRegistration, ...]:
    """Those with whose data the mail can be looked at; the one that is chosen first."""
    return people_to_show(
        session,
        search=_searched(),
        status=status_shown(where),
        first=whole_number(request.values.get("who")),
    )


def _searched() -> str:
    return request.values.get("q", "").replace("\0", "").strip()[:MOST_CHARACTERS]


def _who(people: Sequence[SomeRegistration]) -> int | None:
    return people[0].id if people else None


def _page(
    session: Session,
    where: Situation,
    form: TextForm,
    own: OwnWords,
    *,
    status: int = 200,
    seen: int | None = None,
    since: Sequence[TextAct] = (),
    looked: bool = False,
) -> Response:
    people = _people(session, where)
    body = render_template(
        "organise/mail_text.html",
        where=where,
        words=situation_words(where),
        form=form,
        own=own,
        unusable=any(faults(where, own.of(one)) for one in LANGUAGES),
        seen=own.version if seen is None else seen,
        since=since,
        looked=looked,
        acts=mail_texts.acts(session, where=where, most=MOST_ACTS),
        reset=AuditAct.MAIL_TEXT_RESET,
        languages=LANGUAGE_NAMES,
        searched=_searched(),
        part_names=PART_NAMES,
        placeholders=[(one, PLACEHOLDERS[one]) for one in where.allowed(Part.CLOSING)],
        people=people,
        previews={one: _preview(session, where, form, one, _who(people)) for one in LANGUAGES},
        zone=DEFAULT_ZONE,
        press=secrets.token_urlsafe(12),
        csrf_token=generate_csrf(),
    )
    return make_response(body, status)


def _preview(
    session: Session, where: Situation, form: TextForm, language: str, registration_id: int | None
) -> Preview | None:
    """None while the fields cannot be sent."""
    if form.wrong_in(language):
        return None
    words = {part.value: text for part, text in form.words[language].items() if text}
    said = preview(
        session,
        where=where,
        language=language,
        words=words,
        registration_id=registration_id,
        services=services(),
    )
    asked = {
        "kind": where.kind,
        "name": where.name,
        "language": language,
        "words": words,
        "who": registration_id,
    }
    return Preview(said.subject, said.text, services().links.preview_token(asked))
