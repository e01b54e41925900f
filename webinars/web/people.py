"""The participant's own page. GET shows, POST acts: mail scanners open links."""

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import (
    asking,
    confirming,
    following,
    list_choices,
    participants,
    registrations,
    said_anew,
    whole_cycle,
)
from webinars.domain.consent import NEWS
from webinars.domain.errors import (
    NotFound,
    RegistrationClosed,
    WebinarCancelled,
    WebinarOver,
)
from webinars.domain.leaving import leave_all
from webinars.domain.plan import DEFAULT_ZONE
from webinars.domain.surveys import open_surveys
from webinars.models import MailList
from webinars.services import services
from webinars.web.details_form import LANGUAGE_NAMES
from webinars.web.language import request_language
from webinars.web.list_words import LIST_WORDS
from webinars.web.my_calendar import ALARM_WORDS
from webinars.web.personal import (
    OldForm,
    acting,
    done_on_page,
    opened,
    page_form_token,
    stands_on,
    which_webinar,
)

blueprint = Blueprint("people", __name__)

DONE = (
    "cancelled",
    "confirmed",
    "all_confirmed",
    "all_cancelled",
    "calendar_replaced",
    "alarm_set",
    "alarm_off",
    "corrected",
    "cycle_left",
    "come_back",
    "included",
    "theme_confirmed",
    "theme_stopped",
    "list_left",
    "list_taken_up",
    "taken_over",
    "kept",
    "question_owned",
    "question_disowned",
    "question_asked",
    "seen",
    "seen_taken_back",
)


@blueprint.get("/me/<token>")
def page(token: str) -> Response:
    """What I am registered for, my calendar address, and what I can do about both."""
    done = request.args.get("done")
    return _page(token, done=done if done in DONE else None)


def _page(token: str, *, done: str | None = None, refused: str | None = None) -> Response:
    links = services().links
    with services().database.read() as session:
        person = opened(session, token)
        mine = participants.own_page(session, participant=person, moment=services().moment())
        choices = list_choices.choices(session, participant=person)
        surveys = open_surveys(session, participant=person, now=services().moment().now)
    address = links.person_calendar(
        participants.calendar_token(links, person), language=request_language()
    )
    body = render_template(
        "people/page.html",
        person=person,
        mine=mine,
        choices=choices,
        surveys=surveys,
        said_anew=said_anew.offered(person),
        themes_stopped=any(one.list is MailList.THEMES and not one.on for one in choices),
        list_words=LIST_WORDS,
        can_cancel=sum(registration.can_cancel for registration in mine.registrations),
        news=NEWS,
        zone=DEFAULT_ZONE,
        calendar_url=address,
        webcal_url="webcal://" + address.split("://", 1)[1],
        alarms=ALARM_WORDS,
        token=token,
        door_token=participants.door_token(links, person),
        csrf_token=page_form_token(person),
        languages=LANGUAGE_NAMES,
        done=done,
        refused=refused,
    )
    return make_response(body, 400 if refused else 200)


@blueprint.app_errorhandler(OldForm)
def old_form(_error: OldForm) -> Response:
    """Nothing was done; the page with fresh buttons. Of each blueprint that has no other answer."""
    token: str = (request.view_args or {})["token"]
    stands_on(url_for("people.page", token=token))
    return _page(
        token,
        refused=gettext("This page has been open for too long. Press the button again."),
    )


@blueprint.post("/me/<token>/cancel")
def cancel(token: str) -> AnyResponse:
    """Leave one webinar; the first in line gets the place."""
    with acting(token) as (session, person):
        cycle, webinar = which_webinar()
        registrations.cancel(
            session,
            participant=person,
            cycle_slug=cycle,
            webinar_slug=webinar,
            house=services().house,
            now=services().moment().now,
        )
    return done_on_page(token, "cancelled")


@blueprint.post("/me/<token>/confirm")
def confirm(token: str) -> AnyResponse:
    """The address is mine: my registration stands."""
    with acting(token) as (session, person):
        cycle, webinar = which_webinar()
        registrations.confirm(
            session,
            participant=person,
            cycle_slug=cycle,
            webinar_slug=webinar,
            house=services().house,
            now=services().moment().now,
        )
    return done_on_page(token, "confirmed")


@blueprint.post("/me/<token>/confirm-all")
def confirm_all(token: str) -> AnyResponse:
    """The address is mine: everything that waited for it stands."""
    with acting(token) as (session, person):
        confirming.confirm_all(
            session,
            participant=person,
            house=services().house,
            now=services().moment().now,
        )
    return done_on_page(token, "all_confirmed")


@blueprint.post("/me/<token>/cancel-all")
def cancel_all(token: str) -> AnyResponse:
    """Leave every webinar to come; each place goes to the first in line."""
    with acting(token) as (session, person):
        leave_all(
            session,
            participant=person,
            host=services().house.host,
            now=services().moment().now,
        )
    return done_on_page(token, "all_cancelled")


# my cycles and themes --------------------------------------------------------------------


@blueprint.post("/me/<token>/confirm-cycle")
def confirm_cycle(token: str) -> AnyResponse:
    """The address is mine: all my registrations of this cycle stand."""
    with acting(token) as (session, person):
        whole_cycle.confirm_for_cycle(
            session,
            participant=person,
            cycle_slug=_named("cycle"),
            house=services().house,
            now=services().moment().now,
        )
    return done_on_page(token, "all_confirmed")


@blueprint.post("/me/<token>/leave-cycle")
def leave_cycle(token: str) -> AnyResponse:
    """Leave every webinar of a cycle, and those that are added to it."""
    with acting(token) as (session, person):
        whole_cycle.leave_cycle(
            session,
            participant=person,
            cycle_slug=_named("cycle"),
            host=services().house.host,
            now=services().moment().now,
        )
    return done_on_page(token, "cycle_left")


@blueprint.post("/me/<token>/come-back")
def come_back(token: str) -> AnyResponse:
    """The whole of a cycle again, which I had left."""
    with acting(token) as (session, person):
        whole_cycle.come_back(
            session,
            participant=person,
            cycle_slug=_named("cycle"),
            house=services().house,
            now=services().moment().now,
        )
    return done_on_page(token, "come_back")


@blueprint.post("/me/<token>/include")
def include(token: str) -> AnyResponse:
    """This one after all: I had left it, or left it out of my cycle."""
    with acting(token) as (session, person):
        cycle, webinar = which_webinar()
        try:
            whole_cycle.include(
                session,
                participant=person,
                cycle_slug=cycle,
                webinar_slug=webinar,
                house=services().house,
                now=services().moment().now,
            )
        except (WebinarOver, WebinarCancelled) as error:
            raise RegistrationClosed(webinar) from error
    return done_on_page(token, "included")


@blueprint.post("/me/<token>/confirm-theme")
def confirm_theme(token: str) -> AnyResponse:
    """The address is mine: tell me of this theme."""
    with acting(token) as (session, person):
        following.confirm_following(
            session,
            participant=person,
            theme_slug=_named("theme"),
            house=services().house,
            now=services().moment().now,
        )
    return done_on_page(token, "theme_confirmed")


@blueprint.post("/me/<token>/stop-theme")
def stop_theme(token: str) -> AnyResponse:
    """Tell me no more of this theme."""
    with acting(token) as (session, person):
        following.stop_following(session, participant=person, theme_slug=_named("theme"))
    return done_on_page(token, "theme_stopped")


# my mails --------------------------------------------------------------------------------


@blueprint.post("/me/<token>/leave-list")
def leave_list(token: str) -> AnyResponse:
    """Nothing of this sort of mail any more."""
    with acting(token) as (session, person):
        participants.lock(session, participant=person)
        list_choices.leave(
            session, participant=person, lists=[_list()], now=services().moment().now
        )
    return done_on_page(token, "list_left")


@blueprint.post("/me/<token>/take-up-list")
def take_up_list(token: str) -> AnyResponse:
    """This sort of mail again; news of cycles in the words that stand beside the button."""
    with acting(token) as (session, person):
        participants.lock(session, participant=person)
        list_choices.take_up(
            session, participant=person, list_=_list(), now=services().moment().now
        )
    return done_on_page(token, "list_taken_up")


# what a later form said ------------------------------------------------------------------


@blueprint.post("/me/<token>/take-over")
def take_over(token: str) -> AnyResponse:
    """What it said of me is right."""
    with acting(token) as (session, person):
        participants.lock(session, participant=person)
        said_anew.take_over(session, participant=person, now=services().moment().now)
    return done_on_page(token, "taken_over")


@blueprint.post("/me/<token>/keep")
def keep(token: str) -> AnyResponse:
    """Everything stays as it was before that form."""
    with acting(token) as (session, person):
        participants.lock(session, participant=person)
        said_anew.forget(session, participant=person)
    return done_on_page(token, "kept")


@blueprint.post("/me/<token>/own-question")
def own_question(token: str) -> AnyResponse:
    """That question is mine."""
    with acting(token) as (session, person):
        participants.lock(session, participant=person)
        asking.own(
            session, participant=person, question_id=_question(), now=services().moment().now
        )
    return done_on_page(token, "question_owned")


@blueprint.post("/me/<token>/disown-question")
def disown_question(token: str) -> AnyResponse:
    """That question is not mine."""
    with acting(token) as (session, person):
        participants.lock(session, participant=person)
        asking.disown(session, participant=person, question_id=_question())
    return done_on_page(token, "question_disowned")


# my secret -------------------------------------------------------------------------------


@blueprint.post("/me/<token>/link")
def replace_link(token: str) -> Response:
    """Another link to this page, by mail; the one until now opens nothing more."""
    with acting(token) as (session, person):
        participants.replace_page(
            session,
            participant=person,
            host=services().house.host,
            now=services().moment().now,
        )
        email = person.email
    stands_on(url_for("your_data.page"))  # this one is closed now
    return make_response(render_template("people/replaced.html", email=email))


def _named(field: str) -> str:
    """The cycle or the theme that a button is about. Raises NotFound."""
    slug = request.form.get(field, "")
    if not slug or "\0" in slug:
        raise NotFound(field)
    return slug


def _question() -> int:
    """The question that a button is about. Raises NotFound."""
    said = request.form.get("question", "")
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise NotFound("question")
    return int(said)


def _list() -> MailList:
    """The list that a button is about. Raises NotFound."""
    said = request.form.get("list", "")
    if said not in set(MailList):
        raise NotFound("list")
    return MailList(said)
