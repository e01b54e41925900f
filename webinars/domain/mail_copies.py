"""What mails said, kept for a while for those who look into the log.

No secret is in a copy: where a personal link was, it is blanked before anything is written. What
many mails have in common is kept once (``MailCopyText``), and each says which text it is and whom
it greets; a mail whose words are its person's alone keeps them itself, and takes them along when
the person is erased.
"""

import hashlib
import json
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.db import INSERT, below, insert_into
from webinars.models import MailCopy, MailCopyText

NAME = "\ue000"
"""Stands in a packed text where the person is greeted by name. No keyboard has it."""
BLANK = "…"
"""Stands where a secret was."""
AT_ONCE = 5000
LONGER = timedelta(days=2)
"""By so much a text outlives the last use of it that was noted."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What one mail said."""

    subject: str
    text: str
    html: str


def packed(copy: Copy) -> bytes:
    """The bytes of a copy, or of a text, in which ``NAME`` stands for the name."""
    words = json.dumps([copy.subject, copy.text, copy.html], ensure_ascii=False)
    return zlib.compress(words.encode("utf-8", "surrogatepass"))


def digest(content: bytes) -> str:
    """What tells a packed text from others."""
    return hashlib.sha256(content).hexdigest()


def keep_text(session: Session, *, content: bytes, now: datetime) -> None:
    """A text that mails of this moment have in common."""
    insert = insert_into(session, MailCopyText)
    values = {"digest": digest(content), "content": content, "used_at": now}
    session.execute(
        insert.on_conflict_do_update(index_elements=["digest"], set_={"used_at": now}), values
    )


# Built once: every mail writes one. The copy of another try takes the place of the earlier.
_KEEP: dict[str, sa.Executable] = {}
for _dialect, _insert in INSERT.items():
    _made = _insert(MailCopy)
    _new = {name: _made.excluded[name] for name in ("digest", "content", "name", "kept_at")}
    _KEEP[_dialect] = _made.on_conflict_do_update(index_elements=["mail_id"], set_=_new)


def keep(
    session: Session,
    *,
    mail_id: int,
    digest: str | None,
    content: bytes | None,
    name: str | None,
    now: datetime,
) -> None:
    """What one mail says as it leaves: the text that it shares, or its own content."""
    values = {
        "mail_id": mail_id,
        "digest": digest,
        "content": content,
        "name": name,
        "kept_at": now,
    }
    below(session).execute(_KEEP[session.get_bind().dialect.name], values)


_CONTENT = sa.func.coalesce(MailCopy.content, MailCopyText.content)


def read(session: Session, *, mail_id: int) -> Copy | None:
    """What a mail said, its secrets blanked; None when no copy is kept. One query."""
    return read_each(session, of=MailCopy.mail_id == mail_id).get(mail_id)


def read_each(session: Session, *, of: sa.ColumnElement[bool]) -> dict[int, Copy]:
    """The copies that the condition holds for, by their mail's id. One query."""
    rows = session.execute(
        sa.select(MailCopy.mail_id, MailCopy.name, _CONTENT)
        .outerjoin(MailCopyText, MailCopyText.digest == MailCopy.digest)
        .where(of, _CONTENT.is_not(None))
    )
    return {mail_id: _unpacked(content, name or "") for mail_id, name, content in rows}


def _unpacked(content: bytes, name: str) -> Copy:
    subject, text, html = json.loads(zlib.decompress(content).decode("utf-8", "surrogatepass"))
    return Copy(
        subject.replace(NAME, name),
        text.replace(NAME, name),
        html.replace(NAME, in_html(name)),
    )


def in_html(text: str) -> str:
    """The same as HTML says it."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(character, entity)
    return text


def forget(session: Session, *, days: int, now: datetime) -> int:
    """Remove copies older than so many days, at most a few thousand; how many.

    Call again while it returns more than nothing.
    """
    old = (
        sa.select(MailCopy.mail_id)
        .where(MailCopy.kept_at <= now - timedelta(days=days))
        .order_by(MailCopy.kept_at)
        .limit(AT_ONCE)
    )
    ids = session.scalars(old).all()
    if ids:
        session.execute(sa.delete(MailCopy).where(MailCopy.mail_id.in_(ids)))
        return len(ids)
    session.execute(
        sa.delete(MailCopyText).where(MailCopyText.used_at <= now - timedelta(days=days) - LONGER)
    )
    return 0
