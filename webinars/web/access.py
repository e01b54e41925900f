"""Who may use each route. A route without an entry is refused, and fails the tests."""

import enum

from flask import Flask, abort, redirect, request, url_for
from flask_security import current_user
from flask_wtf.csrf import validate_csrf
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError


class Access(enum.Enum):
    """Who may use a route."""

    PUBLIC = "anybody; the page sets and reads no cookie"
    PERSONAL = "whoever has the personal secret that stands in the address"
    ORGANISER = "a signed-in organiser"
    SIGN_IN = "anybody, to become a signed-in organiser"
    MACHINE = "probes and monitors; tells nothing of persons"
    DEMONSTRATION = "anybody, and only on a demonstration site"


TABLE: dict[str, Access] = {
    "static": Access.PUBLIC,
    "public.home": Access.PUBLIC,
    "public.cycle": Access.PUBLIC,
    "public.webinar": Access.PUBLIC,
    "public.robots": Access.PUBLIC,
    "public.favicon": Access.PUBLIC,
    "registrations.register": Access.PUBLIC,
    "registrations.link": Access.PUBLIC,
    "registrations.form_address": Access.PUBLIC,
    "registrations.join": Access.PUBLIC,
    "library.replays": Access.PUBLIC,
    "library.theme": Access.PUBLIC,
    "library.resources": Access.PUBLIC,
    "library.resource": Access.PUBLIC,
    "feeds.everything": Access.PUBLIC,
    "feeds.cycle": Access.PUBLIC,
    "feeds.theme": Access.PUBLIC,
    "feeds.webinar": Access.PUBLIC,
    "feeds.person": Access.PERSONAL,
    "people.page": Access.PERSONAL,
    "people.cancel": Access.PERSONAL,
    "people.confirm": Access.PERSONAL,
    "organise.desk": Access.ORGANISER,
    "security.login": Access.SIGN_IN,
    "security.logout": Access.ORGANISER,
    "security.static": Access.SIGN_IN,
    "machines.healthz": Access.MACHINE,
    "machines.readyz": Access.MACHINE,
    "demo.mailbox": Access.DEMONSTRATION,
    "demo.message": Access.DEMONSTRATION,
    "demo.message_html": Access.DEMONSTRATION,
}


def guard(app: Flask) -> None:
    """Deny by default: every request passes here before its view."""

    @app.before_request
    def check() -> Response | None:
        if request.endpoint is None:
            return None  # no such address: the 404 says so
        if "\0" in request.path:
            abort(404)  # PostgreSQL cannot even look for it
        access = TABLE.get(request.endpoint)
        if access is None:
            abort(403)
        if access is Access.ORGANISER and not current_user.is_authenticated:
            # What is not a page of its own cannot be gone back to.
            back = request.script_root + request.path if request.method == "GET" else None
            return redirect(url_for("security.login", next=back))
        if access is Access.ORGANISER and request.method == "POST":
            _demand_csrf_token()
        return None


def _demand_csrf_token() -> None:
    """What is done at the desk is done from a page of the desk."""
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        abort(400)
