"""The search of the site: webinars, moments of replays, resources and questions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, load_only

from webinars.domain.library import facts_line
from webinars.domain.replay_life import IS_READ
from webinars.domain.search_words import Piece, Sought, extract, sought
from webinars.models import Cycle, FoundKind, Replay, Resource, SearchEntry, Theme, Webinar

MOST = 1000
"""The best of so many are looked at: who finds more has to say more."""
OF_A_KIND = 6
"""Shown of each kind while no kind is chosen."""
OF_THE_CHOSEN = 100
TITLE_WEIGHT = 8


@dataclass(frozen=True, slots=True)
class Chosen:
    """To what the search is narrowed."""

    kind: FoundKind | None = None
    theme: str | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """A facet's value, and how many of what is found have it."""

    value: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was found. Instants are UTC."""

    kind: FoundKind
    title: tuple[Piece, ...]
    extract: tuple[Piece, ...]
    cycle_slug: str | None
    webinar_slug: str | None
    webinar_title: str | None
    starts_at: datetime | None
    zone: str | None
    second: int | None
    resource: str | None
    """Slug."""
    facts: tuple[Piece, ...]
    """Of a resource: what lists say of it."""
    language: str | None
    """Of the extract, if it is of a transcript."""


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind, the best first."""

    kind: FoundKind
    count: int
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """All that was found."""

    sought: Sought
    chosen: Chosen
    count: int
    too_many: bool
    """There are more than were looked at."""
    groups: tuple[Group, ...]
    kinds: tuple[Option, ...]
    themes: tuple[Option, ...]
    years: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class _Hit:
    id: int
    kind: FoundKind
    themes: tuple[str, ...]
    year: int | None

    def is_chosen(self, chosen: Chosen, *, but: str = "") -> bool:
        return (
            (but == "kind" or chosen.kind in (None, self.kind))
            and (but == "theme" or chosen.theme is None or chosen.theme in self.themes)
            and (but == "year" or chosen.year in (None, self.year))
        )


def search(session: Session, *, typed: str, chosen: Chosen) -> Results:
    """What is found of what was typed, and how it can be narrowed. At most three queries."""
    looked_for = sought(typed)
    hits = _hits(session, looked_for) if looked_for else []
    shown = [hit for hit in hits if hit.is_chosen(chosen)]
    by_kind: dict[FoundKind, list[_Hit]] = {kind: [] for kind in FoundKind}
    for hit in shown:
        by_kind[hit.kind].append(hit)
    most = OF_THE_CHOSEN if chosen.kind else OF_A_KIND
    first = [hit.id for some in by_kind.values() for hit in some[:most]]
    read = _read(session, first, looked_for) if first else {}
    return Results(
        sought=looked_for,
        chosen=chosen,
        count=len(shown),
        too_many=len(hits) == MOST,
        groups=tuple(
            Group(kind, len(some), tuple(read[hit.id] for hit in some[:most] if hit.id in read))
            for kind, some in by_kind.items()
            if some
        ),
        kinds=_options(hits, chosen, "kind"),
        themes=_titled(session, _options(hits, chosen, "theme")) if hits else (),
        years=tuple(
            sorted(_options(hits, chosen, "year"), key=lambda one: one.value, reverse=True)
        ),
    )


def _hits(session: Session, looked_for: Sought) -> list[_Hit]:
    name = session.get_bind().dialect.name
    statement = _HITS[name].columns(
        SearchEntry.id, SearchEntry.kind, SearchEntry.themes, SearchEntry.year
    )
    rows = session.connection().execute(
        statement, {"asked": _ASKED[name](looked_for), "most": MOST}
    )
    return [_Hit(row.id, FoundKind(row.kind), tuple(row.themes), row.year) for row in rows]


def _in_fts5(looked_for: Sought) -> str:
    words = [f'"{word}"' for word in looked_for.words]
    return " ".join((*words, f'"{looked_for.beginning}"*') if looked_for.beginning else words)


def _in_tsquery(looked_for: Sought) -> str:
    words = [f"'{word}'" for word in looked_for.words]
    last = (f"'{looked_for.beginning}':*",) if looked_for.beginning else ()
    return " & ".join((*words, *last))


_ASKED = {"sqlite": _in_fts5, "postgresql": _in_tsquery}
_COLUMNS = "e.id, e.kind, e.themes, e.year"
_DATES = (
    " LEFT JOIN webinars AS w ON w.id = e.webinar_id LEFT JOIN replays AS r ON r.webinar_id = w.id"
)
_EQUALS = "r.online_at IS NOT NULL DESC, w.starts_at DESC NULLS LAST, e.id"
"""What can be watched before what cannot, the latest first."""
_HITS = {
    "sqlite": sa.text(
        f"SELECT {_COLUMNS} FROM (SELECT rowid, bm25(search_index, {TITLE_WEIGHT}, 1) AS far"  # noqa: S608
        " FROM search_index WHERE search_index MATCH :asked ORDER BY far LIMIT :most) AS found"
        f" JOIN search_entries AS e ON e.id = found.rowid{_DATES} ORDER BY found.far, {_EQUALS}"
    ),
    "postgresql": sa.text(
        f"SELECT {_COLUMNS} FROM (SELECT rowid, ts_rank(words, asked) AS near"  # noqa: S608
        " FROM search_index, to_tsquery('simple', :asked) AS asked WHERE words @@ asked"
        " ORDER BY near DESC LIMIT :most) AS found"
        f" JOIN search_entries AS e ON e.id = found.rowid{_DATES}"
        f" ORDER BY found.near DESC, {_EQUALS}"
    ),
}


_FACTS = (Resource.kind, Resource.publishers, Resource.year, Resource.edition)


def _read(session: Session, ids: Sequence[int], looked_for: Sought) -> Mapping[int, Found]:
    rows = session.execute(
        sa.select(
            SearchEntry,
            Cycle.slug,
            Cycle.zone,
            Webinar.slug,
            Webinar.title,
            Webinar.starts_at,
            Resource,
        )
        .outerjoin(Webinar, Webinar.id == SearchEntry.webinar_id)
        .outerjoin(Cycle, Cycle.id == Webinar.cycle_id)
        .outerjoin(Resource, Resource.id == SearchEntry.resource_id)
        .outerjoin(Replay, Replay.webinar_id == Webinar.id)
        # What was taken away since the index was made is not shown any more.
        .options(load_only(Resource.slug, *_FACTS, raiseload=True))
        .where(SearchEntry.id.in_(ids), sa.or_(SearchEntry.kind != FoundKind.MOMENT, IS_READ))
    )
    return {
        row[0].id: _found(looked_for, *row)
        for row in rows
        if row[0].webinar_id is not None or row[0].resource_id is not None
    }


def _found(
    looked_for: Sought,
    entry: SearchEntry,
    cycle: str | None,
    zone: str | None,
    webinar: str | None,
    webinar_title: str | None,
    starts_at: datetime | None,
    resource: Resource | None,
) -> Found:
    return Found(
        kind=entry.kind,
        title=_marked(entry.title, looked_for),
        # A chapter has the title of its webinar, which stands beside it anyway.
        extract=() if _is_chapter(entry) else extract(entry.text, looked_for),
        cycle_slug=cycle,
        webinar_slug=webinar,
        webinar_title=webinar_title,
        starts_at=starts_at,
        zone=zone,
        second=entry.second,
        resource=resource.slug if resource else None,
        facts=_marked(facts_line(resource), looked_for) if resource else (),
        language=entry.language,
    )


def _is_chapter(entry: SearchEntry) -> bool:
    return entry.kind is FoundKind.MOMENT and entry.language is None


def _marked(text: str, looked_for: Sought) -> tuple[Piece, ...]:
    return extract(text, looked_for, most=len(text))


def _options(hits: Iterable[_Hit], chosen: Chosen, facet: str) -> tuple[Option, ...]:
    """The values of a facet in what the other choices leave, the most frequent first."""
    counts: Counter[str] = Counter()
    for hit in hits:
        if hit.is_chosen(chosen, but=facet):
            counts.update(_values(hit, facet))
    return tuple(Option(value, value, count) for value, count in counts.most_common())


def _values(hit: _Hit, facet: str) -> tuple[str, ...]:
    if facet == "theme":
        return hit.themes
    if facet == "kind":
        return (hit.kind.value,)
    return (str(hit.year),) if hit.year else ()


def _titled(session: Session, options: Sequence[Option]) -> tuple[Option, ...]:
    titles = {row.slug: row.title for row in session.execute(sa.select(Theme.slug, Theme.title))}
    return tuple(
        Option(one.value, titles[one.value], one.count) for one in options if one.value in titles
    )
