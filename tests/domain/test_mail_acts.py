"""What organisers do to mails: put back, set aside, keep back; each act in the trail."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.domain.test_mail_log import end, mails  # noqa: F401  (a fixture)
from tests.support import ALICE, MARCH, NOW
from webinars.db import Database
from webinars.domain import hand_over, mail_acts, outbox
from webinars.domain.mail_acts import acts_on
from webinars.domain.mail_log import Filters
from webinars.domain.mail_reasons import BY_HAND, Reason
from webinars.domain.reminders import MOVED
from webinars.models import AuditAct, AuditEntry, MailKind, MailState, OutboxMail

WHO = {"actor": "dominique@example.org", "now": NOW}
LEASE = timedelta(minutes=5)


@pytest.fixture
def ended(mails: Database) -> Database:  # noqa: F811
    """Refused, uncertain, not needed any more, set aside."""
    with mails.write() as session:
        end(session, 1, "550 no", tries=1)
        end(session, 2, outbox.LOST, state=MailState.PARKED, uncertain=3)
        end(session, 3, MOVED)
        end(session, 4, "550 no", set_aside_at=NOW, set_aside_by="camille@example.org")
    return mails


def act(database: Database, work: Any, **arguments: Any) -> Any:
    with database.write() as session:
        return work(session, **arguments, **WHO)


def row(database: Database, mail_id: int) -> OutboxMail:
    with database.read() as session:
        return session.get_one(OutboxMail, mail_id)


def states(database: Database) -> list[str]:
    with database.read() as session:
        rows = session.scalars(sa.select(OutboxMail.state).order_by(OutboxMail.id))
        return [state.value for state in rows]


def trail(database: Database) -> list[tuple[str, str | None, dict[str, Any]]]:
    with database.read() as session:
        entries = session.scalars(
            sa.select(AuditEntry)
            .where(AuditEntry.act.in_([one for one in AuditAct if one.startswith("mail_")]))
            .order_by(AuditEntry.id)
        )
        return [(one.act.value, one.subject, one.after) for one in entries]


def test_some_are_put_back(ended: Database) -> None:
    assert act(ended, mail_acts.retry, mail_ids=[1, 4, 99]) == [1, 4]
    assert act(ended, mail_acts.retry, mail_ids=[1]) == []
    assert states(ended) == ["pending", "parked", "failed", "pending"]
    again = row(ended, 4)
    assert (again.set_aside_at, again.set_aside_by, again.tries) == (None, None, 0)
    assert trail(ended) == [("mail_sent_again", None, {"count": 2, "mails": [1, 4]})]


def test_all_that_could_not_be_delivered_are_put_back(ended: Database) -> None:
    act(ended, mail_acts.park_these, mail_ids=[1])
    assert act(ended, mail_acts.retry_all) == [2]
    assert act(ended, mail_acts.retry_all) == []
    assert states(ended) == ["parked", "pending", "failed", "failed"]


def test_all_of_a_reason_are_put_back(ended: Database) -> None:
    assert act(ended, mail_acts.retry_all, reason=Reason.REFUSED) == [1]
    assert trail(ended) == [("mail_sent_again", "mail 1", {"count": 1, "mails": [1]})]
    act(ended, mail_acts.park_these, mail_ids=[1])
    assert act(ended, mail_acts.retry_all, reason=Reason.PARKED) == [1]


def test_setting_aside_notes_who_and_when(ended: Database) -> None:
    assert act(ended, mail_acts.set_aside, mail_ids=[1, 3]) == [1]  # 3 alarms nobody
    assert act(ended, mail_acts.set_aside, mail_ids=[1]) == []
    mail = row(ended, 1)
    assert (mail.state, mail.set_aside_at, mail.set_aside_by) == (
        MailState.FAILED,
        NOW,
        WHO["actor"],
    )
    assert act(ended, mail_acts.set_aside, reason=Reason.UNCERTAIN) == [2]
    assert row(ended, 4).set_aside_by == "camille@example.org"
    assert trail(ended) == [
        ("mail_set_aside", "mail 1", {"count": 1, "mails": [1]}),
        ("mail_set_aside", "mail 2", {"count": 1, "mails": [2]}),
    ]
    with ended.read() as session:
        assert [one.act for one in acts_on(session, mail_id=1)] == [AuditAct.MAIL_SET_ASIDE]


def test_what_waits_is_kept_back_until_it_is_put_back(mails: Database) -> None:  # noqa: F811
    with mails.write() as session:
        first, second, third = outbox.claim(session, owner="w", lease=LEASE, most=3, now=NOW)
        session.execute(
            sa.update(OutboxMail)
            .where(OutboxMail.id == second)
            .values(state=MailState.HANDING_OVER)
        )
        end(session, third, "550 no")
    assert act(mails, mail_acts.park_these, mail_ids=[first, second, third, 4]) == [1, 3, 4]
    assert states(mails) == ["parked", "handing_over", "parked", "parked"]
    assert [row(mails, one).reply for one in (1, 3)] == [BY_HAND, f"{BY_HAND}: 550 no"]
    mail = row(mails, first)
    assert (mail.owner, mail.lease_until, mail.set_aside_by) == (None, None, WHO["actor"])
    with mails.write() as session:  # its worker has lost it
        assert not hand_over.mark_handing_over(
            session, mail_id=first, owner="w", lease=LEASE, now=NOW
        )
    assert act(mails, mail_acts.retry, mail_ids=[first]) == [first]
    assert trail(mails) == [
        ("mail_parked", None, {"count": 3, "mails": [1, 3, 4]}),
        ("mail_sent_again", "mail 1", {"count": 1, "mails": [1]}),
    ]


def test_all_of_a_kind_and_a_webinar_are_kept_back(mails: Database) -> None:  # noqa: F811
    march = Filters(kind=MailKind.CONFIRMATION, cycle="2019", webinar=MARCH.slug)
    assert act(mails, mail_acts.park, filters=Filters(kind=MailKind.LINK)) == []
    assert act(mails, mail_acts.park, filters=march) == [1, 2, 3]
    assert act(mails, mail_acts.park, filters=Filters(search=ALICE.email)) == [4]
