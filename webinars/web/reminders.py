"""The rules by which mails leave, of a cycle and of one webinar: looked at, and drafted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as address
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import editing
from webinars.domain.editing import Edit, Editor
from webinars.domain.forecast import Forecast, Typed, WebinarMails, forecast
from webinars.domain.history import acts_since, titles_of
from webinars.domain.planning import Stale, find_cycle
from webinars.services import services
from webinars.web.act_words import ActWords, acts_in_words
from webinars.web.acting import editor
from webinars.web.mail_words import mail_words, rules_words
from webinars.web.reminder_form import OWN, UNITS, RulesForm

blueprint = Blueprint("reminders", __name__, url_prefix="/organise/cycles/<cycle>")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Whose rules they are, with what is drafted and what was typed."""

    slug: str | None
    """Of the webinar; None is the cycle."""
    drafted: Forecast
    form: RulesForm
    typed: Typed | None
    """The rules of the form, if nothing is wrong with them."""


@blueprint.app_template_filter("mail_words")
def _mail_words(rule: Any) -> str:
    return mail_words(rule)


@blueprint.route("/reminders", methods=["GET", "POST"])
def of_cycle(cycle: str) -> AnyResponse:
    """Those of every webinar that has none of its own."""
    return _answer(cycle, None)


@blueprint.route("/webinars/<slug>/reminders", methods=["GET", "POST"])
def of_webinar(cycle: str, slug: str) -> AnyResponse:
    """Those of one webinar."""
    return _answer(cycle, slug)


def _answer(cycle: str, slug: str | None) -> AnyResponse:
    sheet = _sheet(cycle, slug)
    if request.method != "POST":
        return _page(sheet)
    acting = editor()
    if sheet.typed is None:
        return _page(sheet, status=422, seen=acting.seen)
    try:
        edit = _save(cycle, sheet, sheet.typed, acting)
    except Stale:
        return _page(sheet, status=409, since=_since(cycle, acting))
    if edit.entry_id is None:
        flash(gettext("Nothing has changed: it was so already."), "success")
    else:
        flash(gettext("It is drafted, and holds once you publish it."), "success")
    return redirect(_here(cycle, slug), code=303)


def _here(cycle: str, slug: str | None) -> str:
    if slug is None:
        return address("reminders.of_cycle", cycle=cycle)
    return address("reminders.of_webinar", cycle=cycle, slug=slug)


def _sheet(cycle: str, slug: str | None) -> Sheet:
    drafted = _look(cycle)
    own = drafted.webinar(slug).own if slug is not None else None
    typed = request.form if request.method == "POST" else request.args
    if not typed.keys() - {"fragment"}:
        words = own if own is not None else drafted.words
        whose = slug is None or own is not None
        form = RulesForm.of(words, survey_url=drafted.survey_url, own=whose)
        return Sheet(slug, drafted, form, Typed(words if whose else None, drafted.survey_url, slug))
    form = RulesForm.typed(typed, own=slug is None or typed.get("whose") == OWN)
    if not form.own:
        return Sheet(slug, drafted, form, Typed(None, slug=slug))
    words, survey_url = form.read()
    read = None if form.errors else Typed(words, survey_url, slug)
    return Sheet(slug, drafted, form, read)


def _look(cycle: str, typed: Typed | None = None) -> Forecast:
    with services().database.read() as session:
        return forecast(
            session,
            cycle_slug=cycle,
            moment=services().moment(),
            pace=services().pace,
            typed=typed,
        )


def _save(cycle: str, sheet: Sheet, typed: Typed, acting: Editor) -> Edit:
    """Into the draft. What says the same stays as it was written."""
    with services().database.write() as session:
        if sheet.slug is not None:
            words = None if typed.words is None else list(typed.words)
            values: Mapping[str, Any] = {"reminders": words}
            return editing.edit_webinar(
                session, cycle_slug=cycle, slug=sheet.slug, values=values, editor=acting
            )
        values = {"survey_url": typed.survey_url}
        if typed.words != sheet.drafted.words:
            values = {**values, "reminders": typed.words}
        return editing.edit_cycle(session, cycle_slug=cycle, values=values, editor=acting)


def _since(cycle: str, acting: Editor) -> tuple[ActWords, ...]:
    with services().database.read() as session:
        titles = titles_of(session, cycle=find_cycle(session, slug=cycle))
        since = acts_since(session, cycle_slug=cycle, version=acting.seen or 0)
    return acts_in_words(since, titles)


def _page(
    sheet: Sheet, *, status: int = 200, seen: int | None = None, since: Sequence[ActWords] = ()
) -> Response:
    shown = _look(sheet.drafted.slug, sheet.typed) if sheet.typed else None
    alone = request.args.get("fragment") == "dates"
    body = render_template(
        "organise/_leaving.html" if alone else "organise/reminders.html",
        cycle=sheet.drafted,
        webinar=sheet.drafted.webinar(sheet.slug) if sheet.slug is not None else None,
        form=sheet.form,
        units=UNITS,
        shown=_shown(shown, sheet.slug),
        summary=_summary(shown, sheet.slug),
        cycle_words=rules_words(sheet.drafted.words),
        seen=seen or sheet.drafted.version,
        since=since,
        csrf_token=generate_csrf(),
    )
    return make_response(body, status)


def _shown(found: Forecast | None, slug: str | None) -> tuple[WebinarMails, ...]:
    """What the panel lists: the webinar, or all of which something is to come."""
    if found is None:
        return ()
    if slug is not None:
        return (found.webinar(slug),)
    return tuple(one for one in found.webinars if one.near)


def _summary(found: Forecast | None, slug: str | None) -> str:
    """The rules in words, as the panel begins."""
    if found is None:
        return gettext("What leaves will stand here as soon as the fields are right.")
    own = found.webinar(slug).own if slug is not None else None
    words = own if own is not None else found.words
    return rules_words(words) if words else gettext("No mail leaves by itself.")
