"""Accounts, registrations and the ledger."""

import re
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.cli.support import Run, done, objects, refused
from tests.support import (
    ALICE,
    BOB,
    CHARLIE,
    MARCH,
    NOW,
    count,
    person,
    plan_of,
    published,
    register,
)
from tests.web.support import SECOND
from webinars import clock
from webinars.db import Database
from webinars.domain import participants
from webinars.domain.audit import COMMAND_LINE, PARTICIPANT
from webinars.domain.erasure import erase
from webinars.models import (
    AuditAct,
    AuditEntry,
    MailKind,
    MailState,
    Organiser,
    OutboxMail,
    Registration,
)

ADDRESS = f"2019/{MARCH.slug}"


@pytest.fixture
def march(stored: Database, now: datetime) -> Database:
    """March has two places."""
    with stored.write() as session:
        published(session, plan_of(MARCH, capacity=2))
    return stored


# organisers ----------------------------------------------------------------------------


def test_an_account_is_made_once_and_its_password_printed(run: Run, stored: Database) -> None:
    lines = done(run("organiser", "create", "Dominique@Example.org")).splitlines()
    assert lines[0] == (
        "dominique@example.org can sign in at https://webinaires.example.org/organise/"
    )
    assert lines[1] == (
        "It is the first account, so it may also manage the others: invite them from the desk."
    )
    assert re.fullmatch(r"Password: [\w-]{16}", lines[2])
    again = refused(run("organiser", "create", "dominique@example.org"))
    assert again == "Error: dominique@example.org has an account already.\n"
    with stored.read() as session:
        account = session.scalars(sa.select(Organiser)).one()
        assert {role.name for role in account.roles} == {"organiser", "administrator"}
        assert str(account.password).startswith("$argon2")


def test_the_second_account_organises_and_the_trail_says_who_made_them(
    run: Run, stored: Database
) -> None:
    done(run("organiser", "create", "dominique@example.org"))
    lines = done(run("organiser", "create", "robin@example.org")).splitlines()
    assert len(lines) == 2
    with stored.read() as session:
        robin = session.scalars(sa.select(Organiser).filter_by(email="robin@example.org")).one()
        assert [role.name for role in robin.roles] == ["organiser"]
        trail = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [(entry.actor, entry.act.value, entry.subject) for entry in trail] == [
            ("command line", "account_created", "dominique@example.org"),
            ("command line", "account_created", "robin@example.org"),
        ]
        assert lines[1].removeprefix("Password: ") not in str([entry.after for entry in trail])


def test_an_administrator_with_a_password_of_their_own(run: Run, stored: Database) -> None:
    words = ("--administrator", "--password", "huit lettres")
    said = done(run("organiser", "create", "dominique@example.org", *words))
    assert "Password" not in said
    with stored.read() as session:
        account = session.scalars(sa.select(Organiser)).one()
        assert {role.name for role in account.roles} == {"organiser", "administrator"}
        assert "huit" not in str(account.password)


def test_accounts_that_could_never_sign_in(run: Run, stored: Database) -> None:
    for email in ("", "dominique", "@", "a@", "@b", "do minique@example.org", "a@b\n.org"):
        assert "is not an e-mail address" in refused(run("organiser", "create", email))
    short = run("organiser", "create", "a@example.org", "--password", "neuf lett")
    assert "at least 10 characters" in refused(short)
    with stored.read() as session:
        assert count(session, Organiser) == 0


# registrations -------------------------------------------------------------------------


def test_somebody_locked_out_is_let_in_again(run: Run, stored: Database) -> None:
    done(run("organiser", "create", "dominique@example.org"))
    with stored.write() as session:
        account = session.scalars(sa.select(Organiser)).one()
        account.active = False
        account.tf_primary_method, account.tf_totp_secret = "authenticator", "x"
        before = (account.password, account.fs_uniquifier)
    said = done(run("organiser", "reset", "Dominique@Example.org")).splitlines()
    assert said[0] == (
        "dominique@example.org can sign in at https://webinaires.example.org/organise/"
    )
    assert re.fullmatch(r"Password: \S{16}", said[1])
    with stored.read() as session:
        account = session.scalars(sa.select(Organiser)).one()
        assert (account.active, account.tf_primary_method, account.tf_totp_secret) == (
            True,
            None,
            None,
        )
        assert account.password != before[0]
        assert account.fs_uniquifier != before[1]
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
        acts = [entry.act.value for entry in entries]
    assert acts == ["account_created", "second_factor_off", "account_opened", "password_changed"]
    assert "has no account" in refused(run("organiser", "reset", "robin@example.org"))


def test_registrations_of_none_one_and_three(run: Run, march: Database) -> None:
    assert objects(run("registrations", "list", ADDRESS, "--json")) == []
    with march.write() as session:
        register(session, ALICE)
    alice = {
        "email": "alice@example.org",
        "full_name": "Alice Dupont",
        "status": "confirmed",
        "position": None,
    }
    assert objects(run("registrations", "list", ADDRESS, "--json")) == [alice]
    with march.write() as session:
        register(session, BOB, now=NOW + SECOND)
        register(session, CHARLIE, now=NOW + 2 * SECOND)
        register(session, person(4), now=NOW + 3 * SECOND)
    found = objects(run("registrations", "list", ADDRESS, "--json"))
    assert found[0] == alice
    assert [(row["email"].partition("@")[0], row["status"], row["position"]) for row in found] == [
        ("alice", "confirmed", None),
        ("bob", "confirmed", None),
        ("charlie", "waitlisted", 1),
        ("person4", "waitlisted", 2),
    ]
    assert all(list(row) == list(alice) for row in found)
    assert done(run("registrations", "list", ADDRESS)).splitlines() == [
        "confirmed alice@example.org Alice Dupont",
        "confirmed bob@example.org Bob Martin",
        "waitlisted 1 charlie@example.org Charlie Petit",
        "waitlisted 2 person4@example.org Person 4",
    ]


def test_an_erased_person_stands_in_no_list(run: Run, march: Database) -> None:
    with march.write() as session:
        for number, who in enumerate((ALICE, BOB)):
            register(session, who, now=NOW + number * SECOND)
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        # After the webinar: the registration stays, as nobody's.
        over = NOW + timedelta(days=30)
        host = "webinaires.example.org"
        erase(session, participant=alice, actor=PARTICIPANT, host=host, now=over)
        late = OutboxMail(key="late", kind=MailKind.LINK, participant_id=alice.id)
        late.message_id, late.due_at, late.created_at = "<late@x.example>", over, over
        session.add(late)
    listed = objects(run("registrations", "list", ADDRESS, "--json"))
    assert [(row["email"], row["status"]) for row in listed] == [(BOB.email, "confirmed")]
    mails = objects(run("outbox", "list", "--json"))
    assert [row["email"] for row in mails] == [BOB.email]
    with march.read() as session:
        assert count(session, Registration) == 2


def test_a_webinar_that_is_not_there(run: Run, march: Database) -> None:
    for address in ("2019/no-such", f"1999/{MARCH.slug}", "2019", "", "/", f"{ADDRESS}/x"):
        said = refused(run("registrations", "list", address, "--json"))
        assert said == f'Error: There is no published webinar "{address}".\n'


# the ledger ----------------------------------------------------------------------------


def test_the_ledger_of_none_one_and_three(run: Run, march: Database) -> None:
    assert objects(run("outbox", "list", "--json")) == []
    assert done(run("outbox", "list")) == ""
    with march.write() as session:
        register(session, ALICE)
    (row,) = objects(run("outbox", "list", "--json"))
    assert re.fullmatch(r"<[^<>@\s]+@webinaires\.example\.org>", row.pop("message_id"))
    assert row == {
        "id": 1,
        "kind": "confirmation",
        "email": "alice@example.org",
        "state": "pending",
        "tries": 0,
        "due_at": "2019-03-04T09:00:00Z",
        "sent_at": None,
        "reply": None,
    }
    with march.write() as session:
        register(session, BOB)
        register(session, CHARLIE)
    kinds = [(row["email"], row["kind"]) for row in objects(run("outbox", "list", "--json"))]
    assert kinds == [
        ("alice@example.org", "confirmation"),
        ("bob@example.org", "confirmation"),
        ("charlie@example.org", "waiting_list"),
    ]
    lines = done(run("outbox", "list")).splitlines()
    assert lines[0] == "1 pending confirmation alice@example.org 2019-03-04T09:00:00Z"


def states(database: Database) -> list[tuple[str, int]]:
    with database.read() as session:
        rows = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id))
        return [(row.state.value, row.tries) for row in rows]


def test_what_failed_or_is_parked_is_tried_again(run: Run, march: Database) -> None:
    with march.write() as session:
        for who in (ALICE, BOB, CHARLIE):
            register(session, who)
        mails = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id)).all()
        wanted = (MailState.FAILED, MailState.PARKED, MailState.SENT)
        for mail, state in zip(mails, wanted, strict=True):
            mail.state, mail.tries = state, 5
    assert "not among the failed and parked" in refused(run("outbox", "retry", "3"))
    assert "not among the failed and parked" in refused(run("outbox", "retry", "99"))
    assert done(run("outbox", "retry", "2")) == "1 back in the queue\n"
    assert states(march) == [("failed", 5), ("pending", 0), ("sent", 5)]
    assert done(run("outbox", "retry")) == "1 back in the queue\n"
    assert done(run("outbox", "retry")) == "0 back in the queue\n"
    assert states(march) == [("pending", 0), ("pending", 0), ("sent", 5)]
    assert "not a valid integer" in refused(run("outbox", "retry", "x"), 2)
    with march.read() as session:
        trail = sa.select(AuditEntry.act, AuditEntry.actor, AuditEntry.subject)
        acts = session.execute(trail.order_by(AuditEntry.id))
        wanted_acts = [(AuditAct.MAIL_SENT_AGAIN, COMMAND_LINE, f"mail {one}") for one in (2, 1)]
        assert [tuple(row) for row in acts if row.act is AuditAct.MAIL_SENT_AGAIN] == wanted_acts


def test_mails_are_kept_back(run: Run, march: Database) -> None:
    with march.write() as session:
        for who in (ALICE, BOB, CHARLIE):
            register(session, who)
        session.get_one(OutboxMail, 2).state = MailState.SENT
    said = refused(run("outbox", "park", "1", "2", "99"))
    assert said == "Error: Mail 2, 99 is not waiting and has not failed, 1 others done.\n"
    assert states(march) == [("parked", 0), ("sent", 0), ("pending", 0)]
    assert done(run("outbox", "park", "--kind", "reminder")) == "0 parked\n"
    assert done(run("outbox", "park", "--webinar", ADDRESS)) == "1 parked\n"
    assert done(run("outbox", "retry")) == "0 back in the queue\n"
    assert done(run("outbox", "retry", "1", "3")) == "2 back in the queue\n"
    assert done(run("outbox", "park", "--kind", "waiting_list", "--webinar", ADDRESS)) == (
        "1 parked\n"
    )
    assert "no public webinar 2019/x" in refused(run("outbox", "park", "--webinar", "2019/x"))
    for wrong in ((), ("1", "--kind", "link")):
        assert "Name mails by their MAIL_ID" in refused(run("outbox", "park", *wrong), 2)
    with march.read() as session:
        parked = sa.select(AuditEntry).where(AuditEntry.act == AuditAct.MAIL_PARKED)
        rows = session.scalars(parked.order_by(AuditEntry.id))
        assert [(row.actor, row.after["mails"]) for row in rows] == [
            (COMMAND_LINE, [1]),
            (COMMAND_LINE, [3]),
            (COMMAND_LINE, [3]),
        ]


def test_what_waits_for_another_try_has_it_at_once(run: Run, march: Database) -> None:
    with march.write() as session:
        register(session, ALICE)
        later = clock.now() + timedelta(hours=1)
        session.execute(sa.update(OutboxMail).values(tries=3, due_at=later, reply="450 busy"))
    assert done(run("outbox", "retry")) == "0 back in the queue, 1 tried again at once\n"
    assert done(run("outbox", "retry")) == "0 back in the queue\n"
    assert states(march) == [("pending", 3)]
