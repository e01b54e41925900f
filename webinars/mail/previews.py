"""A mail as it would read, with the data of a real person and none of their secrets.

Nothing is written, and whatever the person's registration is by now, the mail is shown as in the
situation whose words are looked at.
"""

import dataclasses
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from webinars.domain import mail_lists
from webinars.domain.following import FollowedThemeView
from webinars.domain.mail_facts import OF_A_PLACE
from webinars.domain.mail_texts import Situation
from webinars.domain.notices import News
from webinars.domain.programme import CycleView, Life, WebinarView
from webinars.domain.replay_life import replay_life
from webinars.domain.webinar_page import WebinarPage, webinar_page
from webinars.links import Links
from webinars.mail.letters import Texts, harmless, texts
from webinars.mail.own_words import filled
from webinars.mail.scopes import Entry
from webinars.models import (
    Cycle,
    MailKind,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
)
from webinars.services import Services

SHOWN = "preview"
"""Stands in addresses where a real mail has what opens somebody's page."""
WEEK = timedelta(days=7)
STATUS: Mapping[tuple[MailKind, str], RegistrationStatus] = {
    (MailKind.CONFIRMATION, "to_confirm"): RegistrationStatus.PENDING,
    (MailKind.CYCLE_CONFIRMATION, "to_confirm"): RegistrationStatus.PENDING,
    (MailKind.WAITING_LIST, "waiting"): RegistrationStatus.WAITLISTED,
    (MailKind.CANCELLATION, "ended"): RegistrationStatus.CANCELLED,
    (MailKind.REPLAY, "came"): RegistrationStatus.ATTENDED,
    (MailKind.REPLAY, "missed"): RegistrationStatus.ABSENT,
    (MailKind.SURVEY, "came"): RegistrationStatus.ATTENDED,
}
"""Everywhere else they are registered."""
AFTERWARDS = (MailKind.REPLAY, MailKind.SURVEY)


@dataclass(frozen=True, slots=True)
class _Shown:
    """Of whom and what the mail speaks."""

    where: Situation
    person: Participant
    page: WebinarPage
    status: RegistrationStatus
    links: Links
    now: datetime

    @property
    def webinar(self) -> WebinarView:
        return self.page.webinar

    def address(self, webinar: WebinarView) -> str:
        """The page of a webinar."""
        return self.links.webinar(webinar.cycle_slug, webinar.slug, language=self.person.language)


def status_shown(where: Situation) -> RegistrationStatus:
    """Where somebody stands whom a mail of this situation reaches."""
    return STATUS.get((where.kind, where.name), RegistrationStatus.CONFIRMED)


def preview(
    session: Session,
    *,
    where: Situation,
    language: str,
    words: Mapping[str, str],
    registration_id: int | None,
    services: Services,
) -> Texts:
    """The mail in a language with these words, of a registration; None is invented data.

    ``words``: by part; a part that is missing, or that cannot be used, has the usual ones.
    """
    with force_locale(language):
        context = _context(session, where, language, registration_id, services)
        return texts(where.kind, context, filled(where, words, context))


def _context(
    session: Session,
    where: Situation,
    language: str,
    registration_id: int | None,
    services: Services,
) -> dict[str, Any]:
    """What ``messages.py`` makes of a row of the ledger, made of a registration."""
    settings, links = services.settings, services.links
    shown = _shown(session, where, language, registration_id, services)
    person, page = shown.person, shown.page
    where_is = (page.cycle.slug, page.webinar.slug)
    listed = mail_lists.LIST_OF.get(where.kind)
    context: dict[str, Any] = {
        "person": person,
        "greeted_name": harmless(person.full_name.strip()),
        "status": shown.status,
        "position": 1 if shown.status is RegistrationStatus.WAITLISTED else None,
        "person_url": links.person(SHOWN, language=language),
        "home_url": links.home(language=language),
        "site_name": settings.site_name,
        "organisation": settings.organisation,
        "join_opens_minutes": settings.join_opens_minutes,
        "page": page,
        "webinar": page.webinar,
        "webinar_url": links.webinar(*where_is, language=language),
        "join_url": links.join(*where_is, token=SHOWN, language=language),
        "days_left": 1,
        "survey_url": links.survey(SHOWN, *where_is, language=language),
        "survey_elsewhere": False,
        "year_survey_url": None,
        "also": (),
        "held_until": None,
        "asked_for_news": False,
        "said_anew": False,
        "mail_list": listed,
        "leave_url": links.leave(listed, SHOWN, language=language) if listed else None,
        "invites": settings.mail_calendar == "invitation",
        "dates": (page.webinar.slug,) if _brings_date(shown) else (),
        "date_file_url": links.webinar_calendar(*where_is, language=language),
    }
    more = _MORE.get(where.kind)
    return {**context, **more(shown)} if more else context


def _brings_date(shown: _Shown) -> bool:
    """Whether it has an entry for calendars; of what is cancelled nobody knows who had one."""
    has_place = shown.status is RegistrationStatus.CONFIRMED
    return has_place and shown.where.kind in (*OF_A_PLACE, MailKind.CHANGE_NOTICE)


# of whom and what --------------------------------------------------------------------------


def _shown(
    session: Session,
    where: Situation,
    language: str,
    registration_id: int | None,
    services: Services,
) -> _Shown:
    moment = services.moment()
    row = None
    if registration_id is not None:
        row = session.execute(
            sa.select(Participant, Cycle.slug, Webinar.slug)
            .join(Registration, Registration.participant_id == Participant.id)
            .join(Webinar, Webinar.id == Registration.webinar_id)
            .join(Cycle, Cycle.id == Webinar.cycle_id)
            .where(
                Registration.id == registration_id,
                Participant.erased_at.is_(None),
                Cycle.revision > 0,
            )
        ).one_or_none()
    if row is None:
        person, page = _somebody(language, moment.now), _some_page(moment.now)
    else:
        found, cycle, webinar = row
        person = _copy(found, language, moment.now)
        page = webinar_page(session, cycle_slug=cycle, webinar_slug=webinar, moment=moment)
    page = _in_time(page, where.kind)
    return _Shown(where, person, page, status_shown(where), services.links, moment.now)


def _copy(person: Participant, language: str, now: datetime) -> Participant:
    """Their name and address, apart from the row: nothing of it is written, no secret is in it."""
    return Participant(
        public_id=uuid.UUID(int=0),
        email=person.email,
        full_name=person.full_name,
        language=language,
        news_since=person.news_since or now,
    )


def _somebody(language: str, now: datetime) -> Participant:
    return Participant(
        public_id=uuid.UUID(int=0),
        email="camille@example.org",
        full_name="Camille Martin",
        language=language,
        news_since=now,
    )


def _some_page(now: datetime) -> WebinarPage:
    """A webinar in two weeks, of a cycle of three, that nobody has planned."""
    start = (now + 2 * WEEK).replace(hour=11, minute=0, second=0, microsecond=0)
    title, cycle = gettext("Title of the webinar"), gettext("Title of the cycle")
    webinars = tuple(
        WebinarView(
            cycle_slug="cycle",
            cycle_title=cycle,
            slug=f"webinar-{number}",
            title=title,
            theme=None,
            starts_at=start + (number - 1) * 4 * WEEK,
            ends_at=start + (number - 1) * 4 * WEEK + timedelta(minutes=90),
            zone="Europe/Paris",
            position=number,
            cancelled=False,
            life=Life.BEFORE,
            begun=False,
            is_next=number == 1,
            exception_of=None,
            reason=None,
            has_replay=False,
            speakers=(),
            why=None,
        )
        for number in (1, 2, 3)
    )
    whole = CycleView(
        slug="cycle",
        title=cycle,
        year=start.year,
        rule="",
        zone="Europe/Paris",
        demonstration=False,
        webinars=webinars,
    )
    one = webinars[0]
    return WebinarPage(
        webinar=one,
        cycle=whole,
        previous=None,
        following=webinars[1],
        agenda=(),
        territory_questions=(),
        platform_answers=(),
        announcements=(),
        full=False,
        replay=None,
        replay_life=replay_life(None, ends_at=one.ends_at, zone=one.zone, now=one.starts_at),
        readings=(),
        kit=(),
        neighbours=(),
        themes=(),
        mentions=(),
        next_step=None,
        next_webinar=None,
        moved_from=None,
        questions=(),
        quotes=(),
    )


def _in_time(page: WebinarPage, kind: MailKind) -> WebinarPage:
    """The page at the time at which such a mail leaves."""
    life = Life.AFTER if kind in AFTERWARDS else Life.BEFORE
    webinar = dataclasses.replace(
        page.webinar, life=life, begun=life is Life.AFTER, cancelled=False
    )
    return dataclasses.replace(page, webinar=webinar)


# what some kinds need beyond that ----------------------------------------------------------


def _to_come(shown: _Shown) -> list[WebinarView]:
    """What of the cycle is to come; of one that is over, all."""
    standing = [one for one in shown.page.cycle.webinars if not one.cancelled]
    return [one for one in standing if one.starts_at > shown.now] or standing or [shown.webinar]


def _news(shown: _Shown) -> dict[str, Any]:
    """Of a week's move, or a cancellation, that nobody has published."""
    webinar, off = shown.webinar, shown.where.name == "cancelled"
    one = News(
        slug=webinar.slug,
        title=webinar.title,
        starts_at=webinar.starts_at,
        ends_at=webinar.ends_at,
        zone=webinar.zone,
        status=shown.status,
        old_start=None if off else webinar.starts_at - WEEK,
        cancelled=off,
    )
    return {
        **_WITHOUT_WEBINAR,
        "news": (one,),
        "addresses": {webinar.slug: shown.address(webinar)},
        "programme": shown.page.cycle,
    }


def _welcome(shown: _Shown) -> dict[str, Any]:
    coming = _to_come(shown)
    if shown.where.name == "one":
        coming = coming[:1]
    elif len(coming) == 1:
        coming = [*coming, _some_page(shown.now).cycle.webinars[1]]
    return {
        **_WITHOUT_WEBINAR,
        "programme": shown.page.cycle,
        "news_since": shown.person.news_since,
        "register_url": shown.links.whole_cycle(
            shown.page.cycle.slug, language=shown.person.language
        ),
        "coming": [(one, shown.address(one)) for one in coming],
    }


def _listed(shown: _Shown) -> dict[str, Any]:
    """Several webinars with where the person stands."""
    entries = [
        Entry(
            webinar=dataclasses.replace(one, life=Life.BEFORE, begun=False),
            status=shown.status,
            position=None,
            held_until=None,
            address=shown.address(one),
        )
        for one in _to_come(shown)
    ]
    return {
        **_WITHOUT_WEBINAR,
        "programme": shown.page.cycle,
        "entries": tuple(entries[:1] if shown.where.kind is MailKind.PLANNED else entries),
        "calendar_url": shown.links.person_calendar(SHOWN, language=shown.person.language),
        "themes_left": False,
    }


def _theme(shown: _Shown) -> dict[str, Any]:
    theme = shown.webinar.theme
    title = theme.title if theme else gettext("Title of the theme")
    pending = shown.where.name == "to_confirm"
    followed = FollowedThemeView(theme.slug if theme else "theme", title, pending)
    return {**_WITHOUT_WEBINAR, "theme": followed, "themes_left": False}


def _link(shown: _Shown) -> dict[str, Any]:
    return {} if shown.where.name == "webinar" else _WITHOUT_WEBINAR


_WITHOUT_WEBINAR: dict[str, Any] = {"page": None, "webinar": None, "webinar_url": None}
_MORE: Mapping[MailKind, Callable[[_Shown], dict[str, Any]]] = {
    MailKind.CHANGE_NOTICE: _news,
    MailKind.WELCOME: _welcome,
    MailKind.CYCLE_CONFIRMATION: _listed,
    MailKind.PLANNED: _listed,
    MailKind.THEME_CONFIRMATION: _theme,
    MailKind.LINK: _link,
}
