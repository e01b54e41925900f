"""Errors as pages that say what to do."""

from urllib.parse import quote

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
)
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from flask_limiter.errors import RateLimitExceeded
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from webinars.domain.errors import ChangedMeanwhile, NotFound, RegistrationClosed
from webinars.domain.participants import SecretReplaced, UnknownSecret
from webinars.domain.planning import AlreadyPublic, Stale
from webinars.domain.programme import CycleView, home
from webinars.links import Purpose
from webinars.services import services
from webinars.web.limits import WRONG_SECRETS, may_try_secrets

log = structlog.get_logger()

PAGES: dict[int, tuple[LazyString, LazyString]] = {
    400: (
        lazy_gettext("This request cannot be understood"),
        lazy_gettext("Go back, check what you typed and send it again."),
    ),
    403: (
        lazy_gettext("This page is not open to you"),
        lazy_gettext("If you are an organiser, sign in with an account that may use it."),
    ),
    404: (
        lazy_gettext("There is no such page"),
        lazy_gettext("The address may be incomplete. The programme below leads to every webinar."),
    ),
    405: (
        lazy_gettext("This address works in another way"),
        lazy_gettext("Open the page itself and use its buttons."),
    ),
    408: (
        lazy_gettext("What you sent did not arrive"),
        lazy_gettext("It came too slowly, and nothing was kept. Send it once more."),
    ),
    409: (
        lazy_gettext("That is no longer possible"),
        lazy_gettext("Something has changed in the meantime. Open the page again."),
    ),
    410: (
        lazy_gettext("This link has been replaced"),
        lazy_gettext("A newer link was sent to you since. Use it, or have your link sent again."),
    ),
    413: (
        lazy_gettext("That is too large"),
        lazy_gettext("Shorten what you send and try again."),
    ),
    429: (
        lazy_gettext("Too many requests at once"),
        lazy_gettext(
            "Nothing of it was done. Wait a minute, then go back in your browser and send it again."
        ),
    ),
    500: (
        lazy_gettext("Something broke on our side"),
        lazy_gettext(
            "Nothing was half-done. Try again in a moment; if it happens again, send us the "
            "number below."
        ),
    ),
    501: (
        lazy_gettext("This format is not known here"),
        lazy_gettext("Ask for format=json or format=xml."),
    ),
}
KNOWS_THE_PROGRAMME = {404, 410}
NO_SECRET = lazy_gettext(
    "This personal link opens nothing. A mail program may have cut it off, or what was kept "
    "behind it has been erased. Have your link sent again to the address that you registered with."
)
CALENDAR_REPLACED = lazy_gettext(
    "This calendar address was replaced. The new one stands on your personal page: subscribe "
    "to it, and remove this one from your calendar."
)


def handle_errors(app: Flask) -> None:
    """Every error of the site looks like the site."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotFound, lambda _error: error_page(404))
    app.register_error_handler(UnknownSecret, _no_secret)
    app.register_error_handler(SecretReplaced, _replaced)
    for changed in (RegistrationClosed, ChangedMeanwhile, AlreadyPublic, Stale):
        app.register_error_handler(changed, lambda _error: error_page(409))
    app.register_error_handler(Exception, _unexpected)


def _no_secret(_error: UnknownSecret) -> Response:
    if not may_try_secrets():
        return _wait()
    return error_page(404, sentence=NO_SECRET, lost_link=True)


def _replaced(error: SecretReplaced) -> Response:
    if not may_try_secrets():
        return _wait()
    calendar = error.purpose is Purpose.CALENDAR
    return error_page(410, sentence=CALENDAR_REPLACED if calendar else None, lost_link=True)


def _wait() -> Response:
    response = error_page(429)
    response.headers["Retry-After"] = str(WRONG_SECRETS.get_expiry())
    return response


def error_page(
    code: int, *, sentence: str | LazyString | None = None, lost_link: bool = False
) -> Response:
    """The page of an error; ``sentence`` replaces the usual advice.

    ``lost_link``: a personal link opened nothing, so its page offers to send it again.
    """
    title, usual = PAGES[code]
    body = render_template(
        "errors/page.html",
        code=code,
        title=title,
        sentence=sentence or usual,
        request_id=g.get("request_id"),
        lost_link=lost_link,
        programme=_programme() if code in KNOWS_THE_PROGRAMME else None,
    )
    response = make_response(body, code)
    response.headers["Cache-Control"] = "no-store"
    return response


def _programme() -> CycleView | None:
    try:
        with services().database.read() as session:
            return home(session, moment=services().moment()).cycle
    except SQLAlchemyError:
        return None


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    if code < 400:  # a redirect that werkzeug raises
        return make_response(error.get_response())
    if code == 404 and (address := _without_slash()):
        return make_response(redirect(address, code=308))
    sentence = error.description if _is_worded(error) else None
    response = error_page(code if code in PAGES else 400 if code < 500 else 500, sentence=sentence)
    response.status_code = code
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    if isinstance(error, RateLimitExceeded):  # at most so long, wherever its window began
        response.headers["Retry-After"] = str(error.limit.limit.get_expiry())
    return response


def _is_worded(error: HTTPException) -> bool:
    """Whether its description is a sentence of ours."""
    return isinstance(error, RateLimitExceeded) and error.limit.error_message is not None


def _without_slash() -> str | None:
    """The address that was meant by one with a slash too many at its end."""
    path = request.path.rstrip("/")
    if request.url_rule or path == request.path or request.method not in {"GET", "HEAD"}:
        return None
    adapter = current_app.create_url_adapter(request)
    if adapter is None or not adapter.test(path, "GET"):
        return None
    query = request.query_string.decode("ascii", "replace")
    return f"{request.script_root}/{quote(path.lstrip('/'))}" + (f"?{query}" if query else "")


def _unexpected(error: Exception) -> Response:
    log.error(
        "unexpected_error",
        id=g.get("request_id"),
        route=request.url_rule.rule if request.url_rule else None,
        exc_info=error,
    )
    return error_page(500)
