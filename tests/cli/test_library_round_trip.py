"""The whole library into a folder, and out of it into another installation: nothing is lost."""

import hashlib
import re
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cli.support import Run, done, refused
from tests.support import ALICE
from tests.whole_library import DOCUMENT, LATER, PLANS, SLIDES, VIDEO, fill, publish_all
from webinars import clock
from webinars.cli.library_folder import HalfWritten, NewFolder
from webinars.db import Database
from webinars.models import AuditAct, AuditEntry, DroppedUpload, Question, Resource, Upload

once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what bytes and names are about: the rows are the same on the other database."""
NAMES = ("themes", "resources", "webinar-details", "replays", "questions")


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day after everything was done."""
    monkeypatch.setattr(clock, "now", lambda: LATER.replace(day=2))


class Place:
    """An installation: its commands, its database and its uploads."""

    def __init__(self, run: Run, url: str, folder: Path) -> None:
        self.uploads = folder / "uploads"
        self.database = Database(url)
        self.url = url
        self._run = run

    def run(self, *words: str | Path, **changes: str):
        """A command."""
        settings = {
            "WEBINARS_DATABASE_URL": self.url,
            "WEBINARS_UPLOADS_PATH": str(self.uploads),
        }
        return self._run("library", *words, **settings | changes)

    def bring(self, folder: Path, **changes: str):
        """Everything of an exported folder."""
        return self.run("import", *(folder / f"{name}.toml" for name in NAMES), **changes)

    def files(self) -> list[bytes]:
        """What lies in its folder of uploads."""
        if not self.uploads.exists():
            return []
        return sorted(path.read_bytes() for path in self.uploads.iterdir())


@pytest.fixture
def here(run: Run, database_url: str, tmp_path: Path) -> Iterator[Place]:
    """On each of the databases."""
    place = Place(run, database_url, tmp_path / "here")
    yield place
    place.database.dispose()


@pytest.fixture
def there(run: Run, migrated_sqlite: Path, tmp_path: Path) -> Iterator[Place]:
    """Another one, on SQLite."""
    path = tmp_path / "there.sqlite"
    shutil.copyfile(migrated_sqlite, path)
    place = Place(run, f"sqlite:///{path}", tmp_path / "there")
    yield place
    place.database.dispose()


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


PATHS = [
    "captions/2019/connaitre-son-ecosysteme.en.vtt",
    "captions/2019/connaitre-son-ecosysteme.fr.vtt",
    "captions/2019/definir-sa-strategie.fr.vtt",
    "documents/r1.pdf",
    "documents/r2.pdf",
    "questions.toml",
    "replays.toml",
    "resources.toml",
    "slides/2019/connaitre-son-ecosysteme.pdf",
    "themes.toml",
    "videos/2019/connaitre-son-ecosysteme.mp4",
    "webinar-details.toml",
]


@pytest.mark.parametrize("out", [True, False], ids=["out", "in"])
def test_everything_comes_back_byte_for_byte(
    here: Place, there: Place, tmp_path: Path, *, out: bool
) -> None:
    full, empty = (here, there) if out else (there, here)
    fill(full.database, full.uploads)
    publish_all(empty.database)
    said = full.run("export", tmp_path / "a")
    assert done(said).splitlines() == [str(tmp_path / "a" / f"{name}.toml") for name in NAMES]
    assert said.stderr == "7 files beside them\n"
    first = content(tmp_path / "a")
    assert sorted(first) == PATHS
    counts = "1 theme, 4 resources, 5 replays, 4 questions"
    assert done(empty.bring(tmp_path / "a")) == f"{counts}\n"
    assert empty.files() == sorted([DOCUMENT, DOCUMENT, SLIDES, VIDEO])
    done(empty.run("export", tmp_path / "b"))
    assert content(tmp_path / "b") == first
    for place in (empty, full):
        assert done(place.bring(tmp_path / "a")) == f"{counts}, nothing changed\n"
    assert len(empty.files()) == 4
    done(full.run("export", tmp_path / "a", "--replace"))
    assert content(tmp_path / "a") == first


def test_another_installation_serves_what_was_brought(
    here: Place, there: Place, tmp_path: Path, make_app: Callable[..., Flask]
) -> None:
    fill(there.database, there.uploads)
    publish_all(here.database)
    done(there.run("export", tmp_path / "a"))
    done(here.bring(tmp_path / "a"))
    client = make_app(uploads_path=here.uploads).test_client()
    page = client.get("/resources/r1").get_data(as_text=True)
    address = re.search(r'"(/files/[0-9a-f]{32}/guide-de-l-elu-2019\.pdf)"', page)
    assert address is not None
    assert client.get(address[1]).data == DOCUMENT
    page = client.get("/cycles/2019/connaitre-son-ecosysteme").get_data(as_text=True)
    address = re.search(r'"(/files/[0-9a-f]{32}/reunion-de-mars\.mp4)"', page)
    assert address is not None
    assert client.get(address[1]).data == VIDEO
    vtt = client.get("/cycles/2019/connaitre-son-ecosysteme/captions.fr.vtt").data
    assert vtt == content(tmp_path / "a")["captions/2019/connaitre-son-ecosysteme.fr.vtt"]


def test_the_tables_are_what_a_reader_expects(here: Place, tmp_path: Path) -> None:
    fill(here.database, here.uploads)
    done(here.run("export", tmp_path / "a"))
    replays = (tmp_path / "a" / "replays.toml").read_text("utf-8")
    assert replays.startswith(REPLAY)
    questions = (tmp_path / "a" / "questions.toml").read_text("utf-8")
    assert questions.startswith(QUESTION)
    everything = b"".join(content(tmp_path / "a").values()).decode(errors="replace")
    for word in ("secret", "Alice", "alice@", "Bob", "(avril)", "donc"):
        assert word not in everything


REPLAY = """\
[[replays]]
webinar = "2019/connaitre-son-ecosysteme"
video_file = "videos/2019/connaitre-son-ecosysteme.mp4"
video_name = "Réunion de mars.MP4"
duration = "1:28:30"
slides_file = "slides/2019/connaitre-son-ecosysteme.pdf"
slides_name = "Diaporama.pdf"
expected_by = 2019-03-29
consent_at = 2019-07-01 09:30:15.123456+00:00
online_at = 2019-07-01 09:30:15.123456+00:00

[[replays.chapters]]
at = "00:00"
title = "Ouverture"

[[replays.chapters]]
at = "01:15"
title = "L’été : à Nîmes"
resources = [
    "r2",
]

[[replays.chapters]]
at = "1:02:03"
title = "Œuvrer"
resources = [
    "r0",
    "r1",
    "r3",
]

[[replays.captions]]
language = "en"
file = "captions/2019/connaitre-son-ecosysteme.en.vtt"
"""
QUESTION = """\
[[questions]]
webinar = "2019/connaitre-son-ecosysteme"
text = "Qui finance ?"
asked_on = 2019-03-04
answered_at = 2019-07-01 09:30:15.123456+00:00
published_at = 2019-07-01 09:30:15.123456+00:00

[[questions]]
"""


def test_persons_keep_what_they_asked(here: Place, there: Place, tmp_path: Path) -> None:
    fill(here.database, here.uploads)
    done(here.run("export", tmp_path / "a"))
    publish_all(there.database)
    done(there.bring(tmp_path / "a"))
    done(here.bring(tmp_path / "a"))
    with there.database.read() as session:
        rows = session.scalars(sa.select(Question)).all()
        assert {(row.participant_id, row.asked_as, row.text) for row in rows} == {
            (None, None, "Qui finance ?")
        }
    with here.database.read() as session:
        asked = session.scalars(sa.select(Question).order_by(Question.id)).all()
        assert [row.text for row in asked][0::4] == ["Qui finance ?", "Un secret d’Alice"]
        assert all(row.participant_id for row in asked)


@once
def test_the_same_file_named_twice_is_read_once(there: Place, tmp_path: Path) -> None:
    publish_all(there.database)
    table = tmp_path / "q.toml"
    table.write_text(QUESTION.partition("\n\n")[0], "utf-8")
    assert done(there.run("import", table, table)) == "1 question\n"


def test_files_from_before_documents_take_none_away(here: Place, tmp_path: Path) -> None:
    fill(here.database, here.uploads)
    done(here.run("export", tmp_path / "a"))
    old = tmp_path / "old"
    old.mkdir()
    for name in NAMES[:3]:
        lines = (tmp_path / "a" / f"{name}.toml").read_text("utf-8").splitlines(keepends=True)
        kept = "".join(line for line in lines if not line.startswith("document"))
        (old / f"{name}.toml").write_text(kept, "utf-8")
    said = here.run("import", *(old / f"{name}.toml" for name in NAMES[:3]))
    assert done(said) == "1 theme, 4 resources, nothing changed\n"
    with here.database.read() as session:
        assert session.scalar(sa.select(sa.func.count(Resource.document_id))) == 2
        assert session.scalar(sa.select(sa.func.count(Upload.id))) == 4


# files that cannot be taken ---------------------------------------------------------------

RESOURCE = '[[resources]]\nslug = "r"\ntitle = "R"\nkind = "guide"\n'


@contextmanager
def nothing_written(place: Place) -> Iterator[None]:
    before = place.files()
    yield
    assert place.files() == before
    with place.database.read() as session:
        assert session.scalar(sa.select(sa.func.count(Resource.id))) == 0


def brings(folder: Path, path: str, *, more: str = "") -> Path:
    table = folder / "r.toml"
    table.write_text(f"{RESOURCE}document = '{path}'\n{more}", "utf-8")
    return table


@once
@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("../out.pdf", "the path of a file below this one is needed"),
        ("/etc/passwd", "the path of a file below this one is needed"),
        ("a/../../out.pdf", "the path of a file below this one is needed"),
        (r"a\out.pdf", "the path of a file below this one is needed"),
        (".", "the path of a file below this one is needed"),
        ("none.pdf", '"none.pdf": there is no such file beside this one'),
        ("link.pdf", '"link.pdf": it leads out of the folder of this file'),
        ("linked/out.pdf", '"linked/out.pdf": it leads out of the folder of this file'),
        ("circle.pdf", '"circle.pdf": '),
        ("folder", '"folder": it is no file'),
        ("page.pdf", '"page.pdf": the file is a web page (HTML), whatever its name: save it'),
        ("page.exe", '"page.exe": '),
        ("large.pdf", '"large.pdf": the file is too large: at most'),
        ("empty.pdf", '"empty.pdf": the file is empty'),
    ],
)
def test_a_file_that_cannot_be_taken_is_named_with_its_line(
    there: Place, tmp_path: Path, path: str, sentence: str
) -> None:
    folder = tmp_path / "folder"
    (folder / "folder").mkdir(parents=True)
    for name, content_ in (
        ("out.pdf", DOCUMENT),
        ("folder/page.pdf", b"<!doctype html><p>x"),
        ("folder/page.exe", DOCUMENT),
        ("folder/large.pdf", DOCUMENT + b" " * 3000),
        ("folder/empty.pdf", b""),
    ):
        (tmp_path / name).write_bytes(content_)
    (folder / "link.pdf").symlink_to(tmp_path / "out.pdf")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "circle.pdf").symlink_to(folder / "circle.pdf")
    table = brings(folder, path)
    with nothing_written(there):
        said = refused(there.run("import", table, WEBINARS_UPLOAD_MAX_BYTES="2000"))
    assert f"  {table}: line 5, resources[1].document: " in said
    assert sentence in said


@once
def test_a_link_that_stays_inside_is_followed(there: Place, tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "Guide.pdf").write_bytes(DOCUMENT)
    (tmp_path / "link.pdf").symlink_to("documents/Guide.pdf")
    table = brings(tmp_path, "link.pdf", more='document_name = "Le guide.pdf"\n')
    done(there.run("import", table))
    with there.database.read() as session:
        row = session.scalars(sa.select(Upload)).one()
        assert (row.name, row.media_type, row.size) == (
            "Le guide.pdf",
            "application/pdf",
            len(DOCUMENT),
        )


@once
def test_captions_are_webvtt_or_srt_and_a_fault_is_named_by_both_lines(
    there: Place, tmp_path: Path
) -> None:
    publish_all(there.database)
    table = tmp_path / "r.toml"
    table.write_text(
        '[[replays]]\nwebinar = "2019/connaitre-son-ecosysteme"\nduration = "0:10"\n'
        '[[replays.captions]]\nlanguage = "fr"\nfile = "a.srt"\n',
        "utf-8",
    )
    srt = "1\n00:00:0{},000 --> 00:00:12,500\nL’été à Nîmes\n"
    (tmp_path / "a.srt").write_bytes(srt.format(1).encode("cp1252"))
    done(there.run("import", table))
    done(there.run("export", tmp_path / "out"))
    vtt = content(tmp_path / "out")["captions/2019/connaitre-son-ecosysteme.fr.vtt"].decode()
    assert vtt == "WEBVTT\n\n00:00:01.000 --> 00:00:12.500\nL’été à Nîmes\n"
    (tmp_path / "a.srt").write_text(srt.replace("0{}", "10"), "utf-8")
    assert refused(there.run("import", table)) == (
        f"Error: Nothing was written.\n  {table}: line 6, replays[1].captions[1].file: "
        '"a.srt": line 2: the caption begins beyond the end of the video, 00:10\n'
    )


@once
def test_another_document_takes_the_place_of_the_one_there_and_the_trail_says_so(
    there: Place, tmp_path: Path
) -> None:
    for content_ in (DOCUMENT, SLIDES):
        (tmp_path / "a.pdf").write_bytes(content_)
        assert done(there.run("import", brings(tmp_path, "a.pdf"))) == "1 resource\n"
    with there.database.read() as session:
        (row,) = session.scalars(sa.select(Upload)).all()
        assert row.sha256 == hashlib.sha256(SLIDES).hexdigest()
        assert len(session.scalars(sa.select(DroppedUpload)).all()) == 1
        first, second = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
        assert (first.act, first.before) == (AuditAct.LIBRARY_IMPORTED, {})
        assert first.after == {"resources": {"r": {"title": "R"}}}
        was, became = (side["resources"]["r"]["document"] for side in (second.before, second.after))
        assert was["sha256"] == hashlib.sha256(DOCUMENT).hexdigest()
        assert became == {"name": "a.pdf", "size": row.size, "sha256": row.sha256}


@once
def test_a_refused_import_leaves_nothing_of_files_that_were_right(
    there: Place, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(DOCUMENT)
    with nothing_written(there):
        refused(there.run("import", brings(tmp_path, "a.pdf", more='part_of = "none"\n')))


@once
def test_what_is_said_of_a_webinar_that_left_the_draft_is_left_out_and_named(
    here: Place, there: Place, tmp_path: Path
) -> None:
    fill(here.database, here.uploads)
    kept = replace(PLANS[0], sessions=PLANS[0].sessions[1:])
    publish_all(here.database, (kept,))
    publish_all(there.database, (kept, PLANS[1]))
    said = here.run("export", tmp_path / "a")
    assert done(said)
    assert said.stderr == (
        "3 files beside them\n"
        "Not in the draft of their cycle, and so in no file: 2019/connaitre-son-ecosysteme\n"
    )
    assert done(there.bring(tmp_path / "a")) == "1 theme, 4 resources, 4 replays, 2 questions\n"
    done(there.run("export", tmp_path / "b"))
    assert content(tmp_path / "b") == content(tmp_path / "a")


@once
def test_many_documents_come_in_with_few_descriptors(there: Place, tmp_path: Path) -> None:
    many = 40
    table = tmp_path / "r.toml"
    tables = [
        f'[[resources]]\nslug = "r{n}"\ntitle = "R"\nkind = "guide"\ndocument = "{n}.pdf"\n'
        for n in range(many)
    ]
    table.write_text("".join(tables), "utf-8")
    for n in range(many):
        (tmp_path / f"{n}.pdf").write_bytes(DOCUMENT)
    there.run("import", table, "--help")  # what is opened once is open
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    with (tmp_path / "lowest").open("w") as free:
        resource.setrlimit(resource.RLIMIT_NOFILE, (free.fileno() + many // 2, usual[1]))
    try:
        said = there.run("import", table)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, usual)
    assert done(said) == f"{many} resources\n"
    assert len(there.files()) == many


@once
def test_a_full_disk_says_so(there: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.pdf").write_bytes(DOCUMENT)
    monkeypatch.setattr("webinars.uploads.KEPT_FREE", 10**18)
    with nothing_written(there):
        said = refused(there.run("import", brings(tmp_path, "a.pdf")))
    assert said == (
        f"Error: Nothing was written. There is no room left on the disk of {there.uploads}.\n"
    )


def _missing(path: Path) -> None:
    path.unlink()


def _damaged(path: Path) -> None:
    path.write_bytes(b"x" * path.stat().st_size)


@once
@pytest.mark.parametrize(("harm", "word"), [(_missing, "missing"), (_damaged, "damaged")])
def test_an_upload_that_is_not_what_it_was_is_named_and_nothing_is_exported(
    there: Place, tmp_path: Path, harm: Callable[[Path], None], word: str
) -> None:
    fill(there.database, there.uploads)
    with there.database.read() as session:
        key = session.scalars(sa.select(Upload.key).where(Upload.name == "Diaporama.pdf")).one()
    harm(there.uploads / key)
    folder = tmp_path / "out"
    said = refused(there.run("export", folder / "library"))
    assert (
        f'The file of "Diaporama.pdf" (slides/2019/connaitre-son-ecosysteme.pdf) is {word}' in said
    )
    assert not folder.exists()


@once
def test_what_is_there_is_only_replaced_when_that_is_said(there: Place, tmp_path: Path) -> None:
    fill(there.database, there.uploads)
    mine = tmp_path / "documents" / "r1.pdf"
    stale = tmp_path / "documents" / "old.pdf"
    mine.parent.mkdir()
    for path in (mine, stale):
        path.write_bytes(b"mine")
    said = refused(there.run("export", tmp_path))
    assert said == (
        f"Error: Nothing was written. These are there already: {mine}. Choose another folder, or "
        "add --replace.\n"
    )
    assert mine.read_bytes() == b"mine"
    said = there.run("export", tmp_path, "--replace")
    assert done(said)
    assert said.stderr.endswith("Left there, and named by none of them: documents/old.pdf\n")
    assert mine.read_bytes() == DOCUMENT
    assert ALICE.email not in said.output


@once
def test_what_is_no_file_is_not_replaced(there: Place, tmp_path: Path) -> None:
    fill(there.database, there.uploads)
    (tmp_path / "out" / "documents" / "r1.pdf").mkdir(parents=True)
    (tmp_path / "out" / "themes.toml").write_text("mine", "utf-8")
    said = refused(there.run("export", tmp_path / "out", "--replace"))
    assert said == (
        f"Error: Nothing was written. These are no files: {tmp_path}/out/documents/r1.pdf. Choose "
        "another folder.\n"
    )
    assert content(tmp_path / "out") == {"themes.toml": b"mine"}


def test_an_error_once_files_take_their_names_says_which_have(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("old", "utf-8")
    said = f"{tmp_path}/a: Is a directory. These are written already: c/d, b; the others are as "
    with NewFolder(tmp_path, replace=True) as folder:
        for name in ("a", "b", "c/d"):
            folder.text(name, "new")
        (tmp_path / "a").mkdir()
        with pytest.raises(HalfWritten, match=re.escape(said)):
            folder.finish()
    assert content(tmp_path) == {"b": b"new", "c/d": b"new"}
