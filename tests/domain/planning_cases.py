"""Plans, and strategies of plans, that the tests of planning share."""

from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

from hypothesis import strategies as st

from webinars.domain.cycle_file import read_plan
from webinars.domain.fields import CONTROL, RESERVED_SLUGS, UNLIMITED
from webinars.domain.mail_rules import in_order
from webinars.domain.plan import Plan, PlannedSession
from webinars.models import WebinarStatus

RULES = (
    "third Thursday",
    "last Tuesday",
    "fifth Monday",
    "premier lundi de mars, juin et septembre",
    "FREQ=MONTHLY;BYDAY=2WE,4WE",
    "FREQ=WEEKLY;BYDAY=FR",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=DAILY;BYMONTH=8",
    "FREQ=YEARLY;BYYEARDAY=1,-1",
)
"""Each gives a date in every year."""

SLUGS = st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,2}", fullmatch=True).filter(
    lambda slug: slug not in RESERVED_SLUGS
)
RULES_FOR_MAILS = st.none() | st.sets(
    st.sampled_from(["14d", "7d", "24h", "1h", "15m", "replay", "survey+1d"])
).map(in_order)
LINES = (
    st.one_of(
        st.text(
            st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")).filter(
                lambda one: not CONTROL.match(one)
            ),
            min_size=1,
            max_size=40,
        ),
        st.sampled_from(
            ['dit « "oui" »', "l'été\\", "'''", '"""', "🎉 à Nîmes", "# [x] = {", "עברית"]
        ),
    )
    .map(str.strip)
    .filter(bool)
)
"""A line of text as a field holds it: trimmed, whatever it is written with."""


def april_2019() -> Plan:
    """The real cycle as it was planned in April 2019."""
    path = Path(__file__).parents[1] / "data" / "cycle-2019-april.toml"
    return read_plan(path.read_text("utf-8")).plan


@st.composite
def plans(draw: st.DrawFn, *, least: int = 0, most: int = 6, cancelled: bool = True) -> Plan:
    """A sound plan: slugs and dates only once, of everything that can be said something."""
    year = draw(st.integers(2019, 2035))
    days = st.dates(date(year, 1, 1), date(year, 12, 31))
    slugs = draw(st.lists(SLUGS, min_size=least, max_size=most, unique=True))
    dates = draw(st.lists(days, min_size=len(slugs), max_size=len(slugs), unique=True))
    statuses = st.sampled_from(WebinarStatus) if cancelled else st.just(WebinarStatus.SCHEDULED)
    sessions = st.builds(
        PlannedSession,
        slug=st.just("later"),
        date=st.just(date(year, 1, 1)),
        title=LINES,
        theme=st.none() | SLUGS,
        starts_at=st.none() | st.sampled_from([time(0), time(9, 15), time(23, 59, 58)]),
        duration=st.none() | st.integers(5, 1440),
        capacity=st.none() | st.integers(1, 1_000_000) | st.just(UNLIMITED),
        join_url=st.none() | st.sampled_from(["https://salle.example.org/a?b=c#d", "http://é/"]),
        exception_of=st.none() | days,
        reason=st.none() | LINES,
        status=statuses,
        reminders=RULES_FOR_MAILS,
        texts=st.fixed_dictionaries(
            {},
            optional={
                "why": st.lists(LINES, max_size=3).map("\n\n".join),
                "agenda": st.lists(LINES, max_size=3).map(tuple),
                "speakers": st.lists(LINES, max_size=2).map(tuple),
            },
        ),
    )
    planned = [
        replace(draw(sessions), slug=slug, date=day)
        for day, slug in zip(sorted(dates), slugs, strict=True)
    ]
    return Plan(
        slug=draw(st.sampled_from([str(year), "annee"])),
        title=draw(LINES),
        year=year,
        rule=draw(st.sampled_from(RULES)),
        zone=draw(st.sampled_from(["Europe/Paris", "America/Guadeloupe", "Indian/Reunion"])),
        starts_at=draw(st.sampled_from([time(0), time(13), time(18, 30)])),
        duration=draw(st.integers(5, 1440)),
        capacity=draw(st.none() | st.integers(1, 500)),
        demonstration=draw(st.booleans()),
        department=draw(st.none() | st.sampled_from(["57", "6AE", "971"])),
        reminders=draw(RULES_FOR_MAILS),
        survey_url=draw(st.none() | st.just("https://enquete.example.org/?a=b#c")),
        sessions=tuple(planned),
    )


def week(first: date, *slugs: str) -> tuple[PlannedSession, ...]:
    """A session a week from a day on."""
    return tuple(
        PlannedSession(slug=slug, date=first + timedelta(weeks=index), title=slug.title())
        for index, slug in enumerate(slugs)
    )
