"""How much one network may ask of what writes."""

from flask import current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from webinars.services import services

limiter = Limiter(get_remote_address, default_limits=[], headers_enabled=False)


def registrations_limit() -> str:
    """Of forms that write or send mail."""
    return f"{services().settings.registrations_per_minute} per minute"


def sign_in_limit() -> str:
    """Of attempts to sign in."""
    return str(current_app.config["SIGN_IN_LIMIT"])
