"""What is wrong with a year, said at the field that can mend it."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext
from wtforms import Field

from webinars.domain.errors import Fault
from webinars.domain.plan import Plan
from webinars.web.change_words import quoted
from webinars.web.sentences import say_line
from webinars.web.webinar_form import TypedForm
from webinars.web.year_forms import YearForm


def rule_field(form: YearForm) -> str:
    """The field that the rule comes from."""
    return "rule" if form.rule.data else "nth"


def slug_in_use(field: Field, slug: str) -> None:
    """There is a cycle of this address already."""
    sentence = gettext(
        "There is a cycle at the address “%(slug)s” already: choose another one here.", slug=slug
    )
    add(field, sentence)


def place(form: YearForm, faults: Iterable[Fault], plan: Plan) -> dict[str, str]:
    """Put each fault of a plan at its field; those of substitutes are given back by field."""
    at_substitutes: dict[str, str] = {}
    for fault in faults:
        sentence = say_line(fault)
        if fault.place[0] == "rule":
            add(form[rule_field(form)], sentence)
        elif "hour" in fault.values:
            add(form.starts_at, sentence)
        else:
            instead = _substitute(plan, fault)
            if instead:
                at_substitutes[instead] = sentence
            else:
                add(form[_about_dates(form)], _of_webinar(plan, fault, sentence))
    return at_substitutes


def _substitute(plan: Plan, fault: Fault) -> str | None:
    ruled = plan.sessions[int(fault.place[1])].exception_of
    return f"instead-{ruled.isoformat()}" if ruled else None


def _about_dates(form: YearForm) -> str:
    return "realign" if "realign" in form else "nth"


def _of_webinar(plan: Plan, fault: Fault, sentence: str) -> str:
    title = plan.sessions[int(fault.place[1])].title
    return f"{quoted(title)}: {sentence}"


def add(field: Any, sentence: str) -> None:
    """One more sentence at a field, if it is not there yet."""
    if sentence not in field.errors:
        field.errors = [*field.errors, sentence]


def problems(
    form: TypedForm, errors: dict[str, str], order: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """The id of each field that is to be mended with its sentence, as the fields stand."""
    wrong: dict[str, Any] = form.errors
    names = [name for name in order if name in wrong] + [
        name for name in wrong if name not in order
    ]
    return tuple((name, " ".join(map(str, wrong[name]))) for name in names) + tuple(errors.items())
