"""What a person may do about their own calendar: have it ring, and close its address."""

from flask import Blueprint, request
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from webinars.domain import participants
from webinars.domain.errors import NotFound
from webinars.domain.personal_calendar import ALARMS, set_alarm
from webinars.services import services
from webinars.web.personal import acting, done_on_page

blueprint = Blueprint("my_calendar", __name__)

NO_ALARM = "none"
ALARM_WORDS = {
    10: lazy_gettext("10 minutes before"),
    60: lazy_gettext("1 hour before"),
    24 * 60: lazy_gettext("1 day before"),
}
"""Of each that ``domain/personal_calendar.py`` has."""


@blueprint.post("/me/<token>/calendar")
def replace(token: str) -> Response:
    """Another address of my calendar; the one until now ends."""
    with acting(token) as (session, person):
        participants.replace_calendar(session, participant=person)
    return done_on_page(token, "calendar_replaced")


@blueprint.post("/me/<token>/calendar/alarm")
def alarm(token: str) -> Response:
    """Whether the entries of my calendar ring, and how long before the start."""
    with acting(token) as (session, person):
        minutes = _minutes()
        participants.lock(session, participant=person)
        set_alarm(session, participant=person, minutes=minutes, now=services().moment().now)
    return done_on_page(token, "alarm_off" if minutes is None else "alarm_set")


def _minutes() -> int | None:
    """What was chosen; a form of ours offers nothing else. Raises NotFound."""
    said = request.form.get("alarm", "")
    if said == NO_ALARM:
        return None
    for minutes in ALARMS:
        if said == str(minutes):
            return minutes
    raise NotFound("alarm")
