"""Reading notices, as they come and as nobody would write them."""

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.returned import (
    ID,
    OUT_OF_OFFICE,
    READ_RECEIPT,
    TO,
    WRITERS,
    arf,
    dsn,
    exchange,
    gmail,
    qmail,
)
from webinars.mail.bounces import MOST_BYTES, MOST_LINES, read_notice
from webinars.models import NoticeKind


@pytest.mark.parametrize("name", WRITERS)
def test_a_server_says_that_an_address_leads_nowhere(name: str) -> None:
    write, status = WRITERS[name]
    (report,) = read_notice(write())
    assert report.kind is NoticeKind.PERMANENT
    assert report.status == status
    assert report.message_ids[0] == ID
    assert TO in report.recipients


@pytest.mark.parametrize("name", WRITERS)
def test_line_ends_change_nothing(name: str) -> None:
    write, _ = WRITERS[name]
    (unix,), (network,) = read_notice(write()), read_notice(write().replace(b"\n", b"\r\n"))
    assert (unix.kind, unix.status, unix.message_ids) == (
        network.kind,
        network.status,
        network.message_ids,
    )
    assert unix.recipients == network.recipients


def test_what_the_server_said_is_kept_in_one_line() -> None:
    (report,) = read_notice(exchange())
    assert report.words == (
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient alice@example.org not found by "
        "SMTP address lookup"
    )


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "kind"),
    [
        ("failed", "5.1.1", "smtp; 550 5.1.1 unknown", NoticeKind.PERMANENT),
        ("failed", "5.0.0", "smtp; 550 unknown", NoticeKind.PERMANENT),
        ("failed", "5.4.1", "smtp; 550 5.4.1 access denied", NoticeKind.PERMANENT),
        ("failed", "5.2.2", "smtp; 552 5.2.2 mailbox full", NoticeKind.TRANSIENT),
        ("failed", "5.0.0", "smtp; 552 5.2.2 mailbox full", NoticeKind.TRANSIENT),
        ("failed", "5.4.7", "smtp; 550 5.4.7 expired", NoticeKind.TRANSIENT),
        ("failed", "4.4.7", "smtp; 451 4.4.7 expired", NoticeKind.TRANSIENT),
        ("failed", "4.4.1", "smtp; timed out", NoticeKind.TRANSIENT),
        ("delayed", "4.4.1", "smtp; timed out", NoticeKind.TRANSIENT),
        ("delayed", "5.1.1", "smtp; odd", NoticeKind.TRANSIENT),
        ("failed", "", "", NoticeKind.TRANSIENT),
        ("failed", "", "smtp; 550 no", NoticeKind.PERMANENT),
        ("failed", "5.7.1", "smtp; 550 5.7.1 blocked as spam", NoticeKind.OURS),
        ("failed", "5.0.0", "smtp; 550 5.7.26 unauthenticated", NoticeKind.OURS),
        ("failed", "5.3.4", "smtp; 552 5.3.4 too big", NoticeKind.OURS),
    ],
)
def test_a_code_says_whose_fault_it_is(
    action: str, status: str, diagnostic: str, kind: NoticeKind
) -> None:
    (report,) = read_notice(dsn(action=action, status=status, diagnostic=diagnostic))
    assert report.kind is kind


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_what_arrived_is_no_notice(action: str) -> None:
    assert read_notice(dsn(action=action, status="2.0.0", diagnostic="smtp; 250 OK")) == ()


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers", "message/global"])
def test_our_mail_comes_back_whole_or_as_headers(returned: str) -> None:
    (report,) = read_notice(dsn(returned=returned))
    assert report.message_ids == (ID,)


def test_a_report_for_several_recipients() -> None:
    block = b"\n\nFinal-Recipient: rfc822; bob@example.org\nAction: delayed\nStatus: 4.4.1\n"
    first, second = read_notice(dsn().replace(b"User unknown\n", b"User unknown" + block))
    assert (first.kind, second.kind) == (NoticeKind.PERMANENT, NoticeKind.TRANSIENT)
    assert second.recipients[0] == "bob@example.org"


def test_an_original_recipient_is_decoded() -> None:
    raw = dsn(to="alice+2Bcycle@example.org")
    (report,) = read_notice(raw)
    assert "alice+cycle@example.org" in report.recipients


def test_a_report_encoded_for_the_way() -> None:
    plain = gmail()
    start = plain.index(b"Reporting-MTA")
    end = plain.index(b"--0000000000007e\nContent-Type: message/rfc822")
    encoded = base64.encodebytes(plain[start:end])
    raw = plain[:start].replace(
        b"message/delivery-status\n\n",
        b"message/delivery-status\nContent-Transfer-Encoding: base64\n\n",
    )
    (report,) = read_notice(raw + encoded + plain[end:])
    assert (report.status, report.message_ids[0]) == ("5.1.1", ID)


@pytest.mark.parametrize("kind", ["abuse", "Fraud", "opt-out"])
def test_a_complaint(kind: str) -> None:
    (report,) = read_notice(arf(kind=kind))
    assert (report.kind, report.message_ids, report.recipients) == (
        NoticeKind.COMPLAINT,
        (ID,),
        (TO,),
    )


@pytest.mark.parametrize("kind", ["not-spam", "virus", "auth-failure", ""])
def test_feedback_of_no_persons_will(kind: str) -> None:
    assert read_notice(arf(kind=kind)) == ()


@pytest.mark.parametrize("raw", [OUT_OF_OFFICE, READ_RECEIPT, b"", b"\n", b"Hello", b"\0" * 100])
def test_what_is_no_notice(raw: bytes) -> None:
    assert read_notice(raw) == ()


def test_a_warning_of_an_old_server_is_counted() -> None:
    raw = qmail().replace(b"failure notice", b"Warning: message delayed 24 hours")
    raw = raw.replace(b"This is a permanent error; I've given up.", b"I will retry.")
    raw = raw.replace(b"I'm afraid I wasn't able to deliver", b"I could not yet deliver")
    raw = raw.replace(b"Sorry, no mailbox here by that name. (#5.1.1)", b"Busy. (#4.4.1)")
    (report,) = read_notice(raw)
    assert (report.kind, report.status) == (NoticeKind.TRANSIENT, "4.4.1")


# what nobody would write -----------------------------------------------------------------

SAMPLES = [write() for write, _ in WRITERS.values()] + [arf(), OUT_OF_OFFICE]


@given(st.binary(max_size=2000))
def test_random_bytes(raw: bytes) -> None:
    read_notice(raw)


@settings(max_examples=150)
@given(st.sampled_from(SAMPLES), st.data())
def test_broken_samples(raw: bytes, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        cut = data.draw(st.integers(0, 60))
        raw = raw[:at] + data.draw(st.binary(max_size=20)) + raw[at + cut :]
    for report in read_notice(raw):
        stored = "".join((report.storable().words, *report.storable().message_ids))
        assert "\0" not in stored.encode("utf-8").decode()


@given(
    st.lists(
        st.sampled_from(
            [
                b"Content-Type: multipart/report; boundary=a\n",
                b"Content-Type: message/delivery-status\n",
                b"Content-Type: message/rfc822\n",
                b"Content-Type: message/feedback-report; charset=\xff\n",
                b"Content-Type: ;;;\n",
                b"Content-Transfer-Encoding: base64\n",
                b"Content-Transfer-Encoding: x-uuencode\n",
                b"From: MAILER-DAEMON\n",
                b"Final-Recipient: ;;;\n",
                b"Action: failed\n",
                b"Status: 9.9.9\n",
                b"Message-ID: <\n a@b>\n",
                b"begin 644 x\n",
                b"--a\n",
                b"--a--\n",
                b"\n",
                b"=?utf-8?q?=?=\n",
                b"\xff\xfe\0",
            ]
        ),
        max_size=40,
    )
)
def test_pieces_in_any_order(pieces: list[bytes]) -> None:
    read_notice(b"".join(pieces))


def _nested(depth: int, kind: bytes) -> bytes:
    if kind == b"multipart":
        return b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)
        )
    return b"Content-Type: message/rfc822\n\n" * depth


BIG = 10_000_000
COSTLY = {
    "10 MB of one line": b"a" * BIG,
    "10 MB of headers": b"a: b\n" * (BIG // 5),
    "10 MB of a folded header": b"From: x\n" + b" y\n" * (BIG // 3),
    "10 MB of parts": b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\n" * (BIG // 5),
    "10 MB of lines": b"From: MAILER-DAEMON@x\n\n" + b"x\n" * (BIG // 2),
    "10 MB of blanks": b"From: MAILER-DAEMON@x\n\n" + b" " * BIG,
    "10 MB of quotes": b"From: MAILER-DAEMON@x\n\n550 5.1.1\n" + b"> " * (BIG // 2),
    "10 MB of blank lines in a report": b"Content-Type: message/delivery-status\n\n"
    b"Action: failed\n" + b"\n \n" * (BIG // 3),
    "10 MB of an address": b"From: MAILER-DAEMON@x\n\n550 5.1.1 " + b"a@" * (BIG // 2),
    "a notice with 10 MB behind it": dsn() + b"x" * BIG,
    "multiparts in each other": _nested(5000, b"multipart"),
    "forty multiparts and many lines": _nested(39, b"multipart") + b"x\n" * 400_000,
    "messages in each other": _nested(5000, b"message"),
    "forty messages in each other": _nested(39, b"message"),
}


@pytest.mark.parametrize("name", COSTLY)
def test_nothing_costs_much_time(name: str) -> None:
    began = time.process_time()
    read_notice(COSTLY[name])
    assert time.process_time() - began < 3


def test_only_the_beginning_is_read() -> None:
    assert len(read_notice(dsn() + b"x" * MOST_BYTES)) == 1
    for before in (b"x: " + b"y" * MOST_BYTES + b"\n", b"x: y\n" * MOST_LINES):
        assert read_notice(before + dsn()) == ()
