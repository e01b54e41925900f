"""What somebody says of themselves, to be corrected on their own page."""

from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import Form, SelectChoice, SelectField

from webinars.models import Participant
from webinars.web.webinar_form import NOT_LISTED, RegistrationForm, TypedForm

LANGUAGE_NAMES = {"fr": "Français", "en": "English"}
"""Each in itself."""


class DetailsForm(TypedForm):
    """The fields of a registration but for the address: another address is another person."""

    full_name = RegistrationForm.full_name
    organisation = RegistrationForm.organisation
    actor_category = RegistrationForm.actor_category
    region = RegistrationForm.region
    language = SelectField(
        lazy_gettext("Language of the mails"),
        choices=[SelectChoice(value, name) for value, name in LANGUAGE_NAMES.items()],
        invalid_choice_message=NOT_LISTED,
    )

    def __init__(
        self, submitted: MultiDict[str, str] | None = None, *, of: Participant | None = None
    ) -> None:
        Form.__init__(self, submitted, obj=of)
