"""The registration form on the permanent page, and the page around it."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, cast

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from webinars import clock
from webinars.i18n import CATEGORY_NAMES, REGION_NAMES
from webinars.links import BadToken
from webinars.services import services

MOST_EMAIL = 254
MOST_NAME = 120
MOST_ORGANISATION = 160
MOST_QUESTION = 2000
CLOCKS_DIFFER_SECONDS = 60
"""Two machines may serve one form; their clocks need not agree to the second."""

UNWANTED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
    # No width at all; and what stands for bytes that were not text.
    r"\u200b\u2060\ufeff\ufffd-\uffff]"
)
DIRECTION = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LOOKS_LIKE_A_LINK = re.compile(r"https?://|www\.|<[a-z/]", re.IGNORECASE)


def tidy(value: str | None) -> str | None:
    """Trimmed, in composed form (NFC); None when nothing is left."""
    if value is None:
        return None
    text = unicodedata.normalize("NFC", value.strip())
    return text or None


def tidy_email(value: str | None) -> str | None:
    """Trimmed and in lower case: one person has one address however it is written."""
    text = tidy(value)
    return text.lower() if text else None


class PlainText:
    """No control characters, and on one line unless it is a longer text."""

    def __init__(self, *, lines: bool = False) -> None:
        self.lines = lines

    def __call__(self, form: Form, field: Field) -> None:
        """WTForms."""
        text = field.data or ""
        if UNWANTED.search(text) or DIRECTION.search(text):
            raise ValidationError(
                lazy_gettext("There are invisible characters in this field: type it again.")
            )
        if not self.lines and re.search(r"[\r\n\t]", text):
            raise ValidationError(lazy_gettext("Write this on one line."))


class NoLink:
    """A name stands in mails: it must not carry somebody else's message."""

    def __call__(self, form: Form, field: Field) -> None:
        """WTForms."""
        if LOOKS_LIKE_A_LINK.search(field.data or ""):
            raise ValidationError(lazy_gettext("Write a name here, without an address of a site."))


class EmailAddress:
    """An address that mail can be sent to, written as it will be kept."""

    def __call__(self, form: Form, field: Field) -> None:
        """WTForms."""
        try:
            found = validate_email(
                field.data or "",
                check_deliverability=False,
                globally_deliverable=False,
                allow_smtputf8=False,
                strict=True,  # RFC 5321 section 4.5.3.1.1: 64 octets before the @
            )
        except (EmailNotValidError, UnicodeError) as error:
            raise ValidationError(MALFORMED_ADDRESS) from error
        if "." not in found.domain:
            raise ValidationError(MALFORMED_ADDRESS)
        field.data = found.normalized


NO_ADDRESS = lazy_gettext("Write your e-mail address.")
NO_NAME = lazy_gettext("Write your first and last name.")
MALFORMED_ADDRESS = lazy_gettext(
    "This address is not complete: write it like prenom.nom@example.org."
)
NOT_LISTED = lazy_gettext("Choose one of the list.")


def _at_most(count: int) -> Length:
    return Length(max=count, message=lazy_gettext("Shorten this: at most %(max)d characters."))


def _choices(names: Mapping[Any, Any]) -> list[SelectChoice]:
    return [
        SelectChoice("", cast("str", lazy_gettext("Not said"))),
        *(SelectChoice(str(value), name) for value, name in names.items()),
    ]


class TypedForm(Form):
    """WTForms' form with the types that it leaves out."""

    def __init__(self, submitted: MultiDict[str, str] | None = None) -> None:
        super().__init__(submitted)  # type: ignore[no-untyped-call]

    def is_right(self) -> bool:
        """Whether every field is right; if not, the errors stand at the fields."""
        return bool(self.validate())  # type: ignore[no-untyped-call]


class RegistrationForm(TypedForm):
    """Two fields are needed; the rest helps the speakers."""

    email = StringField(
        lazy_gettext("E-mail address"),
        filters=[tidy_email],
        validators=[DataRequired(NO_ADDRESS), _at_most(MOST_EMAIL), PlainText(), EmailAddress()],
        render_kw={"autocomplete": "email", "type": "email", "maxlength": MOST_EMAIL},
    )
    full_name = StringField(
        lazy_gettext("First and last name"),
        filters=[tidy],
        validators=[DataRequired(NO_NAME), _at_most(MOST_NAME), PlainText(), NoLink()],
        render_kw={"autocomplete": "name", "maxlength": MOST_NAME},
    )
    organisation = StringField(
        lazy_gettext("Organisation"),
        filters=[tidy],
        validators=[Optional(), _at_most(MOST_ORGANISATION), PlainText()],
        render_kw={"autocomplete": "organization", "maxlength": MOST_ORGANISATION},
    )
    actor_category = SelectField(
        lazy_gettext("You are"),
        choices=_choices(CATEGORY_NAMES),
        validators=[Optional()],
        invalid_choice_message=NOT_LISTED,
    )
    region = SelectField(
        lazy_gettext("Region"),
        choices=_choices(REGION_NAMES),
        validators=[Optional()],
        invalid_choice_message=NOT_LISTED,
    )
    question = TextAreaField(
        lazy_gettext("A question for the speakers"),
        filters=[tidy],
        validators=[Optional(), _at_most(MOST_QUESTION), PlainText(lines=True)],
        render_kw={"rows": 3, "maxlength": MOST_QUESTION},
    )


class LinkForm(TypedForm):
    """Already registered? Send my link again."""

    email = StringField(
        lazy_gettext("E-mail address"),
        filters=[tidy_email],
        validators=[DataRequired(NO_ADDRESS), _at_most(MOST_EMAIL), PlainText(), EmailAddress()],
        render_kw={"autocomplete": "email", "type": "email", "maxlength": MOST_EMAIL},
    )


def form_subject(cycle: str, webinar: str) -> str:
    """What the tokens of a webinar's forms are bound to."""
    return f"{cycle}/{webinar}"


def new_form_token(subject: str) -> str:
    """A token for a form that is being shown now."""
    return services().links.form_token(subject, now=clock.now())


def form_token_is_good(subject: str, token: str | None) -> bool:
    """Whether a form was fetched from here, for this, not too long ago."""
    hours = services().settings.form_token_hours
    try:
        age = services().links.form_token_age(subject, token or "", now=clock.now())
    except BadToken:
        return False
    return -CLOCKS_DIFFER_SECONDS <= age <= hours * 3600
