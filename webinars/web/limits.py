"""How much one network may ask of what writes, and how often one account may be tried."""

import hmac
import ipaddress
import re
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, request, session
from flask_babel import gettext, lazy_gettext
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_security import EmailValidateException, current_user
from limits import parse

from webinars.services import services

WITH_PORT = re.compile(r"\[([^\[\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+")
"""As some proxies write an address."""
HOST_BITS = 64
"""Of an IPv6 address: whoever has one has all that differ in them only (RFC 4291, 2.5.1)."""


def network() -> str:
    """Where a request comes from: one IPv4 address, or an IPv6 network of 64 bits."""
    said = get_remote_address()
    found = WITH_PORT.fullmatch(said)
    try:
        address = ipaddress.ip_address((found[1] or found[2]) if found else said)
    except ValueError:
        return said
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:  # RFC 4291, 2.5.5.2
        return str(address.ipv4_mapped)
    return f"{ipaddress.IPv6Address(int(address) >> HOST_BITS << HOST_BITS)}/{HOST_BITS}"


limiter = Limiter(network, default_limits=[], headers_enabled=False)

PASSWORDS = "20 per hour"
"""Attempts at one account, from wherever they come."""
CODES = "6 per 15 minutes; 30 per day"
"""Of one account's second factor: at any time, three codes of a million are right."""
TYPED = parse("30 per hour")
"""Forms that register one address, or send its link, from wherever they come."""
WRONG_SECRETS = parse("60 per minute")
"""Personal links that open nothing, of one network. Those that open are never counted: a calendar
service asks for thousands of people from one address."""
COUNTS = parse("240 per minute")
"""What pages tell of plays, of one network: a room full of viewers each sends one a minute."""
TYPED_TOO_OFTEN = lazy_gettext(
    "This address was typed too often within an hour. Look in your mail: your personal link "
    "is in each of ours. Otherwise wait an hour, then send the form again."
)
LONGEST_ADDRESS = 254
"""Characters (RFC 5321, 4.5.3.1.3)."""


def registrations_limit() -> str:
    """Of forms that write or send mail."""
    return f"{services().settings.registrations_per_minute} per minute"


def may_be_typed(email: str) -> bool:
    """Count a form that is right in all else; whether its address may be sent once more.

    All forms together; whether the address is known changes nothing. What fails for another
    reason is not counted: nobody is kept from registering by somebody else's waste.
    """
    return not limiter.enabled or limiter.limiter.hit(TYPED, "typed-address", _mark(email))


def ask_to_wait(response: Response) -> Response:
    """Say to programs when a form that was typed too often may be sent again."""
    response.headers["Retry-After"] = str(TYPED.get_expiry())
    return response


def may_try_secrets() -> bool:
    """Count a personal link that opened nothing; whether its network may go on."""
    return not limiter.enabled or limiter.limiter.hit(WRONG_SECRETS, "wrong-secret", network())


def may_count() -> bool:
    """Count what a page tells of a play or an opening; whether its network may go on."""
    return not limiter.enabled or limiter.limiter.hit(COUNTS, "counts", network())


def sign_in_limit() -> str:
    """Of attempts to sign in."""
    return str(current_app.config["SIGN_IN_LIMIT"])


def limit_sign_in(view: Callable[..., Any]) -> Callable[..., Any]:
    """Attempts of one network, whichever account they are for."""
    return limiter.limit(sign_in_limit, methods=["POST"])(view)


def limit_passwords(view: Callable[..., Any]) -> Callable[..., Any]:
    """Passwords tried for one account; whether there is such an account changes nothing."""
    return limiter.limit(
        PASSWORDS,
        key_func=_password_owner,
        methods=["POST"],
        error_message=_too_many,
    )(view)


def limit_codes(view: Callable[..., Any]) -> Callable[..., Any]:
    """Codes tried for one account; the telephone's and the kept ones are counted together."""
    return limiter.shared_limit(
        CODES,
        scope="second-factor",
        key_func=_code_owner,
        methods=["POST"],
        error_message=_too_many,
    )(view)


def _mark(address: str) -> str:
    """What is counted may lie in a store outside: not the address itself."""
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.digest(secret, address.encode(), "sha256").hex()


def _password_owner() -> str:
    """Whose password is tried: who is signed in, else the address that was typed."""
    if current_user.is_authenticated:
        return f"account:{current_user.get_id()}"
    return f"address:{_one_spelling(request.form.get('email', ''))}"


def _code_owner() -> str:
    """Whose code is tried: who is signed in or half so. A form has no say in it."""
    if current_user.is_authenticated:
        return f"account:{current_user.get_id()}"
    if "tf_user_id" in session:
        return f"account:{session['tf_user_id']}"
    return f"network:{network()}"


def _one_spelling(email: str) -> str:
    """The address as sign-in looks it up: wide letters and other dots are the same ones."""
    try:
        normal: str = current_app.extensions["security"].mail_util.normalize(email)
    except EmailValidateException:
        return email.strip().lower()[:LONGEST_ADDRESS]
    return normal.lower()


def _too_many() -> str:
    return gettext("There were too many attempts for this account. Wait an hour, then try again.")
