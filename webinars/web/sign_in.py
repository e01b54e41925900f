"""Organisers' sign-in, by Flask-Security below the desk's address."""

from datetime import timedelta
from typing import Any, cast

from flask import Flask, abort, has_request_context, request
from flask_security import LoginForm, Security, SQLAlchemySessionUserDatastore
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from webinars.models import Organiser, Role
from webinars.services import Services
from webinars.web.limits import limiter, sign_in_limit


class SignInForm(LoginForm):
    """An address and a password; a device is not remembered."""

    remember = None  # type: ignore[assignment]  # wtforms: the field is taken out


def set_up_sign_in(app: Flask, services: Services) -> None:
    """Routes ``security.login`` and ``security.logout``, sessions, password hashing."""
    app.config.update(
        SECURITY_URL_PREFIX="/organise",
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="/organise/",
        SECURITY_POST_LOGOUT_VIEW="/organise/sign-in",
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  (the name of the scheme)
        # One hash, with argon2's own salt: with an HMAC around it, a new secret_key would lock
        # every organiser out. The library asks for a salt all the same.
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SECURITY_PASSWORD_SALT=services.settings.secret(),
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_EMAIL_VALIDATOR_ARGS={
            "check_deliverability": False,
            "globally_deliverable": False,
        },
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_LOGIN_USER_TEMPLATE="security/login_user.html",
        SECURITY_DEFAULT_REMEMBER_ME=False,
        # None is ever made; were one made, it would be like the session's.
        REMEMBER_COOKIE_SECURE=app.config["SESSION_COOKIE_SECURE"],
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_DURATION=timedelta(days=14),
        WTF_CSRF_TIME_LIMIT=None,  # a form lives as long as its session
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_FRESHNESS=timedelta(minutes=-1),  # nothing asks for the password again
        SIGN_IN_LIMIT="10 per minute",
    )

    def make_session() -> Session:
        # Flask-Security commits by itself; only a form that is sent may write.
        if has_request_context() and request.method == "POST":
            return services.database.writing_session()
        return services.database.reading_session()

    sessions = scoped_session(cast("sessionmaker[Session]", make_session))

    @app.teardown_appcontext
    def close(_error: Any) -> None:
        sessions.remove()

    store = SQLAlchemySessionUserDatastore(sessions, Organiser, Role)
    security = Security(app, store, login_form=SignInForm)
    _for_browsers_only(app, security)
    limited = limiter.limit(sign_in_limit, methods=["POST"])
    view: Any = app.view_functions["security.login"]
    app.view_functions["security.login"] = cast("Any", limited(view))


def _for_browsers_only(app: Flask, security: Any) -> None:
    """No token is handed out, and none is taken: the session is the one way in."""
    security.want_json(lambda _request: False)
    security.login_manager.request_loader(lambda _request: None)

    @app.before_request
    def refuse_json() -> None:
        if request.blueprint == "security" and request.is_json:
            abort(415)
