"""Trials: the words of another kind of mail, as an organiser sends them to themselves."""

from dataclasses import replace

from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from webinars.domain import mail_texts
from webinars.mail.letters import Letter, Mould, NotToBeSent
from webinars.mail.previews import preview
from webinars.models import MailTrial, OutboxMail
from webinars.services import Services

GONE = "what was to be tried is there no more"


def compose(session: Session, *, mail: OutboxMail, services: Services) -> Letter:
    """The letter of a row of the ledger: a preview, marked as a trial. Raises NotToBeSent."""
    organiser = mail.organiser
    assert organiser is not None, "a trial is an organiser's"
    trial = session.get(MailTrial, mail.id)
    if trial is None:
        raise NotToBeSent(GONE)
    said = preview(
        session,
        where=mail_texts.situation(trial.kind, trial.situation),
        language=trial.language,
        words=trial.texts,
        registration_id=trial.registration_id,
        services=services,
    )
    with force_locale(trial.language):
        subject = gettext("[Test] %(subject)s", subject=said.subject)
    return Letter(
        to_name="",
        to_address=organiser.email,
        mould=Mould(replace(said, subject=subject)),
        message_id=mail.message_id,
    )
