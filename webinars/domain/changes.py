"""What differs between what is published and what is drafted. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webinars.models import ChangeKind

OF_THE_DATE = ("exception_of", "reason")
"""What a webinar says of its date: with another one, that is the same change."""

FieldValue = str | int | list[str] | None


@dataclass(frozen=True, slots=True)
class Slot:
    """A webinar reduced to what people would notice if it changed."""

    slug: str
    title: str
    starts: str
    """Local date and time with the zone, such as ``2019-04-18T13:00 Europe/Paris``."""
    cancelled: bool
    details: Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One difference. A webinar that is moved and renamed has one of each."""

    kind: ChangeKind
    slug: str
    before: dict[str, Any]
    after: dict[str, Any]


def differences(
    published: Mapping[str, Slot], drafted: Mapping[str, Slot]
) -> tuple[PlanChange, ...]:
    """The changes that a publication would make, in the order of the drafted dates.

    A published webinar that the draft lacks is cancelled, never deleted.
    """
    changes: list[PlanChange] = []
    for slot in sorted(drafted.values(), key=lambda slot: (slot.starts, slot.slug)):
        before = published.get(slot.slug)
        changes += _of_new(slot) if before is None else _of_known(before, slot)
    for slot in sorted(published.values(), key=lambda slot: (slot.starts, slot.slug)):
        if slot.slug not in drafted and not slot.cancelled:
            changes.append(_change(ChangeKind.CANCELLED, slot.slug, cancelled=(False, True)))
    return tuple(changes)


def _of_new(slot: Slot) -> list[PlanChange]:
    after = {"title": slot.title, "starts": slot.starts}
    return [PlanChange(ChangeKind.ADDED, slot.slug, {}, after)]


def _of_known(before: Slot, after: Slot) -> list[PlanChange]:
    slug = after.slug
    changes: list[PlanChange] = []
    details: dict[str, tuple[Any, Any]] = {
        name: (before.details.get(name), value)
        for name, value in after.details.items()
        if before.details.get(name) != value
    }
    if before.starts != after.starts:
        why = {name: details.pop(name) for name in OF_THE_DATE if name in details}
        starts = (before.starts, after.starts)
        changes.append(_change(ChangeKind.MOVED, slug, starts=starts, **why))
    if before.title != after.title:
        changes.append(_change(ChangeKind.RENAMED, slug, title=(before.title, after.title)))
    if not before.cancelled and after.cancelled:
        changes.append(_change(ChangeKind.CANCELLED, slug, cancelled=(False, True)))
    if before.cancelled and not after.cancelled:
        details["cancelled"] = (True, False)
    if details:
        changes.append(_change(ChangeKind.CHANGED, slug, **details))
    return changes


def _change(kind: ChangeKind, slug: str, **values: tuple[Any, Any]) -> PlanChange:
    return PlanChange(
        kind,
        slug,
        before={name: pair[0] for name, pair in values.items()},
        after={name: pair[1] for name, pair in values.items()},
    )
