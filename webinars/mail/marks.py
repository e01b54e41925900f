"""Marks: what stands in a text where a secret or a name of one person belongs.

A letter is written for nobody in particular, and each person's own is put in afterwards. So
letters that say the same are rendered, inlined and encoded once, and a copy can be kept in which
no secret ever was. Marks are random words of this process: nobody can write one.
"""

import secrets
import uuid
from collections import defaultdict
from datetime import datetime

from webinars.links import Links, Purpose

LENGTH = 68
"""Of a personal token: lines break where they would with the real one."""


MARKS: defaultdict[str, str] = defaultdict(lambda: secrets.token_hex(LENGTH // 2))
"""Of this process, one for each sort of secret; letters and digits only."""


class Marked(Links):
    """Links of one person in which a mark stands in the place of each secret."""

    def __init__(self, links: Links) -> None:
        super().__init__(base_url=links.base_url, secret="")
        self._links = links
        self.secrets: dict[str, str] = {}
        """By the mark of each that was asked for."""

    def hide(self, what: str, secret: str) -> str:
        """The mark of a secret that was made elsewhere."""
        mark = MARKS[what]
        self.secrets[mark] = secret
        return mark

    def opened(self, address: str | None) -> str | None:
        """The address as it opens: with its secrets in it."""
        for mark, secret in self.secrets.items():
            address = address and address.replace(mark, secret)
        return address

    def personal_token(
        self, purpose: Purpose, public_id: uuid.UUID, generation: int, *, about: str = ""
    ) -> str:
        """The mark of the token."""
        token = self._links.personal_token(purpose, public_id, generation, about=about)
        return self.hide(f"{purpose} {about}", token)

    def invitation_token(self, uniquifier: str, *, now: datetime) -> str:
        """The mark of the token."""
        return self.hide("invitation", self._links.invitation_token(uniquifier, now=now))
