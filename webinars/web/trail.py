"""The history of a cycle and of the whole house, and the way back of a publication."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.clock import to_local
from webinars.domain import history as histories
from webinars.domain import undoing
from webinars.domain.errors import WrongPlan
from webinars.domain.fields import SLUG
from webinars.domain.history import Act, History, HouseCycle, HouseHistory
from webinars.domain.plan import DEFAULT_ZONE
from webinars.domain.planning import Stale
from webinars.domain.undoing import ChangedSince
from webinars.services import services
from webinars.web.act_words import (
    WebinarWords,
    act_in_words,
    actor_in_words,
    cycle_fields_of,
    is_of_a_cycle,
    webinars_of,
)
from webinars.web.acting import editor, whole_number
from webinars.web.change_words import FieldWords, quoted
from webinars.web.sentences import say_line

blueprint = Blueprint("trail", __name__, url_prefix="/organise")


@dataclass(frozen=True, slots=True)
class Line:
    """One act as the page shows it."""

    act: Act
    actor: str
    words: str
    cycle_fields: tuple[FieldWords, ...]
    webinars: tuple[WebinarWords, ...]
    cycle: HouseCycle | None = None
    """On the page of the whole house."""

    @property
    def of_a_removed_cycle(self) -> bool:
        """It was done to a cycle that is no more: its slug is the subject."""
        act = self.act
        return act.cycle_id is None and act.subject is not None and is_of_a_cycle(act.act)

    @property
    def has_details(self) -> bool:
        """There is more than its sentence."""
        return bool(self.cycle_fields) or any(
            one.fields or one.added or one.removed for one in self.webinars
        )


@dataclass(frozen=True, slots=True)
class Day:
    """The acts of one day, in the zone of the page; the latest first."""

    day: date
    at: datetime
    """Some instant of it."""
    lines: tuple[Line, ...]


@blueprint.get("/cycles/<cycle>/history")
def history(cycle: str) -> Response:
    """Who did what, when, with what was before and after."""
    return make_response(_page(cycle))


@blueprint.get("/history")
def house() -> Response:
    """The same of everything: of all cycles, and of what belongs to none."""
    with services().database.read() as session:
        seen = histories.house_history(session, below=whole_number(request.args.get("below")))
    lines = [_line_of_house(act, seen) for act in seen.acts]
    body = render_template(
        "organise/house_history.html",
        days=_days(lines, DEFAULT_ZONE),
        zone=DEFAULT_ZONE,
        older=seen.older,
        first_page="below" not in request.args,
    )
    return make_response(body)


@blueprint.post("/cycles/<cycle>/history/<int:revision>/revert")
def revert(cycle: str, revision: int) -> AnyResponse:
    """Draft the inverse of a publication, to be looked at and published."""
    try:
        with services().database.write() as session:
            undoing.revert(session, cycle_slug=cycle, revision=revision, editor=editor())
    except ChangedSince as error:
        return make_response(_page(cycle, refused=str(error)), 409)
    except Stale:
        return make_response(_page(cycle, stale=True), 409)
    except WrongPlan as error:
        wrong = " ".join(dict.fromkeys(say_line(fault) for fault in error.faults))
        return make_response(_page(cycle, wrong=wrong), 409)
    return redirect(url_for("publishing.preview", cycle=cycle), code=303)


def _page(
    cycle: str, *, refused: str | None = None, stale: bool = False, wrong: str | None = None
) -> str:
    webinar = request.args.get("webinar", "")
    with services().database.read() as session:
        seen = histories.history(
            session,
            cycle_slug=cycle,
            webinar=webinar if SLUG.fullmatch(webinar) else None,
            below=whole_number(request.args.get("below")),
        )
    return render_template(
        "organise/history.html",
        history=seen,
        days=_days([_line(act, seen) for act in seen.acts], seen.zone),
        refused=quoted(seen.titles.get(refused, refused)) if refused else None,
        stale=stale,
        wrong=wrong,
        first_page="below" not in request.args,
        csrf_token=generate_csrf(),
    )


def _days(lines: Iterable[Line], zone: str) -> tuple[Day, ...]:
    days: dict[date, list[Line]] = {}
    for line in lines:
        days.setdefault(to_local(line.act.at, zone).date(), []).append(line)
    return tuple(Day(day, lines[0].act.at, tuple(lines)) for day, lines in days.items())


def _line_of_house(act: Act, seen: HouseHistory) -> Line:
    cycle = seen.cycles.get(act.cycle_id) if act.cycle_id else None
    titles = cycle.titles if cycle else {}
    return Line(
        act=act,
        actor=actor_in_words(act.actor),
        words=act_in_words(act, titles),
        cycle_fields=cycle_fields_of(act),
        webinars=webinars_of(act, titles),
        cycle=cycle,
    )


def _line(act: Act, seen: History) -> Line:
    touched = webinars_of(act, seen.titles)
    return Line(
        act=act,
        actor=actor_in_words(act.actor),
        words=act_in_words(act, seen.titles),
        cycle_fields=cycle_fields_of(act),
        webinars=_of_this(touched, seen.webinar),
    )


def _of_this(touched: Sequence[WebinarWords], slug: str | None) -> tuple[WebinarWords, ...]:
    """All of them; on the page of one webinar, that one."""
    return tuple(one for one in touched if slug is None or one.slug == slug)
