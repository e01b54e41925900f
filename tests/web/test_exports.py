"""The list of a webinar as a file: what was typed, harmless, in little memory."""

import csv
import io
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from werkzeug.test import TestResponse

from tests.conftest import missing
from tests.support import ALICE, BOB, CHARLIE, MARCH, NOW, register
from tests.web.desk import EMAIL, sign_in
from webinars.db import Database
from webinars.models import AuditAct, AuditEntry
from webinars.web.table_files import _cut, _harmless

LIST = f"/organise/cycles/2019/webinars/{MARCH.slug}/registrations"
QUESTION = '=1+1 ?\r\nEt « après » ; "non", 🎉 _x0041_'
FORMULA = replace(
    BOB, full_name='=HYPERLINK("http://x.example","y")', organisation="  ＝cmd|' /C calc'!A0"
)
HELENE = replace(
    ALICE,
    full_name="Hélène Œuvrard 🎉",
    organisation='+33 ; "Mairie", d’Étampes',
    actor_category="local_authority",
    region="93",
)


@pytest.fixture
def desk(organiser: FlaskClient, site: Database) -> FlaskClient:
    """March with three people of whom one waits on nobody's word."""
    with site.write() as session:
        for number, one in enumerate((HELENE, FORMULA, CHARLIE)):
            asked = QUESTION if number == 0 else None
            register(session, one, question=asked, now=NOW + timedelta(seconds=number))
    assert sign_in(organiser).status_code == 302
    return organiser


def csv_rows(answer: TestResponse, delimiter: str = ";") -> list[list[str]]:
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def xlsx_rows(content: bytes) -> list[list[object]]:
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    # Of what Excel would read as a code it leaves the escape; LibreOffice undoes it, as Excel.
    return [
        [unescape(cell.value) if isinstance(cell.value, str) else cell.value for cell in row]
        for row in sheet.iter_rows()
    ]


def test_csv_as_typed_and_harmless(desk: FlaskClient) -> None:
    answer = desk.get(f"{LIST}.csv")
    assert answer.status_code == 200
    assert answer.get_data().startswith(b"\xef\xbb\xbf")
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="2019-{MARCH.slug}.csv"'
    )
    assert answer.headers["Cache-Control"] == "private, no-store"
    rows = csv_rows(answer)
    assert rows[0][:7] == [
        "Prénom et nom",
        "Adresse électronique",
        "Organisation",
        "Catégorie",
        "Région",
        "État",
        "Rang d’attente",
    ]
    assert rows[0][7] == "Inscription (heure de Paris)"
    assert rows[1] == [
        HELENE.full_name,
        HELENE.email,
        f"'{HELENE.organisation}",
        "Collectivité",
        "Provence-Alpes-Côte d’Azur",
        "inscription confirmée",
        "",
        "2019-03-04 10:00:00",
        "",
        f"'{QUESTION}".replace("\r\n", "\n"),
        "fr",
    ]
    assert rows[2][:3] == [
        f"'{FORMULA.full_name}",
        FORMULA.email,
        f"'{FORMULA.organisation}",
    ]
    assert len(rows) == 4
    assert answer.get_data().count(b"\r\n") == 4


def test_csv_in_english_with_the_filters_of_the_page(desk: FlaskClient, site: Database) -> None:
    rows = csv_rows(desk.get(f"/en{LIST}.csv?q=charlie&status=confirmed"), ",")
    assert [row[:2] for row in rows] == [
        ["First and last name", "E-mail address"],
        [CHARLIE.full_name, CHARLIE.email],
    ]
    with site.read() as session:
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.actor, entry.act, entry.after) == (EMAIL, AuditAct.LIST_EXPORTED, {"count": 1})


def test_a_list_of_nobody(organiser: FlaskClient, site: Database) -> None:
    assert sign_in(organiser).status_code == 302
    assert len(csv_rows(organiser.get(f"{LIST}.csv"))) == 1
    assert len(xlsx_rows(organiser.get(f"{LIST}.xlsx").get_data())) == 1
    assert organiser.get(LIST.replace(MARCH.slug, "rien") + ".csv").status_code == 404


def test_xlsx_as_typed(desk: FlaskClient) -> None:
    answer = desk.get(f"{LIST}.xlsx", buffered=True)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="2019-{MARCH.slug}.xlsx"'
    rows = xlsx_rows(answer.get_data())
    assert rows[1] == [
        HELENE.full_name,
        HELENE.email,
        HELENE.organisation,
        "Collectivité",
        "Provence-Alpes-Côte d’Azur",
        "inscription confirmée",
        None,
        datetime(2019, 3, 4, 10),  # noqa: DTZ001  (a cell has no zone)
        None,
        QUESTION.replace("\r\n", "\n"),
        "fr",
    ]
    assert rows[2][:3] == [FORMULA.full_name, FORMULA.email, FORMULA.organisation]
    sheet = load_workbook(io.BytesIO(answer.get_data())).active
    assert sheet is not None
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert not any(cell.hyperlink for row in sheet.iter_rows() for cell in row)
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:K4")


@pytest.mark.parametrize(
    "cell",
    [
        "=1",
        "+1",
        "-1",
        "@a",
        "\t1",
        "\r1",
        "  =1",
        "\N{NO-BREAK SPACE}=1",
        "＝1",
        "＋1",
        "－1",
        "＠1",
    ],
)
def test_what_looks_like_a_formula(cell: str) -> None:
    assert _harmless(cell) == f"'{cell}"


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("Mairie;=cmd|1", "Mairie;'=cmd|1"),
        ("Mairie, @a", "Mairie, '@a"),
        ("Bonjour\n=1+1", "Bonjour\n'=1+1"),
        ("=1;-2", "'=1;'-2"),
        ("Deux points\n- le premier", "Deux points\n- le premier"),
    ],
)
def test_what_hides_behind_another_separator(cell: str, safe: str) -> None:
    assert _harmless(cell) == safe


@pytest.mark.parametrize("cell", ["", "a=1", "l’été", "1-1", "'=1", None, 3])
def test_what_does_not(cell: str | int | None) -> None:
    assert _harmless(cell) == cell


def test_a_cell_holds_what_excel_holds() -> None:
    assert _cut("é" * 32_767) == "é" * 32_767
    assert _cut("🎉" * 20_000) == "🎉" * 16_383 + "…"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_libreoffice_reads_both_as_typed(desk: FlaskClient, tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        missing("LibreOffice is not installed")
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "sheet.xlsx").write_bytes(desk.get(f"{LIST}.xlsx").get_data())
    (folder / "text.csv").write_bytes(desk.get(f"{LIST}.csv").get_data())
    # ; and " and UTF-8, all cells shown as they are; both files at once, for it starts slowly.
    token = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true,false"
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--infilter=CSV:59,34,76,1",
            "--convert-to",
            token,
            "--outdir",
            tmp_path / "out",
            *sorted(folder.iterdir()),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    expected = [
        [HELENE.full_name, HELENE.email, HELENE.organisation],
        [FORMULA.full_name, FORMULA.email, FORMULA.organisation],
        [CHARLIE.full_name, CHARLIE.email, ""],
    ]
    for name in ("sheet.csv", "text.csv"):
        text = (tmp_path / "out" / name).read_text("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]
        unprefixed = [[cell.removeprefix("'") for cell in row[:3]] for row in rows]
        assert unprefixed == expected, name
        assert rows[0][9].removeprefix("'") == QUESTION.replace("\r\n", "\n"), name
