"""Who acts at the desk, and on which version of a draft."""

from flask import abort, request
from flask_security import current_user

from webinars.domain.editing import Editor
from webinars.services import services

LARGEST = 2**31 - 1
"""What a column of whole numbers holds."""


def whole_number(text: str | None) -> int | None:
    """A number from an address or a hidden field; None when it is none."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    number = int(text)
    return number if number <= LARGEST else None


def seen_version() -> int:
    """The version of the draft that the form was made of; without one, a request is refused."""
    seen = whole_number(request.form.get("seen"))
    if seen is None:
        abort(400)
    return seen


def editor() -> Editor:
    """Who is signed in, acting on the version of the draft that they have seen."""
    return Editor(actor=current_user.email, now=services().moment().now, seen=seen_version())
