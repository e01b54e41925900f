"""What the mails of a few seconds have in common, made once for all of them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from webinars.domain.programme import CycleView, Moment, WebinarView, programme
from webinars.domain.webinar_page import WebinarPage, webinar_page
from webinars.mail.letters import Mould
from webinars.models import Cycle, MailKind
from webinars.services import Services

SECONDS = 5
"""So long a thing may be used: a mail says what is true when it leaves."""


@dataclass(frozen=True, slots=True)
class Itself:
    """A thing that is compared by what it is, not by what it says; it is kept alive by this."""

    thing: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Itself) and self.thing is other.thing

    def __hash__(self) -> int:
        return id(self.thing)


class Shared:
    """Pages, programmes, calendar files and moulds, of one version of the public pages."""

    def __init__(self, services: Services, *, version: int) -> None:
        self._version = version
        self._until = time.monotonic() + SECONDS
        self._made: dict[tuple[object, ...], Any] = {}
        self._own: set[int] = set()
        """Of things that are the same for everybody."""
        self.moment: Moment = services.moment()

    @property
    def is_fresh(self) -> bool:
        """Whether it was made a moment ago."""
        return time.monotonic() < self._until

    def is_good(self, version: int) -> bool:
        """Whether what is in here is still so, now that the public pages have this version."""
        return version == self._version and self.is_fresh

    def cycle(self, session: Session, cycle_id: int) -> Cycle:
        """A row, as it was read."""
        found: Cycle = self._once(("cycle", cycle_id), lambda: session.get_one(Cycle, cycle_id))
        return found

    def page(self, session: Session, *, cycle_slug: str, webinar_slug: str) -> WebinarPage:
        """The permanent page of a webinar."""

        def make() -> WebinarPage:
            page = webinar_page(
                session, cycle_slug=cycle_slug, webinar_slug=webinar_slug, moment=self.moment
            )
            self._is_everybodys(page, page.webinar, page.cycle, *page.cycle.webinars)
            return page

        found: WebinarPage = self._once(("page", cycle_slug, webinar_slug), make)
        return found

    def programme(self, session: Session, *, cycle_slug: str) -> CycleView:
        """The programme of a cycle."""

        def make() -> CycleView:
            found = programme(session, cycle_slug=cycle_slug, moment=self.moment)
            self._is_everybodys(found, *found.webinars)
            return found

        found: CycleView = self._once(("programme", cycle_slug), make)
        return found

    def mould(
        self,
        kind: MailKind,
        language: str,
        context: Mapping[str, Any],
        make: Callable[[], Mould],
    ) -> Mould:
        """The mould of a letter that says this, in which marks stand for what is one person's."""
        parts = tuple((name, _part(value)) for name, value in context.items())

        def make_once() -> Mould:
            mould = make()
            mould.common = self._is_common(parts)
            return mould

        found: Mould = self._once(("mould", kind, language, parts), make_once)
        return found

    def _once(self, key: tuple[object, ...], make: Callable[[], Any]) -> Any:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _is_everybodys(self, *things: WebinarPage | CycleView | WebinarView) -> None:
        self._own.update(id(thing) for thing in things)

    def _is_common(self, part: object) -> bool:
        if isinstance(part, Itself):
            return id(part.thing) in self._own
        return not isinstance(part, tuple) or all(map(self._is_common, part))


def _part(value: Any) -> Any:
    """What tells two contexts apart: values by what they say, where that can be compared."""
    if isinstance(value, tuple | list):
        return tuple(map(_part, value))
    if isinstance(value, Mapping):
        return tuple((key, _part(its)) for key, its in value.items())
    try:
        hash(value)
    except TypeError:  # it has a list in it
        return Itself(value)
    return value
