"""A letter's bytes: what is one person's is put between pieces that were encoded once."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import NOW
from webinars.config import Settings
from webinars.mail.content import content_of
from webinars.mail.letters import NAME, Enclosure, Letter, Mould, Texts
from webinars.mail.marks import MARKS

SETTINGS = Settings(mail_sender="webinaires@example.org", mail_sender_name="Le RAMEAU")
SECRET = MARKS["a test"]
LINES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")))
"""Of a text: anything but what ends a line or is none."""


def letter(mould: Mould, **changes: Any) -> Letter:
    values: dict[str, Any] = {
        "to_name": "Alice Dupont",
        "to_address": "alice@example.org",
        "mould": mould,
        "message_id": "<1@webinaires.example.org>",
        "personal": {NAME: "Alice Dupont", SECRET: "a" * 68},
    }
    return Letter(**(values | changes))


def parsed(one: Letter) -> EmailMessage:
    content = content_of(one, settings=SETTINGS, now=NOW)
    assert content.isascii()
    assert content.replace(b"\r\n", b"").count(b"\n") == content.replace(b"\r\n", b"").count(b"\r")
    assert max(map(len, content.split(b"\r\n"))) <= 78
    message = message_from_bytes(content, policy=default)
    assert message.defects == []
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    assert found.defects == []
    return str(found.get_content())


def arrives(one: Letter) -> None:
    """Both bodies are what the person is to read."""
    message = parsed(one)
    assert body(message, "plain").replace("\r\n", "\n").rstrip("\n") == one.text.rstrip("\n")
    assert body(message, "html").replace("\r\n", "\n").rstrip("\n") == one.html.rstrip("\n")


@given(pieces=st.lists(LINES, min_size=1, max_size=6), name=LINES, breaks=st.booleans())
def test_whatever_stands_around_a_mark_arrives(pieces: list[str], name: str, breaks: bool) -> None:
    joint = "\n" if breaks else ""
    text = joint.join(f"{piece}{NAME}{SECRET}" for piece in pieces) + "."
    mould = Mould(Texts("Votre webinaire", text, f"<p>{text}</p>"))
    arrives(letter(mould, personal={NAME: name, SECRET: "b" * 68}))


@pytest.mark.parametrize("length", range(60, 90))
def test_no_line_is_too_long_however_long_what_is_before_a_mark(length: int) -> None:
    text = f"{'é' * 20}{'x' * length}{SECRET}{'=' * length}{NAME}\n.{NAME}\n{SECRET}"
    arrives(letter(Mould(Texts("Votre webinaire", text, f"<p>{text}</p>"))))


def test_letters_of_one_mould_each_have_their_own() -> None:
    mould = Mould(Texts("Votre webinaire", f"Bonjour {NAME},\n{SECRET}\n", f"<p>{NAME}</p>"))
    for name, secret in (("Zoé", "c" * 68), ("Bob", "d" * 68), ("O’Neil & fils", "e" * 68)):
        one = letter(mould, personal={NAME: name, SECRET: secret})
        assert one.text == f"Bonjour {name},\n{secret}\n"
        arrives(one)


def test_a_subject_may_greet_by_name() -> None:
    mould = Mould(Texts(f"{NAME}, c’est demain", "Bonjour\n", "<p>Bonjour</p>"))
    subjects = [
        str(parsed(letter(mould, personal={NAME: name}))["Subject"]) for name in ("Zoé", "Bob")
    ]
    assert subjects == ["Zoé, c’est demain", "Bob, c’est demain"]


def test_a_name_is_no_markup() -> None:
    mould = Mould(Texts("Votre webinaire", NAME, f'<p title="{NAME}">{NAME}</p>'))
    said = body(parsed(letter(mould, personal={NAME: 'A" <b> & co'})), "html")
    assert said.strip() == ('<p title="A&quot; &lt;b&gt; &amp; co">A&quot; &lt;b&gt; &amp; co</p>')


def test_an_enclosure_goes_with_each_letter_of_a_mould() -> None:
    data = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    enclosures = (Enclosure("webinaire.ics", "text/calendar", data),)
    mould = Mould(Texts("Votre webinaire", NAME, f"<p>{NAME}</p>"), enclosures)
    for name in ("Zoé", "Bob"):
        message = parsed(letter(mould, personal={NAME: name}))
        (part,) = message.iter_attachments()
        assert part.get_payload(decode=True) == data
        assert body(message, "plain").strip() == name
