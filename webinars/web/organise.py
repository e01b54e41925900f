"""The organisers' desk."""

from flask import Blueprint, Response, make_response, render_template
from flask_security import current_user
from flask_wtf.csrf import generate_csrf

from webinars.domain.desk import desk as look_at_desk
from webinars.services import services

blueprint = Blueprint("organise", __name__, url_prefix="/organise")


@blueprint.get("/")
def desk() -> Response:
    """Cycles with their registrations, and what is wrong."""
    with services().database.read() as session:
        seen = look_at_desk(session, moment=services().moment())
    body = render_template(
        "organise/desk.html",
        cycles=seen.cycles,
        outbox=seen.outbox,
        addresses=seen.addresses,
        worker_seen_at=seen.worker_seen_at,
        organiser_email=current_user.email,
        csrf_token=generate_csrf(),
        now=services().moment().now,
    )
    return make_response(body)
