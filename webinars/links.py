"""Absolute addresses and signed tokens; usable without a request.

A token says what it is for: one made for a purpose opens nothing else. It is signed with
the secret key, carries no address and no sequential number, and a generation that the
person can raise to close every earlier one.
"""

import enum
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from itsdangerous import BadData, Signer, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

ENGLISH_PREFIX = "/en"
LAST_GENERATION = 2**16 - 1
"""A token has two bytes for it: so often can a secret be replaced."""


def in_language(path: str, language: str) -> str:
    """The path of the same page in a language: French at the root, English below its prefix."""
    return ENGLISH_PREFIX + path if language == "en" else path


class Purpose(enum.StrEnum):
    """What a personal token opens."""

    PAGE = "page"
    CALENDAR = "calendar"
    DOOR = "door"
    """The rooms of what somebody is registered for, and nothing of theirs."""
    CALENDAR_DOOR = "calendar-door"
    """The same, as entries of their calendar have it: it ends with the calendar's address."""
    LEAVE = "leave"
    """One sort of mail, which the token is also signed for."""


class BadToken(ValueError):
    """The token was not made here, or not for this."""


@dataclass(frozen=True, slots=True)
class PersonalToken:
    """What a genuine personal token says."""

    public_id: uuid.UUID
    generation: int


class Links:
    """Addresses below one base URL and tokens of one secret key."""

    def __init__(self, *, base_url: str, secret: str) -> None:
        self.base_url = base_url
        self._secret = secret

    # addresses ------------------------------------------------------------------------

    def absolute(self, path: str) -> str:
        """The absolute address of a path that begins with a slash."""
        return self.base_url + path

    def webcal(self, path: str) -> str:
        """The same under ``webcal://``, which makes Apple's calendars subscribe."""
        return "webcal://" + self.absolute(path).split("://", 1)[1]

    def home(self, *, language: str) -> str:
        """The front page."""
        return self._page("/", language)

    def cycle(self, cycle: str, *, language: str) -> str:
        """The programme of a cycle."""
        return self._page(f"/cycles/{quote(cycle)}", language)

    def webinar(self, cycle: str, webinar: str, *, language: str) -> str:
        """The permanent page of a webinar."""
        return self._page(f"/cycles/{quote(cycle)}/{quote(webinar)}", language)

    def theme(self, theme: str, *, language: str) -> str:
        """The page of a theme."""
        return self._page(f"/themes/{quote(theme)}", language)

    def whole_cycle(self, cycle: str, *, language: str) -> str:
        """The form that registers for all of a cycle."""
        return self._page(f"/cycles/{quote(cycle)}/register", language)

    def join(self, cycle: str, webinar: str, *, token: str, language: str) -> str:
        """The door of a webinar for one participant."""
        return f"{self.door(cycle, webinar, language=language)}?t={quote(token)}"

    def door(self, cycle: str, webinar: str, *, language: str) -> str:
        """The door of a webinar, for whoever has their personal link elsewhere."""
        return self._page(f"/cycles/{quote(cycle)}/{quote(webinar)}/join", language)

    def webinar_calendar(self, cycle: str, webinar: str, *, language: str) -> str:
        """A webinar as a file for calendars."""
        return self._page(f"/cycles/{quote(cycle)}/{quote(webinar)}.ics", language)

    def person(self, token: str, *, language: str) -> str:
        """The participant's own page."""
        return self._page(f"/me/{quote(token)}", language)

    def survey(self, token: str, cycle: str, webinar: str | None = None, *, language: str) -> str:
        """Where the participant answers the survey of a webinar, or of a whole year."""
        of = f"{quote(cycle)}/{quote(webinar)}" if webinar else quote(cycle)
        return self._page(f"/me/{quote(token)}/survey/{of}", language)

    def person_calendar(self, token: str, *, language: str) -> str:
        """The participant's own calendar feed."""
        return self._page(f"/me/{quote(token)}/calendar.ics", language)

    def leave(self, list_: str, token: str, *, language: str) -> str:
        """Where a sort of mail is left; mail programs post to it (RFC 8058)."""
        return self._page(f"/leave/{quote(list_)}/{quote(token)}", language)

    def subscribe_to_cycle(self, cycle: str, *, language: str) -> str:
        """Where the programme of a cycle offers its feed to every kind of calendar."""
        return f"{self.cycle(cycle, language=language)}#subscribe"

    def desk(self, path: str, *, language: str) -> str:
        """An address of the organisers' desk, such as ``/recover/<token>``."""
        return self._page(f"/organise{path}", language)

    def _page(self, path: str, language: str) -> str:
        return self.absolute(in_language(path, language))

    # personal tokens ------------------------------------------------------------------

    def personal_token(
        self, purpose: Purpose, public_id: uuid.UUID, generation: int, *, about: str = ""
    ) -> str:
        """A token that opens one person's page, calendar or doors, until it is replaced.

        ``about`` narrows it: one that was made about something else is not good for this.
        """
        body = base64_encode(public_id.bytes + generation.to_bytes(2, "big")).decode("ascii")
        return self._signer(purpose, about).sign(body).decode("ascii")

    def read_personal_token(
        self, purpose: Purpose, token: str, *, about: str = ""
    ) -> PersonalToken:
        """What the token says. Raises BadToken."""
        try:
            raw = base64_decode(self._signer(purpose, about).unsign(token.encode("ascii")))
        except (BadData, ValueError) as error:
            raise BadToken(purpose) from error
        if len(raw) != 18:
            raise BadToken(purpose)
        public_id, generation = uuid.UUID(bytes=raw[:16]), int.from_bytes(raw[16:], "big")
        # Base64 has several spellings of the same bytes; only the one made here is good.
        if self.personal_token(purpose, public_id, generation, about=about) != token:
            raise BadToken(purpose)
        return PersonalToken(public_id, generation)

    # invitations to the desk ------------------------------------------------------------

    def invitation_token(self, uniquifier: str, *, now: datetime) -> str:
        """What opens the page where an invited organiser chooses a password."""
        return str(self._invitations.dumps([uniquifier, int(now.timestamp())]))

    def read_invitation_token(self, token: str, *, now: datetime) -> tuple[str, timedelta]:
        """Whose account it opens, and its age. Raises BadToken."""
        try:
            uniquifier, issued = self._invitations.loads(token)
        except (BadData, ValueError, TypeError) as error:
            raise BadToken("invitation") from error
        return str(uniquifier), timedelta(seconds=int(now.timestamp()) - int(issued))

    # form tokens ----------------------------------------------------------------------

    def form_token(self, subject: str, *, now: datetime) -> str:
        """Proof that a form was fetched from here, for this subject, at this time."""
        return str(self._forms(subject).dumps(int(now.timestamp())))

    def form_token_age(self, subject: str, token: str, *, now: datetime) -> int:
        """Seconds since the form was fetched. Raises BadToken."""
        try:
            issued = self._forms(subject).loads(token)
        except (BadData, ValueError) as error:
            raise BadToken("form") from error
        if not isinstance(issued, int):
            raise BadToken("form")
        return int(now.timestamp()) - issued

    # previews of mails ------------------------------------------------------------------

    def preview_token(self, shown: Mapping[str, Any]) -> str:
        """What a frame of the desk shows, as part of its address."""
        return str(self._previews.dumps(shown))

    def read_preview_token(self, token: str) -> Mapping[str, Any]:
        """What was given to ``preview_token``. Raises BadToken."""
        try:
            shown: Mapping[str, Any] = self._previews.loads(token)
        except (BadData, ValueError) as error:
            raise BadToken("preview") from error
        return shown

    @property
    def _previews(self) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt="mail.preview")

    @property
    def _invitations(self) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt="organiser.invitation")

    def _signer(self, purpose: Purpose, about: str) -> Signer:
        return Signer(
            self._secret,
            salt=f"person.{purpose}.{about}" if about else f"person.{purpose}",
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )

    def _forms(self, subject: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt=f"form.{subject}")
