"""What is written is what is read; and what a file says wrongly has its line and key."""

from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import example, given

from tests.domain.planning_cases import april_2019, plans
from tests.support import APRIL, MARCH, plan_of, real_plan
from webinars.domain.cycle_file import read_plan, write_plan
from webinars.domain.errors import Problem, WrongFile
from webinars.domain.fields import UNLIMITED
from webinars.domain.holidays import DEPARTMENTS
from webinars.domain.plan import Plan, PlannedSession
from webinars.models import WebinarStatus

HEAD = 'title = "Cycle"\nyear = 2019\nrule = "third Thursday"\n'
SESSION = '[[sessions]]\nslug = "{slug}"\ndate = {day}\ntitle = "A"\n'
FULL = replace(
    plan_of(
        PlannedSession(
            slug="a",
            date=date(2019, 8, 29),
            title='Dire « "oui" » à l’été \\ 🎉',
            theme="t",
            starts_at=time(9, 15),
            duration=45,
            capacity=10,
            join_url="https://salle.example.org/a?b=c#d",
            exception_of=date(2019, 8, 15),
            reason="Assomption",
            status=WebinarStatus.CANCELLED,
            reminders=(),
            texts={"why": "Un.\n\nDeux.", "agenda": ("Un", "Deux"), "speakers": ()},
        ),
        capacity=50,
        slug="annee",
    ),
    zone="America/Guadeloupe",
    department="971",
    demonstration=True,
    reminders=("7d", "90m", "replay", "survey+1d"),
    survey_url="https://enquete.example.org/2019",
)
FULL_FILE = """\
title = "Cycle 2019"
year = 2019
rule = "third Thursday"
zone = "America/Guadeloupe"
starts_at = 13:00:00
duration = 90
capacity = 50
department = "971"
demonstration = true
reminders = [
    "7d",
    "90m",
    "replay",
    "survey+1d",
]
survey_url = "https://enquete.example.org/2019"
slug = "annee"

[[sessions]]
slug = "a"
date = 2019-08-29
title = "Dire « \\"oui\\" » à l’été \\\\ 🎉"
theme = "t"
starts_at = 09:15:00
duration = 45
capacity = 10
join_url = "https://salle.example.org/a?b=c#d"
exception_of = 2019-08-15
reason = "Assomption"
reminders = []
status = "cancelled"
why = "Un.\\n\\nDeux."
agenda = [
    "Un",
    "Deux",
]
speakers = []
"""


def session(day: str, *lines: str, slug: str = "a") -> str:
    return SESSION.format(slug=slug, day=day) + "".join(f"{line}\n" for line in lines)


def problems(text: str) -> list[Problem]:
    with pytest.raises(WrongFile) as error:
        read_plan(text)
    return error.value.problems


# Writing ----------------------------------------------------------------------------


def test_a_file_says_everything_once_in_one_order() -> None:
    assert write_plan(FULL) == FULL_FILE


def test_a_file_says_nothing_that_is_usual() -> None:
    assert write_plan(plan_of(APRIL)) == (
        'title = "Cycle 2019"\nyear = 2019\nrule = "third Thursday"\n'
        'zone = "Europe/Paris"\nstarts_at = 13:00:00\nduration = 90\n\n'
        '[[sessions]]\nslug = "apprendre-a-faire-alliances"\ndate = 2019-04-18\n'
        'title = "Apprendre à faire alliances"\ntheme = "apprendre-a-faire-alliances"\n'
        'join_url = "https://salle.example.org/avril"\n'
    )


def test_no_limit_is_said_in_a_word() -> None:
    written = write_plan(plan_of(replace(MARCH, capacity=UNLIMITED), capacity=50))
    assert [line for line in written.splitlines() if line.startswith("capacity")] == [
        "capacity = 50",
        'capacity = "unlimited"',
    ]


@pytest.mark.parametrize(
    "plan", [april_2019(), real_plan(), FULL, plan_of(), plan_of(MARCH), plan_of(MARCH, APRIL)]
)
def test_a_written_plan_is_read_as_it_was(plan: Plan) -> None:
    read = read_plan(write_plan(plan))
    assert (read.plan, read.ignored) == (plan, ())
    assert write_plan(read.plan) == write_plan(plan)


@given(plan=plans())
@example(plan=replace(plan_of(MARCH), title="'''\"\"\"\\"))
@example(plan=plan_of(replace(MARCH, starts_at=time(0))))
def test_any_plan_is_read_as_it_was_written(plan: Plan) -> None:
    assert read_plan(write_plan(plan)).plan == plan


def test_a_text_that_is_said_to_be_empty_is_not_left_out() -> None:
    emptied = plan_of(replace(MARCH, texts={"why": "", "agenda": ()}))
    assert write_plan(emptied).endswith('why = ""\nagenda = []\n')
    assert read_plan(write_plan(emptied)).plan == emptied


# Reading ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            HEAD + 'zone = "Europe/Pari"\n',
            Problem(
                '"Europe/Pari" is not a time zone: write for example "Europe/Paris"', 4, "zone"
            ),
        ),
        (
            HEAD + 'department = "75"\n',
            Problem(
                '"75" has no public holidays of its own: leave the department out, or give one '
                f"of {', '.join(DEPARTMENTS)}",
                4,
                "department",
            ),
        ),
        (
            HEAD + 'reminders = ["1d", "soon"]\n',
            Problem(
                '"soon" is no rule for a mail: write for example "7d", "2h" or "30m" before the '
                'start, "replay", or "survey+1d" after the end',
                4,
                "reminders",
            ),
        ),
        (
            HEAD + 'reminders = "1d"\n',
            Problem("a list in brackets is needed, not '1d'", 4, "reminders"),
        ),
        (
            HEAD + "reminders = [1]\n",
            Problem("a text in quotes is needed, not 1", 4, "reminders[1]"),
        ),
        (
            HEAD + "department = 57\n",
            Problem("a text in quotes is needed, not 57", 4, "department"),
        ),
        (
            'title = "Cycle"\nyear = 2019\nrule = "FREQ=DAILY;UNTIL=20181231"\n',
            Problem('"FREQ=DAILY;UNTIL=20181231" gives no date in 2019', 3, "rule"),
        ),
        (
            'title = "Cycle"\nyear = 2019\nrule = "FREQ=HOURLY"\n',
            Problem(
                '"FREQ=HOURLY" repeats within a day: a cycle has at most one webinar a day',
                3,
                "rule",
            ),
        ),
        (
            HEAD + session("2019-03-21", slug="b") + session('"21 mars"'),
            Problem("a date such as 2019-04-18 is needed, not '21 mars'", 10, "sessions[2].date"),
        ),
        (
            HEAD + session("2020-03-21"),
            Problem("2020-03-21 is not in the year 2019", 6, "sessions[1].date"),
        ),
        (
            HEAD + session("2019-03-31", "starts_at = 02:30:00"),
            Problem(
                "02:30 does not exist on 2019-03-31 in Europe/Paris: choose another hour",
                8,
                "sessions[1].starts_at",
            ),
        ),
        (
            HEAD + "starts_at = 02:30:00\n" + session("2019-03-31"),
            Problem(
                "02:30 does not exist on 2019-03-31 in Europe/Paris: choose another hour",
                7,
                "sessions[1].date",
            ),
        ),
        (
            HEAD + session("2019-03-21", "starts_at = 2019-03-21T13:00:00Z"),
            Problem(
                "a local time such as 13:00:00 is needed, not "
                "datetime.datetime(2019, 3, 21, 13, 0, tzinfo=datetime.timezo",
                8,
                "sessions[1].starts_at",
            ),
        ),
        (
            HEAD + session("2019-03-21", 'exception_of = "Assomption"'),
            Problem(
                "a date such as 2019-04-18 is needed, not 'Assomption'",
                8,
                "sessions[1].exception_of",
            ),
        ),
        (
            HEAD + session("2019-03-21", 'agenda = ["Un", ""]'),
            Problem("a text is needed, not an empty one", 8, "sessions[1].agenda[2]"),
        ),
        (
            HEAD + session("2019-03-21", 'why = "a\\u0000"'),
            Problem("control characters cannot stand here", 8, "sessions[1].why"),
        ),
    ],
)
def test_what_is_wrong_has_its_line_and_key(text: str, problem: Problem) -> None:
    assert problems(text) == [problem]


def test_a_date_twice_and_a_slug_twice_are_named_where_they_stand() -> None:
    text = HEAD + session("2019-03-21") + session("2019-03-21") + session("2019-04-18", slug="c")
    assert problems(text) == [
        Problem('"a" is there more than once', 5, "sessions[1].slug"),
        Problem("2019-03-21 has more than one webinar", 6, "sessions[1].date"),
        Problem('"a" is there more than once', 9, "sessions[2].slug"),
        Problem("2019-03-21 has more than one webinar", 10, "sessions[2].date"),
    ]


@pytest.mark.parametrize("day", ["2019-02-30", "2019-13-01", "30/06/2019"])
def test_a_date_that_no_calendar_has_is_named_by_its_line(day: str) -> None:
    (problem,) = problems(HEAD + session(day))
    assert problem.message.startswith("not valid TOML: ")
    assert (problem.line, problem.key) == (6, None)


def test_the_real_file_with_one_wrong_date_is_refused_at_that_date() -> None:
    path = Path(__file__).parents[1] / "data" / "cycle-2019-april.toml"
    text = path.read_text("utf-8").replace("date = 2019-04-18", "date = 2020-04-16")
    line = text.split("\n").index("date = 2020-04-16") + 1
    assert problems(text) == [
        Problem("2020-04-16 is not in the year 2019", line, "sessions[4].date")
    ]
