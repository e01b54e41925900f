"""Chapters of a replay and the resources beside them, joined by organisers."""

from collections.abc import Callable

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask import make_response as answer_with
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain.mentions import (
    NoSuchResource,
    link_resource,
    mentions_page,
    unlink_resource,
)
from webinars.domain.searching import MOST_CHARACTERS
from webinars.services import services
from webinars.web.acting import whole_number

blueprint = Blueprint("mentions", __name__, url_prefix="/organise/cycles/<cycle>")


@blueprint.get("/webinars/<slug>/chapter-resources")
def page(cycle: str, slug: str) -> Response:
    """Every chapter with its resources, and what can be put beside it."""
    return _page(cycle, slug)


@blueprint.post("/webinars/<slug>/chapter-resources/<int(max=2147483647):chapter>/link")
def link(cycle: str, slug: str, chapter: int) -> AnyResponse:
    """Put a resource beside a chapter."""
    refused = _act(link_resource, cycle, slug, chapter)
    if refused:
        return refused
    flash(gettext("The resource stands beside the chapter, on the page of the replay."), "success")
    return redirect(_address(cycle, slug, chapter), code=303)


@blueprint.post("/webinars/<slug>/chapter-resources/<int(max=2147483647):chapter>/unlink")
def unlink(cycle: str, slug: str, chapter: int) -> AnyResponse:
    """Take a resource away from a chapter; the next page offers the way back."""
    refused = _act(unlink_resource, cycle, slug, chapter)
    return refused or redirect(_address(cycle, slug, chapter, taken=_resource()), code=303)


def _resource() -> str:
    return request.form.get("resource", "").replace("\0", "")


def _act(act: Callable[..., bool], cycle: str, slug: str, chapter: int) -> Response | None:
    """Do it with the resource of the form; the page that says why that cannot be."""
    try:
        with services().database.write() as session:
            act(
                session,
                cycle_slug=cycle,
                webinar_slug=slug,
                chapter_id=chapter,
                resource_slug=_resource(),
                actor=current_user.email,
                now=services().moment().now,
            )
    except NoSuchResource:
        return _page(cycle, slug, unchosen=chapter, status=422)
    return None


def _search() -> str:
    return request.values.get("q", "").replace("\0", "").strip()[:MOST_CHARACTERS]


def _address(cycle: str, slug: str, chapter: int, *, taken: str | None = None) -> str:
    """The screen as it was looked at."""
    return url_for(
        "mentions.page",
        cycle=cycle,
        slug=slug,
        q=_search() or None,
        taken=taken,
        of=chapter if taken else None,
        _anchor=None if taken else f"chapter-{chapter}",
    )


def _page(cycle: str, slug: str, *, unchosen: int | None = None, status: int = 200) -> Response:
    with services().database.read() as session:
        seen = mentions_page(
            session,
            cycle_slug=cycle,
            webinar_slug=slug,
            search=_search(),
            taken=request.args.get("taken", "").replace("\0", ""),
        )
    body = render_template(
        "organise/mentions.html",
        seen=seen,
        taken_from=whole_number(request.args.get("of")),
        unchosen=unchosen,
        csrf_token=generate_csrf(),
    )
    return answer_with(body, status)
