"""New years, exports, and ways back, without a browser."""

from pathlib import Path

import pytest

from tests.cli.support import Run, done, objects, refused
from tests.cli.test_cycle import APRIL, MARCH, a_plan, import_
from tests.support import DATA, count, load_library, written
from webinars.db import Database
from webinars.models import Cycle, OutboxMail, Webinar

THIRD_THURSDAYS_2019 = [
    "2019-01-17",
    "2019-02-21",
    "2019-03-21",
    "2019-04-18",
    "2019-05-16",
    "2019-06-20",
    "2019-07-18",
    "2019-08-15",
    "2019-09-19",
    "2019-10-17",
    "2019-11-21",
    "2019-12-19",
]


def test_a_year_is_planned_and_its_conflict_named(run: Run, stored: Database) -> None:
    result = run("cycle", "plan", "2019")
    lines = done(result).splitlines()
    assert [line[:10] for line in lines] == THIRD_THURSDAYS_2019
    assert lines[0] == "2019-01-17 Thu 13:00 Europe/Paris Webinaire de janvier"
    assert lines[7] == (
        "2019-08-15 Thu 13:00 Europe/Paris Webinaire d’août; CONFLICT Assomption, instead: "
        "2019-08-22, 2019-08-08, 2019-08-29, 2019-08-01, 2019-08-14, 2019-08-13; "
        "school holidays A, B, C: Vacances d’été"
    )
    assert result.stderr == (
        "2019: draft created, 12 sessions. Publish: webinars cycle publish 2019\n"
    )
    with stored.read() as session:
        assert (count(session, Cycle), count(session, Webinar)) == (1, 0)


def test_a_cycle_that_is_there_stays(run: Run, tmp_path: Path) -> None:
    import_(run, tmp_path, MARCH)
    before = done(run("cycle", "export", "2019"))
    result = run("cycle", "plan", "2019")
    assert len(done(result).splitlines()) == 12
    assert result.stderr == "2019: this cycle is there already and stays as it is.\n"
    assert done(run("cycle", "export", "2019")) == before


def test_only_shown(run: Run, stored: Database) -> None:
    shown = objects(
        run("cycle", "plan", "2027", "--rule", "last Tuesday in March and May", "--dry-run",
            "--starts-at", "18:30", "--json")
    )  # fmt: skip
    assert [(row["date"], row["starts_at_utc"], row["slug"]) for row in shown] == [
        ("2027-03-30", "2027-03-30T16:30:00+00:00", "mars"),
        ("2027-05-25", "2027-05-25T16:30:00+00:00", "mai"),
    ]
    with stored.read() as session:
        assert count(session, Cycle) == 0


def test_the_themes_of_the_library_go_onto_the_dates(run: Run, stored: Database) -> None:
    with stored.write() as session:
        load_library(session, "themes.toml")
    titles = [row["title"] for row in objects(run("cycle", "plan", "2027", "--themes", "--json"))]
    assert titles[0] == "Qualifier l’innovation"
    assert titles[-1] == "Webinaire de décembre"
    assert len(titles) == 12


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--rule", "sometimes"), "is not understood"),
        (("--rule", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "gives no date in 2027"),
        (("--rule", "last Sunday", "--starts-at", "02:30"), "02:30 does not exist on 2027-03-28"),
    ],
)
def test_a_year_that_cannot_be(
    run: Run, stored: Database, options: tuple[str, ...], said: str
) -> None:
    words = refused(run("cycle", "plan", "2027", *options))
    assert words.startswith("Error: Nothing was written. ")
    assert said in words
    with stored.read() as session:
        assert count(session, Cycle) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--zone", "Mars"), '"Mars" is not a time zone'),
        (("--starts-at", "25:00"), "a local time such as 13:00 is needed"),
        (("--starts-at", "13:00+02:00"), "write the local time alone"),
        (("--department", "75"), "has no public holidays of its own"),
        (("--slug", "Été"), "cannot be part of an address"),
        (("--duration", "0"), "5<=x<=1440"),
    ],
)
def test_a_wrong_option_is_named(run: Run, options: tuple[str, ...], said: str) -> None:
    words = refused(run("cycle", "plan", "2027", *options), 2)
    assert f"'{options[0]}'" in words
    assert said in words


def test_export_is_what_import_reads(run: Run, tmp_path: Path) -> None:
    done(run("cycle", "import", DATA / "cycle-2019.toml"))
    exported = done(run("cycle", "export", "2019"))
    assert exported.startswith('title = "Cycle de webinaires 2019')
    assert exported.count("[[sessions]]") == 12
    assert "date = 2019-08-29\n" in exported
    result = run("cycle", "import", written(tmp_path, "again.toml", exported))
    assert (done(result), result.stderr) == (
        "2019: 12 sessions, nothing changed\n",
        "Not in the library yet: " + result.stderr.partition(": ")[2],
    )
    assert "There is no cycle" in refused(run("cycle", "export", "1999"))


def test_a_publication_is_reverted(run: Run, tmp_path: Path) -> None:
    import_(run, tmp_path, MARCH, APRIL)
    done(run("cycle", "publish", "2019"))
    import_(run, tmp_path, ("mars", "2019-04-18", "Mars"), ("avril", "2019-03-21", "Printemps"))
    done(run("cycle", "publish", "2019"))
    assert done(run("cycle", "revert", "2019", "2")).splitlines() == [
        "moved mars: starts 2019-04-18T13:00 Europe/Paris -> 2019-03-21T13:00 Europe/Paris",
        "moved avril: starts 2019-03-21T13:00 Europe/Paris -> 2019-04-18T13:00 Europe/Paris",
        "renamed avril: title Printemps -> Avril",
        "2019: drafted. Publish: webinars cycle publish 2019",
    ]
    done(run("cycle", "publish", "2019"))
    assert '"avril" is no longer as revision 2 left it' in refused(
        run("cycle", "revert", "2019", "2")
    )
    assert "Revision 9 of 2019 is not there" in refused(run("cycle", "revert", "2019", "9"))
    assert "There is no cycle" in refused(run("cycle", "revert", "1999", "1"))


def test_a_cycle_is_copied_to_another_year(run: Run, stored: Database) -> None:
    done(run("cycle", "import", DATA / "cycle-2019.toml"))
    done(run("cycle", "publish", "2019"))
    result = run("cycle", "copy", "2019", "2027")
    lines = done(result).splitlines()
    assert lines[7].startswith("2027-08-19 Thu 13:00 Europe/Paris Transformer")
    assert [line[:10] for line in lines][:2] == ["2027-01-21", "2027-02-18"]
    assert result.stderr.startswith("2027: draft created, 12 sessions.")
    with stored.read() as session:
        assert count(session, Webinar) == 12  # those of 2019
        assert count(session, OutboxMail) == 0
    assert 'There is a cycle "2027" already' in refused(run("cycle", "copy", "2019", "2027"))
    assert "There is no cycle" in refused(run("cycle", "copy", "1999", "2028"))
    open_ = done(run("cycle", "copy", "2019", "2028", "--open")).splitlines()
    assert open_[0] == "2028-01-20 Thu 13:00 Europe/Paris Webinaire de janvier"


def test_the_history_says_who_did_what(run: Run, tmp_path: Path) -> None:
    import_(run, tmp_path, MARCH)
    done(run("cycle", "publish", "2019"))
    published, imported = objects(run("cycle", "history", "2019", "--json"))
    assert (published["actor"], published["act"], published["revision"]) == (
        "command line",
        "published",
        1,
    )
    assert (imported["act"], imported["webinars"]) == ("imported", ["mars"])
    lines = done(run("cycle", "history", "2019")).splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        "command line: published revision 1 mars",
        "command line: imported mars",
    ]
    assert "There is no cycle" in refused(run("cycle", "history", "1999"))


def test_the_history_of_the_whole_house(run: Run, tmp_path: Path) -> None:
    assert done(run("history")) == ""
    import_(run, tmp_path, MARCH)
    done(run("cycle", "publish", "2019"))
    done(run("organiser", "create", "anne@example.org", "--password", "un bon mot de passe"))
    lines = [line.partition(" ")[2] for line in done(run("history")).splitlines()]
    assert lines == [
        "command line: account_created anne@example.org",
        "command line: published revision 1 2019 mars",
        "command line: imported 2019 mars",
    ]
    assert [(row["act"], row["of"]) for row in objects(run("history", "--json"))] == [
        ("account_created", "anne@example.org"),
        ("published", "2019"),
        ("imported", "2019"),
    ]


def test_a_draft_may_name_what_its_file_did_not(run: Run, tmp_path: Path) -> None:
    texts = 'speakers = ["Ada Martin", "Lin Petit"]\nwhy = "Pour \\"voir\\""\n'
    written(tmp_path, "texts.toml", a_plan(MARCH, more=texts))
    done(run("cycle", "import", tmp_path / "texts.toml"))
    import_(run, tmp_path, MARCH)  # a file without them leaves them
    exported = done(run("cycle", "export", "2019"))
    assert texts.replace('why = "Pour \\"voir\\""\n', "") not in exported
    assert '"Ada Martin",\n    "Lin Petit",\n' in exported
    assert 'why = "Pour \\"voir\\""' in exported
