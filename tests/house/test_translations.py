"""French is whole: every text has its translation, rightly filled and rightly set."""

import re
from collections.abc import Iterator
from functools import cache

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po

from tests.house.source import PACKAGE, report
from tests.support import ROOT

PO = PACKAGE / "translations/fr/LC_MESSAGES/messages.po"
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-zA-Z]")
NO_BREAK = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"

# Addresses, tags, entities and hours are not prose: their punctuation is their own.
NOT_PROSE = re.compile(r"https?://\S+|<[^>]+>|&#?\w+;|\b\d+:\d+|\*+:?|%%")
TYPOGRAPHY = {
    "a no-break space before : ; ? ! »": re.compile(rf"(?:^|[^{NO_BREAK}?!])[:;?!»]"),
    "a no-break space after «": re.compile(rf"«(?![{NO_BREAK}])"),
    "’ between letters": re.compile(r"[^\W\d_]'[^\W\d_]"),
}

Key = str | tuple[str, ...]


@cache
def _extracted() -> dict[tuple[str | None, Key], str]:
    """Every text of code and templates, with a place where it stands."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file, filename="babel.cfg")
    # The words that `make translations` looks for are the ones looked for here.
    keywords = re.findall(r"-k (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    found = extract_from_dir(
        ROOT,
        methods,
        options,
        keywords={**DEFAULT_KEYWORDS, **parse_keywords(keywords)},
        directory_filter=lambda path: not re.search(r"/(\.[^/]*|tests|dist|instance)$", path),
    )
    return {
        (context, message): f"{name}:{line}" for name, line, message, _, context in found if message
    }


@cache
def _catalogue() -> Catalog:
    assert PO.is_file(), "There is no French catalogue: `make translations` begins one."
    with PO.open("rb") as file:
        return read_po(file, locale="fr", abort_invalid=True)


def _messages() -> Iterator[Message]:
    return (message for message in _catalogue() if message.id)


def _key(message: Message) -> tuple[str | None, Key]:
    return message.context, message.id if isinstance(message.id, str) else tuple(message.id)


def _ids(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def _strings(message: Message) -> list[str]:
    """The translation, or its plural forms; "" where there is none."""
    forms = message.string if isinstance(message.string, list | tuple) else [message.string]
    return [form or "" for form in forms]


def test_none_is_missing():
    known = {_key(message) for message in _messages()}
    breaches = [f"{place}: {key[1]!r}" for key, place in _extracted().items() if key not in known]

    assert not breaches, report("Not in the catalogue (`make translations`):", breaches)


def test_none_is_left_over():
    breaches = [repr(message.id) for message in _messages() if _key(message) not in _extracted()]
    breaches += [f"#~ {message.id!r}" for message in _catalogue().obsolete.values()]

    assert not breaches, report("No longer used (`make translations`):", breaches)


def test_all_are_translated():
    breaches = [
        repr(message.id) for message in _messages() if message.fuzzy or not all(_strings(message))
    ]
    plurals = [
        repr(message.id)
        for message in _messages()
        if message.pluralizable and len(_strings(message)) != _catalogue().num_plurals
    ]

    assert not breaches, report("Not translated, or marked fuzzy:", breaches)
    assert not plurals, report("Without both forms:", plurals)


def test_zero_is_singular_in_french():
    assert (_catalogue().num_plurals, _catalogue().plural_expr) == (2, "(n > 1)")


def test_placeholders_agree():
    breaches = []
    for message in _messages():
        ids = [sorted(PLACEHOLDER.findall(text)) for text in _ids(message)]
        for index, text in enumerate(_strings(message)):
            # The singular may show its number or say it in words; French zero needs it.
            wanted = ids if index == 0 else ids[-1:]
            if sorted(PLACEHOLDER.findall(text)) not in wanted:
                breaches.append(f"{message.id!r}: {text!r}")

    assert not breaches, report("Placeholders differ:", breaches)


def test_typography():
    breaches = [
        f"{rule}: {text!r}"
        for message in _messages()
        for text in _strings(message)
        for rule, wrong in TYPOGRAPHY.items()
        if wrong.search(NOT_PROSE.sub("x", text))
    ]

    assert not breaches, report("French typography:", breaches)
