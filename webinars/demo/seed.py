"""The data of the demonstration.

Real: the 2019 cycle as it was revised, the themes, the resources, the two documented
webinars. Invented, and marked so on every screen: hours, durations, rooms, videos, the
chapters of undocumented webinars, the resources beside chapters, and every cycle but that of 2019.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.clock import to_local
from webinars.demo.voices import wish_for
from webinars.domain import planning, publication, registrations, replays, rules, video_sources
from webinars.domain.cycle_file import read_plan
from webinars.domain.errors import DomainError
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile
from webinars.domain.people import Person
from webinars.domain.plan import DEFAULT_ZONE, Plan, PlannedSession
from webinars.domain.registrations import House
from webinars.domain.replays import Video
from webinars.domain.timed_text import read_captions
from webinars.models import Chapter, Cycle, Replay, Resource, Theme, Webinar, chapter_resources
from webinars.places import PACKAGE, STATIC

DATA = PACKAGE / "demo" / "data"
RULE = "third Thursday"
ROOM = "https://salle.example.org/{slug}"
CAPACITY = 100
DISCOVERY = "decouverte-"
AN_HOUR = timedelta(hours=1)

DEMONSTRATION = STATIC / "demo"
VIDEO = f"{video_sources.DEMONSTRATION}demonstration.webm"
VIDEO_SECONDS = 96
INVENTED_AGENDA = (
    "Le thème, vu d’un territoire",
    "Des pratiques qui l’éclairent",
    "Que trouver sur la plateforme ?",
    "Échanges",
)
DISCOVERY_AGENDA = (
    "S’inscrire en deux champs, sans compte",
    "Retrouver son lien et son agenda",
    "Du replay à la bonne ressource",
    "Vos questions",
)
WHY_TODAY = (
    "Une visite libre de la plateforme : venez quand vous voulez, posez vos questions et essayez "
    "l’inscription, le lien personnel et la salle."
)
WHY_TOMORROW = (
    "En une heure, le chemin complet : s’inscrire, recevoir son rappel, rejoindre la salle, puis "
    "retrouver le replay et les ressources."
)

PARTICIPANT = Person(
    email="camille.martin@example.org",
    full_name="Camille Martin",
    language="fr",
    organisation="Association des acteurs du territoire",
    actor_category="association",
    region="53",
)


class RealData(DomainError):
    """The database holds somebody's own cycles: nothing invented may come into it."""


def seed(session: Session, *, house: House, now: datetime) -> bool:
    """Load what is not there yet; what is there is kept as it is. Whether it was empty.

    Raises RealData for a database that is in use and was never a demonstration.
    """
    first = session.scalar(sa.select(Cycle.id).limit(1)) is None
    if not first and not session.scalar(sa.select(Cycle.id).where(Cycle.demonstration).limit(1)):
        raise RealData
    year = to_local(now, DEFAULT_ZONE).year
    if first:
        planning.save_draft(session, plan=_cycle_2019(), now=now)
        names = ("themes.toml", "resources.toml", "webinar-details.toml")
        files = [SourceFile(name, (DATA / name).read_text("utf-8")) for name in names]
        import_library(session, files=files, now=now)
        publication.publish(session, cycle_slug="2019", host=house.host, now=now)
        _replays_of(session, "2019", now=now)
    themes = session.scalars(sa.select(Theme).order_by(Theme.position)).all()
    for running in (year, year + 1):
        if not _exists(session, str(running)):
            planning.save_draft(session, plan=_running_cycle(running, themes), now=now)
            _write_agendas(session, str(running), INVENTED_AGENDA)
            publication.publish(session, cycle_slug=str(running), host=house.host, now=now)
            _replays_of(session, str(running), now=now, but_latest=1)
    _discovery(session, house=house, now=now)
    if first:
        wish_for(session, email=PARTICIPANT.email, now=now)
    return first


def _exists(session: Session, slug: str) -> bool:
    return session.scalar(sa.select(Cycle.id).where(Cycle.slug == slug)) is not None


def _cycle_2019() -> Plan:
    plan = read_plan((DATA / "cycle-2019.toml").read_text("utf-8")).plan
    sessions = tuple(
        replace(
            planned,
            join_url=ROOM.format(slug=planned.slug),
            # A fact of the calendar: 15 August is Assumption.
            reason="Assomption" if planned.exception_of else None,
        )
        for planned in plan.sessions
    )
    return replace(plan, sessions=sessions, demonstration=True)


def _running_cycle(year: int, themes: Sequence[Theme]) -> Plan:
    """A year made from the rule: an opening, then the themes, begun elsewhere each year."""
    sessions = []
    for index, day in enumerate(rules.dates(RULE, year=year)):
        if index == 0:
            slug, title, theme = "lancement", f"Lancement du cycle {year}", None
        else:
            chosen = themes[(index - 1 + year) % len(themes)]
            slug, title, theme = chosen.slug, chosen.title, chosen.slug
        sessions.append(
            PlannedSession(
                slug=slug, date=day, title=title, theme=theme, join_url=ROOM.format(slug=slug)
            )
        )
    return Plan(
        slug=str(year),
        title=f"Cycle de webinaires {year} « l’innovation territoriale en actions ! »",
        year=year,
        rule=RULE,
        capacity=CAPACITY,
        demonstration=True,
        sessions=tuple(sessions),
    )


def _write_agendas(session: Session, cycle: str, agenda: Sequence[str]) -> None:
    """Texts that a plan's file does not carry go into the draft, where none are yet."""
    for drafted in planning.find_cycle(session, slug=cycle).draft.sessions:
        drafted.agenda = drafted.agenda or list(agenda)


def _replays_of(session: Session, cycle: str, *, now: datetime, but_latest: int = 0) -> None:
    past = session.scalars(
        sa.select(Webinar)
        .join(Cycle)
        .where(Cycle.slug == cycle, Webinar.ends_at < now)
        .order_by(Webinar.starts_at)
    ).all()
    spoken = {
        language: read_captions((DEMONSTRATION / f"demonstration.{language}.vtt").read_bytes())
        for language in ("fr", "en")
    }
    for webinar in past[: len(past) - but_latest]:
        titles = webinar.agenda or INVENTED_AGENDA
        step = VIDEO_SECONDS // len(titles)
        video = Video(
            url=VIDEO,
            duration=VIDEO_SECONDS,
            chapters=[(number * step, title) for number, title in enumerate(titles)],
            captions=spoken,
            demonstration=True,
        )
        replays.put_online(
            session, cycle_slug=cycle, webinar_slug=webinar.slug, video=video, now=now
        )
        _put_resources_beside(session, webinar)


def _put_resources_beside(session: Session, webinar: Webinar) -> None:
    """The first of the theme, two a chapter; the opening one has none."""
    chapters = session.scalars(
        sa.select(Chapter.id)
        .join(Replay)
        .where(Replay.webinar_id == webinar.id)
        .order_by(Chapter.starts_at)
        .offset(1)
    ).all()
    resources = session.scalars(
        sa.select(Resource.id)
        .join(Resource.themes)
        .where(Theme.slug == webinar.theme_slug)
        .order_by(Resource.position)
        .limit(2 * len(chapters))
    ).all()
    mentioned = [
        {"chapter_id": chapters[number // 2], "resource_id": resource}
        for number, resource in enumerate(resources)
    ]
    if mentioned:
        session.execute(sa.insert(chapter_resources), mentioned)


def discovery(day: date) -> str:
    """The address of the discovery meetings that were made on a day."""
    return f"{DISCOVERY}{day.isoformat()}"


def _discovery(session: Session, *, house: House, now: datetime) -> None:
    """Two meetings to try everything on: one that begins now, one whose reminder is near."""
    coming = session.scalar(
        sa.select(Webinar.id)
        .join(Cycle)
        .where(Cycle.slug.startswith(DISCOVERY), Webinar.starts_at > now + AN_HOUR)
        .limit(1)
    )
    if coming is not None:
        return
    soon = _next(now, minutes=15)
    if to_local(soon, DEFAULT_ZONE).date() != to_local(now, DEFAULT_ZONE).date():
        soon -= timedelta(minutes=15)  # just begun: tomorrow has a meeting of its own
    today = _meeting("Découvrir la plateforme : posez vos questions", soon, duration=180)
    # Its reminder, a day before, is due in five to ten minutes.
    tomorrow = _meeting(
        "Découvrir la plateforme : le tour en une heure",
        _next(now + timedelta(hours=24, minutes=5), minutes=5),
        duration=60,
    )
    day = to_local(now, DEFAULT_ZONE).date()
    for meeting, why in ((today, WHY_TODAY), (tomorrow, WHY_TOMORROW)):
        # A cycle is of one year, and on New Year's Eve tomorrow is of another.
        began = day if meeting.date.year == day.year else meeting.date
        _meet(session, meeting, why, began=began, house=house, now=now)


def _meet(
    session: Session, meeting: PlannedSession, why: str, *, began: date, house: House, now: datetime
) -> None:
    """Publish a meeting in the cycle that began on a day, with somebody registered."""
    slug = discovery(began)
    known: tuple[PlannedSession, ...] = ()
    if _exists(session, slug):
        known = planning.draft_plan(planning.find_cycle(session, slug=slug)).sessions
    plan = Plan(
        slug=slug,
        title="Rencontres de découverte",
        year=began.year,
        rule="FREQ=DAILY",
        demonstration=True,
        sessions=(*known, replace(meeting, texts={"why": why, "agenda": DISCOVERY_AGENDA})),
    )
    planning.save_draft(session, plan=plan, now=now)
    publication.publish(session, cycle_slug=slug, host=house.host, now=now)
    registrations.register(
        session,
        cycle_slug=slug,
        webinar_slug=meeting.slug,
        person=PARTICIPANT,
        question=None,
        house=house,
        now=now,
    )


def _next(instant: datetime, *, minutes: int) -> datetime:
    """The next full quarter of an hour, or whatever the minutes make."""
    step = timedelta(minutes=minutes)
    return instant + (datetime.min.replace(tzinfo=UTC) - instant) % step


def _meeting(title: str, instant: datetime, *, duration: int) -> PlannedSession:
    local = to_local(instant, DEFAULT_ZONE)
    slug = f"rencontre-{local:%Y-%m-%d-%Hh%M}"
    return PlannedSession(
        slug=slug,
        date=local.date(),
        title=title,
        starts_at=local.time().replace(second=0, microsecond=0),
        duration=duration,
        join_url=ROOM.format(slug=slug),
    )
