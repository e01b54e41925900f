"""Organisers' sign-in, by Flask-Security below the desk's address."""

from datetime import timedelta
from typing import Any, cast

from flask import Flask, has_request_context, request
from flask_security import Security, SQLAlchemySessionUserDatastore
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from webinars.models import Organiser, Role
from webinars.services import Services
from webinars.web.limits import limiter, sign_in_limit


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
        SECURITY_PASSWORD_SALT=services.settings.secret(),
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_EMAIL_VALIDATOR_ARGS={
            "check_deliverability": False,
            "globally_deliverable": False,
        },
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_LOGIN_USER_TEMPLATE="security/login_user.html",
        SECURITY_DEFAULT_REMEMBER_ME=False,
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
    Security(app, store)
    limited = limiter.limit(sign_in_limit, methods=["POST"])
    view: Any = app.view_functions["security.login"]
    app.view_functions["security.login"] = cast("Any", limited(view))
