"""The organisers' list of who is registered for a webinar, and what they do to it by hand."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext, ngettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import by_hand
from webinars.domain.by_hand import AddressTaken, AlreadyRegistered, NotBegun
from webinars.domain.errors import RegistrationClosed, WebinarCancelled
from webinars.domain.places import HOLDS_A_PLACE, STANDS
from webinars.domain.registrants import (
    PAGE,
    UNSAID,
    Filters,
    find_registrant,
    list_head,
    registrant_page,
)
from webinars.domain.searching import MOST_CHARACTERS
from webinars.i18n import CATEGORY_NAMES, DEFAULT_LANGUAGE, REGION_NAMES, STATUS_NAMES
from webinars.models import RegistrationStatus
from webinars.services import services
from webinars.web.acting import whole_number
from webinars.web.guest_form import ORDER, GuestForm, NewGuestForm

PREFIX = "/organise/cycles/<cycle>/webinars/<webinar>/registrations"
ONE = "/<int(max=2147483647):registration>"

blueprint = Blueprint("registrants", __name__, url_prefix=PREFIX)

CATEGORIES = {str(value): name for value, name in CATEGORY_NAMES.items()}


def asked() -> Filters:
    """What the address asks for; what it does not know of is left out."""
    status = request.args.get("status")
    category, region = request.args.get("category"), request.args.get("region")
    return Filters(
        search=request.args.get("q", "").replace("\0", "").strip()[:MOST_CHARACTERS],
        status=RegistrationStatus(status) if status in set(RegistrationStatus) else None,
        category=category if category in {*CATEGORIES, UNSAID} else None,
        region=region if region in {*REGION_NAMES, UNSAID} else None,
    )


def in_address(filters: Filters) -> dict[str, Any]:
    """The same as arguments of an address."""
    said = {
        "q": filters.search,
        "status": filters.status,
        "category": filters.category,
        "region": filters.region,
    }
    return {name: str(value) for name, value in said.items() if value}


def _list_address(cycle: str, webinar: str) -> str:
    """The list as it was being looked at."""
    query = in_address(asked())
    page = whole_number(request.args.get("page"))
    return url_for("registrants.page", cycle=cycle, webinar=webinar, page=page, **query)


# the list --------------------------------------------------------------------------------


@blueprint.get("")
def page(cycle: str, webinar: str) -> Response:
    """Searched and filtered, in the order of arrival."""
    filters = asked()
    with services().database.read() as session:
        seen = registrant_page(
            session,
            cycle_slug=cycle,
            webinar_slug=webinar,
            filters=filters,
            page=whole_number(request.args.get("page")) or 1,
        )
    now = services().moment().now
    body = render_template(
        "organise/registrants.html",
        seen=seen,
        head=seen.head,
        query=in_address(filters),
        first=(seen.page - 1) * PAGE + 1,
        can_mark=now >= seen.head.starts_at and not seen.head.cancelled,
        places=HOLDS_A_PLACE,
        unsaid=UNSAID,
        **_names(),
        csrf_token=generate_csrf(),
    )
    return make_response(body)


@blueprint.post("/attendance")
def attendance(cycle: str, webinar: str) -> AnyResponse:
    """They came, they did not, or it is not known: for those who are ticked, or the page."""
    came = request.form.get("came")
    if came not in by_hand.ATTENDANCE:
        abort(400)
    # Everybody is those whom the page showed, whoever has come to the list since.
    whose = "shown" if request.form.get("everybody") else "registration"
    typed = (whole_number(one) for one in request.form.getlist(whose)[:PAGE])
    chosen = {one for one in typed if one is not None}
    try:
        with services().database.write() as session:
            marked = by_hand.mark_attendance(
                session,
                cycle_slug=cycle,
                webinar_slug=webinar,
                registration_ids=sorted(chosen),
                status=RegistrationStatus(came),
                actor=current_user.email,
                now=services().moment().now,
            )
    except NotBegun:
        flash(gettext("The webinar has not begun: nobody can have come yet."), "error")
    except WebinarCancelled:
        flash(gettext("The webinar is cancelled: nobody can have come."), "error")
    else:
        _say_marked(chosen=len(chosen), marked=marked)
    return redirect(_list_address(cycle, webinar), code=303)


def _say_marked(*, chosen: int, marked: int) -> None:
    if not chosen:
        flash(gettext("Tick those whom it is about, then press the button again."), "error")
        return
    said = [ngettext("%(num)s person was marked.", "%(num)s people were marked.", marked)]
    if marked < chosen:
        said.append(
            ngettext(
                "%(num)s stays as they were: marked so already, or without a place.",
                "%(num)s stay as they were: marked so already, or without a place.",
                chosen - marked,
            )
        )
    flash(" ".join(said), "success")


# one registration ------------------------------------------------------------------------


@blueprint.get("/add")
def add_form(cycle: str, webinar: str) -> Response:
    """Who is to be registered."""
    form = NewGuestForm()
    form.tell.data = True
    form.language.data = DEFAULT_LANGUAGE
    return _add_page(cycle, webinar, form)


@blueprint.post("/add")
def add(cycle: str, webinar: str) -> AnyResponse:
    """Register them: a place if there is one, else the waiting list."""
    form = NewGuestForm(request.form)
    if not form.is_right():
        return _add_page(cycle, webinar, form)
    try:
        with services().database.write() as session:
            status = by_hand.add(
                session,
                cycle_slug=cycle,
                webinar_slug=webinar,
                person=form.person(),
                question=form.question.data,
                tell=form.tell.data,
                house=services().house,
                actor=current_user.email,
                now=services().moment().now,
            ).status
    except AlreadyRegistered:
        form.refuse("email", gettext("This person is registered already: see the list."))
        return _add_page(cycle, webinar, form)
    except WebinarCancelled:
        return _add_page(cycle, webinar, form, status=409)
    if status is RegistrationStatus.WAITLISTED:
        said = gettext("Every place is taken: this person is on the waiting list now.")
    else:
        said = gettext("This person is registered and has a place.")
    flash(said, "success")
    return redirect(url_for("registrants.page", cycle=cycle, webinar=webinar), code=303)


def _add_page(cycle: str, webinar: str, form: NewGuestForm, *, status: int = 200) -> Response:
    with services().database.read() as session:
        head = list_head(session, cycle_slug=cycle, webinar_slug=webinar)
    body = render_template(
        "organise/registrants_add.html",
        head=head,
        form=form,
        order=ORDER,
        over=services().moment().now >= head.ends_at,
        csrf_token=generate_csrf(),
    )
    return make_response(body, 422 if form.errors else status)


@blueprint.get(ONE)
def details(cycle: str, webinar: str, registration: int) -> Response:
    """One of the list, to be corrected or cancelled."""
    return _details_page(cycle, webinar, registration)


@blueprint.post(ONE)
def correct(cycle: str, webinar: str, registration: int) -> AnyResponse:
    """Correct what is known of them."""
    form = GuestForm(request.form)
    if not form.is_right():
        return _details_page(cycle, webinar, registration, form)
    try:
        with services().database.write() as session:
            changed = by_hand.correct(
                session,
                cycle_slug=cycle,
                webinar_slug=webinar,
                registration_id=registration,
                person=form.person(),
                host=services().house.host,
                actor=current_user.email,
                now=services().moment().now,
            )
    except AddressTaken:
        form.refuse("email", gettext("This address is another person’s: choose another."))
        return _details_page(cycle, webinar, registration, form)
    flash(gettext("Corrected.") if changed else gettext("Nothing was changed."), "success")
    return redirect(_list_address(cycle, webinar), code=303)


@blueprint.post(f"{ONE}/cancel")
def cancel(cycle: str, webinar: str, registration: int) -> AnyResponse:
    """End their registration; the place goes to the first in line."""
    try:
        with services().database.write() as session:
            ended = by_hand.end(
                session,
                cycle_slug=cycle,
                webinar_slug=webinar,
                registration_id=registration,
                tell=request.form.get("tell") == "y",
                host=services().house.host,
                actor=current_user.email,
                now=services().moment().now,
            )
    except RegistrationClosed:
        flash(gettext("There is nothing to cancel any more: see the list."), "error")
    else:
        _say_ended(ended)
    return redirect(_list_address(cycle, webinar), code=303)


def _say_ended(ended: by_hand.Ended) -> None:
    said = [gettext("The registration is cancelled.")]
    if ended.promoted:
        said.append(
            ngettext(
                "%(num)s person came from the waiting list to a place.",
                "%(num)s people came from the waiting list to a place.",
                ended.promoted,
            )
        )
    mails = ended.told + ended.promoted
    said.append(
        ngettext(
            "%(num)s mail is leaving.",
            "%(num)s mails are leaving.",
            mails,
        )
        if mails
        else gettext("No mail leaves.")
    )
    flash(" ".join(said), "success")


def _details_page(
    cycle: str, webinar: str, registration: int, form: GuestForm | None = None
) -> Response:
    with services().database.read() as session:
        head = list_head(session, cycle_slug=cycle, webinar_slug=webinar)
        person = find_registrant(session, head=head, registration_id=registration)
        now = services().moment().now
        promoted = by_hand.promoted_by_ending(
            session, head=head, registration_id=registration, now=now
        )
    form = form or GuestForm(of=person)
    body = render_template(
        "organise/registrants_one.html",
        head=head,
        person=person,
        form=form,
        order=ORDER,
        stands=person.status in STANDS,
        begun=now >= head.starts_at,
        over=now >= head.ends_at,
        promoted=promoted,
        back=_list_address(cycle, webinar),
        query=request.query_string.decode("ascii", "ignore"),
        **_names(),
        csrf_token=generate_csrf(),
    )
    return make_response(body, 422 if form.errors else 200)


def _names() -> dict[str, Any]:
    return {
        "status_names": STATUS_NAMES,
        "category_names": CATEGORIES,
        "region_names": REGION_NAMES,
    }
