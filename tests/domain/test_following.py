"""Themes that people follow, and what publications tell them."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    HOST,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    load_library,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import (
    audit,
    erasure,
    following,
    participants,
    planned,
    planning,
    publication,
    whole_cycle,
)
from webinars.domain.errors import NotFound
from webinars.domain.people import Person
from webinars.domain.preview import preview
from webinars.domain.programme import Moment
from webinars.domain.registrations import House, Outcome
from webinars.models import FollowedTheme, MailKind, OutboxMail, Participant

THEME = "apprendre-a-faire-alliances"
"""April's."""
LATER = NOW + timedelta(hours=2)
PROVING = House(host=HOST, require_confirmation=True)


@pytest.fixture
def march(database: Database) -> Database:
    """March is public, and the library has its themes."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        load_library(session, "themes.toml")
    return database


def follow(
    session: Session,
    who: Person = ALICE,
    *,
    theme: str = THEME,
    house: House = HOUSE,
    now=NOW,
) -> Outcome:
    return following.follow_theme(session, theme_slug=theme, person=who, house=house, now=now)


def of(session: Session, who: Person = ALICE) -> Participant:
    found = participants.by_email(session, email=who.email)
    assert found is not None
    return found


def mails(session: Session, who: Person = ALICE) -> list[str]:
    return [
        kind.value
        for kind in session.scalars(
            sa.select(OutboxMail.kind)
            .where(OutboxMail.participant_id == of(session, who).id)
            .order_by(OutboxMail.id)
        )
    ]


def follows(session: Session, who: Person = ALICE) -> list[tuple[str, str, bool]]:
    return [
        (one.slug, one.title, one.pending)
        for one in following.followed(session, participant=of(session, who))
    ]


def said(session: Session, *, now=LATER) -> list[list[tuple[str, str | None]]]:
    """What each mail of a publication would say if it left now."""
    found: list[list[tuple[str, str | None]]] = []
    for mail in session.scalars(
        sa.select(OutboxMail).where(OutboxMail.kind == MailKind.PLANNED).order_by(OutboxMail.id)
    ):
        try:
            entries = planned.planned(session, mail=mail, now=now)
        except planned.NothingPlanned as error:
            found.append([(str(error), None)])
            continue
        found.append(
            [
                (one.slug, one.registration.status.value if one.registration else None)
                for one in entries
            ]
        )
    return found


def test_following_is_confirmed_and_a_second_form_sends_the_link(march: Database) -> None:
    with march.write() as session:
        assert follow(session) is Outcome.CONFIRMED
        assert follow(session, now=LATER) is Outcome.ALREADY
    with march.read() as session:
        assert follows(session) == [(THEME, "Apprendre à faire alliances", False)]
        assert mails(session) == ["theme_confirmation", "link"]
        mail = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id)).first()
        assert mail is not None
        theme = following.theme_of(session, mail=mail)
        assert theme is not None
        assert (theme.slug, theme.pending) == (THEME, False)


def test_the_button_confirms(march: Database) -> None:
    with march.write() as session:
        assert follow(session, house=PROVING) is Outcome.PENDING
        assert follow(session, house=PROVING) is Outcome.ALREADY
        assert follows(session)[0][2] is True
        published(session, plan_of(MARCH, APRIL))
        assert said(session) == [], "nobody has proved that address"
        for _ in range(2):
            following.confirm_following(
                session, participant=of(session), theme_slug=THEME, house=PROVING, now=LATER
            )
        assert follows(session)[0][2] is False
        assert mails(session) == ["theme_confirmation", "link", "theme_confirmation"]
        with pytest.raises(NotFound):
            following.confirm_following(
                session, participant=of(session), theme_slug="no", house=PROVING, now=LATER
            )


def test_a_theme_is_of_the_library_or_of_a_public_webinar(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        assert MARCH.theme is not None
        assert follow(session, theme=MARCH.theme) is Outcome.CONFIRMED
        assert follows(session) == [(MARCH.theme, MARCH.theme, False)]
        with pytest.raises(NotFound):
            follow(session, BOB, theme=THEME)
    with database.read() as session:
        assert participants.by_email(session, email=BOB.email) is None


def test_following_none_one_three(march: Database) -> None:
    with march.write() as session:
        register(session, ALICE)
        assert follows(session) == []
        themes = [THEME, "definir-sa-strategie", "connaitre-son-ecosysteme"]
        for number, theme in enumerate(themes):
            follow(session, theme=theme, now=NOW + timedelta(seconds=number))
            assert [slug for slug, _, _ in follows(session)] == themes[: number + 1]
        following.stop_following(session, participant=of(session), theme_slug=THEME)
        following.stop_following(session, participant=of(session), theme_slug=THEME)
        assert [slug for slug, _, _ in follows(session)] == themes[1:]


def test_a_planned_webinar_is_told_to_who_follows_its_theme(march: Database) -> None:
    with march.write() as session:
        follow(session)
        follow(session, BOB, theme="definir-sa-strategie")
        published(session, plan_of(MARCH, APRIL), now=LATER)
    with march.read() as session:
        assert mails(session) == ["theme_confirmation", "planned"]
        assert mails(session, BOB) == ["theme_confirmation"]
        assert said(session) == [[(APRIL.slug, None)]]
        assert said(session, now=NOW + timedelta(days=60)) == [[(planned.NOTHING_LEFT, None)]]


def test_another_theme_is_told_to_who_follows_it(march: Database) -> None:
    with march.write() as session:
        follow(session)
        published(session, plan_of(replace(MARCH, theme=THEME)), now=LATER)
        assert said(session) == [[(MARCH.slug, None)]]
        published(session, plan_of(replace(MARCH, theme=None)), now=LATER)
        assert said(session) == [[(planned.NOTHING_LEFT, None)]]


def test_who_has_a_row_for_it_is_not_told(march: Database) -> None:
    with march.write() as session:
        published(session, plan_of(MARCH, APRIL))
        register(session, ALICE, webinar=APRIL.slug)
        follow(session)
        follow(session, BOB)
        published(session, plan_of(MARCH), now=LATER)
        published(session, plan_of(MARCH, APRIL), now=LATER)  # it takes place after all
    with march.read() as session:
        assert mails(session)[2:] == ["change_notice"] * 2
        assert mails(session, BOB)[1:] == ["planned"]


def test_cycle_and_theme_are_one_mail(march: Database) -> None:
    with march.write() as session:
        follow(session)
        follow(session, theme="definir-sa-strategie")
        whole_cycle.register_for_cycle(
            session,
            cycle_slug="2019",
            person=ALICE,
            without=frozenset(),
            question=None,
            house=HOUSE,
            now=NOW,
        )
        follow(session, BOB)
        planning.save_draft(session, plan=plan_of(MARCH, APRIL, MAY), now=LATER)
        moment = Moment.at(LATER, opens_minutes=15)
        seen = preview(session, cycle_slug="2019", moment=moment).consequences
        assert seen.joining == 2
        assert [(one.slug, one.registered, one.invited) for one in seen.webinars] == [
            (APRIL.slug, 1, 1),
            (MAY.slug, 1, 0),
        ]
        done = publication.publish(session, cycle_slug="2019", host=HOST, now=LATER)
        assert done.planned == seen.joining
        assert mails(session).count("planned") == 1
        assert said(session) == [
            [(APRIL.slug, "confirmed"), (MAY.slug, "confirmed")],
            [(APRIL.slug, None)],
        ]
        following.stop_following(session, participant=of(session), theme_slug=THEME)
        whole_cycle.leave_cycle(
            session, participant=of(session), cycle_slug="2019", host=HOST, now=LATER
        )
        assert said(session)[0] == [(planned.NOTHING_LEFT, None)]


def test_the_newest_publication_speaks(march: Database) -> None:
    with march.write() as session:
        follow(session)
        published(session, plan_of(MARCH, APRIL), now=LATER)
        published(session, plan_of(MARCH), now=LATER)
        assert said(session) == [[(planned.NOTHING_LEFT, None)]], "it is cancelled"
        published(session, plan_of(MARCH, APRIL), now=LATER)
        assert said(session) == [[(planned.TOLD_LATER, None)], [(APRIL.slug, None)]]


def test_who_stopped_or_is_erased_is_not_told(march: Database) -> None:
    with march.write() as session:
        follow(session)
        follow(session, BOB)
        erasure.erase(
            session, participant=of(session, BOB), actor=audit.PARTICIPANT, host=HOST, now=NOW
        )
        published(session, plan_of(MARCH, APRIL), now=LATER)
        assert len(said(session)) == 1
        following.stop_following(session, participant=of(session), theme_slug=THEME)
        assert said(session) == [[(planned.NOTHING_LEFT, None)]]


def test_a_confirmation_of_a_theme_that_was_left_is_of_nothing(march: Database) -> None:
    with march.write() as session:
        follow(session)
        following.stop_following(session, participant=of(session), theme_slug=THEME)
        follow(session, now=LATER)
        old, new = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id)).all()
        assert following.theme_of(session, mail=old) is None
        assert following.theme_of(session, mail=new) is not None
        assert session.scalars(sa.select(FollowedTheme)).one().asked_at == LATER
