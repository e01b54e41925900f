"""The calendar of one person: the webinars that they have a place in, with their own door.

What an entry says is everybody's but for the door's secret, so its text is made once for the
public state it is of, with a mark in the place of the secret; building entries anew for each
person costs ten times as much.
"""

import secrets
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import site
from webinars.domain.calendar_text import folded, unfolded
from webinars.domain.calendars import Feed, Writer, entries_of, nothing
from webinars.domain.errors import DomainError
from webinars.domain.participants import calendar_door_token
from webinars.domain.publications import MADE
from webinars.i18n import gettext
from webinars.models import Participant, Registration, RegistrationStatus, SiteState, Webinar

IN_A_CALENDAR = (
    RegistrationStatus.CONFIRMED,
    RegistrationStatus.ATTENDED,
    RegistrationStatus.ABSENT,
)
ALARMS = (10, 60, 24 * 60)
"""Minutes before the start among which a person chooses, if they want any."""
SECRET = secrets.token_hex(34)
"""The mark of the door's secret; random, so that nobody can write it."""
MOST_KEPT = 4096

_MINE = (
    sa.select(
        SiteState.version,
        MADE.scalar_subquery(),
        Registration.webinar_id,
        Registration.status,
        Registration.changed_at,
    )
    .select_from(SiteState)
    .outerjoin(Registration, Registration.participant_id == sa.bindparam("participant"))
)


class UnknownAlarm(DomainError):
    """No alarm can be chosen of this length."""


@dataclass(frozen=True, slots=True)
class EntryText:
    """An entry of a calendar, unfolded, with a mark in the place of the secret."""

    text: str
    starts_at: datetime
    changed_at: datetime


Key = tuple[str, int | None, int]
"""Language, minutes of the alarm, the webinar's id."""


@dataclass(eq=False)
class Kept:
    """Texts of entries of one state of the public site; of this process."""

    version: int = 0
    texts: OrderedDict[Key, EntryText] = field(default_factory=OrderedDict)
    frames: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What stands before and behind the entries, by the language; no state changes it."""
    lock: Lock = field(default_factory=Lock)

    def of(self, version: int, keys: Collection[Key]) -> dict[Key, EntryText]:
        """Those that are still so."""
        with self.lock:
            if version != self.version:
                return {}
            return {key: self.texts[key] for key in keys if key in self.texts}

    def keep(self, version: int, texts: Mapping[Key, EntryText]) -> None:
        """Keep what was made of this state; of an older one nothing is kept."""
        with self.lock:
            if version > self.version:
                self.version = version
                self.texts.clear()
            if version == self.version:
                self.texts.update(texts)
            while len(self.texts) > MOST_KEPT:
                self.texts.popitem(last=False)


def personal_calendar(
    session: Session, *, participant: Participant, writer: Writer, kept: Kept
) -> Feed:
    """Their feed, in the writer's language. Two queries, one where all entries are kept.

    An entry may be newer than the state of the first; never older.
    """
    rows = session.connection().execute(_MINE, {"participant": participant.id}).all()
    version, revision = rows[0][:2]
    mine = [webinar for *_, webinar, status, _ in rows if status in IN_A_CALENDAR]
    alarm = participant.calendar_alarm
    keys = [(writer.language, alarm, webinar) for webinar in mine]
    found = kept.of(version, keys)
    missing = [key[2] for key in keys if key not in found]
    if missing:
        made = _texts(session, missing, writer=writer, alarm=alarm)
        kept.keep(version, made)
        found |= made
    entries = sorted(found.items(), key=lambda item: (item[1].starts_at, item[0][2]))
    stamps = [changed_at for *_, changed_at in rows if changed_at]
    stamps += [entry.changed_at for entry in found.values()]
    stamps += [participant.calendar_alarm_at] if participant.calendar_alarm_at else []
    if writer.language not in kept.frames:
        kept.frames[writer.language] = _frame(writer)
    opening, closing = kept.frames[writer.language]
    body = [entry.text for _, entry in entries] or [unfolded(nothing().to_ical())]
    text = "".join((opening, *body, closing))
    secret = calendar_door_token(writer.links, participant)
    return Feed(folded(text.replace(SECRET, secret)), max(stamps, default=site.EPOCH), revision)


def set_alarm(
    session: Session, *, participant: Participant, minutes: int | None, now: datetime
) -> None:
    """Let each entry of their calendar ring so long before the start, or not any more.

    Raises UnknownAlarm.
    """
    if minutes is not None and minutes not in ALARMS:
        raise UnknownAlarm(minutes)
    if participant.calendar_alarm != minutes:
        participant.calendar_alarm = minutes
        participant.calendar_alarm_at = now
        session.flush()


def _texts(
    session: Session, webinars: Collection[int], *, writer: Writer, alarm: int | None
) -> dict[Key, EntryText]:
    return {
        (writer.language, alarm, entry.webinar.id): EntryText(
            unfolded(
                writer.event(
                    entry,
                    door=writer.links.join(
                        entry.cycle_slug, entry.webinar.slug, token=SECRET, language=writer.language
                    ),
                    alarm=None if alarm is None else timedelta(minutes=alarm),
                ).to_ical()
            ),
            entry.webinar.starts_at,
            entry.webinar.changed_at,
        )
        for entry in entries_of(session, Webinar.id.in_(webinars))
    }


def _frame(writer: Writer) -> tuple[str, str]:
    empty = unfolded(writer.frame(gettext("My webinars")).to_ical())
    opening, end, closing = empty.partition("END:VCALENDAR")
    return opening, end + closing
