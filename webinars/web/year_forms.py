"""The forms by which a year is planned, copied, and its settings edited."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any

from babel.dates import get_month_names
from flask_babel import gettext, lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Field,
    Form,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.validators import (
    DataRequired,
    InputRequired,
    NumberRange,
    Optional,
    StopValidation,
    ValidationError,
)

from webinars.domain import fields
from webinars.domain.errors import WrongRule, WrongValue
from webinars.domain.holidays import DEPARTMENTS
from webinars.domain.person_fields import tidy
from webinars.domain.plan import DEFAULT_DURATION, DEFAULT_START, DEFAULT_ZONE, Plan
from webinars.domain.rules import MonthlyRule, describe
from webinars.i18n import language
from webinars.web.sentences import say_line
from webinars.web.webinar_form import TypedForm
from webinars.web.wording import ORDINALS, WEEKDAYS

FIRST_YEAR, LAST_YEAR = 2000, 2100
EVERY_MONTH = tuple(range(1, 13))
THIRD, THURSDAY = 3, 3
OPEN, LIBRARY = "open", "library"
CHOOSE = lazy_gettext("Choose one of the list.")


def choices(named: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """Values with their words, as WTForms takes them."""
    return [SelectChoice(value, words) for value, words in named]


class Fits:
    """A check of the domain, its sentence said at the field."""

    def __init__(self, check: Callable[[str], str]) -> None:
        self.check = check

    def __call__(self, form: Form, field: Field) -> None:
        """WTForms."""
        try:
            field.data = self.check(field.data or "")
        except WrongValue as error:
            raise ValidationError(say_line(error.sentence)) from error


class Typed:
    """The signature that WTForms' fields leave out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class Read(Typed):
    """What could not be read needs no second sentence."""

    process_errors: Any

    def pre_validate(self, form: Any) -> None:
        """WTForms."""
        if self.process_errors:
            raise StopValidation


class WholeNumberField(Read, IntegerField):
    """Digits; what is not a number is said in the words of this house."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """WTForms."""
        typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not typed:
            return
        if not typed.isascii() or not typed.isdigit() or len(typed) > 9:
            raise ValueError(gettext("Write a whole number, in digits."))
        self.data = int(typed)


class HourField(Read, TimeField):
    """A local hour, such as 13:00."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """WTForms."""
        self.data = None
        try:
            found = time.fromisoformat(str(valuelist[0]).strip()) if valuelist else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None or found.second or found.microsecond:
            raise ValueError(gettext("Write the local hour like 13:00."))
        self.data = found


class ChoiceField(Typed, SelectField):
    """One of a list."""

    def pre_validate(self, form: Any) -> None:
        """WTForms."""
        if str(self.data) not in {str(choice.value) for choice in self.choices or ()}:
            raise ValidationError(CHOOSE)


class ChoicesField(Typed, SelectMultipleField):
    """Some of a list, each with its box."""

    def pre_validate(self, form: Any) -> None:
        """WTForms."""
        known = {choice.value for choice in self.choices or ()}
        if not set(self.data or ()) <= known:
            raise ValidationError(CHOOSE)


class EitherField(Typed, RadioField):
    """One of few."""

    def pre_validate(self, form: Any) -> None:
        """WTForms."""
        if self.data not in {choice.value for choice in self.choices or ()}:
            raise ValidationError(CHOOSE)


def _between(least: int, most: int, message: Any) -> NumberRange:
    return NumberRange(least, most, message=message)


def _year_field() -> WholeNumberField:
    return WholeNumberField(
        lazy_gettext("Year"),
        validators=[
            InputRequired(lazy_gettext("Write the year.")),
            _between(FIRST_YEAR, LAST_YEAR, lazy_gettext("Choose a year from %(min)s to %(max)s.")),
        ],
        render_kw={"inputmode": "numeric", "type": "number", "min": FIRST_YEAR, "max": LAST_YEAR},
    )


def _slug_field() -> StringField:
    return StringField(
        lazy_gettext("Address of the cycle"),
        filters=[tidy],
        validators=[Optional(), Fits(fields.slug)],
        render_kw={"maxlength": 100, "autocapitalize": "off", "spellcheck": "false"},
    )


class YearForm(TypedForm):
    """What a cycle says of itself: its rule in three fields, hour and place."""

    title = StringField(
        lazy_gettext("Title"),
        filters=[tidy],
        validators=[
            DataRequired(lazy_gettext("Write the title of the cycle.")),
            Fits(fields.plain_text),
        ],
        render_kw={"maxlength": 300},
    )
    nth = ChoiceField(lazy_gettext("Which one"), coerce=str)
    weekday = ChoiceField(lazy_gettext("Day"), coerce=str)
    months = ChoicesField(lazy_gettext("Months"), coerce=str)
    rule = StringField(
        lazy_gettext("Rule"),
        filters=[tidy],
        validators=[Optional(), Fits(fields.rule)],
        render_kw={"maxlength": 200, "autocapitalize": "off", "spellcheck": "false"},
    )
    starts_at = HourField(lazy_gettext("Local hour"))
    duration = WholeNumberField(
        lazy_gettext("Duration, in minutes"),
        validators=[
            InputRequired(lazy_gettext("Write how many minutes a webinar lasts.")),
            _between(5, 24 * 60, lazy_gettext("Choose from %(min)s to %(max)s minutes.")),
        ],
        render_kw={"inputmode": "numeric", "type": "number", "min": 5, "max": 24 * 60},
    )
    zone = StringField(
        lazy_gettext("Time zone"),
        filters=[tidy],
        validators=[
            DataRequired(lazy_gettext("Write the time zone, for example Europe/Paris.")),
            Fits(fields.zone_name),
        ],
        render_kw={"maxlength": 64, "autocapitalize": "off", "spellcheck": "false"},
    )
    capacity = WholeNumberField(
        lazy_gettext("Places of each webinar"),
        validators=[
            Optional(),
            _between(1, 1_000_000, lazy_gettext("Choose from %(min)s to %(max)s places.")),
        ],
        render_kw={"inputmode": "numeric", "type": "number", "min": 1, "max": 1_000_000},
    )
    department = ChoiceField(lazy_gettext("Public holidays"), coerce=str)

    def __init__(self, submitted: MultiDict[str, str] | None = None) -> None:
        super().__init__(submitted)
        names = get_month_names(locale=language())
        self.nth.choices = choices((str(nth), words) for nth, words in ORDINALS.items())
        self.weekday.choices = choices((str(day), words) for day, words in enumerate(WEEKDAYS))
        self.months.choices = choices((str(month), names[month]) for month in EVERY_MONTH)
        self.department.choices = choices(
            [("", lazy_gettext("Metropolitan France")), *DEPARTMENTS.items()]
        )

    def fill(self, **values: Any) -> None:
        """Show these values, as if nothing had been typed."""
        for name, value in values.items():
            self[name].data = value

    def fill_rule(self, rule: str) -> None:
        """Show a rule: in the three fields if it fits them."""
        found = describe(rule)
        monthly = found or MonthlyRule(THIRD, THURSDAY)
        self.fill(
            nth=str(monthly.nth),
            weekday=str(monthly.weekday),
            months=[str(month) for month in monthly.months or EVERY_MONTH],
            rule=None if found else rule,
        )

    def validate_months(self, field: Field) -> None:
        """At least one, where the three fields are the rule."""
        if not field.data and not self.rule.data:
            raise ValidationError(gettext("Choose at least one month."))

    @property
    def rule_given(self) -> str:
        """The rule, RFC 5545 or words. Raises WrongRule."""
        if self.rule.data:
            return str(self.rule.data)
        try:
            return MonthlyRule(
                nth=int(self.nth.data),
                weekday=int(self.weekday.data),
                months=tuple(int(month) for month in self.months.data or ()),
            ).rrule
        except (TypeError, ValueError) as error:
            raise WrongRule(str(CHOOSE)) from error

    def values(self) -> dict[str, Any]:
        """The fields of ``CycleDraft``. Raises WrongRule."""
        return {
            "title": self.title.data,
            "rule": self.rule_given,
            "zone": self.zone.data,
            "starts_at": self.starts_at.data,
            "duration": self.duration.data,
            "capacity": self.capacity.data,
            "department": self.department.data or None,
        }

    def sound(self, *names: str) -> bool:
        """Whether none of these fields is wrong."""
        return not any(self[name].errors for name in names)


class NewYearForm(YearForm):
    """A year from nothing."""

    year = _year_field()
    slug = _slug_field()
    themes = EitherField(
        lazy_gettext("Themes"),
        choices=choices(
            [
                (LIBRARY, lazy_gettext("Take themes of the library, in its order")),
                (OPEN, lazy_gettext("Leave the themes open")),
            ]
        ),
    )
    theme = ChoicesField(lazy_gettext("Which themes"), coerce=str)
    wish = ChoicesField(lazy_gettext("Wishes of participants"), coerce=str)

    def default(self, *, year: int, title: str | None, themes: Iterable[str]) -> None:
        """What most years are."""
        known = list(themes)
        self.fill_rule(MonthlyRule(THIRD, THURSDAY).rrule)
        self.fill(
            year=year,
            title=title or f"Cycle de webinaires {year}",
            zone=DEFAULT_ZONE,
            starts_at=DEFAULT_START,
            duration=DEFAULT_DURATION,
            department="",
            themes=LIBRARY if known else OPEN,
            theme=known,
            wish=[],
        )

    def plan(self) -> Plan:
        """The cycle without sessions. Raises WrongRule."""
        year = self.year.data
        assert year is not None, "it was validated"
        return Plan(slug=self.slug.data or str(year), year=year, sessions=(), **self.values())


class SettingsForm(YearForm):
    """The settings of a year that there is."""

    realign = BooleanField(lazy_gettext("Lay the coming webinars on the dates of the rule"))

    def show(self, draft: Plan) -> None:
        """What is drafted now."""
        self.fill_rule(draft.rule)
        self.fill(
            title=draft.title,
            zone=draft.zone,
            starts_at=draft.starts_at,
            duration=draft.duration,
            capacity=draft.capacity,
            department=draft.department or "",
        )

    def values_beside(self, plan: Plan) -> dict[str, Any]:
        """As ``values``; a rule that says the same stays as it was written. Raises WrongRule."""
        values = self.values()
        known = describe(plan.rule)
        if known is not None and known == describe(values["rule"]):
            values["rule"] = plan.rule
        return values

    def plan(self, plan: Plan) -> Plan:
        """The plan with what was typed. Raises WrongRule."""
        return replace(plan, **self.values_beside(plan))


class CopyForm(TypedForm):
    """The same cycle in another year."""

    year = _year_field()
    slug = _slug_field()
    themes = EitherField(
        lazy_gettext("Themes"),
        choices=choices(
            [
                ("keep", lazy_gettext("Keep the themes, in their order")),
                (OPEN, lazy_gettext("Leave the themes open")),
            ]
        ),
    )


def chosen_dates(values: Mapping[str, str]) -> dict[date, date]:
    """Which date stands in for which, from fields such as ``instead-2027-05-06``."""
    found: dict[date, date] = {}
    for name, value in values.items():
        if not name.startswith("instead-") or not value:
            continue
        try:
            found[date.fromisoformat(name.removeprefix("instead-"))] = date.fromisoformat(value)
        except ValueError:
            continue
    return found
