"""The organisers' desk."""

from flask import Blueprint, Response, make_response, render_template
from flask_security import current_user
from flask_wtf.csrf import generate_csrf

from webinars.domain.desk import desk as look_at_desk
from webinars.services import services
from webinars.web.mail_log_words import alarms_in_words
from webinars.web.mails import tick_every

blueprint = Blueprint("organise", __name__, url_prefix="/organise")


@blueprint.get("/")
def desk() -> Response:
    """Cycles with their registrations, and what is wrong."""
    with services().database.read() as session:
        seen = look_at_desk(session, every=tick_every(), moment=services().moment())
    body = render_template(
        "organise/desk.html",
        cycles=seen.cycles,
        mails=seen.mails,
        alarms=alarms_in_words(seen.mails.alarms),
        addresses=seen.addresses,
        overdue=seen.overdue,
        wishes=seen.wishes,
        organiser_email=current_user.email,
        csrf_token=generate_csrf(),
    )
    return make_response(body)
