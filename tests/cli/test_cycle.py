"""Planning without a browser."""

from pathlib import Path

import pytest

from tests.cli.support import Run, done, objects, refused
from tests.support import DATA, count, written
from webinars.db import Database
from webinars.models import Cycle, DraftSession, Webinar

HEAD = 'title = "Cycle 2019"\nyear = 2019\nrule = "third Thursday"\n'


def a_plan(*sessions: tuple[str, str, str], more: str = "") -> str:
    """The file of a plan: slug, date and title of each session."""
    tables = [
        f'[[sessions]]\nslug = "{slug}"\ndate = {date}\ntitle = "{title}"\n{more}'
        for slug, date, title in sessions
    ]
    return "\n".join([HEAD, *tables])


MARCH = ("mars", "2019-03-21", "Mars")
APRIL = ("avril", "2019-04-18", "Avril")
MAY = ("mai", "2019-05-16", "Mai")


def import_(run: Run, folder: Path, *sessions: tuple[str, str, str], more: str = "") -> str:
    return done(run("cycle", "import", written(folder, "plan.toml", a_plan(*sessions, more=more))))


def test_the_real_cycle_is_imported_and_published(run: Run, stored: Database) -> None:
    plan = DATA / "cycle-2019.toml"
    assert done(run("cycle", "import", plan)) == (
        "2019: draft created, 12 sessions. Publish: webinars cycle publish 2019\n"
    )
    assert done(run("cycle", "import", plan)) == "2019: 12 sessions, nothing changed\n"
    lines = done(run("cycle", "publish", "2019")).splitlines()
    assert len(lines) == 13
    assert lines[0] == (
        "added lancement: 2019-01-17T13:00 Europe/Paris "
        "Présentation de la plateforme et lancement du cycle de webinaires"
    )
    assert lines[-1] == "2019: published, revision 1"
    assert done(run("cycle", "publish", "2019")) == "2019: nothing to publish, revision 1\n"
    with stored.read() as session:
        assert count(session, Webinar) == 12


def test_keys_that_are_not_read_are_named(run: Run) -> None:
    result = run("cycle", "import", DATA / "cycle-2019.toml")
    assert result.stderr.startswith("Not read: ")
    assert "sessions.month" in result.stderr


@pytest.mark.parametrize(
    ("sessions", "said"),
    [((), "0 sessions"), ((MARCH,), "1 session"), ((MARCH, APRIL, MAY), "3 sessions")],
)
def test_none_one_and_three(run: Run, tmp_path: Path, sessions: tuple, said: str) -> None:
    assert import_(run, tmp_path, *sessions) == (
        f"2019: draft created, {said}. Publish: webinars cycle publish 2019\n"
    )
    assert len(objects(run("cycle", "diff", "2019", "--json"))) == len(sessions)


def test_each_difference_is_a_line(run: Run, tmp_path: Path) -> None:
    import_(run, tmp_path, MARCH, APRIL, MAY)
    done(run("cycle", "publish", "2019"))
    assert done(run("cycle", "diff", "2019")) == ""
    assert objects(run("cycle", "diff", "2019", "--json")) == []
    moved = ("mars", "2019-03-28", "Mars autrement")
    added = ("juin", "2019-06-20", "Juin")
    assert import_(run, tmp_path, moved, APRIL, added, more="duration = 60\n").startswith(
        "2019: draft changed, 3 sessions."
    )
    diff = run("cycle", "diff", "2019")
    assert done(diff).splitlines() == [
        "moved mars: starts 2019-03-21T13:00 Europe/Paris -> 2019-03-28T13:00 Europe/Paris",
        "renamed mars: title Mars -> Mars autrement",
        "changed mars: duration 90 -> 60",
        "changed avril: duration 90 -> 60",
        "added juin: 2019-06-20T13:00 Europe/Paris Juin",
        "cancelled mai: cancelled false -> true",
    ]
    seen = objects(run("cycle", "diff", "2019", "--json"))
    assert [(row["change"], row["slug"]) for row in seen] == [
        tuple(line.partition(":")[0].split(" ")) for line in done(diff).splitlines()
    ]
    assert seen[1] == {
        "change": "renamed",
        "slug": "mars",
        "before": {"title": "Mars"},
        "after": {"title": "Mars autrement"},
    }
    published = done(run("cycle", "publish", "2019")).splitlines()
    assert published == [*done(diff).splitlines(), "2019: published, revision 2"]
    assert done(run("cycle", "diff", "2019")) == ""


WRONG = [
    ("", ["title: this key is needed", "year: this key is needed", "rule: this key is needed"]),
    ("title = \n", ["line 1"]),
    (HEAD + "[sessions]\nslug = 1\n", ["[[sessions]]"]),
    (a_plan(("Mars", "2019-03-21", "M")), ["line 6", "sessions[1].slug"]),
    (a_plan(MARCH, ("avril", '"soon"', "A")), ["line 12, sessions[2].date", "2019-04-18"]),
    (a_plan(MARCH, MARCH), ["sessions[2].slug", "more than once"]),
    (a_plan(("mars", "2020-03-21", "M")), ["line 7, sessions[1].date", "not in the year 2019"]),
    (a_plan(("mars", "2019-03-21", "")), ["line 8, sessions[1].title"]),
    (a_plan(MARCH, more='join_url = "javascript:x"\n'), ["line 9, sessions[1].join_url"]),
    (HEAD.replace("third Thursday", "now and then"), ["line 3, rule"]),
    (HEAD + 'zone = "Mars/Olympus"\n', ["line 4, zone", "Europe/Paris"]),
]


@pytest.mark.parametrize("words", [("cycle", "import")])
def test_a_wrong_file_is_refused_by_line_and_key(
    run: Run, stored: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    for text, sentences in WRONG:
        plan = written(tmp_path, "plan.toml", text)
        said = refused(run(*words, plan))
        assert said.startswith("Error: Nothing was written.\n")
        for sentence in sentences:
            assert sentence in said, said
        assert all(str(plan) in line for line in said.splitlines()[1:])
    with stored.read() as session:
        assert (count(session, Cycle), count(session, DraftSession)) == (0, 0)


def test_a_wrong_file_leaves_the_draft_as_it_was(run: Run, tmp_path: Path) -> None:
    import_(run, tmp_path, MARCH)
    before = done(run("cycle", "diff", "2019"))
    refused(run("cycle", "import", written(tmp_path, "plan.toml", a_plan(APRIL, APRIL))))
    assert done(run("cycle", "diff", "2019")) == before


def test_files_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"title = '\xff'")
    assert "not a text in UTF-8 (byte 9)" in refused(run("cycle", "import", binary))
    assert "does not exist" in refused(run("cycle", "import", tmp_path / "none.toml"), 2)
    assert "is a directory" in refused(run("cycle", "import", tmp_path), 2)


def test_a_cycle_that_is_not_there(run: Run) -> None:
    for words in (("publish", "1999"), ("diff", "1999"), ("diff", "1999", "--json")):
        said = refused(run("cycle", *words))
        assert said == 'Error: There is no cycle "1999". Import one: webinars cycle import\n'
