"""The doctor: one line a check against real servers, and what to do where something is wrong."""

import json
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from click.testing import Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.cli.support import Run
from tests.dns_server import DnsServer, dns_server
from tests.imap import imap_server
from tests.mail.scripted import STALL, scripted_server
from tests.support import (
    ALICE,
    MARCH,
    LoopbackController,
    MailServer,
    free_port,
    plan_of,
    published,
    register,
)
from webinars import clock
from webinars.db import Database
from webinars.domain import mail_flow, worker_pulse
from webinars.models import MailState, OutboxMail

GOOD = {
    "example.org": [("MX", "10 mx.example.org."), ("TXT", '"v=spf1 mx -all"')],
    "s1._domainkey.example.org": [("TXT", '"v=DKIM1; k=rsa; p=MIIB" "IjAN"')],
    "_dmarc.example.org": [("TXT", '"v=DMARC1; p=reject"')],
}
SECRET = "Xk3-9vQmL0tRz7_bN4wYc8sHf2GjPa6dUe1o"

Examine = Callable[..., Result]


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with dns_server(**GOOD) as server:
        yield server


@pytest.fixture
def ticked(database: Database) -> Database:
    """A worker has just ticked."""
    with database.write() as session:
        worker_pulse.beat(session, now=clock.now())
    return database


@pytest.fixture
def examine(run: Run, ticked: Database, smtp: MailServer, dns: DnsServer) -> Examine:
    """Ask the doctor where all is well, but for the changes."""

    def ask(*words: str, **changes: str) -> Result:
        well = {
            "WEBINARS_SECRET_KEY": SECRET,
            "WEBINARS_MAIL_SERVER": "127.0.0.1",
            "WEBINARS_MAIL_PORT": str(smtp.port),
            "WEBINARS_MAIL_DKIM_SELECTOR": "s1",
            "WEBINARS_BOUNCE_WEBHOOK_SECRET": "another secret of tests",
        }
        settings = {f"WEBINARS_{key.upper()}": value for key, value in changes.items()}
        return run("doctor", "--nameserver", dns.address, *words, **(well | settings))

    return ask


def findings(result: Result) -> dict[str, tuple[str, str, str]]:
    """By check: how bad, what was found, what to do."""
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(list(row) == ["check", "level", "found", "advice"] for row in rows)
    assert all(bool(row["advice"]) is (row["level"] != "ok") for row in rows)
    found = {row["check"]: (row["level"], row["found"], row["advice"]) for row in rows}
    assert len(found) == len(rows), "one line a check"
    bad = any(row["level"] == "fault" for row in rows)
    assert result.exit_code == (1 if bad else 0), result.output
    return found


def wrong(result: Result) -> dict[str, str]:
    """What is not well, and how bad it is."""
    return {check: level for check, (level, *_) in findings(result).items() if level != "ok"}


# all of it -----------------------------------------------------------------------------


def test_all_is_well(examine: Examine, smtp: MailServer) -> None:
    found = findings(examine("--json"))
    assert {level for level, *_ in found.values()} == {"ok"}
    assert list(found) == [
        "configuration",
        "base_url",
        "mail_sender",
        "secret_key",
        "uploads",
        "uploads_accel",
        "database",
        "worker",
        "outbox",
        "clock",
        "mail server",
        "returned mail",
        "MX",
        "SPF",
        "DKIM",
        "DMARC",
    ]
    assert smtp.arrived == [], "no mail is sent"


def test_it_is_read_by_people_too(examine: Examine, dns: DnsServer) -> None:
    del dns.records["_dmarc.example.org"]
    result = examine(secret_key="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert len(lines) == 16
    assert lines[0] == "ok       configuration: every setting has a value that it may have"
    assert lines[3] == (
        "fault    secret_key: it can be guessed -> set secret_key to 32 characters at random"
    )
    assert lines[15] == (
        "warning  DMARC: example.org has no record: large providers refuse or hide such mail"
        " -> publish at _dmarc.example.org: v=DMARC1; p=none"
    )
    assert SECRET not in result.output


def test_a_disk_with_too_little_room_is_a_warning(
    examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webinars.uploads.UploadsFolder.free", lambda _: 1_500_000_000)
    level, found, advice = findings(examine("--json"))["uploads"]
    assert (level, found.rpartition(", ")[2]) == ("warning", "1.5 GB free")
    assert advice == "a file of 2.1 GB (upload_max_bytes) would be refused: make room"


def test_a_wrong_setting_is_the_one_fault(run: Run) -> None:
    result = run("doctor", "--json", WEBINARS_MAIL_PORT="many")
    (line,) = result.stdout.splitlines()
    said = json.loads(line)
    assert (result.exit_code, said["check"], said["level"]) == (1, "configuration", "fault")
    assert "WEBINARS_MAIL_PORT: a whole number is needed" in said["found"]


# the house -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"base_url": "http://127.0.0.1:8000"}, {"base_url": "warning"}),
        ({"base_url": "http://webinaires.example.org"}, {"base_url": "fault"}),
        ({"secret_key": SECRET[:20]}, {"secret_key": "warning"}),
        ({"uploads_path": "/dev/null/uploads"}, {"uploads": "fault"}),
        ({"uploads_accel": "/internal-uploads/"}, {"uploads_accel": "warning"}),
        ({"uploads_accel": "/internal-uploads/", "trusted_proxies": "1"}, {}),
        ({"secret_key": "please change me, please do, really"}, {"secret_key": "fault"}),
        ({"bounce_webhook_secret": ""}, {"returned mail": "warning"}),
    ],
)
def test_settings(examine: Examine, changes: dict[str, str], expected: dict[str, str]) -> None:
    assert wrong(examine("--json", **changes)) == expected


@pytest.mark.parametrize("local", ["no-reply", "noreply+x", "Ne-Pas-Repondre", "do_not_reply"])
def test_a_sender_that_nobody_reads(examine: Examine, local: str) -> None:
    found = wrong(examine("--json", mail_sender=f"{local}@example.org"))
    assert found["mail_sender"] == "warning"


def test_a_sender_that_nobody_can_answer(examine: Examine) -> None:
    found = wrong(examine("--json", mail_sender="webinaires@localhost.localdomain"))
    assert found["mail_sender"] == found["MX"] == "fault"


def test_a_key_that_others_can_read(examine: Examine, tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    folder.mkdir(exist_ok=True)
    (folder / "secret-key").write_text(SECRET, "ascii")
    for mode, expected in ((0o644, {"secret_key": "warning"}), (0o600, {})):
        (folder / "secret-key").chmod(mode)
        assert wrong(examine("--json", secret_key="")) == expected


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_databases_that_are_not_there_or_not_ready(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite").touch()
    (tmp_path / "text.sqlite").write_text("no database " * 1000)
    for url, found in (
        (f"sqlite:///{tmp_path / 'none.sqlite'}", "is not there yet"),
        (f"sqlite:///{tmp_path / 'empty.sqlite'}", "has schema none, "),
        (f"sqlite:///{tmp_path / 'text.sqlite'}", "does not answer"),
        (f"postgresql+psycopg://u:secret@127.0.0.1:{free_port()}/x", "does not answer"),
    ):
        said = findings(examine("--json", database_url=url))
        assert said["database"][0] == "fault"
        assert found in said["database"][1]
        assert "secret" not in said["database"][1]
        assert "worker" not in said
    assert not (tmp_path / "none.sqlite").exists(), "looking makes no database"


@pytest.mark.parametrize(
    ("ago", "level", "words"),
    [
        (timedelta(seconds=100), "ok", "ticked 100 s ago"),
        (timedelta(minutes=6), "fault", "the last tick was 6 min ago: no mail leaves"),
        (timedelta(hours=30), "fault", "the last tick was 30 h ago: no mail leaves"),
        (None, "fault", "none has ever ticked: no mail leaves"),
    ],
)
def test_the_worker(
    examine: Examine, database: Database, ago: timedelta | None, level: str, words: str
) -> None:
    with database.write() as session:
        if ago is None:
            session.execute(sa.text("UPDATE site_state SET worker_seen_at = NULL"))
        else:
            worker_pulse.beat(session, now=clock.now() - ago)
    assert findings(examine("--json"))["worker"][:2] == (level, words)


def test_a_clock_that_is_behind(examine: Examine, database: Database) -> None:
    with database.write() as session:
        worker_pulse.beat(session, now=clock.now() + timedelta(hours=1))
    assert wrong(examine("--json")) == {"clock": "fault"}


def test_mails_that_wait(examine: Examine, database: Database) -> None:
    late = clock.now() - timedelta(minutes=16)
    with database.write() as session:
        published(session, plan_of(MARCH), now=datetime(2019, 3, 4, tzinfo=UTC))
        register(session, ALICE)
    for values, level, words in (
        ({"state": MailState.PENDING, "due_at": clock.now()}, "ok", "0 overdue, 0 not delivered"),
        ({"state": MailState.PARKED, "due_at": late}, "warning", "0 overdue, 1 not delivered"),
        ({"state": MailState.PENDING, "due_at": late}, "fault", "1 overdue, 0 not delivered"),
        ({"state": MailState.SENT, "due_at": late}, "ok", "0 overdue, 0 not delivered"),
    ):
        with database.write() as session:
            session.execute(sa.update(OutboxMail).values(**values))
        assert findings(examine("--json"))["outbox"][:2] == (level, words)


def test_sending_that_is_paused(examine: Examine, database: Database) -> None:
    with database.write() as session:
        mail_flow.pause(session, reason="the server refused the password: 535", now=clock.now())
    level, words, *_ = findings(examine("--json"))["outbox"]
    assert level == "fault"
    assert re.fullmatch(
        r"0 overdue, 0 not delivered; sending is paused for \d+ s: "
        r"the server refused the password: 535",
        words,
    )


# the mail server -----------------------------------------------------------------------

# What stands from here on has nothing to do with the kind of database.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that nobody has signed but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = clock.now()
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Guarded(LoopbackController):
    """Speaks STARTTLS, and asks for a password."""

    def __init__(self, certificate: Path) -> None:
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(certificate)
        super().__init__(MailServer(), hostname="127.0.0.1", port=0)

    def factory(self) -> SMTP:
        return SMTP(
            self.handler,
            tls_context=self._tls,
            require_starttls=True,
            auth_required=True,
            authenticator=lambda _server, _session, _envelope, _mechanism, data: AuthResult(
                success=isinstance(data, LoginPassword) and data.password == b"right",
                handled=False,  # the server answers
            ),
        )


@contextmanager
def guarded(certificate: Path) -> Iterator[int]:
    controller = Guarded(certificate)
    controller.start()
    try:
        yield controller.real_port
    finally:
        controller.stop()


@ON_SQLITE
def test_tls_and_password(
    examine: Examine, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with guarded(certificate) as port:
        right = {
            "mail_port": str(port),
            "mail_security": "starttls",
            "mail_username": "us",
            "mail_password": "right",
        }
        unknown = findings(examine("--json", **right))["mail server"]
        assert unknown[0] == "fault"
        assert "shows a certificate that is not good: self-signed" in unknown[1]
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        level, found, _ = findings(examine("--json", **right))["mail server"]
        how = "takes mail from webinaires@example.org, certificate verified, signed in"
        assert (level, found) == ("ok", f"127.0.0.1:{port} {how}")
        bad = findings(examine("--json", **(right | {"mail_password": "wrong"})))["mail server"]
        assert bad[0] == "fault"
        assert "refuses the password (535)" in bad[1]
        assert "wrong" not in bad[1]
        other = {**right, "mail_server": "localhost"}
        assert (
            "certificate that is not good" in findings(examine("--json", **other))["mail server"][1]
        )


@ON_SQLITE
@pytest.mark.parametrize(
    ("answers", "changes", "words"),
    [
        ({"MAIL": "550 5.7.1 not from you"}, {}, "does not take mail from webinaires@"),
        ({"CONNECT": "554 go away"}, {}, "cannot be reached"),
        ({"CONNECT": STALL}, {"mail_timeout": "1"}, "cannot be reached"),
        ({"MAIL": STALL}, {"mail_timeout": "1"}, "broke off"),
        ({}, {"mail_security": "starttls"}, "cannot do that: STARTTLS"),
        ({}, {"mail_security": "tls", "mail_timeout": "1"}, "does not speak TLS so"),
        ({}, {"mail_username": "us", "mail_password": "right"}, "cannot do that"),
    ],
)
def test_a_mail_server_that_would_not_take_it(
    examine: Examine, answers: dict[str, str], changes: dict[str, str], words: str
) -> None:
    with scripted_server(**answers) as server:
        result = examine("--json", mail_port=str(server.port), **changes)
        level, found, _ = findings(result)["mail server"]
        assert (level, "DATA" in server.seen) == ("fault", False)
    assert words in found


@ON_SQLITE
def test_no_mail_server(examine: Examine) -> None:
    assert wrong(examine("--json", mail_port=str(free_port()))) == {"mail server": "fault"}


@ON_SQLITE
def test_the_mailbox(examine: Examine) -> None:
    with imap_server() as imap:
        imap.put(b"Subject: x\n\nx\n")
        settings = {key: str(value) for key, value in imap.settings.items()}
        assert findings(examine("--json", **settings))["returned mail"][:2] == (
            "ok",
            f"127.0.0.1:{imap.port}, INBOX: 1 unread",
        )
        assert imap.unread() == 1, "looking changes nothing"
        settings["bounce_imap_password"] = "wrong"
        assert wrong(examine("--json", **settings)) == {"returned mail": "fault"}


# names ---------------------------------------------------------------------------------

NONE = [("A", "192.0.2.1")]


@ON_SQLITE
@pytest.mark.parametrize(
    ("name", "records", "check", "level", "words"),
    [
        ("example.org", None, "MX", "fault", "there is no domain example.org"),
        ("example.org", [("MX", "0 .")], "MX", "fault", "example.org takes no mail (RFC 7505)"),
        ("example.org", NONE, "MX", "ok", "example.org itself: it has no MX record"),
        ("example.org", [], "MX", "fault", "has no server for mail: nothing comes back"),
        ("example.org", [("TXT", '"x"')], "SPF", "warning", "says of no server"),
        ("example.org", [("TXT", '"v=spf10 -all"')], "SPF", "warning", "says of no server"),
        (
            "example.org",
            [("TXT", '"v=spf1 -all"'), ("TXT", '"v=spf1 mx -all"')],
            "SPF",
            "fault",
            "2 records",
        ),
        ("example.org", [("TXT", '"v=spf1 +all"')], "SPF", "fault", "lets everybody send"),
        ("example.org", [("TXT", '"v=SPF1 a" " -all"')], "SPF", "ok", "v=SPF1 a -all"),
        ("s1._domainkey.example.org", None, "DKIM", "fault", "there is no key"),
        ("s1._domainkey.example.org", [("TXT", '"k=rsa; p="')], "DKIM", "fault", "is revoked"),
        ("_dmarc.example.org", None, "DMARC", "warning", "has no record"),
        ("_dmarc.example.org", [("TXT", '"v=DMARC1"')], "DMARC", "fault", "v=DMARC1"),
        ("_dmarc.example.org", [("TXT", '"v=DMARC1; p=none"')], "DMARC", "ok", "p=none"),
    ],
)
def test_records(
    examine: Examine,
    dns: DnsServer,
    name: str,
    records: list[tuple[str, str]] | None,
    check: str,
    level: str,
    words: str,
) -> None:
    if records is None:
        del dns.records[name]
    else:
        dns.records[name] = records
    found = findings(examine("--json"))[check]
    assert found[0] == level
    assert words in found[1]


@ON_SQLITE
def test_each_domain_is_asked_for_what_it_is_for(examine: Examine, dns: DnsServer) -> None:
    """The return address decides on SPF and MX; the sender on DKIM and DMARC."""
    dns.records |= {
        "retours.example.org": [("MX", "10 mx.example.org."), ("TXT", '"v=spf1 mx -all"')],
        "s1._domainkey.lettre.example.org": GOOD["s1._domainkey.example.org"],
    }
    result = examine(
        "--json", mail_sender="x@lettre.example.org", mail_return_path="b@retours.example.org"
    )
    found = findings(result)
    assert wrong(result) == {}
    assert found["MX"][1] == "retours.example.org: mx.example.org"
    assert found["DMARC"][1] == "example.org: v=DMARC1; p=reject", "it speaks for those below"


@ON_SQLITE
def test_without_a_selector_no_key_is_looked_up(examine: Examine) -> None:
    assert wrong(examine("--json", mail_dkim_selector="")) == {"DKIM": "warning"}


@ON_SQLITE
def test_dns_that_does_not_answer(examine: Examine, dns: DnsServer) -> None:
    dns.silent = True
    result = examine("--json")
    assert wrong(result) == {"DNS": "warning"}
    assert findings(result)["DNS"][1] == (
        "DNS does not answer here: the records of example.org are not checked"
    )


@ON_SQLITE
@pytest.mark.parametrize("server", ["nonsense", "127.0.0.1:x", "127.0.0.1:99999"])
def test_a_nameserver_that_is_none(examine: Examine, server: str) -> None:
    assert wrong(examine("--json", "--nameserver", server)) == {"DNS": "warning"}
