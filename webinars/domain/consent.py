"""What people are asked to agree to, with the date of each text: who agreed to what can be said.

Mails about a webinar need no consent: they are part of the registration. Everything else
does, with a box that nobody has ticked beforehand (CNIL).
"""

from dataclasses import dataclass
from datetime import date

from webinars.domain.errors import N_


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One text that can be agreed to. Another wording is another version."""

    version: date
    text: str
    """A text of the catalogues; whoever shows it translates it."""


NEWS = ConsentText(
    version=date(2026, 11, 22),
    text=N_(
        "Write to me also when a new cycle is planned. I can stop that at any time, with the "
        "link in each mail."
    ),
)

INFORMED = date(2026, 11, 27)
"""The version of the page that says what is kept and why: change it with that page's words."""
