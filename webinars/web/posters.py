"""The poster of a replay, drawn from its theme, date and title: no picture is needed."""

from textwrap import wrap

from markupsafe import escape

from webinars.domain.programme import WebinarView
from webinars.i18n import long_date

COLOURS = (
    "#1f5fbf",
    "#0b6e80",
    "#b4235a",
    "#2c752f",
    "#855600",
    "#5b3fc4",
    "#a13f00",
    "#006e66",
    "#8b2f97",
    "#546900",
    "#3f4f9e",
    "#9b2c2c",
)
"""Of the themes, as ``static/css/base.css`` has them for light paper: white reads on each."""
WITHOUT_THEME = "#131b3a"
WIDTH, HEIGHT = 1280, 720
SIZE, LEADING = 76, 88
"""Of the title; no font comes with a picture, so the widest usual one has to fit."""
LETTERS = 26
MOST_LINES = 4


def draw(webinar: WebinarView) -> str:
    """An SVG file in the language of the request."""
    colour = COLOURS[webinar.theme.colour - 1] if webinar.theme else WITHOUT_THEME
    lines = wrap(webinar.title, LETTERS, max_lines=MOST_LINES, placeholder="\N{NO-BREAK SPACE}…")
    top = (HEIGHT - len(lines) * LEADING) // 2 + SIZE
    title = "".join(
        f'<text x="88" y="{top + number * LEADING}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    theme = webinar.theme.title if webinar.theme else webinar.title
    above = theme if theme != webinar.title else webinar.cycle_title
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" font-family="system-ui, sans-serif" fill="#fff">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{colour}"/>'
        f'<text x="88" y="112" font-size="34">{escape(_short(above))}</text>'
        f'<g font-size="{SIZE}" font-weight="700">{title}</g>'
        f'<text x="88" y="{HEIGHT - 80}" font-size="40">'
        f"{escape(long_date(webinar.starts_at, webinar.zone))}</text></svg>\n"
    )


def _short(text: str) -> str:
    return wrap(text, 60, max_lines=1, placeholder="\N{NO-BREAK SPACE}…")[0]
