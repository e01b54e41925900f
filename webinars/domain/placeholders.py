"""Texts with placeholders, such as «Bonjour {full_name}», that people of the desk write. Pure.

A placeholder is a name of a list between braces, and nothing else: no attribute, no format, no
code. ``{{`` and ``}}`` are the braces themselves. What a placeholder brings is never read again.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from webinars.domain.errors import N_, WrongValue

BRACE = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")
MOST_REPEATED = 40
"""Characters of a wrong placeholder that the sentence says again."""
LIKE = 0.75
"""How much alike two names are of which one was meant; 1 is the same."""
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What no value brings into a line of a mail."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Where a value goes."""

    name: str


Piece = str | Placeholder


def read(text: str, *, allowed: Collection[str]) -> tuple[Piece, ...]:
    """The text as it is, and its placeholders. Raises WrongValue, which says where."""
    pieces: list[Piece] = []
    end = 0
    for found in BRACE.finditer(text):
        _add(pieces, text[end : found.start()])
        end = found.end()
        if found[0] in ("{{", "}}"):
            _add(pieces, found[0][0])
            continue
        place = _place(text, found.start())
        if found[0] == "{":
            raise WrongValue(
                N_(
                    'the brace "{" at character %(column)s of line %(line)s is left open: close '
                    'it with "}", or write "{{" where a brace is meant'
                ),
                **place,
            )
        if found[0] == "}":
            raise WrongValue(
                N_(
                    'the brace "}" at character %(column)s of line %(line)s closes nothing: take '
                    'it away, or write "}}" where a brace is meant'
                ),
                **place,
            )
        if found[1] not in allowed:
            raise _unknown(found[1], allowed, place)
        pieces.append(Placeholder(found[1]))
    _add(pieces, text[end:])
    return tuple(pieces)


def _add(pieces: list[Piece], text: str) -> None:
    """Literal text, as one piece with the one before it."""
    if pieces and isinstance(pieces[-1], str):
        pieces[-1] += text
    elif text:
        pieces.append(text)


def _place(text: str, index: int) -> dict[str, str]:
    """Line and character, both from 1."""
    before = text[:index]
    return {
        "line": str(before.count("\n") + 1),
        "column": str(index - (before.rfind("\n") + 1) + 1),
    }


def _unknown(name: str, allowed: Collection[str], place: Mapping[str, str]) -> WrongValue:
    shown = "{" + name[:MOST_REPEATED] + "}"
    typed = name[:MOST_REPEATED].strip().lower()
    meant = difflib.get_close_matches(typed, allowed, n=1, cutoff=LIKE)
    if meant:
        return WrongValue(
            N_(
                "%(name)s, at character %(column)s of line %(line)s, cannot stand here: perhaps "
                "%(meant)s is meant"
            ),
            name=shown,
            meant="{" + meant[0] + "}",
            **place,
        )
    return WrongValue(
        N_(
            "%(name)s, at character %(column)s of line %(line)s, cannot stand here: choose from "
            "the list of placeholders"
        ),
        name=shown,
        **place,
    )


def names(pieces: Iterable[Piece]) -> set[str]:
    """The placeholders of a text."""
    return {piece.name for piece in pieces if isinstance(piece, Placeholder)}


def written(pieces: Iterable[Piece]) -> str:
    """The text as it is typed: what ``read`` makes of it is these pieces again."""
    return "".join(
        "{" + piece.name + "}"
        if isinstance(piece, Placeholder)
        else piece.replace("{", "{{").replace("}", "}}")
        for piece in pieces
    )


def filled(pieces: Iterable[Piece], values: Mapping[str, str]) -> str:
    """The text with its values. Where one is empty, the blank before it goes too."""
    said = ""
    for piece in pieces:
        if isinstance(piece, str):
            said += piece
            continue
        value = UNSEEN.sub(" ", values[piece.name])
        said = said + value if value else said.removesuffix(" ")
    return said
