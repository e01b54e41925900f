"""The form of the rules by which mails leave: as it is shown, typed and read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from webinars.domain.errors import WrongValue
from webinars.domain.mail_rules import (
    MOST_REMINDERS,
    REPLAY,
    SURVEY_SIGN,
    RuleKind,
    Unit,
    in_order,
    read,
)
from webinars.web import typed as reading

UNITS: dict[Unit, LazyString] = {
    Unit.DAYS: lazy_gettext("days"),
    Unit.HOURS: lazy_gettext("hours"),
    Unit.MINUTES: lazy_gettext("minutes"),
}
BLANK_ROWS = 2
OWN = "own"


@dataclass(frozen=True, slots=True)
class Row:
    """One reminder as it is typed; without a number it is none."""

    count: str = ""
    unit: str = Unit.DAYS.value


@dataclass(slots=True)
class RulesForm:
    """What stands in the fields, and what is wrong with it."""

    rows: Sequence[Row]
    replay: bool
    survey: bool
    survey_row: Row
    survey_url: str = ""
    """Of a cycle."""
    own: bool = True
    """Of a webinar: its own rules, and not the cycle's."""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> list[Row]:
        """The rows of the page: those with a number, and some to fill in."""
        filled = [row for row in self.rows if row.count]
        return [*filled, *[Row()] * BLANK_ROWS][:MOST_REMINDERS]

    @classmethod
    def of(
        cls, words: Sequence[str], *, survey_url: str | None = None, own: bool = True
    ) -> "RulesForm":
        """The form of rules that are drafted."""
        rules = [read(word) for word in words]
        surveys = [rule for rule in rules if rule.kind is RuleKind.SURVEY]
        return cls(
            rows=[
                Row(str(rule.count), rule.unit.value)
                for rule in rules
                if rule.kind is RuleKind.REMINDER
            ],
            replay=REPLAY in rules,
            survey=bool(surveys),
            survey_row=Row(str(surveys[0].count), surveys[0].unit.value) if surveys else Row("1"),
            survey_url=survey_url or "",
            own=own,
        )

    @classmethod
    def typed(cls, values: Mapping[str, str], *, own: bool) -> "RulesForm":
        """The form as it was sent."""
        units = {unit.value for unit in Unit}

        def row(name: str) -> Row:
            unit = values.get(f"unit-{name}", "")
            return Row(
                values.get(f"count-{name}", "").strip(), unit if unit in units else Unit.DAYS.value
            )

        return cls(
            rows=[row(str(number)) for number in range(MOST_REMINDERS)],
            replay="replay" in values,
            survey="survey" in values,
            survey_row=row("survey"),
            survey_url=values.get("survey_url", "").strip(),
            own=own,
        )

    def read(self) -> tuple[tuple[str, ...], str | None]:
        """The rules and the address of the survey; what is wrong stands in ``errors``."""
        words = [REPLAY.word] if self.replay else []
        filled = [row for row in self.rows if row.count]
        for number, row in enumerate(filled):
            words += self._word(f"count-{number}", row.count + row.unit, row.count)
        if self.survey:
            row = self.survey_row
            words += self._word("count-survey", SURVEY_SIGN + row.count + row.unit, row.count)
        try:
            address = reading.optional_address(self.survey_url)
        except WrongValue as error:
            address = None
            self.errors["survey_url"] = reading.sentence(error)
        if self.errors:
            return (), None
        try:
            return in_order(words), address
        except WrongValue as error:
            self.errors["count-0"] = reading.sentence(error)
            return (), None

    def _word(self, name: str, word: str, count: str) -> list[str]:
        """The word, if it is a rule."""
        if not (count.isascii() and count.isdigit() and len(count) < 7):
            self.errors[name] = gettext("Write a whole number, in digits.")
            return []
        try:
            return [read(word).word]
        except WrongValue as error:
            self.errors[name] = reading.sentence(error)
            return []
