"""Organisers' sign-in, by Flask-Security below the desk's address."""

import base64
import re
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, abort, has_request_context, request, session
from flask_security import Security
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.wrappers import Response

from webinars.domain.account_mails import RESET_LASTS
from webinars.domain.errors import N_
from webinars.domain.organisers import LEAST_PASSWORD
from webinars.models import MailKind, Organiser, Role
from webinars.places import TRANSLATIONS
from webinars.services import Services
from webinars.web.account_forms import (
    AskAgainForm,
    CodeForm,
    NewPasswordForm,
    NoRescueForm,
    PasswordForm,
    RecoveryCodeForm,
    RecoveryForm,
    SecondFactorForm,
    SignInForm,
)
from webinars.web.account_store import (
    AUTHENTICATOR,
    CODE_SECONDS,
    Accounts,
    AuthenticatorApp,
    LedgerMail,
    Passwords,
    derived_key,
)
from webinars.web.limits import limit_codes, limit_passwords, limit_sign_in

FRESH = timedelta(minutes=15)
"""So long after a password was typed it is not asked for again."""
GRACE = timedelta(minutes=1)
"""So long after a page it is not asked for again either: a form that was just opened can be sent.

Each page begins it anew, so it stays far shorter than FRESH: a desk in use is asked too.
"""
HASH_COST = {"argon2__time_cost": 3, "argon2__memory_cost": 65536, "argon2__parallelism": 4}
"""RFC 9106, section 4, second choice; memory in KiB.

Said here, so that a new release of the library asks for no hash to be made anew while somebody
signs in: that only reads.
"""
RECOVERY_CODES = 8
QUIET = "quiet"
"""The category of messages that say what the page shows anyway."""
CONTROL = re.compile(r"[\x00-\x20\x7f]")

WRITING = {
    "security.reset_password",
    "security.change_password",
    "security.two_factor_setup",
    "security.two_factor_token_validation",
    "security.mf_recovery",
    "security.mf_recovery_codes",
}
"""Routes of the library whose forms change an account."""

LIMITED: dict[str, tuple[Any, ...]] = {
    "login": (limit_sign_in, limit_passwords),
    "forgot_password": (limit_sign_in,),
    "reset_password": (limit_sign_in,),
    "change_password": (limit_passwords,),
    "verify": (limit_passwords,),
    "two_factor_token_validation": (limit_sign_in, limit_codes),
    "mf_recovery": (limit_sign_in, limit_codes),
}

MESSAGES: dict[str, tuple[str, str]] = {
    # at fields
    "PASSWORD_NOT_PROVIDED": (N_("Write the password."), "error"),
    "INVALID_PASSWORD": (N_("This is not the password of your account."), "error"),
    "PASSWORD_INVALID_LENGTH": (
        N_("Between %(length)s and 128 characters are needed: three or four words will do."),
        "error",
    ),
    "PASSWORD_IS_THE_SAME": (N_("Choose another password than the present one."), "error"),
    "TWO_FACTOR_INVALID_TOKEN": (
        N_("This code is not right, or was used already: type the one that is shown now."),
        "error",
    ),
    "INVALID_RECOVERY_CODE": (
        N_("This code is not one of yours, or was used already: try another one."),
        "error",
    ),
    # at the top of the next page
    "PASSWORD_RESET_EXPIRED": (
        N_("This link was valid for one hour. Have another one sent to you."),
        "error",
    ),
    "INVALID_RESET_PASSWORD_TOKEN": (
        N_("This link was used already or is incomplete. Have another one sent to you."),
        "error",
    ),
    "PASSWORD_RESET_NO_LOGIN": (
        N_("Your new password holds, and every session has ended. Sign in with it."),
        "success",
    ),
    "PASSWORD_CHANGE": (
        N_("Your new password holds. You are signed in here, and nowhere else any more."),
        "success",
    ),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (
        N_("The second factor is on: from now on, signing in asks for a code."),
        "success",
    ),
    "TWO_FACTOR_DISABLED": (N_("The second factor is off: the password alone opens."), "success"),
    "TWO_FACTOR_PERMISSION_DENIED": (
        N_("Too much time has passed. Begin again with your address and password."),
        "error",
    ),
}
SILENT = (
    "PASSWORD_RESET_REQUEST",
    "REAUTHENTICATION_REQUIRED",
    "REAUTHENTICATION_SUCCESSFUL",
    "TWO_FACTOR_LOGIN_SUCCESSFUL",
    "UNAUTHENTICATED",
    "INVALID_REDIRECT",
)


def set_up_sign_in(app: Flask, services: Services) -> None:
    """The routes of ``security``, sessions, password hashing."""
    app.config.update(_addresses(), **_rules(), **_keys(services))
    app.config.update({f"SECURITY_MSG_{name}": words for name, words in MESSAGES.items()})
    app.config.update({f"SECURITY_MSG_{name}": (QUIET, QUIET) for name in SILENT})
    # None is ever made; were one made, it would be like the session's.
    app.config.update(
        REMEMBER_COOKIE_SECURE=app.config["SESSION_COOKIE_SECURE"],
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_DURATION=timedelta(days=14),
        WTF_CSRF_TIME_LIMIT=None,  # a form lives as long as its session
        SIGN_IN_LIMIT="10 per minute",
    )
    security = Security(
        app,
        Accounts(_sessions(app, services), Organiser, Role),
        mail_util_cls=LedgerMail,
        password_util_cls=Passwords,
        totp_cls=AuthenticatorApp,
        login_form=SignInForm,
        forgot_password_form=RecoveryForm,
        reset_password_form=NewPasswordForm,
        change_password_form=PasswordForm,
        verify_form=AskAgainForm,
        two_factor_setup_form=cast("Any", SecondFactorForm),
        two_factor_rescue_form=cast("Any", NoRescueForm),
        two_factor_verify_code_form=CodeForm,
        mf_recovery_form=RecoveryCodeForm,
    )
    _for_browsers_only(app, security)
    _keep_inside(app)
    for name, limits in LIMITED.items():
        for limit in limits:
            view: Any = app.view_functions[f"security.{name}"]
            app.view_functions[f"security.{name}"] = cast("Any", limit(view))


def _addresses() -> dict[str, Any]:
    """Where each page stands, and where each leads."""
    return {
        "SECURITY_URL_PREFIX": "/organise",
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_VERIFY_URL": "/confirm",
        "SECURITY_RESET_URL": "/recover",
        "SECURITY_CHANGE_URL": "/account/password",
        "SECURITY_TWO_FACTOR_SETUP_URL": "/account/second-factor",
        "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/code",
        "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/recovery-code",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/account/recovery-codes",
        "SECURITY_POST_LOGIN_VIEW": "organise.desk",
        "SECURITY_POST_LOGOUT_VIEW": "security.login",
        "SECURITY_POST_VERIFY_VIEW": "accounts.mine",
        "SECURITY_POST_CHANGE_VIEW": "accounts.mine",
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "accounts.after_second_factor",
    }


def _rules() -> dict[str, Any]:
    """What is on, and how strict it is."""
    return {
        "SECURITY_RECOVERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": [AUTHENTICATOR],
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": CODE_SECONDS,
        "SECURITY_TWO_FACTOR_ALWAYS_VALIDATE": True,
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": RECOVERY_CODES,
        "SECURITY_PASSWORD_HASH": "argon2",
        # One hash, with argon2's own salt: with an HMAC around it, a new secret_key would lock
        # every organiser out. The library asks for a salt all the same.
        "SECURITY_PASSWORD_SINGLE_HASH": True,
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": HASH_COST,
        "SECURITY_PASSWORD_LENGTH_MIN": LEAST_PASSWORD,
        # A link holds the digest of a hash, which has a random salt of its own: a slow one
        # would only tell by its time that there is an account.
        "SECURITY_HASHING_SCHEMES": ["hex_sha256"],
        "SECURITY_RESET_PASSWORD_WITHIN": RESET_LASTS,
        "SECURITY_FRESHNESS": FRESH,
        "SECURITY_FRESHNESS_GRACE_PERIOD": GRACE,
        "SECURITY_JOIN_USER_ROLES": False,  # PostgreSQL locks no row of an outer join
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {
            "check_deliverability": False,
            "globally_deliverable": False,
        },
        # Templates of mails are kinds of our ledger; their texts are made when they leave.
        "SECURITY_EMAIL_PLAINTEXT": False,
        "SECURITY_EMAIL_HTML": False,
        "SECURITY_EMAIL_TEMPLATE_PASSWORD_RESET": MailKind.PASSWORD_RESET.value,
        "SECURITY_EMAIL_TEMPLATE_PASSWORD_RESET_NOTICE": MailKind.PASSWORD_CHANGED.value,
        "SECURITY_EMAIL_TEMPLATE_PASSWORD_CHANGE_NOTICE": MailKind.PASSWORD_CHANGED.value,
        "SECURITY_SEND_REGISTER_EMAIL": False,
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_FLASH_MESSAGES": True,
        "SECURITY_I18N_DOMAIN": "messages",
        "SECURITY_I18N_DIRNAME": [str(TRANSLATIONS)],
    }


def _keys(services: Services) -> dict[str, Any]:
    """What follows from the secret key: the same at each start."""
    secret = services.settings.secret()
    recovery = derived_key(secret, "organisers' recovery codes")
    return {
        "SECURITY_PASSWORD_SALT": secret,
        "SECURITY_TOTP_SECRETS": {"1": derived_key(secret, "organisers' second factors").hex()},
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": [base64.urlsafe_b64encode(recovery)],
        # A colon would end the name in an otpauth address.
        "SECURITY_TOTP_ISSUER": services.settings.site_name.replace(":", " ").strip(),
    }


def _sessions(app: Flask, services: Services) -> "scoped_session[Session]":
    """Flask-Security commits by itself; only some forms that are sent to it write."""

    def make_session() -> Session:
        # On SQLite, two writers of one request would wait for each other for ever, and hashing
        # a stranger's password must not keep everybody else from writing.
        if has_request_context() and request.method == "POST" and request.endpoint in WRITING:
            return services.database.writing_session()
        return services.database.reading_session()

    sessions = scoped_session(cast("sessionmaker[Session]", make_session))

    @app.teardown_appcontext
    def close(_error: Any) -> None:
        sessions.remove()

    return sessions


def _for_browsers_only(app: Flask, security: Any) -> None:
    """No token is handed out, and none is taken: the session is the one way in."""
    security.want_json(lambda _request: False)
    security.login_manager.request_loader(lambda _request: None)

    @app.before_request
    def refuse_json() -> None:
        if request.blueprint in {"security", "accounts"} and request.is_json:
            abort(415)

    @app.after_request
    def drop_quiet_messages(response: Response) -> Response:
        if request.blueprint == "security" and "_flashes" in session:
            session["_flashes"] = [one for one in session["_flashes"] if one[0] != QUIET]
        return response


def _keep_inside(app: Flask) -> None:
    """``next`` leads to an address of this site, or nowhere."""

    @app.before_request
    def forget_other_sites() -> None:
        if request.blueprint != "security":
            return
        for name in ("args", "form"):
            values = getattr(request, name)
            if "next" in values and not is_address_here(values["next"]):
                kept = MultiDict(values)
                kept.pop("next")
                setattr(request, name, ImmutableMultiDict(kept))


def is_address_here(value: str) -> bool:
    """Whether it is a path of this site, however a browser may read it."""
    if not value.startswith("/") or "\\" in value or CONTROL.search(value):
        return False
    parts = urlsplit(value)
    return not value.startswith("//") and not parts.scheme and not parts.netloc
