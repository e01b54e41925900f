"""A page as a tree, forms as a person fills them in, and the small site of these tests."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale, gettext, ngettext
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from tests.support import HOST, MARCH, count
from webinars.db import Database
from webinars.domain import participants
from webinars.links import Links
from webinars.models import OutboxMail, Participant, Registration

PAGE = f"/cycles/2019/{MARCH.slug}"
START = datetime(2019, 3, 21, 12, 0, tzinfo=UTC)
OPENS = START - timedelta(minutes=15)
END = START + timedelta(minutes=90)
SECOND = timedelta(seconds=1)

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass(eq=False)
class Element:
    """An element of a page with what stands in it, in order."""

    tag: str
    attrs: dict[str, str]
    content: list["Element | str"] = field(default_factory=list)

    def walk(self) -> Iterator["Element"]:
        """The elements inside, in the order of the page."""
        for part in self.content:
            if isinstance(part, Element):
                yield part
                yield from part.walk()

    @property
    def text(self) -> str:
        """The words inside, with single spaces."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for part in self.content:
            if isinstance(part, str):
                yield part
            elif part.tag not in {"script", "style"}:
                yield from part._texts()

    def all(self, *tags: str, **attrs: str) -> list["Element"]:
        """The elements of these names, all of whose attributes are as given."""
        return [
            found
            for found in self.walk()
            if (not tags or found.tag in tags)
            and all(found.attrs.get(name.rstrip("_")) == value for name, value in attrs.items())
        ]

    def one(self, *tags: str, **attrs: str) -> "Element":
        """The only such element."""
        found = self.all(*tags, **attrs)
        assert len(found) == 1, f"{len(found)} of {tags} {attrs}"
        return found[0]

    def by_id(self, identity: str) -> "Element":
        """The element with this id; ids are unique."""
        return self.one(id=identity)

    def links(self, beginning: str) -> list[str]:
        """Addresses of links that begin so, each once, in the order of the page."""
        found = (link.attrs.get("href", "") for link in self.all("a"))
        return list(dict.fromkeys(address for address in found if address.startswith(beginning)))

    def form(self, action: str) -> "Element":
        """The form that posts there."""
        forms = [f for f in self.all("form") if f.attrs["action"].partition("#")[0] == action]
        assert len(forms) == 1, f"{len(forms)} forms for {action}"
        return forms[0]

    def values(self) -> dict[str, str]:
        """What the fields of a form hold."""
        found: dict[str, str] = {}
        for element in self.all("input", "select", "textarea"):
            name = element.attrs.get("name")
            if name is None:
                continue
            if element.attrs.get("type") == "checkbox" and "checked" not in element.attrs:
                continue  # a browser does not send it
            if element.tag == "select":
                chosen = [o for o in element.all("option") if "selected" in o.attrs]
                found[name] = chosen[0].attrs["value"] if chosen else ""
            elif element.tag == "textarea":
                text = "".join(part for part in element.content if isinstance(part, str))
                found[name] = text.removeprefix("\r\n").removeprefix("\n")
            else:
                found[name] = element.attrs.get("value", "")
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("document", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].content.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].content.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].content.append(data)


def read(response: Response) -> Element:
    """The page of an answer. What is not well nested is refused."""
    reader = _Reader()
    reader.feed(response.get_data(as_text=True))
    assert reader._open == [reader.root], f"<{reader._open[-1].tag}> is not closed"
    return reader.root


def words(app: Flask, text: str, language: str = "fr", **values: Any) -> str:
    """A text of the product as people of a language read it, with single spaces."""
    with app.test_request_context(), force_locale(language):
        return " ".join(gettext(text, **values).split())


def counted(app: Flask, one: str, many: str, number: int, language: str = "fr") -> str:
    """The same for a text with a number."""
    with app.test_request_context(), force_locale(language):
        return " ".join(ngettext(one, many, number).split())


def form_values(client: FlaskClient, page: str = PAGE) -> dict[str, str]:
    """What the registration form of a webinar holds before anything is typed."""
    return read(client.get(page)).form(f"{page}/register").values()


def post_registration(client: FlaskClient, page: str = PAGE, /, **changes: Any) -> TestResponse:
    """Fill in the form as Alice, but for the changes; None leaves a field out."""
    typed: dict[str, Any] = form_values(client, page) | {
        "email": "alice@example.org",
        "full_name": "Alice Dupont",
    }
    typed |= changes
    return client.post(
        f"{page}/register",
        data={name: value for name, value in typed.items() if value is not None},
    )


def rows(database: Database) -> tuple[int, int, int]:
    """How many participants, registrations and mails there are."""
    with database.read() as session:
        return (
            count(session, Participant),
            count(session, Registration),
            count(session, OutboxMail),
        )


NOTHING = (0, 0, 0)


def tokens(database: Database, links: Links, email: str = "alice@example.org") -> tuple[str, str]:
    """The secrets of a person's page and calendar."""
    with database.read() as session:
        person = participants.by_email(session, email=email)
        assert person is not None
        return participants.page_token(links, person), participants.calendar_token(links, person)


def door_token(database: Database, links: Links, email: str = "alice@example.org") -> str:
    """The secret that leads a person into rooms."""
    with database.read() as session:
        person = participants.by_email(session, email=email)
        assert person is not None
        return participants.door_token(links, person)


def replace_secrets(database: Database, email: str = "alice@example.org") -> None:
    """The person has asked for new addresses."""
    with database.write() as session:
        session.execute(
            sa.update(Participant)
            .where(Participant.email == email)
            .values(
                page_generation=Participant.page_generation + 1,
                calendar_generation=Participant.calendar_generation + 1,
            )
        )


def spelt_wrong(token: str) -> list[str]:
    """Secrets that are almost that one."""
    body, _, signature = token.rpartition(".")
    other = "A" if signature[0] != "A" else "B"
    return [
        f"{body}.{other}{signature[1:]}",
        f"{body}.{signature[:-1]}",
        f"{body}.",
        body,
        f"{token}=",
        f"{token}A",
        f"x{token}",
        token.swapcase(),
        "é",
        "%00",
        HOST,
    ]
