"""Addresses, and tokens that open one thing for one person."""

import uuid
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import BASE_URL, NOW, SECRET
from webinars.links import BadToken, Links, PersonalToken, Purpose

LINKS = Links(base_url=BASE_URL, secret=SECRET)
WHO = uuid.UUID("6f1c2f0e-6c7a-4c8f-9f62-0d8c5a0f4b11")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


def token(purpose: Purpose = Purpose.PAGE, generation: int = 1) -> str:
    return LINKS.personal_token(purpose, WHO, generation)


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("generation", [1, 2, 65535])
def test_a_token_says_whose_it_is_and_of_which_generation(
    purpose: Purpose, generation: int
) -> None:
    said = LINKS.read_personal_token(purpose, token(purpose, generation))
    assert said == PersonalToken(WHO, generation)


def test_the_same_token_is_made_each_time_and_fits_into_an_address() -> None:
    assert token() == token()
    assert set(token()) <= set(ALPHABET)
    assert len({token(purpose, generation) for purpose in Purpose for generation in (1, 2)}) == 10


def test_a_token_for_one_purpose_opens_nothing_else() -> None:
    form = LINKS.form_token("page", now=NOW)
    for wrong in (token(Purpose.CALENDAR), form):
        with pytest.raises(BadToken):
            LINKS.read_personal_token(Purpose.PAGE, wrong)
    with pytest.raises(BadToken):
        LINKS.read_personal_token(Purpose.CALENDAR, token(Purpose.PAGE))


def test_another_key_opens_nothing() -> None:
    other = Links(base_url=BASE_URL, secret=SECRET + "!")
    with pytest.raises(BadToken):
        other.read_personal_token(Purpose.PAGE, token())


def test_no_character_of_a_token_may_be_changed_added_or_lost() -> None:
    good = token()
    for place in range(len(good)):
        bent = {good[:place], good[:place] + good[place + 1 :]}
        bent |= {good[:place] + letter + good[place + 1 :] for letter in ALPHABET} - {good}
        bent |= {good[:place] + letter + good[place:] for letter in "A=.-"}
        for wrong in bent:
            with pytest.raises(BadToken):
                LINKS.read_personal_token(Purpose.PAGE, wrong)


@pytest.mark.parametrize("extra", ["=", "==", "A", ".", " ", "\n", "\x00", "é", "%3D", "/"])
def test_nothing_may_stand_before_or_after_a_token(extra: str) -> None:
    for wrong in (token() + extra, extra + token()):
        with pytest.raises(BadToken):
            LINKS.read_personal_token(Purpose.PAGE, wrong)


@given(st.text(max_size=80))
def test_no_text_at_all_is_a_token(text: str) -> None:
    for purpose in Purpose:
        with pytest.raises(BadToken):
            LINKS.read_personal_token(purpose, text)
    with pytest.raises(BadToken):
        LINKS.form_token_age("2019/a", text, now=NOW)


def test_a_form_token_tells_its_age_for_its_subject_alone() -> None:
    made = LINKS.form_token("2019/a", now=NOW)
    later = NOW + timedelta(hours=1, seconds=5, milliseconds=900)
    assert LINKS.form_token_age("2019/a", made, now=NOW) == 0
    assert LINKS.form_token_age("2019/a", made, now=later) == 3605
    assert LINKS.form_token_age("2019/a", made, now=NOW - timedelta(seconds=3)) == -3
    for subject in ("2019/b", "2019/", ""):
        with pytest.raises(BadToken):
            LINKS.form_token_age(subject, made, now=NOW)


def test_no_character_of_a_form_token_may_be_changed_or_lost() -> None:
    good = LINKS.form_token("2019/a", now=NOW)
    for place in range(len(good)):
        for wrong in (good[:place], good[:place] + "!" + good[place + 1 :]):
            with pytest.raises(BadToken):
                LINKS.form_token_age("2019/a", wrong, now=NOW)


def test_addresses_are_absolute_in_both_languages() -> None:
    mine = token()
    assert [
        LINKS.home(language="fr"),
        LINKS.home(language="en"),
        LINKS.webinar("2019", "a", language="fr"),
        LINKS.webinar("2019", "a", language="en"),
        LINKS.join("2019", "a", token=mine, language="en"),
        LINKS.person(mine, language="fr"),
        LINKS.person_calendar(mine, language="en"),
        LINKS.webcal("/calendar.ics"),
    ] == [
        "https://webinaires.example.org/",
        "https://webinaires.example.org/en/",
        "https://webinaires.example.org/cycles/2019/a",
        "https://webinaires.example.org/en/cycles/2019/a",
        f"https://webinaires.example.org/en/cycles/2019/a/join?t={mine}",
        f"https://webinaires.example.org/me/{mine}",
        f"https://webinaires.example.org/en/me/{mine}/calendar.ics",
        "webcal://webinaires.example.org/calendar.ics",
    ]


# invitations ---------------------------------------------------------------------------


def test_an_invitation_says_whose_it_is_and_how_old() -> None:
    made = LINKS.invitation_token("an account", now=NOW)
    assert set(made) <= set(ALPHABET)
    later = NOW + timedelta(days=3)
    assert LINKS.read_invitation_token(made, now=later) == ("an account", timedelta(days=3))


@pytest.mark.parametrize("wrong", ["", "x", "é", "a.b", "W10.x", "\0"])
def test_an_invitation_that_was_never_made(wrong: str) -> None:
    with pytest.raises(BadToken):
        LINKS.read_invitation_token(wrong, now=NOW)


def test_an_invitation_of_another_purpose_or_secret() -> None:
    other = Links(base_url=BASE_URL, secret="another secret, of some length")
    made = [LINKS.form_token("x", now=NOW), token(), other.invitation_token("x", now=NOW)]
    for wrong in made:
        with pytest.raises(BadToken):
            LINKS.read_invitation_token(wrong, now=NOW)
