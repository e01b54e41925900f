"""The forms that register somebody: for a webinar, for a cycle, for a theme."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Field,
    Form,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Optional, ValidationError

from webinars import clock
from webinars.domain import person_fields
from webinars.domain.consent import NEWS
from webinars.domain.errors import WrongValue
from webinars.domain.people import Person
from webinars.domain.person_fields import (
    MOST_EMAIL,
    MOST_NAME,
    MOST_ORGANISATION,
    MOST_QUESTION,
    tidy,
    tidy_email,
)
from webinars.i18n import CATEGORY_NAMES, REGION_NAMES
from webinars.links import BadToken
from webinars.services import services
from webinars.web.sentences import say

CLOCKS_DIFFER_SECONDS = 60
"""Two machines may serve one form; their clocks need not agree to the second."""

NO_ADDRESS = lazy_gettext(person_fields.NO_ADDRESS)
NO_NAME = lazy_gettext(person_fields.NO_NAME)
NOT_LISTED = lazy_gettext("Choose one of the list.")
OLD_FORM = lazy_gettext(
    "This form has been open for too long: check what you typed and send it again."
)


class Checked:
    """A rule of the domain at a field: what is kept, or the sentence that says what to do."""

    def __init__(self, check: Callable[[str | None], str | None]) -> None:
        self.check = check

    def __call__(self, form: Form, field: Field) -> None:
        """WTForms."""
        try:
            field.data = self.check(field.data)
        except WrongValue as error:
            raise ValidationError(say(error.sentence)) from error


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


class PersonForm(TypedForm):
    """Who it is: the two fields that are needed, and the box for news."""

    email = StringField(
        lazy_gettext("E-mail address"),
        filters=[tidy_email],
        validators=[DataRequired(NO_ADDRESS), Checked(person_fields.email)],
        render_kw={"autocomplete": "email", "type": "email", "maxlength": MOST_EMAIL},
    )
    full_name = StringField(
        lazy_gettext("First and last name"),
        filters=[tidy],
        validators=[DataRequired(NO_NAME), Checked(person_fields.full_name)],
        render_kw={"autocomplete": "name", "maxlength": MOST_NAME},
    )
    news = BooleanField(cast("str", lazy_gettext(NEWS.text)))

    def person(self, *, language: str) -> Person:
        """What they say of themselves, once every field is right."""
        return Person(
            email=self.email.data,
            full_name=self.full_name.data,
            language=language,
            news=NEWS.version if self.news.data else None,
        )


class RegistrationForm(PersonForm):
    """The same with what helps the speakers."""

    organisation = StringField(
        lazy_gettext("Organisation"),
        filters=[tidy],
        validators=[Optional(), Checked(person_fields.organisation)],
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
        validators=[Optional(), Checked(person_fields.question)],
        render_kw={"rows": 3, "maxlength": MOST_QUESTION},
    )

    def person(self, *, language: str) -> Person:
        """What they say of themselves, once every field is right."""
        return replace(
            super().person(language=language),
            organisation=self.organisation.data,
            actor_category=self.actor_category.data or None,
            region=self.region.data or None,
        )


class CycleForm(RegistrationForm):
    """The same for every webinar of a cycle but those that are left out."""

    without = SelectMultipleField(lazy_gettext("Not this one"), choices=[], validate_choice=False)


class LinkForm(TypedForm):
    """Already registered? Send my link again."""

    email = StringField(
        lazy_gettext("E-mail address"),
        filters=[tidy_email],
        validators=[DataRequired(NO_ADDRESS), Checked(person_fields.email)],
        render_kw={"autocomplete": "email", "type": "email", "maxlength": MOST_EMAIL},
    )


def form_subject(cycle: str, webinar: str) -> str:
    """What the tokens of a webinar's forms are bound to."""
    return f"{cycle}/{webinar}"


def cycle_subject(cycle: str) -> str:
    """What the tokens of a whole cycle's form are bound to; never that of a webinar's."""
    return f"cycle.{cycle}"


def theme_subject(theme: str) -> str:
    """What the tokens of a theme's form are bound to."""
    return f"theme.{theme}"


LINK_SUBJECT = "link"
"""What the tokens of the page that sends a link again are bound to."""


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
