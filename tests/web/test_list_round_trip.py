"""The list that the desk exports, brought into another webinar: whole, nobody brought back."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from tests.support import ALICE, APRIL, BOB, CHARLIE, HOUSE, MARCH, NOW, register
from tests.web.desk import sign_in
from webinars.db import Database
from webinars.domain import registrations
from webinars.domain.list_files import read_list
from webinars.domain.list_import import preview_import
from webinars.domain.list_words import FIELD_OF, HEADINGS, STATUS_OF, folded
from webinars.i18n import STATUS_NAMES
from webinars.models import Participant, RegistrationStatus

EXPORT = f"/organise/cycles/2019/webinars/{MARCH.slug}/registrations"
ANNE = replace(
    ALICE,
    full_name="Hélène Œuvrard",
    organisation='=La "Ruche" ; été',
    actor_category="local_authority",
    region="93",
)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_an_export_is_understood_whole(
    organiser: FlaskClient, site: Database, prefix: str, kind: str
) -> None:
    with site.write() as session:
        for one in (ANNE, BOB, CHARLIE):
            register(session, one, question="Comment ?" if one is ANNE else None)
        bob = session.scalars(sa.select(Participant).where(Participant.email == BOB.email)).one()
        registrations.cancel(
            session,
            participant=bob,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            house=HOUSE,
            now=NOW,
        )
    assert sign_in(organiser).status_code == 302
    found = read_list(organiser.get(f"{prefix}{EXPORT}.{kind}").get_data())
    assert found.unknown == ()
    assert found.columns == (
        "full_name",
        "email",
        "organisation",
        "actor_category",
        "region",
        "status",
        "question",
        "language",
    )
    with site.read() as session:
        seen = preview_import(
            session, cycle_slug="2019", webinar_slug=APRIL.slug, rows=found.rows, now=NOW
        )
    assert [(line.person, line.question, line.fate.value, line.notices) for line in seen.lines] == [
        (ANNE, "Comment ?", "confirmed", ()),
        (BOB, None, "cancelled", ()),
        (CHARLIE, None, "confirmed", ()),
    ]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_words_of_every_status(app: Flask, language: str) -> None:
    """As they are exported: only who has cancelled stays away."""
    with app.app_context(), force_locale(language):
        read = {status: STATUS_OF.get(folded(str(name))) for status, name in STATUS_NAMES.items()}
    cancelled = RegistrationStatus.CANCELLED
    assert read == {status: cancelled if status is cancelled else None for status in STATUS_NAMES}


def test_no_two_fields_share_a_heading() -> None:
    """A word that two fields know would go to the last of them."""
    for word, field in FIELD_OF.items():
        sharing = {
            name
            for name, line in HEADINGS.items()
            if word in {folded(one) for one in (name, *line.split("|"))}
        }
        assert sharing == {field}, word
