"""Naming the line and the key of a fault in TOML."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from webinars.domain.errors import Problem, WrongFile
from webinars.domain.tomlfile import (
    Location,
    key_name,
    line_of,
    locations,
    parse,
    unknown_keys,
    validate,
)

TEXT = """\
# A comment = with an equals sign
title = "a" # and another [comment]
"quoted key" = 1

text = \"\"\"
[not a table]
date = 2019-01-01 \"\"\"
after = '''one line'''
literal = '''
[[sessions]]
slug = \"\"\"
'''

list = [
  "one ] bracket",
  # slug = "comment"
  "two",
]
inline = { date = 1, slug = "[[x]]" }
nested = [[1, 2],
  [3]]

[table]
key = 1
[table.inner]
key = 2

[[sessions]]
slug = "a"
  date = 2019-01-17
[[sessions.links]]
url = "x"
[[sessions.links]]
url = "y"

[[ sessions ]] # the second
slug = "b"
[sessions.room]
url = "z"
"""

EXPECTED: dict[Location, int] = {
    ("title",): 2,
    ("quoted key",): 3,
    ("text",): 5,
    ("after",): 8,
    ("literal",): 9,
    ("list",): 14,
    ("inline",): 19,
    ("nested",): 20,
    ("table",): 23,
    ("table", "key"): 24,
    ("table", "inner"): 25,
    ("table", "inner", "key"): 26,
    ("sessions", 0): 28,
    ("sessions", 0, "slug"): 29,
    ("sessions", 0, "date"): 30,
    ("sessions", 0, "links", 0): 31,
    ("sessions", 0, "links", 0, "url"): 32,
    ("sessions", 0, "links", 1): 33,
    ("sessions", 0, "links", 1, "url"): 34,
    ("sessions", 1): 36,
    ("sessions", 1, "slug"): 37,
    ("sessions", 1, "room"): 38,
    ("sessions", 1, "room", "url"): 39,
}


def test_every_table_and_key_is_found_at_its_line() -> None:
    tomllib.loads(TEXT)
    assert locations(TEXT) == EXPECTED


def test_none_one_and_a_windows_file() -> None:
    assert locations("") == {}
    assert locations("a = 1") == {("a",): 1}
    assert locations("a = 1\r\n\r\nb = 2\r\n") == {("a",): 1, ("b",): 3}


@pytest.mark.parametrize("odd", ["\x85", "\u2028", "\t"])
def test_a_line_ends_where_toml_ends_it(odd: str) -> None:
    text = f"a = 'x{odd}y'\nb = 1"
    assert locations(text) == {("a",): 1, ("b",): 2}


def test_quotes_that_are_escaped_or_doubled_do_not_mislead() -> None:
    text = r'''
a = "\" = [[["
b = 'c:\'
c = """a\""" [ """
d = """ends with four quotes""""
e = ["#", '[', "]"] # [
f = 1
'''
    assert list(tomllib.loads(text)) == ["a", "b", "c", "d", "e", "f"]
    assert locations(text) == {(name,): line for line, name in enumerate("abcdef", start=2)}


def test_the_line_of_what_is_missing_is_that_of_what_it_stands_in() -> None:
    assert line_of(EXPECTED, ("sessions", 1, "date")) == 36
    assert line_of(EXPECTED, ("sessions", 0, "links", 1, "label")) == 33
    assert line_of(EXPECTED, ("list", 1)) == 14
    assert line_of(EXPECTED, ("nowhere",)) is None
    assert line_of(EXPECTED, ()) is None


def test_keys_are_counted_as_people_count() -> None:
    assert key_name(("sessions", 0, "links", 1, "url")) == "sessions[1].links[2].url"
    assert key_name(("title",)) == "title"
    assert key_name(()) is None


NAMES = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
STRINGS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12).filter(
    lambda text: "'" not in text
)


@st.composite
def values(draw: st.DrawFn) -> str:
    """A value as TOML writes it, over one line or several."""
    basic = draw(STRINGS).replace("\\", "\\\\").replace('"', '\\"')
    literal = draw(STRINGS)
    forms = [
        "1",
        "2019-04-18",
        f'"{basic}"',
        f"'{literal}'",
        f'"""\n{basic}\n[[a]]\nb = 1\n"""',
        f"'''\n{literal}\n[a]\nb = 1\n'''",
        f"[\n  \"{basic}\", # ]\n\n  '{literal}',\n]",
        f'{{ a = "{basic}", b = [1] }}',
    ]
    return draw(st.sampled_from(forms))


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, dict[Location, int]]:
    """A TOML text, with the line of each of its keys."""
    lines: list[str] = []
    expected: dict[Location, int] = {}

    def keys(table: Location) -> None:
        for name in draw(st.lists(NAMES, max_size=4, unique=True)):
            lines.extend([""] * draw(st.integers(0, 1)))
            expected[(*table, f"k{name}")] = len(lines) + 1
            comment = draw(st.sampled_from(["", " # a = [", ' # "']))
            lines.extend((f"k{name} = {draw(values())}{comment}").split("\n"))

    keys(())
    for number in range(draw(st.integers(0, 3))):
        lines.append("[[rows]]")
        expected[("rows", number)] = len(lines)
        keys(("rows", number))
    return "\n".join(lines), expected


@given(tables())
def test_any_table_is_located(case: tuple[str, dict[Location, int]]) -> None:
    text, expected = case
    tomllib.loads(text)
    assert locations(text) == expected


class Row(BaseModel):
    model_config = ConfigDict(extra="allow")
    number: int


class File(BaseModel):
    model_config = ConfigDict(extra="allow")
    title: str
    rows: list[Row] = []


def problems(text: str) -> list[Problem]:
    with pytest.raises(WrongFile) as error:
        validate(File, text)
    return error.value.problems


def test_a_good_text_is_read() -> None:
    found = validate(File, 'title = "a"\n[[rows]]\nnumber = 1')
    assert (found.title, [row.number for row in found.rows]) == ("a", [1])


def test_each_fault_has_its_line_key_and_words() -> None:
    assert problems('title = 3\n[[rows]]\nnumber = 1\n[[rows]]\n[[rows]]\nnumber = "x"') == [
        Problem("a text in quotes is needed, not 3", line=1, key="title"),
        Problem("this key is needed and is not there", line=4, key="rows[2].number"),
        Problem("a whole number is needed, not 'x'", line=6, key="rows[3].number"),
    ]
    assert problems("") == [Problem("this key is needed and is not there", key="title")]


def test_a_fault_reads_as_a_sentence_with_its_place() -> None:
    assert str(Problem("no", line=3, key="a.b")) == "line 3, a.b: no"
    assert str(Problem("no", line=3)) == "line 3: no"
    assert str(Problem("no", key="a")) == "a: no"
    assert str(Problem("no")) == "no"


@pytest.mark.parametrize(
    ("text", "line"),
    [("title", 1), ("a = 1\nb 2\nc = 3", 2), ("a = 1\na = 2\n", 2), ("a = [1,\n2", 2)],
)
def test_what_is_no_toml_is_said_with_its_line(text: str, line: int) -> None:
    with pytest.raises(WrongFile) as error:
        parse(text)
    (problem,) = error.value.problems
    assert problem.message.startswith("not valid TOML: ")
    assert "(at " not in problem.message
    assert problem.line == line


def test_keys_that_are_not_read_are_listed_once_a_kind_of_table() -> None:
    text = (
        'title = "a"\ncolour = 1\n[[rows]]\nnumber = 1\nx = 1\n[[rows]]\nnumber = 2\nx = 2\ny = 3'
    )
    assert unknown_keys(validate(File, text)) == {"colour", "rows.x", "rows.y"}
    assert unknown_keys(validate(File, 'title = "a"')) == set()


@pytest.mark.parametrize("opening", ["[", "{a="])
def test_brackets_that_are_too_deep_are_a_sentence(opening: str) -> None:
    with pytest.raises(WrongFile) as error:
        parse(f"a = {opening * 5000}")
    assert error.value.problems == [Problem("not valid TOML: brackets inside brackets, too deep")]
