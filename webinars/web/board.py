"""The year board: twelve months, what is drafted in them, and what to do about it."""

from collections.abc import Iterable
from datetime import date

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_wtf.csrf import generate_csrf

from webinars.domain.board import Board
from webinars.domain.board import board as look_at_board
from webinars.domain.history import acts_since, find_act
from webinars.services import services
from webinars.web import board_view
from webinars.web.act_words import acts_in_words
from webinars.web.acting import seen_version, whole_number
from webinars.web.board_view import Attempt, Conflict
from webinars.web.language import request_language

blueprint = Blueprint("board", __name__, url_prefix="/organise/cycles/<cycle>")

NOT_TYPED = {"csrf_token", "seen"}


@blueprint.app_template_filter("day_month")
def day_month(day: date) -> str:
    """«29 août»."""
    return board_view.date_words(day)


@blueprint.get("/")
def board(cycle: str) -> Response:
    """The year."""
    return show(cycle)


def show(cycle: str, *, attempt: Attempt | None = None, status: int = 200) -> Response:
    """The board; with what was typed when an act was refused."""
    asked = whole_number(request.args.get("done"))
    with services().database.read() as session:
        seen = look_at_board(
            session, cycle_slug=cycle, moment=services().moment(), language=request_language()
        )
        act = find_act(session, cycle_slug=cycle, entry_id=asked) if asked else None
    done = board_view.done_of(act, titles_of(seen), asked=asked, version=seen.version)
    return _page(seen, status=status, attempt=attempt, done=done)


def show_overtaken(cycle: str, *, act: str, address: str) -> Response:
    """The board as it is now, with what others did, and what was asked for, to be asked again."""
    with services().database.read() as session:
        seen = look_at_board(
            session, cycle_slug=cycle, moment=services().moment(), language=request_language()
        )
        since = acts_since(session, cycle_slug=cycle, version=seen_version())
    titles = titles_of(seen)
    typed = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_TYPED]
    named = {value for name, value in typed if name in ("slug", "other", "choose") and value}
    conflict = Conflict(
        since=acts_in_words(since, titles),
        wanted=board_view.wanted_in_words(act, request.form.to_dict(flat=False), titles),
        address=address,
        fields=tuple(typed),
        possible=named <= titles.keys(),
    )
    return _page(seen, status=409, conflict=conflict)


def titles_of(seen: Board) -> dict[str, str]:
    """The titles of a year, by slug."""
    return {card.slug: card.title for card in seen.cards}


def _page(
    seen: Board,
    *,
    status: int,
    attempt: Attempt | None = None,
    conflict: Conflict | None = None,
    done: board_view.Done | None = None,
) -> Response:
    chosen = _chosen(seen, attempt)
    body = render_template(
        "organise/board.html",
        board=seen,
        months=board_view.months(seen),
        notes=board_view.notes(seen),
        themes=board_view.themes(seen),
        states={card.slug: board_view.state_of(card) for card in seen.cards},
        told={card.slug: board_view.told_of(card) for card in seen.cards},
        details={card.slug for card in seen.cards if board_view.only_details(card)},
        only_draft=[card for card in seen.cards if card.public is None],
        chosen=chosen,
        rotations=board_view.rotations(seen.cards, chosen),
        attempt=attempt,
        conflict=conflict,
        done=done,
        csrf_token=generate_csrf(),
    )
    return make_response(body, status)


def _chosen(seen: Board, attempt: Attempt | None) -> tuple[str, ...]:
    """The cards that are marked for a rotation."""
    asked: Iterable[str] = request.args.getlist("choose")
    if attempt is not None and attempt.act == "rotate":
        asked = request.form.getlist("choose")
    known = set(asked)
    return tuple(card.slug for card in seen.cards if card.slug in known)


def address_of(cycle: str, *, slug: str | None, entry_id: int | None) -> str:
    """The board after an act, at the card that it was about."""
    return url_for("board.board", cycle=cycle, done=entry_id or 0, _anchor=slug)
