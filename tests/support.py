"""What tests share: a fixed cast, small plans, and real servers."""

import email
import email.policy
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SMTPSession
from sqlalchemy import event
from sqlalchemy.orm import Session

from webinars.db import Database
from webinars.domain import planning, publication, registrations
from webinars.domain.cycle_file import read_plan
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile
from webinars.domain.people import Person
from webinars.domain.plan import Plan, PlannedSession
from webinars.domain.registrations import House, Outcome
from webinars.models import MailState, OutboxMail
from webinars.places import PACKAGE

ROOT = Path(__file__).resolve().parents[1]
HOST = "webinaires.example.org"
BASE_URL = f"https://{HOST}"
SECRET = "a secret for tests, of some length"
HOUSE = House(host=HOST)
DATA = PACKAGE / "demo" / "data"

# Monday 4 March 2019, 10 h in Paris: the January and February webinars of 2019 are over.
NOW = datetime(2019, 3, 4, 9, 0, tzinfo=UTC)

ALICE = Person(email="alice@example.org", full_name="Alice Dupont", language="fr")
BOB = Person(email="bob@example.org", full_name="Bob Martin", language="en")
CHARLIE = Person(email="charlie@example.org", full_name="Charlie Petit", language="fr")


def person(number: int, *, language: str = "fr") -> Person:
    """One of a crowd."""
    return Person(
        email=f"person{number}@example.org", full_name=f"Person {number}", language=language
    )


def plan_of(
    *sessions: PlannedSession,
    slug: str = "2019",
    year: int = 2019,
    title: str = "Cycle 2019",
    capacity: int | None = None,
) -> Plan:
    """A plan of a few sessions, at 13 h in Paris for 90 minutes."""
    return Plan(
        slug=slug,
        title=title,
        year=year,
        rule="third Thursday",
        starts_at=time(13),
        duration=90,
        capacity=capacity,
        sessions=sessions,
    )


MARCH = PlannedSession(
    slug="connaitre-son-ecosysteme",
    date=date(2019, 3, 21),
    title="Connaître son écosystème",
    theme="connaitre-son-ecosysteme",
    join_url="https://salle.example.org/mars",
)
APRIL = PlannedSession(
    slug="apprendre-a-faire-alliances",
    date=date(2019, 4, 18),
    title="Apprendre à faire alliances",
    theme="apprendre-a-faire-alliances",
    join_url="https://salle.example.org/avril",
)
MAY = PlannedSession(
    slug="definir-sa-strategie",
    date=date(2019, 5, 16),
    title="Définir sa stratégie",
    theme="definir-sa-strategie",
)


def published(session: Session, plan: Plan, *, now: datetime = NOW) -> None:
    """Put a plan into the draft and publish it."""
    planning.save_draft(session, plan=plan, now=now)
    publication.publish(session, cycle_slug=plan.slug, host=HOST, now=now)


def publish(
    database: Database, *sessions: PlannedSession, now: datetime = NOW, **changes: Any
) -> None:
    """Publish a plan of these sessions; the other changes are those of ``plan_of``."""
    with database.write() as session:
        published(session, plan_of(*sessions, **changes), now=now)


def real_plan() -> Plan:
    """The 2019 cycle as it was revised."""
    return read_plan((DATA / "cycle-2019.toml").read_text("utf-8")).plan


def load_library(session: Session, *names: str, now: datetime = NOW) -> None:
    """Import files of the shipped data; all three when none is named."""
    chosen = names or ("themes.toml", "resources.toml", "webinar-details.toml")
    files = [SourceFile(name, (DATA / name).read_text("utf-8")) for name in chosen]
    import_library(session, files=files, now=now)


def load_2019(database: Database, *, now: datetime = NOW) -> None:
    """The real cycle with its whole library, published."""
    with database.write() as session:
        published(session, replace(real_plan(), capacity=None), now=now)
        load_library(session, now=now)


def register(
    session: Session,
    who: Person,
    *,
    webinar: str = MARCH.slug,
    cycle: str = "2019",
    house: House = HOUSE,
    question: str | None = None,
    now: datetime = NOW,
) -> Outcome:
    """Register with the defaults of the tests."""
    return registrations.register(
        session,
        cycle_slug=cycle,
        webinar_slug=webinar,
        person=who,
        question=question,
        house=house,
        now=now,
    ).outcome


def confirmed_by_mail(database: Database, *people: Person) -> list[str]:
    """March with these people, whose confirmations have left; the Message-IDs of those."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        for one in people:
            register(session, one)
        session.execute(sa.update(OutboxMail).values(state=MailState.SENT, sent_at=NOW))
        return list(session.scalars(sa.select(OutboxMail.message_id).order_by(OutboxMail.id)))


@contextmanager
def counted_queries(database: Database) -> Iterator[list[str]]:
    """The statements that run inside, but for those that begin and end transactions."""
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")):
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def count(session: Session, model: type) -> int:
    """How many rows a table has."""
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


@dataclass
class Arrived:
    """A mail as a real server received it."""

    envelope_from: str
    envelope_to: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """Parsed."""
        return email.message_from_bytes(self.content, policy=email.policy.default)

    def text(self) -> str:
        """The plain text."""
        body = self.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    def html(self) -> str:
        """The HTML page."""
        body = self.message.get_body(("html",))
        assert body is not None
        return str(body.get_content())


@dataclass
class MailServer:
    """A real SMTP server on the loopback that keeps what it is given.

    ``on_rcpt`` and ``on_data`` may answer with another reply; ``None`` takes the mail.
    """

    port: int = 0
    arrived: list[Arrived] = field(default_factory=list)
    on_rcpt: Callable[[str], str | None] = lambda _address: None
    on_data: Callable[[Envelope], str | None] = lambda _envelope: None
    connections: int = 0

    async def handle_EHLO(  # noqa: N802
        self,
        server: SMTP,
        session: SMTPSession,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,
        session: SMTPSession,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        refusal = self.on_rcpt(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: SMTPSession, envelope: Envelope
    ) -> str:
        answer = self.on_data(envelope)
        if answer is not None:
            return answer
        self.arrived.append(
            Arrived(
                envelope.mail_from or "",
                list(envelope.rcpt_tos),
                envelope.original_content or b"",
            )
        )
        return f"250 taken as {len(self.arrived)}"


class LoopbackController(Controller):
    """aiosmtpd's controller on whatever port is free."""

    def _trigger_server(self) -> None:
        """The first connection, by which it sees that it is up."""
        self.port = self.real_port
        super()._trigger_server()

    @property
    def real_port(self) -> int:
        """The port that the system gave."""
        assert self.server is not None
        port: int = self.server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        return port


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A running mail server."""
    handler = MailServer()
    controller = LoopbackController(handler, hostname="127.0.0.1", port=0)
    controller.start()
    handler.port = controller.real_port
    try:
        yield handler
    finally:
        controller.stop()


def in_threads(work: Callable[[int], None], count_: int) -> None:
    """Run the same work in threads at once; the first failure is raised."""
    failures: list[BaseException] = []
    barrier = threading.Barrier(count_)

    def run(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001  (raised again below)
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count_)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def written(folder: Path, name: str, text: str) -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text, "utf-8")
    return path
