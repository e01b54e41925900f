"""The copy of a letter for the log: its words, without what is secret."""

from datetime import datetime

from sqlalchemy.orm import Session

from webinars.domain import mail_copies
from webinars.domain.mail_copies import BLANK, Copy
from webinars.mail.letters import NAME, Letter


def keep(session: Session, *, mail_id: int, letter: Letter, now: datetime) -> None:
    """Keep what a letter says, in the transaction that lets it go."""
    mould = letter.mould
    if "copy" not in mould.made:
        content = _packed(letter)
        mould.made["copy"] = (content, mail_copies.digest(content))
    content, digest = mould.made["copy"]
    if mould.common and "is kept" not in mould.made:
        mail_copies.keep_text(session, content=content, now=now)
    mail_copies.keep(
        session,
        mail_id=mail_id,
        digest=digest if mould.common else None,
        content=None if mould.common else content,
        name=letter.personal.get(NAME),
        now=now,
    )


def are_kept(letter: Letter) -> None:
    """That transaction has been committed: the words that letters share need no second one."""
    letter.mould.made["is kept"] = True


def _packed(letter: Letter) -> bytes:
    words = dict.fromkeys(letter.personal, BLANK) | {NAME: mail_copies.NAME}
    said = letter.mould.texts.filled(words)
    return mail_copies.packed(Copy(said.subject, said.text, said.html))
