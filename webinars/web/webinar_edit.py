"""Every field of one webinar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import editing
from webinars.domain.errors import NotFound, WrongPlan
from webinars.domain.fields import NO_LIMIT
from webinars.domain.history import Act, acts_since, titles_of
from webinars.domain.planning import AlreadyPublic, Stale, find_cycle
from webinars.domain.question_list import open_count
from webinars.domain.webinar_draft import WebinarDraft, webinar_draft
from webinars.services import services
from webinars.web import webinar_fields
from webinars.web.act_words import acts_in_words
from webinars.web.acting import editor, seen_version
from webinars.web.board import address_of, show_overtaken

blueprint = Blueprint("webinar_edit", __name__, url_prefix="/organise/cycles/<cycle>/webinars")


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent, and what came of it."""

    typed: Mapping[str, str]
    errors: Mapping[str, str]
    since: Sequence[Act] = ()
    """What others did after the form was made."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Of the webinars that they did it to."""


@blueprint.get("/<slug>")
def page(cycle: str, slug: str) -> Response:
    """The form."""
    draft = _look(cycle, slug)
    return _page(draft, Form(webinar_fields.drafted(draft), {}))


@blueprint.post("/<slug>")
def save(cycle: str, slug: str) -> AnyResponse:
    """Into the draft, if it is right and nobody has been there since."""
    typed = {
        name: " ".join(request.form.getlist(name)).strip()  # a field and the box beside it
        for name in webinar_fields.READERS
        if name in request.form
    }
    who = editor()
    try:
        draft = _look(cycle, slug)
    except NotFound:
        return _gone(cycle)
    values, errors = webinar_fields.read(draft, typed)
    if errors:
        return _page(draft, Form(typed, errors), status=422, version=seen_version())
    try:
        with services().database.write() as session:
            edit = editing.edit_webinar(
                session, cycle_slug=cycle, slug=slug, values=values, editor=who
            )
    except Stale:
        return _overtaken(cycle, slug, typed)
    except WrongPlan as error:
        wrong = Form(typed, webinar_fields.faults_by_field(error))
        return _page(draft, wrong, status=422)
    except AlreadyPublic:
        public = Form(typed, {"slug": gettext("It is public: its address stays as it is.")})
        return _page(draft, public, status=422)
    return redirect(address_of(cycle, slug=edit.slug, entry_id=edit.entry_id), code=303)


def _look(cycle: str, slug: str) -> WebinarDraft:
    with services().database.read() as session:
        return webinar_draft(session, cycle_slug=cycle, slug=slug)


def _gone(cycle: str) -> AnyResponse:
    """It is not in the draft: taken out, or at another address, since the form was made."""
    return show_overtaken(cycle, act="edit", address=url_for("board.board", cycle=cycle))


def _overtaken(cycle: str, slug: str, typed: Mapping[str, str]) -> AnyResponse:
    try:
        with services().database.read() as session:
            draft = webinar_draft(session, cycle_slug=cycle, slug=slug)
            since = acts_since(session, cycle_slug=cycle, version=seen_version())
            titles = titles_of(session, cycle=find_cycle(session, slug=cycle))
    except NotFound:
        return _gone(cycle)
    return _page(draft, Form(typed, {}, since, titles), status=409)


def _page(
    draft: WebinarDraft, form: Form, *, status: int = 200, version: int | None = None
) -> Response:
    with services().database.read() as session:
        waiting = open_count(session, cycle_slug=draft.cycle_slug, webinar_slug=draft.slug)
    changed = webinar_fields.since(draft, form.since, form.typed)
    groups = webinar_fields.views(draft, form.typed, errors=form.errors, changed=changed)
    fields = [one for _, group in groups for one in group]
    body = render_template(
        "organise/webinar.html",
        draft=draft,
        groups=groups,
        differing=[one for one in fields if one.public is not None],
        wrong=_in_order(form.errors),
        since=acts_in_words(form.since, form.titles),
        open_questions=waiting,
        overwritten=[one for one in fields if one.present and not one.taken],
        seen=version or draft.version,
        no_limit=NO_LIMIT,
        csrf_token=generate_csrf(),
    )
    return make_response(body, status)


def _in_order(errors: Mapping[str, str]) -> list[tuple[str, str]]:
    """Field and sentence, in the order in which the fields stand."""
    order = [name for _, names in webinar_fields.GROUPS for name in names]
    return sorted(errors.items(), key=lambda one: order.index(one[0]))
