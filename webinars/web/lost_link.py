"""The one page that sends a personal link again, whatever is over or cancelled."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from webinars.services import services
from webinars.web.headers import keep_private
from webinars.web.limits import (
    TYPED_TOO_OFTEN,
    ask_to_wait,
    limiter,
    may_be_typed,
    registrations_limit,
)
from webinars.web.registrations import send_again
from webinars.web.webinar_form import (
    LINK_SUBJECT,
    OLD_FORM,
    LinkForm,
    form_token_is_good,
    new_form_token,
)

blueprint = Blueprint("lost_link", __name__)


@blueprint.get("/link")
def page() -> Response:
    """One field: the address."""
    response = make_response(_page(LinkForm()))
    response.headers["Cache-Control"] = "no-cache"  # it carries a token
    return response


@blueprint.post("/link")
@limiter.limit(registrations_limit)
def send() -> Response:
    """Send the personal link again; the same answer whether the address is known or not."""
    form = LinkForm(request.form)
    if not form_token_is_good(LINK_SUBJECT, request.form.get("csrf_token")):
        return _private(_page(form, notice=OLD_FORM), 400)
    if not form.is_right():
        return _private(_page(form), 422)
    if not may_be_typed(form.email.data):
        return ask_to_wait(_private(_page(form, notice=TYPED_TOO_OFTEN), 429))
    with services().database.write() as session:
        send_again(session, form)
    return _private(_page(LinkForm(), sent=True))


def _page(form: LinkForm, *, notice: Any = None, sent: bool = False) -> str:
    return render_template(
        "public/lost_link.html",
        link=form,
        csrf_token=new_form_token(LINK_SUBJECT),
        notice=notice,
        sent=sent,
    )


def _private(body: str, status: int = 200) -> Response:
    response = make_response(body, status)
    keep_private(response)
    return response
