"""A year planned from nothing, copied from another, or its settings edited."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from webinars.clock import to_local
from webinars.domain import arranging, planning
from webinars.domain.arranging import Subject
from webinars.domain.editing import Editor, edit_cycle
from webinars.domain.errors import ChangedMeanwhile, WrongPlan, WrongRule
from webinars.domain.library import all_themes
from webinars.domain.outline import Outline, outline
from webinars.domain.plan import DEFAULT_ZONE, Plan
from webinars.domain.planning import SlugInUse, Stale, remove_cycle, year_to_plan
from webinars.domain.programme import ThemeView
from webinars.domain.wish_acts import note_planned
from webinars.domain.wish_views import WishView, suggestions
from webinars.services import services
from webinars.web.acting import editor
from webinars.web.board_acts import taken_meanwhile
from webinars.web.change_words import listed
from webinars.web.language import request_language
from webinars.web.outline_view import Dates, no_dates, shown_dates
from webinars.web.sentences import say_line
from webinars.web.year_faults import add, place, problems, rule_field, slug_in_use
from webinars.web.year_forms import (
    LIBRARY,
    OPEN,
    CopyForm,
    NewYearForm,
    SettingsForm,
    YearForm,
    choices,
    chosen_dates,
)
from webinars.web.year_settings import Settings, read_settings

blueprint = Blueprint("years", __name__, url_prefix="/organise/cycles")

RULE_FIELDS = ("nth", "weekday", "months", "rule", "zone", "department")
"""Without these there are no dates."""


def today(zone: str = DEFAULT_ZONE) -> date:
    """The day in a zone."""
    return to_local(services().moment().now, zone).date()


def _typed() -> MultiDict[str, str] | None:
    """What the form was sent with; None before anything was typed."""
    if request.method == "POST":
        return request.form
    return request.args if request.args.keys() - {"fragment"} else None


def _answer(page: str, dates: Dates, *, code: int = 200, **values: object) -> Response:
    """The page; for its script, the dates alone."""
    template = "_dates" if request.args.get("fragment") == "dates" else page
    body = render_template(
        f"organise/{template}.html", dates=dates, csrf_token=generate_csrf(), **values
    )
    return make_response(body, code)


# from nothing -----------------------------------------------------------------------------


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> AnyResponse:
    """A plan for a year: its dates at once, then its draft."""
    typed = _typed()
    with services().database.read() as session:
        themes = all_themes(session)
        year, title = year_to_plan(session, after=today().year)
        wishes = suggestions(session)
    form = NewYearForm(typed)
    form.theme.choices = choices((theme.slug, theme.title) for theme in themes)
    form.wish.choices = choices((str(wish.id), f"{wish.title} ({wish.support})") for wish in wishes)
    right = form.is_right() if typed else False
    if typed is None:
        form.default(year=year, title=title, themes=[theme.slug for theme in themes])
    found = _new_outline(form, themes, _taken_up(form, wishes), chosen_dates(typed or {}))
    errors: dict[str, str] = {}
    if request.method == "POST" and right and isinstance(found, Outline):
        try:
            _plan_new_year(found, _taken_up(form, wishes))
            return redirect(url_for("board.board", cycle=found.plan.slug), code=303)
        except SlugInUse:
            slug_in_use(form.slug, found.plan.slug)
        except WrongPlan as error:
            errors = place(form, error.faults, found.plan)
        except ChangedMeanwhile:
            add(form.wish, taken_meanwhile())
    dates = (
        shown_dates(found, themes=themes, choosing=True, errors=errors)
        if isinstance(found, Outline)
        else no_dates(found)
    )
    return _answer(
        "new_year",
        dates,
        code=422 if request.method == "POST" else 200,
        form=form,
        problems=problems(form, errors, NEW_ORDER),
    )


NEW_ORDER = ("year", "title", "nth", "weekday", "months", "rule", "starts_at", "duration")


def _taken_up(form: NewYearForm, wishes: Sequence[WishView]) -> tuple[WishView, ...]:
    """The wishes that are ticked: those with the most support first."""
    ticked = set(form.wish.data or ())
    return tuple(wish for wish in wishes if str(wish.id) in ticked)


def _plan_new_year(found: Outline, wishes: Sequence[WishView]) -> None:
    """The draft, and which wishes its first webinars answer: all of it, or nothing."""
    who = Editor(current_user.email, services().moment().now)
    slugs = [slot.session.slug for slot in found.slots]
    with services().database.write() as session:
        cycle = planning.plan_year(session, plan=found.plan, actor=who.actor, now=who.now)
        planned = {wish.id: slug for wish, slug in zip(wishes, slugs, strict=False)}
        note_planned(session, planned=planned, cycle=cycle, editor=who)


def _new_outline(
    form: NewYearForm,
    themes: Iterable[ThemeView],
    wishes: Iterable[WishView],
    chosen: Mapping[date, date],
) -> Outline | str:
    """The dates; or the sentence that says why there are none."""
    if not form.sound("year", "theme", "themes", "wish", *RULE_FIELDS):
        return _mend_first()
    taken = set(form.theme.data or ()) if form.themes.data == LIBRARY else set()
    subjects = [arranging.own_subject(wish.title) for wish in wishes]
    subjects += [Subject(theme.slug, theme.title) for theme in themes if theme.slug in taken]
    try:
        plan = form.plan()
        base = arranging.by_rule(plan, subjects=subjects)
        return outline(base, today=today(plan.zone), chosen=chosen, language=request_language())
    except WrongRule as error:
        return _wrong_rule(form, error)


def _mend_first() -> str:
    return str(gettext("The dates will stand here as soon as year and rule are right."))


def _wrong_rule(form: YearForm, error: WrongRule) -> str:
    sentence = say_line(error.sentence)
    add(form[rule_field(form)], sentence)
    return sentence


# like another one -------------------------------------------------------------------------


@blueprint.route("/<cycle>/copy", methods=["GET", "POST"])
def copy(cycle: str) -> AnyResponse:
    """The same cycle in another year; people and dates of the old one stay there."""
    typed = _typed()
    with services().database.read() as session:
        source = planning.draft_plan(planning.find_cycle(session, slug=cycle))
        themes = all_themes(session)
        year, _ = year_to_plan(session, after=source.year)
    form = CopyForm(typed)
    right = form.is_right() if typed else False
    if typed is None:
        form.year.data, form.themes.data = year, "keep"
    dates = _copied_dates(form, source, themes)
    if request.method == "POST" and right and not dates.problem:
        try:
            return _copy(form, source)
        except SlugInUse:
            slug_in_use(form.slug, form.slug.data or str(form.year.data))
        except WrongPlan as error:
            for fault in error.faults:
                add(form.year, say_line(fault))
    return _answer(
        "copy_year",
        dates,
        code=422 if request.method == "POST" else 200,
        form=form,
        source=source,
        problems=problems(form, {}, ("year", "slug", "themes")),
    )


def _copied_dates(form: CopyForm, source: Plan, themes: Iterable[ThemeView]) -> Dates:
    if form.errors or form.year.data is None:
        return no_dates(_mend_first())
    slug = form.slug.data or str(form.year.data)
    keep = form.themes.data != OPEN
    try:
        made = arranging.copied(source, year=form.year.data, slug=slug, keep_themes=keep)
        found = outline(made.plan, today=today(source.zone), language=request_language())
    except WrongRule as error:
        sentence = say_line(error.sentence)
        add(form.year, sentence)
        return no_dates(sentence)
    return shown_dates(found, themes=themes, left_over=made.left_over)


def _copy(form: CopyForm, source: Plan) -> AnyResponse:
    year = form.year.data
    assert year is not None, "it was validated"
    slug = form.slug.data or str(year)
    with services().database.write() as session:
        left_over = planning.copy_cycle(
            session,
            cycle_slug=source.slug,
            year=year,
            slug=slug,
            keep_themes=form.themes.data != OPEN,
            actor=current_user.email,
            now=services().moment().now,
        )
    if left_over:
        flash(
            gettext("There was no date for %(titles)s.", titles=listed(left_over)),
            "warning",
        )
    return redirect(url_for("board.board", cycle=slug), code=303)


# its settings -----------------------------------------------------------------------------


@blueprint.route("/<cycle>/edit", methods=["GET", "POST"])
def edit(cycle: str) -> AnyResponse:
    """The cycle's own words, rule, hour and place."""
    typed = _typed()
    acting = editor() if request.method == "POST" else None
    known = read_settings(cycle)
    form = SettingsForm(typed)
    right = form.is_right() if typed else False
    if typed is None:
        form.show(known.plan)
    plan = _edited_plan(form, known)
    stale = False
    if acting and right and isinstance(plan, Plan):
        try:
            with services().database.write() as session:
                edit_cycle(
                    session,
                    cycle_slug=cycle,
                    values=form.values_beside(known.plan),
                    realign_from=today(plan.zone) if form.realign.data else None,
                    editor=acting,
                )
            return redirect(url_for("board.board", cycle=cycle), code=303)
        except Stale:
            stale = True
        except WrongPlan as error:
            place(form, error.faults, plan)
    if acting and stale:
        known = read_settings(cycle, seen=acting.seen)
    return _answer(
        "edit_year",
        _coming_dates(plan, known),
        code=409 if stale else 422 if acting else 200,
        form=form,
        settings=known,
        seen=acting.seen if acting and not stale else known.version,
        stale=stale,
        problems=problems(form, {}, ("title", *RULE_FIELDS)),
    )


@blueprint.post("/<cycle>/remove")
def remove(cycle: str) -> AnyResponse:
    """Take away a cycle that was never public; the desk follows."""
    acting = editor()
    with services().database.write() as session:
        remove_cycle(
            session, cycle_slug=cycle, actor=acting.actor, seen=acting.seen, now=acting.now
        )
    return redirect(url_for("organise.desk"), code=303)


def _edited_plan(form: SettingsForm, known: Settings) -> Plan | str:
    """The plan as it would be; or the sentence that says why there is none."""
    if not form.sound("title", "starts_at", "duration", "capacity", *RULE_FIELDS):
        return _mend_first()
    try:
        plan = form.plan(known.plan)
        arranging.by_rule(replace(plan, sessions=()))
        return arranging.realigned(plan, after=today(plan.zone)) if form.realign.data else plan
    except WrongRule as error:
        return _wrong_rule(form, error)


def _coming_dates(plan: Plan | str, known: Settings) -> Dates:
    if isinstance(plan, str):
        return no_dates(plan)
    day = today(plan.zone)
    found = outline(plan, today=day, language=request_language())
    return shown_dates(found, themes=known.themes, since=day)
