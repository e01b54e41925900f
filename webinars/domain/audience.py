"""To how many the rules of webinars would write, as people are registered now."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.mail_lists import LIST_OF, wanted
from webinars.domain.mail_rules import Pace, Rule, RuleKind
from webinars.domain.places import HOLDS_A_PLACE
from webinars.domain.reminders import KINDS
from webinars.models import SOMEBODYS, Registration, RegistrationStatus


@dataclass(slots=True)
class Audience:
    """Who has a place of one webinar and wants such mails."""

    counts: dict[tuple[RuleKind, RegistrationStatus], int] = field(
        default_factory=lambda: defaultdict(int)
    )
    late: list[datetime] = field(default_factory=list)
    """When those came to their place who may have come too late for the next reminder. UTC."""

    def of(self, rule: Rule, at: datetime | None, *, pace: Pace) -> int:
        """To how many a rule writes that leaves at that time; None is not known yet."""
        counts = {status: self.counts[rule.kind, status] for status in HOLDS_A_PLACE}
        confirmed = counts[RegistrationStatus.CONFIRMED]
        match rule.kind:
            case RuleKind.REMINDER:
                return confirmed - sum(
                    is_late(rule, at, since=since, pace=pace) for since in self.late
                )
            case RuleKind.REPLAY:
                return sum(counts.values())
            case RuleKind.SURVEY:
                return counts[RegistrationStatus.ATTENDED] or confirmed


def is_late(rule: Rule, at: datetime | None, *, since: datetime, pace: Pace) -> bool:
    """Whether somebody who has their place since then was told too shortly before a reminder."""
    return rule.kind is RuleKind.REMINDER and at is not None and since > pace.known_by(at)


def audiences(
    session: Session, *, among: sa.ColumnElement[bool], pace: Pace, now: datetime
) -> Mapping[int, Audience]:
    """By the webinars' ids, of registrations for which a condition holds. Two queries."""
    found: defaultdict[int, Audience] = defaultdict(Audience)
    kinds = list(KINDS)
    rows = session.execute(
        sa.select(
            Registration.webinar_id,
            Registration.status,
            *(sa.func.count().filter(_wants(kind)) for kind in kinds),
        )
        .where(among, Registration.status.in_(HOLDS_A_PLACE), SOMEBODYS)
        .group_by(Registration.webinar_id, Registration.status)
    )
    for webinar_id, status, *numbers in rows:
        for kind, number in zip(kinds, numbers, strict=True):
            found[webinar_id].counts[kind, status] = number
    # A reminder that is to come leaves after now: nobody who came earlier is late for it.
    late = session.execute(
        sa.select(Registration.webinar_id, Registration.changed_at).where(
            among,
            Registration.status == RegistrationStatus.CONFIRMED,
            Registration.changed_at > pace.known_by(now),
            SOMEBODYS,
            _wants(RuleKind.REMINDER),
        )
    )
    for webinar_id, changed_at in late:
        found[webinar_id].late.append(changed_at)
    return found


def _wants(kind: RuleKind) -> sa.ColumnElement[bool]:
    return wanted(LIST_OF[KINDS[kind]], Registration.participant_id)
