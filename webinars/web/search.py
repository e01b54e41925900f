"""The search of the site, as one types."""

from flask import Blueprint, Response, make_response, render_template, request

from webinars.domain.search import Chosen, search
from webinars.domain.search_words import MOST_CHARACTERS
from webinars.models import FoundKind
from webinars.services import services

blueprint = Blueprint("search", __name__)

RESULTS_ONLY = "results"
"""What the script of the page asks for: the part that changes."""


@blueprint.get("/search")
def page() -> Response:
    """What is found, narrowed by what the address says."""
    typed = request.args.get("q", "").replace("\0", " ")[:MOST_CHARACTERS]
    with services().database.read() as session:
        results = search(session, typed=typed, chosen=_chosen())
    part = "_results" if request.args.get("part") == RESULTS_ONLY else "page"
    body = render_template(f"search/{part}.html", typed=typed, results=results)
    response = make_response(body)
    # What somebody looks for is kept nowhere on the way, and is no page of its own.
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _chosen() -> Chosen:
    kind, year = request.args.get("kind", ""), request.args.get("year", "")
    return Chosen(
        kind=FoundKind(kind) if kind in set(FoundKind) else None,
        theme=request.args.get("theme", "").replace("\0", "")[:MOST_CHARACTERS] or None,
        year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None,
    )
