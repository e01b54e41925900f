"""The forms of sign-in and accounts: those of Flask-Security, in the words of this house."""

import re
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import request, url_for
from flask_babel import gettext, lazy_gettext
from flask_security import (
    ChangePasswordForm,
    ForgotPasswordForm,
    LoginForm,
    MfRecoveryForm,
    ResetPasswordForm,
    TwoFactorVerifyCodeForm,
    VerifyForm,
)
from flask_security.forms import EmailValidation, RequiredLocalize, valid_user_email
from flask_wtf import FlaskForm
from sqlalchemy.orm import object_session
from wtforms import EmailField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError

from webinars.models import Organiser

NEW = {"autocomplete": "new-password"}
CURRENT = {"autocomplete": "current-password"}
ONE_TIME = {
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
    "autocapitalize": "off",
    "spellcheck": "false",
}
LANGUAGE_CHOICES = [SelectChoice("fr", "Français"), SelectChoice("en", "English")]
"""A language is named in itself."""
SECOND_FACTOR_ACTS = ("authenticator", "disable")
PASSWORD_MISSING = "PASSWORD_NOT_PROVIDED"  # noqa: S105  (the key of a message)


def same(field_name: str) -> Any:
    """The two entries of a password are one; said once both are there."""

    def check(form: FlaskForm, field: Any) -> None:
        if field.data and form[field_name].data and field.data != form[field_name].data:
            raise ValidationError(gettext("The two entries differ: type the same password twice."))

    return check


class SignInForm(LoginForm):
    """An address and a password; a device is not remembered."""

    remember = None  # type: ignore[assignment]  # wtforms: the field is taken out

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Where to, also after the second factor: the desk in the language one signed in with.
        self.next.data = self.next.data or url_for("organise.desk")


class RecoveryForm(ForgotPasswordForm):
    """The address of an account; only its spelling is ever judged aloud."""

    email = EmailField(
        lazy_gettext("E-mail address"),
        render_kw={"autocomplete": "username"},
        validators=[
            RequiredLocalize(message="EMAIL_NOT_PROVIDED"),
            EmailValidation(verify=True),
            valid_user_email,
        ],
    )
    misspelt: str | None = None
    """The sentence on an address that nobody can have."""

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """The view treats an unknown address as a known one, and forgets its errors."""
        typed = (self.email.data or "").strip()
        self.email.data = typed
        try:
            validate_email(typed, check_deliverability=False, globally_deliverable=False)
        except EmailNotValidError:
            self.misspelt = (
                gettext("Write an address such as name@example.org.")
                if typed
                else gettext("Write the e-mail address of your account.")
            )
        return super().validate(*args, **kwargs)


class NewPasswordForm(ResetPasswordForm):
    """A password, twice: by the link of a mail."""

    password = PasswordField(
        lazy_gettext("New password"),
        render_kw=NEW,
        validators=[RequiredLocalize(message=PASSWORD_MISSING)],
    )
    password_confirm = PasswordField(
        lazy_gettext("The same password once more"),
        render_kw=NEW,
        validators=[RequiredLocalize(message=PASSWORD_MISSING), same("password")],
    )


class PasswordForm(ChangePasswordForm):
    """The present password, and the new one twice."""

    password = PasswordField(lazy_gettext("Present password"), render_kw=CURRENT)
    new_password = PasswordField(
        lazy_gettext("New password"),
        render_kw=NEW,
        validators=[RequiredLocalize(message=PASSWORD_MISSING)],
    )
    new_password_confirm = PasswordField(
        lazy_gettext("The same password once more"),
        render_kw=NEW,
        validators=[RequiredLocalize(message=PASSWORD_MISSING), same("new_password")],
    )


class AskAgainForm(VerifyForm):
    """The password once more, before something that matters."""

    password = PasswordField(
        lazy_gettext("Password"),
        render_kw=CURRENT,
        validators=[RequiredLocalize(message=PASSWORD_MISSING)],
    )


class CodeForm(TwoFactorVerifyCodeForm):
    """The six digits that the telephone shows."""

    code = StringField(
        lazy_gettext("Code of six digits"),
        render_kw=ONE_TIME,
        validators=[RequiredLocalize(message="TWO_FACTOR_INVALID_TOKEN")],
    )

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """A code is good once: whoever comes second finds it used."""
        if self.user is not None and not self.is_setup:
            self.tf_totp_secret = locked(self.user).tf_totp_secret or ""
        return super().validate(*args, **kwargs)


class SecondFactorForm(FlaskForm):
    """What is to become of the second factor; two buttons say it."""

    setup = StringField()
    user: Any = None
    """Set by the view."""

    def validate_setup(self, field: Any) -> None:
        """One of the buttons."""
        if field.data not in SECOND_FACTOR_ACTS:
            raise ValidationError(field.data)


class NoRescueForm(FlaskForm):
    """The library offers ways out by mail here; ours is a link on the page."""

    help_setup = RadioField(choices=[])


class RecoveryCodeForm(MfRecoveryForm):
    """One of the codes that were kept for the day without a telephone."""

    code = StringField(
        lazy_gettext("Recovery code"),
        render_kw={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"},
        validators=[RequiredLocalize(message="INVALID_RECOVERY_CODE")],
    )

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """As it was typed: in any case, with or without hyphens. Each is good once."""
        plain = re.sub(r"[^0-9a-f]", "", (self.code.data or "").lower())
        typed, self.code.data = self.code.data, "-".join(re.findall(".{1,4}", plain))
        locked(self.user)
        good = super().validate(*args, **kwargs)
        if not good:
            self.code.data = typed
        return good


def locked(user: Any) -> Organiser:
    """The account as it is now, and nobody else's to change until this transaction ends."""
    assert isinstance(user, Organiser)
    session = object_session(user)
    assert session is not None
    session.refresh(user, with_for_update=True)
    return user


class InvitationForm(FlaskForm):
    """Whom to invite, and in which language."""

    email = EmailField(
        lazy_gettext("E-mail address"),
        render_kw={"autocomplete": "off"},
        validators=[InputRequired(lazy_gettext("Write the address of the person to invite."))],
    )
    language = SelectField(lazy_gettext("Language of the mail"), choices=LANGUAGE_CHOICES)

    def validate_email(self, field: Any) -> None:
        """An address that a mail can be sent to."""
        field.data = field.data.strip()
        try:
            validate_email(field.data, check_deliverability=False, globally_deliverable=False)
        except EmailNotValidError as error:
            raise ValidationError(gettext("Write an address such as name@example.org.")) from error


class LanguageForm(FlaskForm):
    """Of the mails about one's account."""

    language = SelectField(
        lazy_gettext("Language of the mails about my account"),
        choices=LANGUAGE_CHOICES,
    )


def typed_form(kind: type[FlaskForm]) -> Any:
    """A form of ours, filled with what was sent."""
    return kind(request.form if request.method == "POST" else None)


def blank_form(kind: type[FlaskForm], **values: Any) -> Any:
    """A form of ours that holds these values, whatever was sent."""
    return kind(None, **values)
