"""The one source of time.

Instants are aware and in UTC; the zone of a cycle turns them into what people read.
Nothing else in the product calls ``datetime.now``: a lint rule says so.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class UnknownZone(ValueError):
    """The name is not one of the IANA time zone database."""


class NonexistentHour(ValueError):
    """The local hour is skipped that night because summer time begins."""


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name such as ``Europe/Paris``.

    Raises UnknownZone.
    """
    if len(name) > 64 or not re.fullmatch(r"[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*", name):
        raise UnknownZone(name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise UnknownZone(name) from error


def to_utc(day: date, hour: time, zone_name: str) -> datetime:
    """The UTC instant at which clocks of the zone show this day and hour.

    An hour that happens twice (end of summer time) means its first passage.
    Raises UnknownZone, and NonexistentHour for an hour that the night skips.
    """
    local = datetime.combine(day, hour.replace(fold=0), tzinfo=zone(zone_name))
    instant = local.astimezone(UTC)
    if instant.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NonexistentHour(f"{hour:%H:%M} does not exist on {day.isoformat()} in {zone_name}")
    return instant


def days_away(instant: datetime, days: int, zone_name: str) -> datetime:
    """The UTC instant, so many days later, at which clocks of the zone show the same hour.

    An hour that the night skips is the one that clocks show in its place: 02:30 is 03:30. One
    that happens twice means its first passage. Raises UnknownZone.
    """
    local = to_local(instant, zone_name)
    return at_hour(local.date() + timedelta(days=days), local.time(), zone_name)


def at_hour(day: date, hour: time, zone_name: str) -> datetime:
    """As ``to_utc``; an hour that the night skips is the one that clocks show in its place."""
    # RFC 5545 section 3.3.5 reads such an hour so: by the offset before the gap.
    local = datetime.combine(day, hour.replace(fold=0), tzinfo=zone(zone_name))
    return local.astimezone(UTC)


def to_local(instant: datetime, zone_name: str) -> datetime:
    """The instant as clocks of the zone show it."""
    return instant.astimezone(zone(zone_name))


def minutes(count: int) -> timedelta:
    """A duration, from the whole minutes in which the product counts."""
    return timedelta(minutes=count)
