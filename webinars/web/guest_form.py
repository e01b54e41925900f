"""What an organiser types about a registrant: the fields of a registration, without consent."""

from typing import Any

from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form
from wtforms.validators import DataRequired

from webinars.domain.people import Person
from webinars.domain.registrants import Registrant
from webinars.web.details_form import DetailsForm
from webinars.web.webinar_form import RegistrationForm, TypedForm

ORDER = (
    "email",
    "full_name",
    "organisation",
    "actor_category",
    "region",
    "language",
    "question",
)
"""In which the fields stand."""
NO_ADDRESS = lazy_gettext("Write the person’s e-mail address.")
NO_NAME = lazy_gettext("Write the person’s first and last name.")


class GuestForm(TypedForm):
    """Who it is."""

    email = RegistrationForm.email
    full_name = RegistrationForm.full_name
    organisation = RegistrationForm.organisation
    actor_category = RegistrationForm.actor_category
    region = RegistrationForm.region
    language = DetailsForm.language

    def __init__(
        self, submitted: MultiDict[str, str] | None = None, *, of: Registrant | None = None
    ) -> None:
        Form.__init__(self, submitted, obj=of)
        # Not the organiser is asked who they are.
        self.actor_category.label.text = lazy_gettext("Category")
        for field, needed in ((self.email, NO_ADDRESS), (self.full_name, NO_NAME)):
            field.validators = (DataRequired(needed), *field.validators[1:])

    def person(self) -> Person:
        """What was typed, once every field is right."""
        return Person(
            email=self.email.data,
            full_name=self.full_name.data,
            language=self.language.data,
            organisation=self.organisation.data,
            actor_category=self.actor_category.data or None,
            region=self.region.data or None,
        )

    def refuse(self, field: str, sentence: Any) -> None:
        """Say at a field what only the database knew."""
        self[field].errors = [*self[field].errors, sentence]


class NewGuestForm(GuestForm):
    """The same with a question, and whether the person is told."""

    question = RegistrationForm.question
    tell = BooleanField(lazy_gettext("Send them their confirmation, with their personal link"))
