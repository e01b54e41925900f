"""Files of people: the same lines whatever the program that wrote them; hostile files refused."""

import csv
import io
import random
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import example, given
from hypothesis import strategies as st

from webinars.domain import list_files, list_sheets
from webinars.domain.list_files import MOST_LINES, ListFile, ListRow, read_list
from webinars.domain.list_sheets import WrongList
from webinars.domain.list_words import FIELD_OF, folded

TABLE = [
    ["E-mail", "Prénom", "Nom", "Structure", "Région", "Remarque"],
    ["alice@example.org", "Alice", "Désiré", "Association « Été »", "Île-de-France", "x"],
    ["", "", "", "", "", ""],
    ["bob@example.org", "Bob", "L’Hœur", 'Le "Pôle", l’atelier; la |forge|', "Bretagne", ""],
    ["chloe@example.org", "Chloé", "Noël", "À\nÇà et là", "", ""],
]
ROWS = (
    ListRow(
        2,
        {
            "email": "alice@example.org",
            "full_name": "Alice Désiré",
            "organisation": "Association « Été »",
            "region": "Île-de-France",
        },
    ),
    ListRow(
        4,
        {
            "email": "bob@example.org",
            "full_name": "Bob L’Hœur",
            "organisation": 'Le "Pôle", l’atelier; la |forge|',
            "region": "Bretagne",
        },
    ),
    ListRow(
        5,
        {
            "email": "chloe@example.org",
            "full_name": "Chloé Noël",
            "organisation": "À\nÇà et là",
        },
    ),
)
COLUMNS = ("email", "first_name", "last_name", "organisation", "region")


def as_text(table: Sequence[Sequence[str]], separator: str = ";", ends: str = "\r\n") -> str:
    text = io.StringIO()
    # The library quotes line breaks of its own kind only.
    every = ends == "\r"
    csv.writer(
        text,
        delimiter=separator,
        lineterminator=ends,
        quoting=csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL,
    ).writerows(table)
    return text.getvalue()


def as_xlsx(*sheets: Sequence[Sequence[Any]], **options: Any) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"strings_to_formulas": False, **options}) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if value != "":
                        sheet.write(number, column, value)
    return data.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(WrongList) as refused:
        read_list(data)
    return str(refused.value)


# the same lines -----------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac-roman"],
)
def test_every_usual_text_gives_the_same_lines(encoding: str, ends: str, separator: str) -> None:
    data = as_text(TABLE, separator, ends).encode(encoding)
    assert read_list(data) == ListFile(COLUMNS, ("Remarque",), ROWS)


def test_a_spreadsheet_gives_the_same_lines() -> None:
    assert read_list(as_xlsx(TABLE)) == ListFile(COLUMNS, ("Remarque",), ROWS)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in TABLE:
        sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    assert read_list(data.getvalue()).rows == ROWS


def test_the_line_of_excel_that_names_the_separator_is_no_line_of_the_list() -> None:
    found = read_list(b"sep=|\r\nemail|nom\r\na@example.org|Anne; B, C\r\n")
    assert found.rows == (ListRow(3, {"email": "a@example.org", "full_name": "Anne; B, C"}),)


def test_a_sheet_is_found_behind_empty_ones_and_numbers_are_text() -> None:
    rows = [
        ["courriel", "nom complet", "région", "organisation", "question"],
        ["a@example.org", "Anne", 75, 12.5, date(2019, 3, 21)],
        ["b@example.org", "Bob", 11.0, True, datetime(2019, 3, 21, 13)],  # noqa: DTZ001
    ]
    data = io.BytesIO()
    options = {"default_date_format": "dd/mm/yyyy", "remove_timezone": True}
    with xlsxwriter.Workbook(data, options) as book:
        book.add_worksheet("Vide")
        hidden = book.add_worksheet("Cachée")
        hidden.write_row(0, 0, ["email", "nom"])
        hidden.hide()
        people = book.add_worksheet("Personnes")
        for number, row in enumerate(rows):
            people.write_row(number, 0, row)
        people.write_formula(3, 0, '="c@"&"example.org"', value="c@example.org")
        people.write(3, 1, "Chloé")
    found = read_list(data.getvalue())
    assert found.sheet == "Personnes"
    assert [dict(row.values) for row in found.rows] == [
        {
            "email": "a@example.org",
            "full_name": "Anne",
            "region": "75",
            "organisation": "12.5",
            "question": "2019-03-21",
        },
        {
            "email": "b@example.org",
            "full_name": "Bob",
            "region": "11",
            "organisation": "True",
            "question": "2019-03-21T13:00:00",
        },
        {"email": "c@example.org", "full_name": "Chloé"},
    ]


def test_an_export_of_ours_comes_back() -> None:
    head = "full_name,email,organisation,actor_category,region,status,position,"
    data = (
        f"{head}registered_at,came_at,question,language\n"
        "'=1+1,a@example.org,'@maison,association,53,waitlisted,2,2019-03-04T09:00:00Z,,'-?,fr\n"
    )
    found = read_list(data.encode())
    assert found.unknown == ()
    assert dict(found.rows[0].values) == {
        "full_name": "=1+1",
        "email": "a@example.org",
        "organisation": "@maison",
        "actor_category": "association",
        "region": "53",
        "status": "waitlisted",
        "question": "-?",
        "language": "fr",
    }


@pytest.mark.parametrize(
    ("headings", "columns"),
    [
        ("E-MAIL;NOM", ("email", "last_name")),
        ("Nom et prénom;Adresse électronique", ("full_name", "email")),
        ("Full name;Mail address;Company", ("full_name", "email", "organisation")),
        ("name;first name;e_mail", ("last_name", "first_name", "email")),
        ("nom;courriel;catégorie d'acteur", ("last_name", "email", "actor_category")),
        ("email;e-mail;name", ("email", "full_name")),
    ],
)
def test_headings_are_known_by_many_names(headings: str, columns: tuple[str, ...]) -> None:
    line = ";".join("x" for _ in headings.split(";"))
    assert read_list(f"{headings}\n{line}\n".encode()).columns == columns


def test_headings_mean_one_thing_each() -> None:
    assert FIELD_OF["email"] == "email"
    assert {folded(field): field for field in FIELD_OF.values()}.items() <= FIELD_OF.items()


def test_titles_above_the_headings_are_passed_over() -> None:
    found = read_list(b"Liste du 4 mars;\n\nCourriel;Nom\na@example.org;Anne\n")
    assert found.rows == (ListRow(4, {"email": "a@example.org", "full_name": "Anne"}),)


def test_two_columns_without_headings_are_clear() -> None:
    found = read_list(b"Anne,a@example.org\nBob,b@example.org\n")
    assert [row.line for row in found.rows] == [1, 2]
    assert found.columns == ("full_name", "email")
    for unclear in (b"a@example.org\n", b"a@example.org;b@example.org\n", b"Anne;x;a@example.org"):
        assert "Name the columns" in refusal(unclear)


# any table ----------------------------------------------------------------------------------

CELLS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cs", "Cc", "Co", "Cn"], exclude_characters="'"
    )
    | st.just("\n"),
    max_size=20,
).map(str.strip)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8)


def expected(table: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    names = ("email", "full_name", "question")
    said = [{name: cell for name, cell in zip(names, row, strict=True) if cell} for row in table]
    return [one for one in said if one]


def values(found: ListFile) -> list[dict[str, str]]:
    return [dict(row.values) for row in found.rows]


@given(TABLES.filter(expected), st.sampled_from(";,\t|"), st.sampled_from(["utf-8", "utf-16"]))
def test_any_table_comes_back_from_text(
    table: list[tuple[str, ...]], separator: str, encoding: str
) -> None:
    text = as_text([("email", "full_name", "question"), *table], separator)
    assert values(read_list(text.encode(encoding))) == expected(table)


@given(TABLES.filter(expected))
@example([("_x0041_", "a", "http://x.example.org")])
def test_any_table_comes_back_from_a_spreadsheet(table: list[tuple[str, ...]]) -> None:
    data = as_xlsx([("email", "full_name", "question"), *table], strings_to_urls=False)
    assert values(read_list(data)) == expected(table)


# refused ------------------------------------------------------------------------------------


def test_a_cell_may_be_long() -> None:
    """Its line is refused or not by the rules of its field; the list is read."""
    cell = b"x" * 1_900_000
    found = read_list(b"email;nom;remarque\na@example.org;Anne;" + cell + b"\nb@b.b;B;\n")
    assert [(row.line, row.values["full_name"]) for row in found.rows] == [(2, "Anne"), (3, "B")]
    long = read_list(b"email;nom\na@example.org;" + cell + b"\n")
    assert [len(row.values["full_name"]) for row in long.rows] == [1_900_000]


NO_LIST = "This file holds no list of people: save it as CSV or as XLSX, and send that."
BROKEN = "This spreadsheet is damaged: open it in its program, save it anew and send that."
TOO_LARGE = "This list is too large: send it in several parts, of 5000 lines at most."


def package(**parts: bytes) -> bytes:
    """A spreadsheet with some of its parts replaced."""
    data = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_xlsx(TABLE))) as old,
        zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml"}
        changed = {names[name]: part for name, part in parts.items()}
        for name in old.namelist():
            new.writestr(name, changed.get(name, old.read(name)))
    return data.getvalue()


def zipped(name: str, content: bytes = b"x") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr(name, content)
    return data.getvalue()


SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b"<sheetData>%s</sheetData></worksheet>"
)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    + SHEET % b'<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>'
)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: b"", "This file is empty: choose the one that holds the list."),
        (lambda: b" \r\n\t", "This file is empty: choose the one that holds the list."),
        (lambda: b"\xef\xbb\xbf", "This file is empty: choose the one that holds the list."),
        (lambda: b";;;\r\n;;\r\n", "This file is empty: choose the one that holds the list."),
        (lambda: b"%PDF-1.7 \xe2\xe3", NO_LIST),
        (lambda: b"\x89PNG\r\n\x1a\n\0\0", NO_LIST),
        (lambda: random.Random(4).randbytes(5000), NO_LIST),
        (lambda: bytes(range(1, 256)) * 20, NO_LIST),
        (lambda: b"\xff\xfe\x00", NO_LIST),
        (lambda: b"<html><table><tr><td>email</td></tr></table></html>", NO_LIST),
        (lambda: zipped("word/document.xml"), NO_LIST),
        (lambda: b"PK\x03\x04" + b"x" * 50, BROKEN),
        (lambda: as_xlsx(TABLE)[:-200], BROKEN),
        (lambda: package(sheet=b"<worksheet"), BROKEN),
        (lambda: package(sheet=SHEET % b'<row r="x"/>'), BROKEN),
        (lambda: package(strings=b"<sst/>"), BROKEN),
        (lambda: package(sheet=LAUGHS), BROKEN),
        (lambda: package(sheet=LAUGHS.decode().encode("utf-16")), BROKEN),
        (lambda: package(strings=b" " * (list_sheets.MOST_UNPACKED + 1)), TOO_LARGE),
        (lambda: package(sheet=SHEET % (b"<row>" + b"<c/>" * 400_000 + b"</row>")), TOO_LARGE),
        (
            lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
            "This is an old Excel file: save it as XLSX or as CSV, and send that.",
        ),
        (
            lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "This spreadsheet has a password: save it without one, and send that.",
        ),
        (
            lambda: b"x" * (2 * 1024 * 1024 + 1),
            "This file is too large: 2 MB at most. Send the list in several parts.",
        ),
        (
            lambda: b'email;nom\na@example.org;A\nb@example.org;"B\nc@example.org;C\n',
            "A quotation mark is opened on line 3 and never closed: close it or take it out.",
        ),
        (
            lambda: b'email;nom\na@b.c;"x' + b"\ny;z" * 200_000,
            "A quotation mark is opened on line 2 and never closed: close it or take it out.",
        ),
        (
            lambda: b"courriel;structure\na@example.org;A\n",
            "There is a column of addresses but none of names: add one and call it “name”.",
        ),
        (lambda: b"email;nom\n", "There is nobody in this list: only the names of its columns."),
        (
            lambda: b"email;nom\n" + b"a@example.org;A\n" * (MOST_LINES + 1),
            "There are more than 5000 lines: send them in several lists.",
        ),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_do(make: Callable[[], bytes], said: str) -> None:
    assert refusal(make()) == said


def test_a_package_that_lies_about_its_size_is_refused() -> None:
    data = bytearray(package(strings=b" " * 5_000_000))
    size = (5_000_000).to_bytes(4, "little")
    assert size in data
    assert refusal(bytes(data.replace(size, (100).to_bytes(4, "little")))) == BROKEN


def test_a_spreadsheet_with_an_empty_million_of_lines_is_read() -> None:
    row = b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>%s</t></is></c>%s</row>'
    name = b'<c r="XFD%d" t="inlineStr"><is><t>far</t></is></c>'
    far = SHEET % (row % (1, 1, b"email", name % 1) + row % (1_048_576, 1_048_576, b"x", b""))
    assert refusal(package(sheet=far)).startswith("There is a column of addresses but none")
    beyond = SHEET % (row % (1, 1, b"email", b"") + row % (10**12, 10**12, b"x", b""))
    assert refusal(package(sheet=beyond))


@given(st.binary(max_size=400))
@example(b"sep=\xe9\n")
@example(b'sep="\nemail')
@example(b"email;nom\n\xff\xfe")
def test_any_bytes_are_a_list_or_are_refused(data: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"email;nom\n", b"\xff\xfe"):
        with suppress(WrongList):
            assert read_list(start + data).rows


def test_as_many_lines_as_are_promised_are_read() -> None:
    rows = [["email", "nom"], *([f"p{n}@example.org", f"P {n}"] for n in range(MOST_LINES))]
    for data in (as_text(rows).encode(), as_xlsx(rows, strings_to_urls=False)):
        assert len(read_list(data).rows) == MOST_LINES
    assert len(read_list(as_text(rows[:2]).encode()).rows) == 1
    assert list_files.MOST_BYTES == 2 * 1024 * 1024


@pytest.mark.parametrize(
    ("part", "element", "times"),
    [
        ("xl/styles.xml", "<xf/>", 20_000),
        ("xl/workbook.xml", '<definedName name="a">1</definedName>', 2_000),
        ("xl/workbook.xml", '<sheet name="a" sheetId="1" r:id="rId1"/>', 30),
        ("xl/worksheets/sheet1.xml", "<row/>", 200_000),
    ],
)
def test_one_element_a_million_times_is_refused_at_once(
    part: str, element: str, times: int
) -> None:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml" if part != "xl/workbook.xml" else "x", "<workbook/>")
        package.writestr(part, f"<a>{element * times}</a>")
    with pytest.raises(WrongList) as refused:
        read_list(book.getvalue())
    assert str(refused.value.sentence) == TOO_LARGE


def test_a_mark_that_ends_records_ends_no_list() -> None:
    with pytest.raises(WrongList):
        read_list(b"email;nom\na@example.org;A\n\x1e\nb@example.org;B\n")
