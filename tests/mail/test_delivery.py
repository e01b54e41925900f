"""Handing one mail over: what each answer of a server means, and what travels."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from email.header import decode_header, make_header
from typing import Any

import pytest
from aiosmtpd.smtp import Envelope
from flask import Flask
from flask_mail import Mail

from tests.mail.scripted import DROP, STALL, scripted_server
from tests.support import NOW, MailServer, free_port
from webinars.config import Settings
from webinars.mail.content import Unwritable, content_of
from webinars.mail.delivery import NotNow, Post, Refused, Trouble, Uncertain
from webinars.mail.letters import CalendarPart, Letter, Mould, Texts

TEXTS = Texts("Votre webinaire", "Bonjour,\n\nÀ jeudi.\n", "<p>À jeudi.</p>")
LETTER = Letter(
    to_name="Alice Dupont",
    to_address="alice@example.org",
    mould=Mould(TEXTS),
    message_id="<1@webinaires.example.org>",
)


def saying(**changes: Any) -> Letter:
    """The same with other texts."""
    return replace(LETTER, mould=Mould(replace(TEXTS, **changes)))


def settings(port: int, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "mail_port": port,
        "mail_sender": "webinaires@example.org",
        "mail_sender_name": "Le RAMEAU",
        "mail_timeout": 1,
        "mail_answer_timeout": 1,
    }
    return Settings(**(values | changes))


@pytest.fixture
def post() -> Iterator[Callable[..., Post]]:
    """Connections to the server on a port."""
    app = Flask("webinars")
    mail = Mail(app)
    opened: list[Post] = []

    def make(port: int, **changes: Any) -> Post:
        opened.append(Post(mail, settings(port, **changes)))
        return opened[-1]

    with app.app_context():
        yield make
        for each in opened:
            each.__exit__(None, None, None)


def deliver(post: Post, letter: Letter = LETTER) -> str:
    content = content_of(letter, settings=post._settings, now=NOW)
    post.offer(letter.to_address)
    return post.hand_over(content)


def answering(answer: str) -> Callable[[object], str]:
    return lambda _asked: answer


def test_a_taken_mail_gives_the_servers_reply(smtp: MailServer, post: Callable[..., Post]) -> None:
    assert deliver(post(smtp.port)) == "250 taken as 1"
    (mail,) = smtp.arrived
    assert (mail.envelope_from, mail.envelope_to) == (
        "webinaires@example.org",
        ["alice@example.org"],
    )


def test_three_mails_go_over_one_connection(smtp: MailServer, post: Callable[..., Post]) -> None:
    with post(smtp.port) as one:
        for number in range(3):
            deliver(one, replace(LETTER, to_address=f"person{number}@example.org"))
    assert [mail.envelope_to for mail in smtp.arrived] == [
        [f"person{number}@example.org"] for number in range(3)
    ]
    assert smtp.connections == 1


def test_what_travels_says_what_it_must(smtp: MailServer, post: Callable[..., Post]) -> None:
    deliver(post(smtp.port))
    message = smtp.arrived[0].message
    assert {
        name: str(message[name]) for name in set(message.keys()) - {"Date", "Content-Type"}
    } == {
        "From": "Le RAMEAU <webinaires@example.org>",
        "To": "Alice Dupont <alice@example.org>",
        "Subject": "Votre webinaire",
        "Message-ID": "<1@webinaires.example.org>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    }
    assert message["Date"].datetime.tzinfo is not None
    assert smtp.arrived[0].text().splitlines() == ["Bonjour,", "", "À jeudi."]
    assert smtp.arrived[0].html().strip() == "<p>À jeudi.</p>"


def test_lines_end_and_fit_as_the_standard_asks(
    smtp: MailServer, post: Callable[..., Post]
) -> None:
    long = "é" * 3000
    deliver(post(smtp.port), saying(subject="Évaluer " * 40, text=long, html=long))
    content = smtp.arrived[0].content
    assert content.replace(b"\r\n", b"").count(b"\n") == 0
    assert content.replace(b"\r\n", b"").count(b"\r") == 0
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert smtp.arrived[0].text().strip() == long


def test_a_line_of_one_dot_arrives(smtp: MailServer, post: Callable[..., Post]) -> None:
    deliver(post(smtp.port), saying(text="before\n.\n..\nafter\n"))
    assert smtp.arrived[0].text().splitlines() == ["before", ".", "..", "after"]


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Évaluer la pertinence « ici »", "Zoé d’Été"),
        ("🎉", "李四"),
        (
            "Inscription confirmée : Découvrir la plateforme : le tour en une heure, 17 h 55",
            "Éléonore d’Été-Dupré",
        ),
        ("plain", 'A "quoted" <name>, with commas'),
        ("=?utf-8?q?fake?=", "O'Neil (Bob)"),
    ],
)
def test_headers_keep_every_letter(
    smtp: MailServer, post: Callable[..., Post], subject: str, name: str
) -> None:
    deliver(post(smtp.port), replace(saying(subject=subject), to_name=name))
    arrived = smtp.arrived[0]
    head = arrived.content.split(b"\r\n\r\n")[0]
    assert head.isascii()
    (address,) = arrived.message["To"].addresses
    assert (address.display_name, address.addr_spec) == (name, "alice@example.org")
    if not subject.startswith("=?"):
        assert str(make_header(decode_header(str(arrived.message["Subject"])))) == subject


@pytest.mark.parametrize(
    "name",
    [
        "Le RAMEAU, Paris",
        "L’innovation, en actions !",
        "L’innovation territoriale en actions !",
        'The "A" (team)',
        "a@b.org",
    ],
)
def test_the_senders_name_keeps_every_letter(
    smtp: MailServer, post: Callable[..., Post], name: str
) -> None:
    deliver(post(smtp.port, mail_sender_name=name), saying())
    (address,) = smtp.arrived[0].message["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "webinaires@example.org")


@pytest.mark.parametrize("field", ["subject", "to_name", "to_address"])
@pytest.mark.parametrize("bad", ["\r\nBcc: eve@example.org", "\n x", "\r", "\x00", "\x7f"])
def test_no_header_can_be_slipped_in(post: Callable[..., Post], field: str, bad: str) -> None:
    changes: dict[str, Any] = {field: f"alice@example.org{bad}"}
    letter = saying(**changes) if field == "subject" else replace(LETTER, **changes)
    with pytest.raises(Unwritable, match="control characters"):
        content_of(letter, settings=settings(25), now=NOW)


def test_a_calendar_arrives_byte_for_byte(smtp: MailServer, post: Callable[..., Post]) -> None:
    text = "BEGIN:VCALENDAR\r\nSUMMARY:Été\r\nEND:VCALENDAR\r\n"
    part = CalendarPart("x.ics", None, text, sequence=0, changed_at=NOW, withdraws=False)
    mould = Mould(TEXTS, (part,))
    deliver(post(smtp.port), replace(LETTER, mould=mould, in_calendar=({},)))
    (arrived,) = smtp.arrived[0].message.iter_attachments()
    assert arrived.get_content_type() == "text/calendar"
    assert arrived.get_filename() == "x.ics"
    assert arrived.get_payload(decode=True) == text.encode()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("550 no such user", Refused),
        ("553 bad address", Refused),
        ("450 greylisted", NotNow),
        ("452 mailbox full for now", NotNow),
        ("421 going down", Trouble),
    ],
)
def test_a_refused_recipient_is_known_and_the_next_gets_through(
    smtp: MailServer, post: Callable[..., Post], answer: str, error: type[Exception]
) -> None:
    smtp.on_rcpt = lambda address: answer if address.startswith("bob") else None
    one = post(smtp.port)
    with pytest.raises(error, match=f"^{answer}$"):
        deliver(one, replace(LETTER, to_address="bob@example.org"))
    assert deliver(one) == "250 taken as 1"
    assert [mail.envelope_to for mail in smtp.arrived] == [["alice@example.org"]]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("552 too large", Refused),
        ("554 looks like spam", Refused),
        ("451 try again", NotNow),
        ("421 going down", Trouble),
    ],
)
def test_refused_content_is_known_and_the_next_gets_through(
    smtp: MailServer, post: Callable[..., Post], answer: str, error: type[Exception]
) -> None:
    answers = [answer]
    smtp.on_data = lambda _envelope: answers.pop() if answers else None
    one = post(smtp.port)
    with pytest.raises(error, match=f"^{answer}$"):
        deliver(one)
    assert deliver(one) == "250 taken as 1"


@pytest.mark.parametrize(
    ("verb", "answer", "error"),
    [
        ("CONNECT", "554 no service", Trouble),
        ("CONNECT", DROP, Trouble),
        ("CONNECT", STALL, Trouble),
        ("EHLO", DROP, Trouble),
        ("MAIL", "550 you may not", Trouble),
        ("MAIL", "451 later", Trouble),
        ("MAIL", DROP, Trouble),
        ("RCPT", DROP, Trouble),
        ("RCPT", STALL, Trouble),
        ("DATA", "554 no", Refused),
        ("DATA", "451 later", NotNow),
        ("DATA", DROP, Trouble),
        ("BODY", DROP, Uncertain),
        ("BODY", STALL, Uncertain),
        ("BODY", "250 taken", None),
        ("QUIT", DROP, None),
        ("QUIT", "451 what", None),
    ],
)
def test_each_step_may_go_wrong(
    post: Callable[..., Post], verb: str, answer: str, error: type[Exception] | None
) -> None:
    with scripted_server(**{verb: answer}) as server, post(server.port) as one:
        if error is None:
            assert deliver(one) == "250 taken"
        else:
            with pytest.raises(error):
                deliver(one)
        assert len(server.bodies) == (1 if verb in ("BODY", "QUIT") else 0)


def test_after_a_broken_link_the_next_mail_has_a_new_one(post: Callable[..., Post]) -> None:
    with scripted_server(BODY=DROP) as server, post(server.port) as one:
        with pytest.raises(Uncertain):
            deliver(one)
        server.answers.clear()
        assert deliver(one) == "250 taken"
        assert server.seen.count("CONNECT") == 2


def test_an_unreachable_server_is_a_matter_of_time(post: Callable[..., Post]) -> None:
    with pytest.raises(Trouble, match="ConnectionRefusedError"):
        post(free_port()).offer(LETTER.to_address)


@pytest.mark.parametrize(
    "changes",
    [
        {"mail_security": "starttls"},
        {"mail_security": "tls"},
        {"mail_username": "me", "mail_password": "secret"},
    ],
)
def test_a_server_without_what_was_asked_for_is_given_nothing(
    post: Callable[..., Post], changes: dict[str, Any]
) -> None:
    with scripted_server() as server:
        with pytest.raises(Trouble) as error:
            post(server.port, **changes).offer(LETTER.to_address)
        assert "secret" not in str(error.value)
        assert "RCPT" not in server.seen


def test_an_address_that_cannot_be_written_is_refused(
    smtp: MailServer, post: Callable[..., Post]
) -> None:
    one = post(smtp.port)
    with pytest.raises(Unwritable):
        deliver(one, replace(LETTER, to_address="zoé@example.org"))
    assert deliver(one) == "250 taken as 1"


def test_a_domain_with_accents_is_written_in_its_ascii_form(
    smtp: MailServer, post: Callable[..., Post]
) -> None:
    deliver(post(smtp.port), replace(LETTER, to_address="zoe@été.example.org"))
    assert smtp.arrived[0].envelope_to == ["zoe@xn--t-9fab.example.org"]


def test_the_envelope_has_one_recipient(smtp: MailServer, post: Callable[..., Post]) -> None:
    seen: list[Envelope] = []
    smtp.on_data = seen.append
    deliver(post(smtp.port), replace(LETTER, to_name="Alice, bob@example.org"))
    assert [envelope.rcpt_tos for envelope in seen] == [["alice@example.org"]]
