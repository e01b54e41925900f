"""Themes, resources and details of webinars from files."""

from pathlib import Path

import sqlalchemy as sa
from click.testing import Result

from tests.cli.support import Run, done, refused
from tests.domain.halfway import meanwhile, on_postgresql
from tests.support import DATA, NOW, count, written
from tests.test_probe import web_server
from webinars.db import Database
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile
from webinars.models import LinkCheck, LinkState, Resource, Theme

FILES = [DATA / name for name in ("themes.toml", "resources.toml", "webinar-details.toml")]
THEME = '[[themes]]\nslug = "un-theme"\ntitle = "Un thème"\n'
RESOURCE = '[[resources]]\nslug = "r"\ntitle = "R"\nkind = "note"\n'


def counts(database: Database) -> tuple[int, int]:
    with database.read() as session:
        return count(session, Theme), count(session, Resource)


def test_the_shipped_library_is_imported_once(run: Run, stored: Database) -> None:
    done(run("cycle", "import", DATA / "cycle-2019.toml"))
    first = done(run("library", "import", *FILES))
    themes, resources = counts(stored)
    assert resources == 91
    assert first == f"{themes} themes, 91 resources, 2 webinars\n"
    assert done(run("library", "import", *FILES)) == first.replace("\n", ", nothing changed\n")
    assert counts(stored) == (themes, 91)


def test_nothing_and_one(run: Run, stored: Database, tmp_path: Path) -> None:
    nothing = written(tmp_path, "none.toml", "")
    assert "there is none of [[themes]]" in refused(run("library", "import", nothing))
    assert done(run("library", "import", written(tmp_path, "one.toml", THEME))) == "1 theme\n"
    assert counts(stored) == (1, 0)


def test_one_wrong_file_refuses_them_all(run: Run, stored: Database, tmp_path: Path) -> None:
    good = written(tmp_path, "good.toml", THEME)
    for text, sentences in (
        (THEME.replace("Un thème", ""), ["line 3, themes[1].title"]),
        ("[[themes]]\ntitle = 1\n", ["line 2, themes[1].title", "themes[1].slug"]),
        ("[[themes]\n", ["line 1", "TOML"]),
        (RESOURCE + 'themes = ["x"]\n', ["line 5", "x"]),
    ):
        bad = written(tmp_path, "bad.toml", text)
        said = refused(run("library", "import", good, bad))
        assert said.startswith("Error: Nothing was written.\n")
        assert all(line.startswith(f"  {bad}: ") for line in said.splitlines()[1:]), said
        for sentence in sentences:
            assert sentence in said, said
    assert counts(stored) == (0, 0)


@on_postgresql
def test_another_import_of_the_same_at_once_is_refused_with_a_sentence(
    run: Run, stored: Database, tmp_path: Path
) -> None:
    files = [SourceFile("theirs.toml", THEME)]
    _, result = meanwhile(
        stored,
        lambda session: import_library(session, files=files, now=NOW),
        after="INSERT INTO themes",
        second=lambda _: run("library", "import", written(tmp_path, "mine.toml", THEME)),
    )
    assert isinstance(result, Result), result
    assert refused(result) == (
        "Error: Nothing was written. Somebody else has just added a theme or a resource that "
        "these files add, too: import again.\n"
    )
    assert counts(stored) == (1, 0)


def test_files_are_needed(run: Run, tmp_path: Path) -> None:
    assert "Missing argument" in refused(run("library", "import"), 2)
    assert "does not exist" in refused(run("library", "import", tmp_path / "none.toml"), 2)


def test_the_library_is_exported_and_imported_again(
    run: Run, stored: Database, tmp_path: Path
) -> None:
    done(run("cycle", "import", DATA / "cycle-2019.toml"))
    done(run("library", "import", *FILES))
    folder = tmp_path / "out" / "library"
    written_files = [folder / path.name for path in FILES]
    written_files += [folder / name for name in ("replays.toml", "questions.toml")]
    assert done(run("library", "export", folder)).splitlines() == [str(x) for x in written_files]
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(before) == {path.name for path in written_files}
    assert done(run("library", "import", *written_files)).endswith(", nothing changed\n")
    said = refused(run("library", "export", folder))
    assert said.startswith(f"Error: Nothing was written. These are there already: {folder}")
    written_files[0].write_text("mine", "utf-8")
    done(run("library", "export", folder, "--replace"))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_that_cannot_be_made_is_said(run: Run, stored: Database, tmp_path: Path) -> None:
    inside_a_file = written(tmp_path, "file", "") / "folder"
    assert "Not a directory" in refused(run("library", "export", inside_a_file))


def test_addresses_are_asked_and_noted(run: Run, stored: Database, tmp_path: Path) -> None:
    assert run("library", "check-links").stderr == "0 asked, 0 answer\n"
    with web_server() as (base, seen):
        text = "".join(
            f'[[resources]]\nslug = "r{n}"\ntitle = "R"\nkind = "k"\nurl = "{base}/{n}"\n'
            for n in (200, 404)
        )
        done(run("library", "import", written(tmp_path, "r.toml", text)))
        refused_inside = run("library", "check-links")
        assert done(refused_inside).count("forbidden http://127.0.0.1") == 2
        assert seen == []
        asked = run("library", "check-links", "--private")
    assert done(asked) == f"missing 404 {base}/404\n"
    assert asked.stderr == "2 asked, 1 answer\n"
    assert {agent.partition(" link check ")[2] for _, _, agent in seen} == {
        "(+https://webinaires.example.org)"
    }
    with stored.read() as session:
        states = session.scalars(sa.select(LinkCheck.state).order_by(LinkCheck.resource_id))
        assert states.all() == [LinkState.ANSWERS, LinkState.MISSING]
