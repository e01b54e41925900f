"""The ledger of mails."""

import json

import click
import sqlalchemy as sa

from webinars import clock
from webinars.cli.support import with_services
from webinars.domain import mail_flow, outbox
from webinars.i18n import iso
from webinars.models import Organiser, OutboxMail, Participant
from webinars.services import Services


@click.group("outbox")
def group() -> None:
    """The ledger of mails."""


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One object a line, for programs.")
@with_services
def list_(services: Services, as_json: bool) -> None:
    """Every mail that is to leave or has left, the oldest first."""
    with services.database.read() as session:
        rows = session.execute(
            sa.select(OutboxMail, sa.func.coalesce(Participant.email, Organiser.email))
            .outerjoin(Participant)
            .outerjoin(Organiser)
            .where(Participant.erased_at.is_(None))
            .order_by(OutboxMail.id)
            .execution_options(yield_per=1000)
        )
        for mail, email in rows:
            row = {
                "id": mail.id,
                "kind": mail.kind.value,
                "email": email,
                "state": mail.state.value,
                "tries": mail.tries,
                "message_id": mail.message_id,
                "due_at": iso(mail.due_at),
                "sent_at": iso(mail.sent_at) if mail.sent_at else None,
                "reply": mail.reply,
            }
            if as_json:
                click.echo(json.dumps(row, ensure_ascii=False))
            else:
                click.echo(
                    f"{row['id']} {row['state']} {row['kind']} {email} {row['due_at']}"
                    f" {mail.reply or ''}".rstrip()
                )


@group.command()
@click.argument("mail_id", type=int, required=False)
@with_services
def retry(services: Services, mail_id: int | None) -> None:
    """Put failed and parked mails, or the one of MAIL_ID, back in the queue.

    A pause that the mail server's trouble has caused ends as well.
    """
    with services.database.write() as session:
        count = outbox.retry(session, now=clock.now(), mail_id=mail_id)
        mail_flow.resume(session)
    if mail_id is not None and not count:
        raise click.ClickException(f"Mail {mail_id} is not among the failed and parked ones.")
    click.echo(f"{count} back in the queue")
