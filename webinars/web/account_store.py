"""What Flask-Security works with here: accounts, their mails, and second factors."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext
from flask_security import (
    MailUtil,
    PasswordUtil,
    SQLAlchemySessionUserDatastore,
    Totp,
    hash_password,
)

from webinars.domain import account_mails, organisers
from webinars.models import MailKind, Organiser
from webinars.services import services
from webinars.web import qr_codes

AUTHENTICATOR = "authenticator"
CODE_SECONDS = 30
"""How long a code is shown (RFC 6238, 5.2)."""
USED = "#"
"""Stands between a sealed secret and the counter of the latest code that was used."""


class Accounts(SQLAlchemySessionUserDatastore):
    """The accounts; what changes a second factor is put into the trail."""

    def tf_set(
        self,
        user: Any,
        primary_method: str,
        totp_secret: str | None = None,
        phone: str | None = None,
    ) -> None:
        """Turn the second factor on, with recovery codes. Signing in changes nothing."""
        if user.tf_primary_method and _key(user.tf_totp_secret) == _key(totp_secret):
            return
        now, organiser = services().moment().now, _real(user)
        used = int(now.timestamp()) // CODE_SECONDS
        organiser.tf_primary_method = primary_method
        organiser.tf_totp_secret = f"{_key(totp_secret)}{USED}{used}"
        current_app.extensions["security"].mf_recovery_codes_util.create_recovery_codes(organiser)
        organisers.second_factor_changed(
            self.db.session(), organiser=organiser, on=True, actor=organiser.email, now=now
        )

    def tf_reset(self, user: Any) -> None:
        """Turn it off; its recovery codes are of no use any more."""
        organisers.drop_second_factor(
            self.db.session(), email=user.email, actor=user.email, now=services().moment().now
        )


class LedgerMail(MailUtil):
    """Mails are owed with what causes them, in one transaction; a worker lets them leave."""

    def send_mail(self, template: str, *args: Any, **context: Any) -> None:
        """``template`` is a kind of mail, by configuration."""
        organiser, now = _real(context["user"]), services().moment().now
        host = services().settings.host
        if MailKind(template) is not MailKind.PASSWORD_RESET:
            store = current_app.extensions["security"].datastore
            organisers.password_changed(store.db.session(), organiser=organiser, host=host, now=now)
            return
        # As much work as the view does for an address that it does not know; before anybody
        # else would have to wait for it.
        hash_password("not-a-password")
        with services().database.write() as session:
            account_mails.owe_reset(session, organiser=organiser, host=host, now=now)


class Passwords(PasswordUtil):
    """Length is what counts; and an address is no secret."""

    def validate(
        self,
        password: str,
        is_register: bool,  # noqa: FBT001  (the library's signature)
        **kwargs: Any,
    ) -> tuple[list[str] | None, str]:
        """What is wrong with it, and the password as it is hashed (NFKD)."""
        wrong, normal = super().validate(password, is_register, **kwargs)
        user = kwargs.get("user")
        if not wrong and user is not None and user.email in normal.lower():
            wrong = [gettext("Choose a password without your address: it is the first one tried.")]
        return wrong, normal


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the library asks of an account while it checks a code."""

    organiser: Organiser
    key: str
    used: int | None
    """The counter of the latest code."""


class AuthenticatorApp(Totp):
    """Codes of an authenticator app (RFC 6238); each is good once."""

    def verify_totp(self, token: str, totp_secret: str, user: Any, window: int = 0) -> bool:
        """Whether the code is right and new; it is used by that."""
        key, _, used = totp_secret.partition(USED)
        attempt: Any = Attempt(_real(user), key, int(used) if used else None)
        return super().verify_totp(token, key, attempt, window)

    def get_last_counter(self, user: Any) -> int | None:
        """Which code was used last."""
        attempt: Attempt = user
        return attempt.used

    def set_last_counter(self, user: Any, tmatch: Any) -> None:
        """This one is used; before a key is the account's, nothing remembers."""
        attempt: Attempt = user
        if _key(attempt.organiser.tf_totp_secret) == attempt.key:
            attempt.organiser.tf_totp_secret = f"{attempt.key}{USED}{tmatch.counter}"

    def generate_qrcode(self, username: str, totp: str) -> str:
        """A picture for ``<img src>``: drawn here."""
        picture = qr_codes.draw(self.get_totp_uri(username, totp))
        return f"data:image/svg+xml;base64,{base64.b64encode(picture).decode('ascii')}"


def derived_key(secret: str, purpose: str) -> bytes:
    """A key for one purpose, always the same for one secret (RFC 5869's second step)."""
    return hmac.new(secret.encode(), purpose.encode() + b"\x01", hashlib.sha256).digest()


def _key(secret: str | None) -> str:
    return (secret or "").partition(USED)[0]


def _real(user: Any) -> Organiser:
    """The row itself: Flask-Login hands over a stand-in."""
    found = getattr(user, "_get_current_object", lambda: user)()
    assert isinstance(found, Organiser)
    return found
