"""The poster of a replay, drawn from its theme, date and title: no picture is needed."""

from dataclasses import dataclass
from textwrap import wrap

from markupsafe import escape

from webinars.domain.programme import WebinarView
from webinars.i18n import long_date
from webinars.web.pictures import tokens

WIDTH, HEIGHT = 1280, 720
SIZE, LEADING = 76, 88
"""Of the title; no font comes with a picture, so the widest usual one has to fit."""
LETTERS = 26
MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class Poster:
    """A poster that is drawn when it is asked for; it shows nothing that changes by itself."""

    webinar: WebinarView
    webinars: tuple[WebinarView, ...] = ()
    worth_keeping: bool = True

    def body(self) -> bytes:
        """SVG."""
        return draw(self.webinar).encode()


def draw(webinar: WebinarView) -> str:
    """An SVG file in the language of the request: white reads on each colour in the light."""
    colour = tokens()[f"theme-{webinar.theme.colour}" if webinar.theme else "deep"]
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
