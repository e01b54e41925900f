"""The file of a cycle: what it means, and every way of writing it wrongly."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from tests.support import DATA
from webinars.domain.cycle_file import read_plan
from webinars.domain.errors import Problem, WrongFile
from webinars.domain.fields import plain_text
from webinars.domain.plan import Plan, PlannedSession
from webinars.models import WebinarStatus

REVISED = (DATA / "cycle-2019.toml").read_text("utf-8")
APRIL = (Path(__file__).parents[1] / "data" / "cycle-2019-april.toml").read_text("utf-8")

HEAD = 'title = "Cycle"\nyear = 2019\nrule = "third Thursday"\n'


def head(*lines: str) -> str:
    """A cycle with one more line or several, from line 4 on."""
    return HEAD + "".join(f"{line}\n" for line in lines)


def session(**values: str) -> str:
    """A session; a value is TOML as it stands, and an empty one leaves the key out."""
    usual = {"slug": '"a"', "date": "2019-01-17", "title": '"A"'}
    given = {**usual, **values}
    return "[[sessions]]\n" + "".join(f"{key} = {value}\n" for key, value in given.items() if value)


def problems(text: str) -> list[Problem]:
    with pytest.raises(WrongFile) as error:
        read_plan(text)
    return error.value.problems


def test_the_cycle_of_2019_is_read_exactly() -> None:
    read = read_plan(REVISED)
    assert read.plan == Plan(
        slug="2019",
        title="Cycle de webinaires 2019 « l’innovation territoriale en actions ! »",
        year=2019,
        rule="third Thursday",
        zone="Europe/Paris",
        starts_at=time(13),
        duration=90,
        sessions=read.plan.sessions,
    )
    assert [(s.date.isoformat(), s.slug, s.title) for s in read.plan.sessions] == [
        (
            "2019-01-17",
            "lancement",
            "Présentation de la plateforme et lancement du cycle de webinaires",
        ),
        ("2019-02-21", "qualifier-l-innovation", "Qualifier l’innovation"),
        ("2019-03-21", "connaitre-son-ecosysteme", "Connaître son écosystème"),
        ("2019-04-18", "apprendre-a-faire-alliances", "Apprendre à faire alliances"),
        ("2019-05-16", "definir-sa-strategie", "Définir sa stratégie"),
        (
            "2019-06-20",
            "favoriser-l-engagement-de-l-entreprise",
            "Favoriser l’engagement de l’entreprise",
        ),
        ("2019-07-18", "evaluer-sa-pertinence", "Evaluer la pertinence"),
        (
            "2019-08-29",
            "transformer-son-modele-socio-economique",
            "Transformer son modèle socio-économique",
        ),
        ("2019-09-19", "mobiliser-les-competences", "Mobiliser des compétences"),
        (
            "2019-10-17",
            "accroitre-l-impact-d-une-fondation",
            "Accroître l’impact d’une fondation",
        ),
        ("2019-11-21", "accelerer-grace-au-numerique", "Accélérer grâce au numérique"),
        ("2019-12-19", "co-construire-le-bien-commun", "Co-construire le bien commun"),
    ]
    assert [s.theme for s in read.plan.sessions] == [
        None,
        *(s.slug for s in read.plan.sessions[1:]),
    ]
    assert read.ignored == ("as_of", "replay_url", "sessions.month", "source", "version")


def test_the_april_plan_has_the_same_webinars_on_the_same_dates() -> None:
    april, revised = read_plan(APRIL).plan, read_plan(REVISED).plan
    assert [s.date for s in april.sessions] == [s.date for s in revised.sessions]
    assert {s.slug for s in april.sessions} == {s.slug for s in revised.sessions}


def test_a_cycle_may_have_no_session_yet() -> None:
    assert read_plan(HEAD).plan.sessions == ()
    assert read_plan(head("sessions = []")).plan.sessions == ()


def test_every_key_is_read() -> None:
    text = head(
        'slug = "annee"',
        'zone = "America/Guadeloupe"',
        "starts_at = 10:30:00",
        "duration = 60",
        "capacity = 50",
        "demonstration = true",
    ) + session(
        title='"  A  "',
        date="2019-08-29",
        theme='"t"',
        starts_at="09:15:00",
        duration="45",
        capacity="10",
        join_url='"https://salle.example.org/a?b=c#d"',
        exception_of="2019-08-15",
        reason='"Assomption"',
        status='"cancelled"',
    )
    assert read_plan(text).plan == Plan(
        slug="annee",
        title="Cycle",
        year=2019,
        rule="third Thursday",
        zone="America/Guadeloupe",
        starts_at=time(10, 30),
        duration=60,
        capacity=50,
        demonstration=True,
        sessions=(
            PlannedSession(
                slug="a",
                date=date(2019, 8, 29),
                title="A",
                theme="t",
                starts_at=time(9, 15),
                duration=45,
                capacity=10,
                join_url="https://salle.example.org/a?b=c#d",
                exception_of=date(2019, 8, 15),
                reason="Assomption",
                status=WebinarStatus.CANCELLED,
            ),
        ),
    )


def test_a_session_takes_from_the_cycle_what_it_does_not_say() -> None:
    text = (
        head("capacity = 50")
        + session()
        + session(slug='"b"', date="2019-07-18", starts_at="09:00:00", duration="30", capacity="5")
    )
    plan = read_plan(text).plan
    first, second = plan.sessions
    assert (plan.start_of(first), plan.end_of(first), plan.capacity_of(first)) == (
        datetime(2019, 1, 17, 12, tzinfo=UTC),
        datetime(2019, 1, 17, 13, 30, tzinfo=UTC),
        50,
    )
    assert (plan.start_of(second), plan.end_of(second), plan.capacity_of(second)) == (
        datetime(2019, 7, 18, 7, tzinfo=UTC),
        datetime(2019, 7, 18, 7, 30, tzinfo=UTC),
        5,
    )


def test_a_session_without_limit_has_none_whatever_the_cycle_says() -> None:
    for line, own in (("capacity = 50", None), ("", None), ("capacity = 50", 7)):
        words = {} if own is None else {"capacity": str(own)}
        text = (
            head(line)
            + session(**words)
            + session(slug='"b"', date="2019-07-18", capacity='"unlimited"')
        )
        plan = read_plan(text).plan
        assert [plan.capacity_of(one) for one in plan.sessions] == [
            own or plan.capacity,
            None,
        ]


def test_sessions_are_in_the_order_of_their_dates_however_they_are_written() -> None:
    text = HEAD + session(slug='"b"', date="2019-02-21") + session()
    assert [s.slug for s in read_plan(text).plan.sessions] == ["a", "b"]


def test_a_cancelled_session_leaves_its_date_to_another() -> None:
    text = HEAD + session(status='"cancelled"') + session(slug='"b"')
    assert [s.slug for s in read_plan(text).plan.sessions] == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('slug = "Été"', '"Été" cannot be part of an address'),
        ('slug = "a--b"', '"a--b" cannot be part of an address'),
        ('slug = "a/b"', '"a/b" cannot be part of an address'),
        ('slug = ""', '"" cannot be part of an address'),
        (f'slug = "{"a" * 101}"', f'"{"a" * 40}" cannot be part of an address'),
        ('slug = "a\\n"', '"a\n" cannot be part of an address'),
        ('zone = "Europe/Pari"', '"Europe/Pari" is not a time zone: write for example'),
        ('zone = "../../etc/passwd"', '"../../etc/passwd" is not a time zone'),
        ("zone = 1", "a text in quotes is needed, not 1"),
        ('starts_at = "one"', "a local time such as 13:00:00 is needed, not 'one'"),
        ("starts_at = 2019-01-01", "a local time such as 13:00:00 is needed, not "),
        ("starts_at = 13:00:01.5", "an hour has whole seconds: write 13:00:01, not 13:00:01.5"),
        ('starts_at = "13:00:00.5"', "an hour has whole seconds: write 13:00:00, not 13:00:00.5"),
        ("duration = 4", "input should be greater than or equal to 5, not 4"),
        ("duration = 1441", "input should be less than or equal to 1440, not 1441"),
        ('duration = "90 minutes"', "a whole number is needed, not '90 minutes'"),
        ("duration = 90.5", "a whole number is needed, not 90.5"),
        ("duration = true", "a whole number is needed, not True"),
        ("capacity = 0", "input should be greater than or equal to 1, not 0"),
        ("capacity = 1000001", "input should be less than or equal to 1000000"),
    ],
)
def test_a_wrong_key_of_the_cycle_is_named(line: str, message: str) -> None:
    (problem,) = problems(head(line))
    assert problem.message.startswith(message)
    assert (problem.line, problem.key) == (4, line.split(" =", maxsplit=1)[0])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            'year = 2019\nrule = "third Thursday"',
            Problem("this key is needed and is not there", key="title"),
        ),
        (
            'title = "a"\nyear = 2019\nrule = "sometimes"',
            Problem(
                '"sometimes" is not understood: write for example "third Thursday", '
                '"last Tuesday in March and June" or "FREQ=MONTHLY;BYDAY=3TH"',
                line=3,
                key="rule",
            ),
        ),
        (
            'title = "a"\nyear = "this one"\nrule = "third Thursday"',
            Problem("a whole number is needed, not 'this one'", line=2, key="year"),
        ),
        (
            'title = "a"\nyear = 1066\nrule = "third Thursday"',
            Problem("input should be greater than or equal to 1970, not 1066", line=2, key="year"),
        ),
        (
            'title = " "\nyear = 2019\nrule = "third Thursday"',
            Problem("a text is needed, not an empty one", line=1, key="title"),
        ),
        (
            head("[sessions]", 'slug = "a"'),
            Problem("write [[sessions]] with two brackets, once for each webinar"),
        ),
        (
            head("sessions = 3"),
            Problem("a list in brackets is needed, not 3", line=4, key="sessions"),
        ),
    ],
)
def test_a_wrong_head_is_named(text: str, problem: Problem) -> None:
    assert problems(text) == [problem]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("slug", "", "this key is needed and is not there"),
        ("date", "", "this key is needed and is not there"),
        ("title", "", "this key is needed and is not there"),
        ("slug", '"register"', '"register" is an address of the product itself: choose another'),
        ("slug", '"É"', ('"É" cannot be part of an address: use small letters without accents, '
         "digits and single hyphens")),
        ("slug", "1", "a text in quotes is needed, not 1"),
        ("date", '"18 April"', "a date such as 2019-04-18 is needed, not '18 April'"),
        ("date", "13:00:00", ("a date such as 2019-04-18 is needed, not "
         "datetime.time(13, 0)")),
        ("date", "2020-01-16", "2020-01-16 is not in the year 2019"),
        ("title", '"a\\nb"', "line breaks and control characters cannot stand here"),
        ("title", '"a\\u0000b"', "line breaks and control characters cannot stand here"),
        ("title", '"a\\u2028b"', "line breaks and control characters cannot stand here"),
        ("title", '"a\\u0085b"', "line breaks and control characters cannot stand here"),
        ("title", '"' + "a" * 301 + '"', "the text is too long: at most 300 characters"),
        ("title", '["a"]', "a text in quotes is needed, not ['a']"),
        ("theme", '"Un thème"', ('"Un thème" cannot be part of an address: use small letters '
         "without accents, digits and single hyphens")),
        ("join_url", '"salle.example.org"',
         "an address beginning with https:// or http:// is needed"),
        ("join_url", '"javascript:alert(1)"',
         "an address beginning with https:// or http:// is needed"),
        ("join_url", '"https://a b"', "an address beginning with https:// or http:// is needed"),
        ("join_url", '"https://a\\n"', "an address beginning with https:// or http:// is needed"),
        ("join_url", '"https://a\\u0000"',
         "an address beginning with https:// or http:// is needed"),
        ("join_url", '"https://"', "an address beginning with https:// or http:// is needed"),
        *(
            ("join_url", f'"{url}"',
             "no site has such an address: look at what stands between // and the next /")
            for url in ("https://[exemple.org]/page", "https://[::1", "https://a\u2100b/",
                        "https:///page", "https://a:x/", "https://a:99999/", "https://a:0/")
        ),
        ("duration", "0", "input should be greater than or equal to 5, not 0"),
        ("capacity", '"many"', "a whole number is needed, not 'many'"),
        ("capacity", "0", 'at least one place is needed, or "unlimited"'),
        ("capacity", "false", 'at least one place is needed, or "unlimited"'),
        ("capacity", "-1", "input should be greater than or equal to 1, not -1"),
        ("exception_of", '"Assomption"', "a date such as 2019-04-18 is needed, not 'Assomption'"),
        ("status", '"perhaps"', "input should be 'scheduled' or 'cancelled', not 'perhaps'"),
    ],
)  # fmt: skip
def test_a_wrong_key_of_a_session_is_named(key: str, value: str, message: str) -> None:
    text = HEAD + session(slug='"before"', date="2019-02-21") + session(**{key: value})
    # The line of the key; of its table when it is the key that is missing.
    line = next(
        (n for n, row in enumerate(text.split("\n"), 1) if n > 8 and row.startswith(f"{key} =")), 8
    )
    assert problems(text) == [Problem(message, line=line, key=f"sessions[2].{key}")]


def test_a_date_that_is_none_is_no_toml() -> None:
    (problem,) = problems(HEAD + session(date="2019-02-30"))
    assert problem.message.startswith("not valid TOML: ")
    assert problem.line == 6


def test_two_webinars_cannot_have_the_same_date_or_slug() -> None:
    text = HEAD + session() + session(slug='"b"') + session(date="2019-03-21")
    assert problems(text) == [
        Problem('"a" is there more than once', line=5, key="sessions[1].slug"),
        Problem("2019-01-17 has more than one webinar", line=6, key="sessions[1].date"),
        Problem("2019-01-17 has more than one webinar", line=10, key="sessions[2].date"),
        Problem('"a" is there more than once', line=13, key="sessions[3].slug"),
    ]


def test_an_hour_that_does_not_exist_is_named_where_it_is_written() -> None:
    ghost = "02:30 does not exist on 2019-03-31 in Europe/Paris: choose another hour"
    own = HEAD + session(date="2019-03-31", starts_at="02:30:00")
    assert problems(own) == [Problem(ghost, line=8, key="sessions[1].starts_at")]
    cycles = head("starts_at = 02:30:00") + session(date="2019-03-31")
    assert problems(cycles) == [Problem(ghost, line=7, key="sessions[1].date")]


def test_three_faults_are_told_at_once() -> None:
    text = head('zone = "Mars"') + session(title='""', capacity="-1")
    assert [(p.line, p.key) for p in problems(text)] == [
        (4, "zone"),
        (8, "sessions[1].title"),
        (9, "sessions[1].capacity"),
    ]


@pytest.mark.parametrize("text", ["", "not TOML", "\x00", "title = ", "[[sessions]"])
def test_what_is_no_file_of_a_cycle_is_refused(text: str) -> None:
    assert problems(text)


def test_a_key_that_is_not_read_is_no_error() -> None:
    text = head("rank = 1") + session(month='"Mai"') + "[sessions.extra]\na = 1\n"
    assert read_plan(text).ignored == ("rank", "sessions.extra", "sessions.month")


@pytest.mark.parametrize("text", ["Évaluer « la pertinence »", "a\u00a0b", "emoji 🎉", "עברית"])
def test_any_writing_is_a_text(text: str) -> None:
    assert plain_text(f" {text}\n") == text
