"""A letter's bytes: what is one person's is put between pieces that were encoded once."""

from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import NOW
from webinars.config import Settings
from webinars.mail.content import content_of
from webinars.mail.letters import ADDRESS, NAME, CalendarPart, Letter, Mould, Texts
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


def calendar_part(method: str | None, name: str = "webinaire.ics") -> CalendarPart:
    text = f"BEGIN:VCALENDAR\r\nX:{ADDRESS};{NAME};{SECRET};numéro\r\nEND:VCALENDAR\r\n"
    return CalendarPart(name, method, text, sequence=0, changed_at=NOW, withdraws=False)


def calendar_data(part: Message) -> str:
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    return data.decode("utf-8").replace("\r\n ", "")


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_an_invitation_is_the_last_alternative_and_no_file(method: str) -> None:
    texts = Texts("Votre webinaire", NAME, f"<p>{NAME}</p>")
    mould = Mould(texts, (calendar_part(method), calendar_part(method, "autre.ics")))
    for name, said in (("Zoé", "Zoé"), ('A "B" C', "A 'B' C")):
        personal = {NAME: name, SECRET: "secret" * 11}
        values = ({"numéro": "1"}, {"numéro": "2"})
        message = parsed(letter(mould, personal=personal, in_calendar=values))
        assert message.get_content_type() == "multipart/mixed"
        alternatives, attached = message.iter_parts()
        kinds = [part.get_content_type() for part in alternatives.iter_parts()]
        assert kinds == ["text/plain", "text/html", "text/calendar"]
        *_, inline = alternatives.iter_parts()
        assert inline.get_content_disposition() is None
        assert attached.get_filename() == "autre.ics"
        for part, number in ((inline, 1), (attached, 2)):
            assert part["Content-Type"].params == {"charset": "utf-8", "method": method}
            assert calendar_data(part).split("\r\n") == [
                "BEGIN:VCALENDAR",
                f"X:alice@example.org;{said};{'secret' * 11};{number}",
                "END:VCALENDAR",
                "",
            ]


def test_a_plain_file_is_attached() -> None:
    mould = Mould(Texts("Votre webinaire", "x", "<p>x</p>"), (calendar_part(None),))
    message = parsed(letter(mould, in_calendar=({"numéro": "1"},)))
    first, attached = message.iter_parts()
    kinds = [part.get_content_type() for part in first.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    assert (attached.get_content_type(), attached.get_filename()) == (
        "text/calendar",
        "webinaire.ics",
    )
    assert attached["Content-Type"].params == {"charset": "utf-8"}
