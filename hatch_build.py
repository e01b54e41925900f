"""Compiles the message catalogues when a wheel or an editable install is built."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileCatalogues(BuildHookInterface[Any]):
    """``messages.po`` to ``messages.mo``, beside it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before files are collected, for a wheel and for an editable install alike."""
        for source in sorted(Path(self.root).glob("webinars/translations/*/LC_MESSAGES/*.po")):
            locale = source.parents[1].name
            with source.open("rb") as po, source.with_suffix(".mo").open("wb") as mo:
                write_mo(mo, read_po(po, locale=locale, abort_invalid=True))
