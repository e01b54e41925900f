"""What the page of a year's settings needs to know of it."""

from dataclasses import dataclass

from webinars.domain import planning
from webinars.domain.history import acts_since, titles_of
from webinars.domain.library import all_themes
from webinars.domain.plan import Plan
from webinars.domain.programme import ThemeView
from webinars.services import services
from webinars.web.act_words import ActWords, acts_in_words


@dataclass(frozen=True, slots=True)
class Settings:
    """A cycle as drafted."""

    plan: Plan
    version: int
    """Of the draft."""
    revision: int
    themes: tuple[ThemeView, ...]
    since: tuple[ActWords, ...]
    """What others did after the version that was seen."""


def read_settings(cycle: str, *, seen: int | None = None) -> Settings:
    """Read a cycle's draft. Raises NotFound."""
    with services().database.read() as session:
        found = planning.find_cycle(session, slug=cycle)
        since = acts_since(session, cycle_slug=cycle, version=seen) if seen is not None else ()
        return Settings(
            plan=planning.draft_plan(found),
            version=found.draft.version,
            revision=found.revision,
            themes=all_themes(session),
            since=acts_in_words(since, titles_of(session, cycle=found)) if since else (),
        )
