"""Which kits lack a webinar, which webinars lack a kit."""

from flask import Blueprint, Response, make_response, render_template

from webinars.domain import coverage as coverages
from webinars.models import Step
from webinars.services import services

blueprint = Blueprint("coverage", __name__, url_prefix="/organise")


@blueprint.get("/cycles/<cycle>/coverage")
def coverage(cycle: str) -> Response:
    """Themes and steps, with the year's webinars."""
    with services().database.read() as session:
        seen = coverages.coverage(session, cycle_slug=cycle)
    body = render_template("organise/coverage.html", coverage=seen, steps=tuple(Step))
    return make_response(body)
