"""What may stand in the fields of a person, and what is said of the rest."""

import pytest

from webinars.domain import person_fields
from webinars.domain.errors import WrongValue
from webinars.domain.person_fields import (
    ACCENT_IN_ADDRESS,
    ADDRESS_ALONE,
    MALFORMED_ADDRESS,
    ONE_ADDRESS,
)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("bob@example.org,", ADDRESS_ALONE),
        ("bob@example.org.", ADDRESS_ALONE),
        ("Bob Martin <bob@example.org>", ADDRESS_ALONE),
        ("Zoé <zoe@example.org>", ADDRESS_ALONE),
        ("mailto:bob@example.org", ADDRESS_ALONE),
        ("bob@example.org, alice@example.org", ONE_ADDRESS),
        ("bob@example.org alice@example.org", ONE_ADDRESS),
        ("bob", MALFORMED_ADDRESS),
        ("bob@", MALFORMED_ADDRESS),
        ("bob@localhost", MALFORMED_ADDRESS),
        ("bob@@example.org", MALFORMED_ADDRESS),
        ("bob@example@org", MALFORMED_ADDRESS),
        ("<bob@localhost>", MALFORMED_ADDRESS),
        ("zoé@example.org", ACCENT_IN_ADDRESS),
    ],
)
def test_what_is_said_of_an_address(typed: str, said: str) -> None:
    with pytest.raises(WrongValue) as refused:
        person_fields.email(typed)
    assert refused.value.sentence.text == said
