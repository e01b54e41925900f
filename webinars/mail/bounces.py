"""Reading notices: delivery status (RFC 3464, RFC 6533), complaints (RFC 5965), and older forms.

What arrives may be anything, and from anybody. So only its beginning is read, and one whose
parts would cost too much is left alone. Nothing here is believed: what a notice may change is
for ``domain/delivery_notices.py`` to say.
"""

import binascii
import email.policy
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser, HeaderParser

import structlog

from webinars.domain.delivery_notices import Report, kind_of
from webinars.models import NoticeKind

MOST_BYTES = 512 * 1024
MOST_LINES = 20_000
"""Of a message; what tells of a mail stands at its beginning, the mail itself at its end."""
MOST_BOUNDARIES = 1000
MOST_NESTED = 40
"""Multiparts and messages within each other; each costs the library a few calls in depth."""
MOST_PARTS = 60
MOST_RECIPIENTS = 50

STATUS = ("message/delivery-status", "message/global-delivery-status")
FEEDBACK = ("message/feedback-report",)
RETURNED = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
)
NOT_FAILED = ("delivered", "relayed", "expanded")
COMPLAINTS = ("abuse", "fraud", "opt-out", "opt-out-list")
"""Other feedback is of no person's will: ``not-spam``, ``virus``, ``auth-failure``."""
MAILERS = ("mailer-daemon", "postmaster", "mail-daemon", "mdaemon")

NESTED = re.compile(rb"(?i)content-type:\s*(?:multipart|message)/")
MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
ID_FIELD = re.compile(r"(?im)^[> \t]*(?:X-Original-)?Message-ID:\s*(<[^<>\s]{3,250}>)")
TO_FIELD = re.compile(r"(?im)^[> \t]*To:([^\r\n]{3,500})")
ADDRESS = re.compile(r"[^\s<>()\[\]\\,;:\"'@]{1,64}@[^\s<>()\[\]\\,;:\"'@]{1,253}")
ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
BASIC = re.compile(r"(?<![\d.])([45])\d\d(?=[ \-:])")
FAILED = re.compile(
    r"(?i)permanent|fatal error|could not be delivered|undeliverable|wasn't able to deliver"
    r"|giving up|no such user|user unknown|unknown user|no mailbox here"
)
LATE = re.compile(r"(?i)delayed|will (?:be )?retr|not yet been delivered|^warning:|still trying")
XTEXT = re.compile(r"\+([0-9A-F]{2})")

log = structlog.get_logger()


@dataclass
class Found:
    """What the parts of one message say."""

    blocks: list[Message] = field(default_factory=list)
    """Of a delivery status: one of the whole message, then one a recipient."""
    feedback: list[Message] = field(default_factory=list)
    returned: list[Message] = field(default_factory=list)
    """Headers of our mail."""
    text: str = ""


def read_notice(raw: bytes) -> tuple[Report, ...]:
    """What a message says of mails of ours; nothing, when it is no notice. Never raises."""
    raw = b"\n".join(raw[:MOST_BYTES].split(b"\n", MOST_LINES)[:MOST_LINES])
    if raw.count(b"\n--") > MOST_BOUNDARIES or len(NESTED.findall(raw)) > MOST_NESTED:
        return ()
    try:
        message = BytesParser(policy=email.policy.compat32).parsebytes(raw)
        return _reports(message, _found(message), raw)
    except Exception:  # noqa: BLE001  (the library's parser has failed in many ways)
        log.warning("notice_cannot_be_read", size=len(raw))
        return ()


def report_of(kind: NoticeKind, *, email: str, message_id: str, reason: str) -> Report:
    """What a mail service tells in its own words, with or without the brackets of the id."""
    bare = message_id.strip().strip("<>")
    return Report(
        kind=kind,
        message_ids=(f"<{bare}>",) if bare else (),
        recipients=(email.strip().lower(),),
        status=_status("", reason),
        words=reason,
        notice="",
    )


def _found(message: Message) -> Found:
    found = Found()
    for number, part in enumerate(_parts(message)):
        if number >= MOST_PARTS:
            break
        kind = part.get_content_type()
        if kind in STATUS:
            found.blocks += _blocks(_text(part))
        elif kind in FEEDBACK:
            found.feedback += _blocks(_text(part))[:1]
        elif kind in RETURNED:
            found.returned += _blocks(_text(part))[:1]
        elif kind == "text/plain" and not found.text:
            found.text = _text(part)
    return found


def _parts(message: Message) -> Iterator[Message]:
    """Every part that is not a multipart; a message inside is one part, and not looked into."""
    waiting = [message]
    while waiting:
        part = waiting.pop(0)
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting += [inner for inner in payload if isinstance(inner, Message)]
        else:
            yield part


def _text(part: Message) -> str:
    """What stands in a part, as it was sent, without its encoding for the way."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        decoded = part.get_payload(decode=True)
        return decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else str(payload)
    # The library has parsed what it calls a message; some senders encode it all the same.
    text = "\n\n".join(_flat(inner) for inner in payload if isinstance(inner, Message))
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64":
        try:
            return binascii.a2b_base64(text.encode("ascii", "ignore")).decode("utf-8", "replace")
        except binascii.Error:
            return text
    return text


def _flat(message: Message) -> str:
    """Headers and, where it is plain, the body: enough to read fields from."""
    fields = "\n".join(f"{name}: {value}" for name, value in message.items())
    body = message.get_payload()
    return f"{fields}\n\n{body}" if isinstance(body, str) else fields


def _blocks(text: str) -> list[Message]:
    """Fields in groups between blank lines (RFC 3464 section 2.1)."""
    groups = re.split(r"(?:\r?\n[ \t]*){2,}", text.strip(), maxsplit=MOST_RECIPIENTS)
    parser = HeaderParser(policy=email.policy.compat32)
    return [parser.parsestr(group) for group in groups if ":" in group]


def _reports(message: Message, found: Found, raw: bytes) -> tuple[Report, ...]:
    notice = _notice(message, raw)
    ids = _ids(message, found)
    if found.feedback:
        return _complaints(found, ids, notice)
    named = [block for block in found.blocks if _recipients_of(block) or block.get("Action")]
    if named:
        reports = (_status_report(block, found, ids, notice) for block in named[:MOST_RECIPIENTS])
        return tuple(report for report in reports if report is not None)
    return _old_forms(message, found, notice)


def _status_report(
    block: Message, found: Found, ids: tuple[str, ...], notice: str
) -> Report | None:
    action = _said(block, "Action").lower()
    if action in NOT_FAILED:
        return None
    diagnostic = _said(block, "Diagnostic-Code") or _said(block, "Status")
    status = _status(_said(block, "Status"), diagnostic)
    if status is not None and status.startswith("2."):
        return None
    return Report(
        kind=kind_of(status, delayed=action == "delayed"),
        message_ids=ids,
        recipients=_merged(_recipients_of(block), _written_to(found)),
        status=status,
        words=diagnostic.partition(";")[2].strip() or diagnostic or action,
        notice=notice,
    )


def _status(said: str, diagnostic: str) -> str | None:
    """The code of the status field; what the server said, where that is more exact."""
    first, second = ENHANCED.search(said), ENHANCED.search(diagnostic)
    if first and not first[1].endswith(".0.0"):
        return first[1]
    if second and (first is None or second[1][0] == first[1][0]):
        return second[1]
    if first:
        return first[1]
    basic = BASIC.search(f"{diagnostic} ")
    return f"{basic[1]}.0.0" if basic else None


def _complaints(found: Found, ids: tuple[str, ...], notice: str) -> tuple[Report, ...]:
    return tuple(
        Report(
            kind=NoticeKind.COMPLAINT,
            message_ids=ids,
            recipients=_merged(_addresses(_said(block, "Original-Rcpt-To")), _written_to(found)),
            status=None,
            words=_said(block, "Feedback-Type").lower(),
            notice=notice,
        )
        for block in found.feedback
        if _said(block, "Feedback-Type").lower() in COMPLAINTS
    )


def _old_forms(message: Message, found: Found, notice: str) -> tuple[Report, ...]:
    """A text without a report: qmail, older Exim and Sendmail."""
    failed = _addresses(_said(message, "X-Failed-Recipients"))
    sender = _addresses(_said(message, "From"))
    from_a_mailer = any(one.partition("@")[0] in MAILERS for one in sender)
    # Above our mail, which comes last, stands what became of it.
    said = re.split(r"(?m)^-{3,}", found.text, maxsplit=1)[0][:20_000]
    status = _status("", said)
    late = LATE.search(f"{_said(message, 'Subject')}\n{said}") is not None
    if not (failed or from_a_mailer) or not (status or late or FAILED.search(said)):
        return ()
    if status is None and FAILED.search(said) and not late:
        status = "5.0.0"
    to = [address for line in TO_FIELD.findall(found.text) for address in _addresses(line)]
    named = failed or tuple(_addresses(said)[:MOST_RECIPIENTS])
    return (
        Report(
            kind=kind_of(status, delayed=late and not FAILED.search(said)),
            message_ids=_merged(tuple(ID_FIELD.findall(found.text)), _ids(message, found)),
            recipients=_merged(named, tuple(to), _written_to(found)),
            status=status,
            words=said.strip()[-1000:],
            notice=notice,
        ),
    )


# what it is about ----------------------------------------------------------------------------


def _ids(message: Message, found: Found) -> tuple[str, ...]:
    """Message-IDs that it may be about: of what is returned, of the report, of the thread."""
    fields = [
        *(_said(one, "Message-ID") for one in found.returned),
        *(_said(one, "X-Original-Message-ID") for one in (*found.blocks, *found.feedback)),
        _said(message, "In-Reply-To"),
        _said(message, "References"),
    ]
    return _merged(*(tuple(MESSAGE_ID.findall(value)) for value in fields))


def _recipients_of(block: Message) -> tuple[str, ...]:
    return _merged(
        *(
            _addresses(XTEXT.sub(_plain, value)) + _addresses(value)
            for name in ("Original-Recipient", "Final-Recipient")
            for value in [_said(block, name).rpartition(";")[2]]
        )
    )


def _plain(code: "re.Match[str]") -> str:
    return chr(int(code[1], 16))


def _written_to(found: Found) -> tuple[str, ...]:
    """To whom our mail went, by the mail itself."""
    return _merged(*(_addresses(_said(one, "To")) for one in found.returned))


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(one.lower() for one in ADDRESS.findall(text[:2000]))


def _said(message: Message, name: str) -> str:
    """The value of a field on one line; nothing, when there is none."""
    return " ".join(str(message.get(name, "")).split())


def _merged(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for group in groups for one in group))


def _notice(message: Message, raw: bytes) -> str:
    """What tells this notice from others: its own Message-ID, or all that it says."""
    said = MESSAGE_ID.search(_said(message, "Message-ID"))
    return said[0] if said else hashlib.sha256(raw).hexdigest()
