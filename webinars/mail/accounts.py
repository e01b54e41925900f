"""Mails about accounts of the desk. Their links are made when they leave, and stored nowhere."""

from typing import Any

from flask_babel import force_locale
from flask_security.recoverable import generate_reset_password_token

from webinars.domain import account_mails
from webinars.domain.plan import DEFAULT_ZONE
from webinars.mail.letters import Letter, Mould, NotToBeSent, texts
from webinars.mail.marks import Marked
from webinars.models import MailKind, OutboxMail
from webinars.services import Services


def still_true(mail: OutboxMail) -> None:
    """Raises NotToBeSent when what it says is not so any more."""
    reason = account_mails.why_not(mail)
    if reason:
        raise NotToBeSent(reason)


def compose(mail: OutboxMail, *, services: Services, marked: Marked) -> Letter:
    """The letter of a row of the ledger, in the organiser's language.

    ``marked`` are the links of the services.
    """
    organiser = mail.organiser
    assert organiser is not None
    with force_locale(organiser.language):
        mould = Mould(texts(mail.kind, _context(mail, services, marked)))
    return Letter(
        to_name="",
        to_address=organiser.email,
        mould=mould,
        message_id=mail.message_id,
        personal=marked.secrets,
    )


def _context(mail: OutboxMail, services: Services, marked: Marked) -> dict[str, Any]:
    organiser, settings = mail.organiser, services.settings
    assert organiser is not None
    language = organiser.language
    return {
        "person": organiser,
        "account_url": marked.desk(_way_in(mail, services, marked), language=language),
        "home_url": services.links.home(language=language),
        "happened_at": mail.created_at,
        "zone": DEFAULT_ZONE,
        "site_name": settings.site_name,
        "organisation": settings.organisation,
        # Of webinars, which these mails do not speak of.
        "page": None,
        "webinar": None,
        "status": None,
        "greeted_name": "",
        "leave_url": None,
    }


def _way_in(mail: OutboxMail, services: Services, marked: Marked) -> str:
    """Where the button leads, below the desk's address."""
    organiser = mail.organiser
    assert organiser is not None
    if mail.kind is MailKind.INVITATION:
        now = services.moment().now
        token = marked.invitation_token(organiser.fs_uniquifier, now=now)
        return f"/welcome/{token}"
    if mail.kind is MailKind.PASSWORD_RESET:
        token = marked.hide("recovery", generate_reset_password_token(organiser))
        return f"/recover/{token}"
    return "/recover"
