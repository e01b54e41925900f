"""The index of the search: what is public, word by word, brought up to date after each change.

Everything that changes public pages raises the version of the site; who keeps the index (the
worker) compares what is in it with what is public, in a reading transaction, and writes what
differs in small ones. So a publication never waits for the search, and the search is a tick late.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.domain import site
from webinars.domain.errors import DomainError
from webinars.domain.library import facts_line
from webinars.domain.library_files import ENTRY_POINTS, STEPS
from webinars.domain.replay_life import IS_PLAYED, IS_READ
from webinars.domain.search_words import folded, together
from webinars.domain.transcripts import from_rows
from webinars.models import (
    Captions,
    Chapter,
    Cycle,
    FoundKind,
    Question,
    Replay,
    Resource,
    SearchEntry,
    SiteState,
    Theme,
    Webinar,
)

FORM = 1
"""Of the index: raised with each change of what it is made of or of how words are folded, so that
the one of an installation that was upgraded is written anew."""
AT_ONCE = 500
"""Rows of one transaction."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be found."""

    key: str
    kind: FoundKind
    title: str
    text: str
    themes: tuple[str, ...]
    year: int | None
    webinar_id: int | None = None
    resource_id: int | None = None
    second: int | None = None
    language: str | None = None
    facts: str = ""
    """Searched too; it is shown as what it belongs to says it at that moment."""

    @property
    def digest(self) -> str:
        """Of all that it says, and of the form in which that is indexed."""
        said = json.dumps([FORM, asdict(self)], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Part:
    """What one transaction writes."""

    gone: tuple[int, ...]
    made: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What the index lacks of a version of the site, and has too much."""

    version: int
    writes: int
    """Of the index, when it was read."""
    parts: tuple[Part, ...]


class Overtaken(DomainError):
    """Another worker has written the index since it was read: nothing that was read holds."""


def is_behind(session: Session) -> bool:
    """Whether the site or the form of the index has changed since it was brought up to date."""
    changed = SiteState.version != SiteState.searched_version
    found: bool = session.scalars(sa.select(changed | (SiteState.searched_form != FORM))).one()
    return found


def difference(session: Session) -> Difference:
    """What has to be written. Reads all that is public."""
    version = site.version(session)
    writes = session.scalars(sa.select(SiteState.search_writes)).one()
    kept: dict[str, tuple[int, str]] = {
        key: (number, digest)
        for number, key, digest in session.execute(
            sa.select(SearchEntry.id, SearchEntry.key, SearchEntry.digest)
        )
    }
    made = []
    for entry in _public(session):
        number, digest = kept.pop(entry.key, (None, None))
        if digest != entry.digest:
            made.append((number, entry))
    gone = [number for number, _ in kept.values()] + [n for n, _ in made if n is not None]
    parts = [Part(tuple(some), ()) for some in _batches(gone)]
    parts += [Part((), tuple(some)) for some in _batches([entry for _, entry in made])]
    return Difference(version, writes, tuple(parts))


def write(session: Session, *, part: Part, writes: int) -> int:
    """Write a part of a difference to an index that was written so often; how often it is now.

    Raises Overtaken.
    """
    _count(session, writes)
    connection = session.connection()
    if part.gone:
        numbers = {"numbers": list(part.gone)}
        connection.execute(_UNINDEX, numbers)
        connection.execute(_FORGET, numbers)
    if not part.made:
        return writes + 1
    rows = [_row(entry) for entry in part.made]
    ids = connection.execute(
        sa.insert(SearchEntry).returning(SearchEntry.id, sort_by_parameter_order=True),
        rows,
    ).scalars()
    connection.execute(
        _INDEX[session.get_bind().dialect.name],
        [
            {
                "number": number,
                "title": together(folded(entry.title)),
                "text": together(folded(f"{entry.facts} {entry.text}")),
            }
            for number, entry in zip(ids, part.made, strict=True)
        ],
    )
    return writes + 1


def is_up_to_date(session: Session, *, version: int, writes: int) -> None:
    """Note of which version of the site the index knows. Raises Overtaken."""
    _count(session, writes)
    session.execute(sa.update(SiteState).values(searched_version=version, searched_form=FORM))


def overwrite_removed(session: Session) -> None:
    """Leave nothing of what was removed in the index.

    FTS5 marks what it deletes, and keeps the words in its segments until those are merged
    (https://www.sqlite.org/fts5.html#the_optimize_command); PostgreSQL keeps it as it keeps rows.
    """
    if session.get_bind().dialect.name == "sqlite":
        session.connection().execute(
            sa.text("INSERT INTO search_index (search_index) VALUES ('optimize')")
        )


def _row(entry: Entry) -> dict[str, Any]:
    row = asdict(entry) | {"digest": entry.digest, "themes": list(entry.themes)}
    del row["facts"]
    return row


def _count(session: Session, writes: int) -> None:
    """This transaction is the only one that goes on from there."""
    counted = session.execute(
        sa.update(SiteState)
        .where(SiteState.search_writes == writes)
        .values(search_writes=writes + 1)
        .returning(SiteState.id)
    )
    if counted.first() is None:
        raise Overtaken(writes)


_UNINDEX = sa.text("DELETE FROM search_index WHERE rowid IN :numbers").bindparams(
    sa.bindparam("numbers", expanding=True)
)
_FORGET = sa.delete(SearchEntry).where(SearchEntry.id.in_(sa.bindparam("numbers", expanding=True)))
_INDEX = {
    "sqlite": sa.text(
        "INSERT INTO search_index (rowid, title, text) VALUES (:number, :title, :text)"
    ),
    "postgresql": sa.text(
        "INSERT INTO search_index (rowid, words) VALUES (:number,"
        " setweight(to_tsvector('simple', :title), 'A') || to_tsvector('simple', :text))"
    ),
}


def _batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(rows), AT_ONCE):
        yield rows[first : first + AT_ONCE]


STEP_WORDS = {step: words.replace("'", "’") for words, step in STEPS.items()}
ENTRY_POINT_WORDS = {entry: words for words, entry in ENTRY_POINTS.items()}
"""In the language of the content, whoever looks."""


# what is public ------------------------------------------------------------------------------


def _public(session: Session) -> Iterator[Entry]:
    yield from _webinars(session)
    yield from _chapters(session)
    yield from _passages(session)
    yield from _questions(session)
    yield from _resources(session)


def _webinars(session: Session) -> Iterator[Entry]:
    themes = {theme.slug: _names(theme) for theme in session.scalars(sa.select(Theme))}
    rows = session.execute(
        sa.select(Webinar, Cycle.year)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(Cycle.revision > 0)
        .order_by(Webinar.id)
    )
    for webinar, year in rows:
        texts = (
            webinar.why,
            *webinar.agenda,
            *webinar.speakers,
            *webinar.territory_questions,
            *webinar.platform_answers,
            *themes.get(webinar.theme_slug or "", ()),
        )
        yield Entry(
            key=f"webinar:{webinar.id}",
            kind=FoundKind.WEBINAR,
            title=webinar.title,
            text=_joined(texts),
            themes=_theme(webinar.theme_slug),
            year=year,
            webinar_id=webinar.id,
        )


def _chapters(session: Session) -> Iterator[Entry]:
    rows = session.execute(
        sa.select(Chapter, Webinar, Cycle.year)
        .join(Replay, Replay.id == Chapter.replay_id)
        .join(Webinar, Webinar.id == Replay.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(IS_PLAYED)
        .order_by(Chapter.id)
    )
    for chapter, webinar, year in rows:
        yield Entry(
            key=f"chapter:{chapter.id}",
            kind=FoundKind.MOMENT,
            title=chapter.title,
            text="",  # that of the webinar is found as the webinar
            themes=_theme(webinar.theme_slug),
            year=year,
            webinar_id=webinar.id,
            second=chapter.starts_at,
        )


def _passages(session: Session) -> Iterator[Entry]:
    """The transcripts that anybody can read, paragraph by paragraph."""
    rows = session.execute(
        sa.select(Captions, Replay, Webinar, Cycle.year)
        .join(Replay, Replay.id == Captions.replay_id)
        .join(Webinar, Webinar.id == Replay.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(IS_READ)
        .order_by(Captions.id)
        .options(selectinload(Captions.replay).selectinload(Replay.chapters))
    )
    for captions, replay, webinar, year in rows:
        for number, paragraph in enumerate(from_rows(captions.paragraphs)):
            begun = [one for one in replay.chapters if one.starts_at <= paragraph.starts_at]
            yield Entry(
                key=f"passage:{captions.id}:{number}",
                kind=FoundKind.MOMENT,
                title=begun[-1].title if begun else webinar.title,
                text=paragraph.text,
                themes=_theme(webinar.theme_slug),
                year=year,
                webinar_id=webinar.id,
                second=paragraph.starts_at if replay.online_at else None,
                language=captions.language,
            )


def _questions(session: Session) -> Iterator[Entry]:
    rows = session.execute(
        sa.select(Question, Webinar.theme_slug, Cycle.year)
        .join(Webinar, Webinar.id == Question.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(Question.published_at.is_not(None))
        .order_by(Question.id)
    )
    for question, theme, year in rows:
        yield Entry(
            key=f"question:{question.id}",
            kind=FoundKind.QUESTION,
            title=question.published_text or "",
            text=question.answer or "",
            themes=_theme(theme),
            year=year,
            webinar_id=question.webinar_id,
        )


def _resources(session: Session) -> Iterator[Entry]:
    rows = session.scalars(
        sa.select(Resource).options(selectinload(Resource.themes)).order_by(Resource.id)
    )
    for resource in rows:
        texts = (
            *resource.other_titles,
            *resource.partners,
            *resource.authors,
            resource.edition,
            *resource.audience,
            resource.section,
            *(name for theme in resource.themes for name in _names(theme)),
            STEP_WORDS[resource.step] if resource.step else None,
            ENTRY_POINT_WORDS[resource.entry_point] if resource.entry_point else None,
        )
        yield Entry(
            key=f"resource:{resource.id}",
            kind=FoundKind.RESOURCE,
            title=resource.title,
            text=_joined(texts),
            themes=tuple(theme.slug for theme in resource.themes),
            year=resource.year,
            resource_id=resource.id,
            facts=facts_line(resource),
        )


def _names(theme: Theme) -> tuple[str, ...]:
    """What it is called, in words that differ."""
    names: dict[str, str] = {}
    for name in (theme.title, *theme.other_titles):
        names.setdefault(together(folded(name)), name)
    return tuple(names.values())


def _theme(slug: str | None) -> tuple[str, ...]:
    return (slug,) if slug else ()


def _joined(texts: Iterable[str | None]) -> str:
    return " · ".join(text for text in texts if text)
