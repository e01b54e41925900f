"""The words of the mails at the desk: written, looked at, tried, given back, overtaken."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import ALICE, BOB, CHARLIE, MARCH, NOW, counted_queries, person, register
from tests.web.boards import COLLEAGUE, as_colleague
from tests.web.desk import EMAIL, make_account, sign_in
from tests.web.support import Element, read
from webinars.db import Database
from webinars.domain import mail_texts
from webinars.domain.mail_texts import SITUATIONS, Part
from webinars.models import AuditEntry, MailKind, MailText, MailTrial, OutboxMail
from webinars.web.headers import MAIL_POLICY

LIST = "/organise/mails/texts"
PAGE = f"{LIST}/replay/missed"
WHERE = mail_texts.situation("replay", "missed")
SUBJECT = "Le replay est en ligne\N{NO-BREAK SPACE}: {webinar_title}, {short_date}"
OPENING = "Vous n’avez pas pu y être"


@pytest.fixture
def desk(organiser: FlaskClient, app: Flask, alice: Database) -> FlaskClient:
    """Dominique at the desk; Alice is registered for March."""
    make_account(app, COLLEAGUE)
    assert sign_in(organiser).status_code == 302
    with alice.write() as session:
        session.execute(sa.delete(OutboxMail))
    return organiser


def main(client: FlaskClient, path: str = PAGE) -> Element:
    answer = client.get(path)
    assert answer.status_code == 200
    return read(answer).one("main")


def values(client: FlaskClient, path: str = PAGE) -> dict[str, str]:
    return main(client, path).form(PAGE).values()


def send(client: FlaskClient, act: str = "", /, **typed: str) -> TestResponse:
    """The form as it stands, but for what is typed; to one of its buttons' addresses."""
    return client.post(PAGE + act, data=values(client) | _fields(typed))


def _fields(typed: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): text for name, text in typed.items()}


def kept(database: Database) -> tuple[int, dict[str, Any]]:
    with database.read() as session:
        row = session.get(MailText, (MailKind.REPLAY, "missed"))
        return (row.version, row.texts) if row else (0, {})


def errors(page: Element) -> dict[str, str]:
    """The wrong fields with the words that stand at each; the summary leads to all of them."""
    found = {
        one.attrs["name"]: page.by_id(one.attrs["aria-describedby"].split()[-1]).text
        for one in page.all("input", "textarea", **{"aria-invalid": "true"})
    }
    summary = page.one("div", class_="error-summary")
    leads = {one.attrs["href"][1:]: one.text for one in summary.all("a")}
    assert leads == found
    return found


def notices(page: Element) -> list[str]:
    return [one.text for one in page.all("div") if "notice " in one.attrs.get("class", "") + " "]


def test_the_list_says_which_have_words_of_their_own(desk: FlaskClient, alice: Database) -> None:
    send(desk, closing_fr="À bientôt")
    with alice.write() as session:
        session.add(
            MailText(
                kind=MailKind.LINK,
                situation="page",
                texts={"en": {"subject": "{gone}"}},
                version=3,
                changed_at=NOW,
                changed_by=COLLEAGUE,
            )
        )
    rows = main(desk, LIST).one("tbody").all("tr")
    lines = [[cell.text for cell in row.all("th", "td")] for row in rows]
    assert len(lines) == len(SITUATIONS)
    usual = [line for line in lines if line[1:] == ["texte habituel", "texte habituel", "–"]]
    assert len(usual) == len(SITUATIONS) - 2
    assert [line[1:3] for line in lines if line not in usual] == [
        ["texte personnalisé", "texte habituel"],
        ["texte habituel", "inutilisable : le texte habituel part"],
    ]
    addresses = [row.all("a")[0].attrs["href"] for row in rows]
    assert addresses == [f"{LIST}/{one.kind}/{one.name}" for one in SITUATIONS]
    english = main(desk, f"/en{LIST}").one("tbody").all("tr")[0]
    assert english.one("th").text.startswith("Confirmation of the registration")


def test_the_form_begins_with_the_usual_words_in_both_languages(desk: FlaskClient) -> None:
    held = values(desk)
    assert (held["subject-fr"], held["closing-fr"], held["seen"]) == (SUBJECT, "", "0")
    assert held["opening-fr"].startswith(OPENING)
    assert held["subject-en"] == "The replay is online: {webinar_title}, {short_date}"


def test_every_situation_has_its_page(desk: FlaskClient) -> None:
    for one in SITUATIONS:
        page = main(desk, f"{LIST}/{one.kind}/{one.name}")
        frames = [frame.attrs for frame in page.all("iframe")]
        assert [frame["sandbox"] for frame in frames] == ["", ""]
        assert all(frame["src"].startswith(f"{LIST}/shown/") for frame in frames)
        assert len(page.all("code")) == len(one.allowed(Part.CLOSING))
        assert page.all("div", class_="error-summary") == []
    for path in (f"{LIST}/invitation/registered", f"{LIST}/replay/x", f"{LIST}/shown/x"):
        assert desk.get(path).status_code == 404


def test_what_is_saved_is_what_differs(desk: FlaskClient, alice: Database) -> None:
    answer = send(desk, closing_fr="  À bientôt,\r\nl’équipe\r\n", opening_en="")
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert kept(alice) == (1, {"fr": {"closing": "À bientôt,\nl’équipe"}, "en": {}})
    page = main(desk)
    assert notices(page) == ["Enregistré. Les courriels qui partent désormais le disent."]
    assert values(desk)["closing-fr"] == "À bientôt,\nl’équipe"
    assert send(desk).status_code == 303
    assert notices(main(desk)) == ["Rien n’a changé : c’était déjà ainsi."]
    assert kept(alice)[0] == 1
    with alice.read() as session:
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.actor == EMAIL)).all()
        assert [(one.act.value, one.subject) for one in entries] == [
            ("mail_text_changed", "replay/missed")
        ]


@pytest.mark.parametrize("act", ["", "/preview", "/test"])
@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        (
            "subject-fr",
            "Bonjour {webinar_titel}",
            (
                "{webinar_titel}, au caractère 9 de la ligne 1, ne peut pas figurer ici : "
                "peut-être vouliez-vous {webinar_title}."
            ),
        ),
        (
            "opening-fr",
            "Bonjour\r\n{full_name",
            (
                "L’accolade « { » au caractère 1 de la ligne 2 reste ouverte : fermez-la par "
                "« } », ou écrivez « {{ » si c’est une accolade que vous voulez."
            ),
        ),
        (
            "closing-fr",
            "Fin }",
            (
                "L’accolade « } » au caractère 5 de la ligne 1 ne ferme rien : retirez-la, ou "
                "écrivez « }} » si c’est une accolade que vous voulez."
            ),
        ),
        ("subject-fr", "   ", "Il faut un objet : sans lui, un courriel a l’air indésirable."),
        (
            "closing-fr",
            "a" * 2001,
            "Le texte est trop long : au plus 2000 caractères, et il y en a 2001.",
        ),
        (
            "subject-fr",
            "a\r\nBcc: b@example.org",
            "Ni saut de ligne ni caractère de contrôle ici.",
        ),
    ],
)
def test_what_cannot_be_sent_is_said_at_its_field(
    name: str, typed: str, sentence: str, act: str, desk: FlaskClient, alice: Database
) -> None:
    data = values(desk) | {name: typed, "opening-en": "Kept", "language": "fr"}
    answer = desk.post(PAGE + act, data=data)
    page = read(answer).one("main")
    assert answer.status_code == 422
    assert errors(page) == {name: sentence}
    again = page.form(PAGE).values()
    assert again["opening-en"] == "Kept"
    assert again[name].split() == typed.split()
    assert kept(alice) == (0, {})
    with alice.read() as session:
        assert session.scalars(sa.select(OutboxMail)).all() == []
    assert len(page.all("iframe")) == 1, "the other language still has its preview"


def test_a_preview_writes_nothing_and_shows_no_secret(desk: FlaskClient, alice: Database) -> None:
    answer = send(desk, "/preview", opening_fr="Pour {full_name} <b>seul</b>")
    page = read(answer).one("main")
    assert answer.status_code == 200
    french, english = page.all("iframe")
    shown = desk.get(french.attrs["src"])
    html = shown.get_data(as_text=True)
    assert shown.headers["Content-Security-Policy"] == MAIL_POLICY
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert "Pour Alice Dupont &lt;b&gt;seul&lt;/b&gt;" in html
    assert "Pour Alice Dupont <b>seul</b>" in page.one("div", class_="mail-text", lang="fr").text
    assert "You could not be there" in desk.get(english.attrs["src"]).get_data(as_text=True)
    assert "/me/preview" in html
    assert page.form(PAGE).values()["opening-fr"] == "Pour {full_name} <b>seul</b>"
    assert kept(alice) == (0, {})
    assert desk.get(french.attrs["src"] + "x").status_code == 404
    visitor = desk.application.test_client()
    assert visitor.get(french.attrs["src"]).status_code == 302


def test_whose_data_is_shown(desk: FlaskClient, alice: Database) -> None:
    with alice.write() as session:
        register(session, BOB)
        register(session, CHARLIE)
        for number in range(25):
            register(session, person(number))

    def options(**typed: str) -> list[str]:
        page = read(send(desk, "/preview", **typed)).one("main")
        return [one.text.partition(" (")[0] for one in page.by_id("who").all("option")]

    assert len(options()) == 20
    assert options(q="DUPONT alice") == ["Alice Dupont"]
    assert options(q="personne de ce nom") == ["Quelqu’un d’inventé : personne n’est trouvé"]
    page = read(send(desk, "/preview", q="martin")).one("main")
    bob = page.by_id("who").all("option")[0].attrs["value"]
    assert options(who=bob)[0] == "Bob Martin"
    assert options(who="not a number")[0] == "Person 24"
    assert options(who="999999999")[0] == "Person 24"


def test_nobody_is_registered(organiser: FlaskClient) -> None:
    """On an empty site the data are invented."""
    assert sign_in(organiser).status_code == 302
    page = main(organiser)
    assert "Camille Martin" in page.one("div", class_="mail-text", lang="fr").text
    assert "Titre du webinaire" in page.one("div", class_="mail-text", lang="fr").text


def test_a_test_goes_to_who_presses_once(desk: FlaskClient, alice: Database) -> None:
    typed = values(desk) | {"subject-en": "Watch {webinar_title}", "language": "en"}
    typed["opening-fr"] = "Reste dans le champ"
    for _ in range(2):
        answer = desk.post(f"{PAGE}/test", data=typed)
        page = read(answer).one("main")
        assert answer.status_code == 200
        assert notices(page) == [
            f"Un essai est en route vers {EMAIL}. Rien n’est encore enregistré."
        ]
        assert page.form(PAGE).values()["opening-fr"] == "Reste dans le champ"
    with alice.read() as session:
        mail = session.scalars(sa.select(OutboxMail)).one()
        assert (mail.kind, mail.recipient.email) == (MailKind.TRIAL, EMAIL)
        trial = session.scalars(sa.select(MailTrial)).one()
        assert (trial.language, trial.texts) == ("en", {"subject": "Watch {webinar_title}"})
        assert trial.registration_id is not None
    assert kept(alice) == (0, {})


def test_tests_have_a_limit(desk: FlaskClient, alice: Database) -> None:
    answers = [send(desk, "/test", language="fr") for _ in range(11)]
    assert [one.status_code for one in answers] == [200] * 10 + [429]
    assert notices(read(answers[-1]).one("main")) == [
        "Au plus 10 essais par heure : attendez un peu, puis envoyez-le de nouveau."
    ]
    with alice.read() as session:
        assert len(session.scalars(sa.select(OutboxMail)).all()) == 10


@pytest.mark.parametrize(
    ("act", "changes"),
    [
        ("", {"csrf_token": "wrong"}),
        ("", {"seen": ""}),
        ("", {"seen": "a"}),
        ("/preview", {"csrf_token": ""}),
        ("/test", {"language": "de"}),
        ("/test", {"language": "fr", "press": "x"}),
        ("/reset", {"language": "de"}),
    ],
)
def test_a_form_that_is_none_of_ours(
    act: str, changes: dict[str, str], desk: FlaskClient, alice: Database
) -> None:
    typed = values(desk) | {"closing-fr": "Non"} | changes
    assert desk.post(PAGE + act, data=typed).status_code == 400
    assert kept(alice) == (0, {})


def test_the_usual_words_are_one_press_away(desk: FlaskClient, alice: Database) -> None:
    assert main(desk).all("form", action=f"{PAGE}/reset") == []
    send(desk, closing_fr="À bientôt", closing_en="See you")
    french, english = main(desk).all("form", action=f"{PAGE}/reset")
    assert french.values()["language"] == "fr"
    assert desk.post(f"{PAGE}/reset", data=french.values()).status_code == 303
    assert kept(alice) == (2, {"fr": {}, "en": {"closing": "See you"}})
    page = main(desk)
    assert notices(page) == [
        (
            "Le texte habituel part de nouveau. Ce qui y figurait est gardé dans l’historique "
            "ci-dessous."
        )
    ]
    # The same press again, from the page before: nothing is lost by it.
    assert desk.post(f"{PAGE}/reset", data=english.values()).status_code == 409
    assert kept(alice)[0] == 2
    # What stood there is taken up again, and holds once it is saved.
    (back,) = page.links(f"{PAGE}?before=")[:1]
    assert values(desk, back)["closing-fr"] == "À bientôt"
    assert kept(alice)[0] == 2
    assert desk.post(PAGE, data=values(desk, back)).status_code == 303
    assert kept(alice)[1]["fr"] == {"closing": "À bientôt"}
    acts = [one.text for one in main(desk).one("ol", class_="mail-text__acts").all("strong")]
    assert acts[0] == "Texte personnalisé enregistré"


def test_two_organisers_lose_nothing(desk: FlaskClient, alice: Database) -> None:
    mine = values(desk) | {"closing-fr": "De moi", "opening-en": "Mine"}
    other = as_colleague(desk)
    theirs = values(other) | {"closing-fr": "D’elle", "subject-en": "Theirs"}
    assert other.post(PAGE, data=theirs).status_code == 303

    answer = desk.post(PAGE, data=mine)
    page = read(answer).one("main")
    assert answer.status_code == 409
    assert kept(alice) == (1, {"fr": {"closing": "D’elle"}, "en": {"subject": "Theirs"}})
    (alarm,) = notices(page)
    assert alarm.startswith("Un autre texte a été enregistré entre-temps")
    assert COLLEAGUE in alarm
    again = page.form(PAGE).values()
    assert (again["closing-fr"], again["opening-en"]) == ("De moi", "Mine")
    assert again["subject-en"] == "Theirs", "nothing was typed there"
    assert page.by_id("closing-fr-beside").one("p", class_="beside__text").text == "D’elle"
    assert len(page.all("p", class_="beside__text")) == 1
    assert again["seen"] == "1"

    assert desk.post(PAGE, data=again).status_code == 303
    assert kept(alice) == (
        2,
        {"fr": {"closing": "De moi"}, "en": {"subject": "Theirs", "opening": "Mine"}},
    )


def test_words_that_cannot_be_used_are_said(desk: FlaskClient, alice: Database) -> None:
    with alice.write() as session:
        session.add(
            MailText(
                kind=WHERE.kind,
                situation=WHERE.name,
                texts={"fr": {"closing": "De {old_name}"}},
                version=4,
                changed_at=NOW,
                changed_by=COLLEAGUE,
            )
        )
    page = main(desk)
    assert errors(page) == {
        "closing-fr": (
            "{old_name}, au caractère 4 de la ligne 1, ne peut pas figurer ici : choisissez dans "
            "la liste des champs à insérer."
        )
    }
    assert notices(page) == [
        (
            "Ce texte ne peut pas partir tel quel Là où quelque chose est à corriger, le texte "
            "habituel part."
        )
    ]
    assert send(desk, closing_fr="De nous").status_code == 303
    assert kept(alice) == (5, {"fr": {"closing": "De nous"}, "en": {}})


def test_queries(desk: FlaskClient, alice: Database) -> None:
    """A fixed number, with one person and with three, with words and without."""
    counts: list[tuple[int, int]] = []
    for typed in ({}, {"closing_fr": "À bientôt"}, {"closing_en": "See you"}):
        if typed:
            send(desk, **typed)
            with alice.write() as session:
                register(session, person(len(counts)), webinar=MARCH.slug)
        with counted_queries(alice) as statements:
            main(desk)
        with counted_queries(alice) as of_the_list:
            main(desk, LIST)
        counts.append((len(statements), len(of_the_list)))
    assert len(set(counts)) == 1
    assert counts[0][1] <= 4


def test_visitors_are_sent_to_the_door(client: FlaskClient, now: object) -> None:
    for path in (LIST, PAGE, f"{LIST}/shown/x"):
        assert client.get(path).status_code == 302
    for act in ("", "/preview", "/test", "/reset"):
        assert client.post(PAGE + act).status_code == 302


def test_where_the_buttons_lead_is_no_page(desk: FlaskClient) -> None:
    """The link to the other language leads there, from a page that answered a form."""
    for act in ("preview", "test", "reset"):
        answer = desk.get(f"/en{PAGE}/{act}")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/en{PAGE}")


def test_pressing_twice_saves_once(desk: FlaskClient, alice: Database) -> None:
    typed = values(desk) | {"closing-fr": "À bientôt"}
    answers = [desk.post(PAGE, data=typed).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert kept(alice)[0] == 1
    (reset, *_) = main(desk).all("form", action=f"{PAGE}/reset")
    answers = [desk.post(f"{PAGE}/reset", data=reset.values()).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert kept(alice)[0] == 2


def test_it_is_found_from_the_desk_and_the_reminders(desk: FlaskClient) -> None:
    for path in ("/organise/", "/organise/cycles/2019/reminders"):
        assert main(desk, path).links(LIST) == [LIST]


def test_an_address_is_of_the_person(desk: FlaskClient, alice: Database) -> None:
    page = read(send(desk, "/preview", q=ALICE.email)).one("main")
    assert len(page.by_id("who").all("option")) == 1
