"""The ledger of mails."""

import json

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars import clock
from webinars.cli.support import with_services
from webinars.domain import audit, mail_acts, outbox
from webinars.domain.errors import NotFound
from webinars.domain.mail_log import Filters
from webinars.domain.registrants import list_head
from webinars.i18n import iso
from webinars.models import MailKind, Organiser, OutboxMail, Participant
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
@click.argument("mail_ids", metavar="[MAIL_ID]…", type=int, nargs=-1)
@with_services
def retry(services: Services, mail_ids: tuple[int, ...]) -> None:
    """Put failed and parked mails back in the queue; what waits for another try has it at once.

    Those of each MAIL_ID; without one, everything that could not be delivered and that nobody
    has set aside or keeps back. A pause of all sending ends.
    """
    actor, now = audit.COMMAND_LINE, clock.now()
    with services.database.write() as session:
        if mail_ids:
            hastened = outbox.hasten(session, now=now, among=OutboxMail.id.in_(mail_ids))
            again = mail_acts.retry(session, mail_ids=mail_ids, actor=actor, now=now)
        else:
            hastened = outbox.hasten(session, now=now)
            again = mail_acts.retry_all(session, actor=actor, now=now)
    _demand_all(mail_ids, again + hastened, "is not among the failed and parked ones")
    at_once = f", {len(hastened)} tried again at once" if hastened else ""
    click.echo(f"{len(again)} back in the queue{at_once}")


@group.command()
@click.argument("mail_ids", metavar="[MAIL_ID]…", type=int, nargs=-1)
@click.option("--kind", type=click.Choice([one.value for one in MailKind]), help="All of a kind.")
@click.option("--webinar", metavar="CYCLE/WEBINAR", help="All of a webinar.")
@with_services
def park(
    services: Services, mail_ids: tuple[int, ...], kind: str | None, webinar: str | None
) -> None:
    """Keep back mails that wait or have failed, until "retry MAIL_ID" or the desk sends them.

    Those of each MAIL_ID, or all that --kind and --webinar find.
    """
    if bool(mail_ids) == bool(kind or webinar):
        raise click.UsageError("Name mails by their MAIL_ID, or say --kind or --webinar.")
    actor, now = audit.COMMAND_LINE, clock.now()
    with services.database.write() as session:
        if mail_ids:
            parked = mail_acts.park_these(session, mail_ids=mail_ids, actor=actor, now=now)
        else:
            filters = _filters(session, kind, webinar)
            parked = mail_acts.park(session, filters=filters, actor=actor, now=now)
    _demand_all(mail_ids, parked, "is not waiting and has not failed")
    click.echo(f"{len(parked)} parked")


def _filters(session: Session, kind: str | None, webinar: str | None) -> Filters:
    """What the options ask for. Raises ClickException."""
    cycle, _, slug = (webinar or "").partition("/")
    if webinar:
        try:
            list_head(session, cycle_slug=cycle, webinar_slug=slug)
        except NotFound as error:
            raise click.ClickException(f"There is no public webinar {webinar}.") from error
    return Filters(kind=MailKind(kind) if kind else None, cycle=cycle or None, webinar=slug or None)


def _demand_all(asked: tuple[int, ...], done: list[int], why_not: str) -> None:
    """Say which of those that were named could not be; the others stand."""
    missed = [str(one) for one in asked if one not in done]
    if missed:
        said = f", {len(done)} others done" if done else ""
        raise click.ClickException(f"Mail {', '.join(missed)} {why_not}{said}.")
