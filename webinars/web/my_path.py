"""What a person says of their way through the replays: seen, and not seen after all."""

from flask import Blueprint
from werkzeug.wrappers import Response

from webinars.domain import participants, person_path
from webinars.services import services
from webinars.web.personal import acting, done_on_page, which_webinar

blueprint = Blueprint("my_path", __name__)


@blueprint.post("/me/<token>/seen")
def seen(token: str) -> Response:
    """I have seen this replay."""
    with acting(token) as (session, person):
        cycle, webinar = which_webinar()
        participants.lock(session, participant=person)
        person_path.mark_seen(
            session,
            participant=person,
            cycle_slug=cycle,
            webinar_slug=webinar,
            now=services().moment().now,
        )
    return done_on_page(token, "seen")


@blueprint.post("/me/<token>/not-seen")
def not_seen(token: str) -> Response:
    """I have not seen it after all; the mark goes."""
    with acting(token) as (session, person):
        cycle, webinar = which_webinar()
        person_path.take_back(session, participant=person, cycle_slug=cycle, webinar_slug=webinar)
    return done_on_page(token, "seen_taken_back")
