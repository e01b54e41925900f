"""The poster of a replay, drawn from its theme, date and title: no picture is needed."""

from dataclasses import dataclass
from textwrap import wrap

from markupsafe import escape

from webinars.domain.programme import WebinarView
from webinars.i18n import long_date, tied
from webinars.web.pictures import tokens

WIDTH, HEIGHT = 1280, 720
WORDS_END = HEIGHT * 2 // 3
"""Below it browsers lay the controls of the video over the picture, on telephones."""
MARGIN = 88


PLAIN, BOLD = 0.62, 0.7
"""How wide a letter is, as a part of its size, in the widest font that is usual (DejaVu Sans): none
comes with a picture."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A size of letters, and how many lines of them there is room for."""

    size: int
    lines: int
    letter: float = BOLD

    @property
    def letters(self) -> int:
        """That a line has room for."""
        return int((WIDTH - 2 * MARGIN) / (self.size * self.letter))

    @property
    def leading(self) -> int:
        """From one line to the next."""
        return self.size * 7 // 6


ABOVE = (Fit(34, 1, PLAIN), Fit(26, 2, PLAIN))
ABOVE_AT, TITLE_FROM = 72, 120
TITLE = (Fit(76, 3), Fit(60, 4), Fit(48, 5), Fit(40, 6))
DATE = Fit(40, 1, PLAIN)
GAP = 28


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
    theme = webinar.theme.title if webinar.theme else webinar.title
    above = theme if theme != webinar.title else webinar.cycle_title
    fit, lines = _fitted(webinar.title, TITLE)
    height = len(lines) * fit.leading + GAP + DATE.size
    top = TITLE_FROM + (WORDS_END - TITLE_FROM - height) // 4 + fit.size
    date_at = top + (len(lines) - 1) * fit.leading + GAP + DATE.leading
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" font-family="system-ui, sans-serif" fill="#fff">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{colour}"/>'
        f"{_set(*_fitted(above, ABOVE), top=ABOVE_AT)}"
        f'<g font-weight="700">{_set(fit, lines, top=top)}</g>'
        f"{_set(DATE, [long_date(webinar.starts_at, webinar.zone)], top=date_at)}</svg>\n"
    )


def _fitted(text: str, fits: tuple[Fit, ...]) -> tuple[Fit, list[str]]:
    """In the largest letters in which all of it has room; in the smallest it is cut."""
    text = tied(text)
    for fit in fits:
        lines = wrap(text, fit.letters)
        if len(lines) <= fit.lines:
            return fit, lines
    cut = wrap(text, fit.letters, max_lines=fit.lines, placeholder="\N{NO-BREAK SPACE}…")
    return fit, cut


def _set(fit: Fit, lines: list[str], *, top: int) -> str:
    """Lines of text, the first on this height."""
    return "".join(
        f'<text x="{MARGIN}" y="{top + number * fit.leading}" font-size="{fit.size}">'
        f"{escape(line)}</text>"
        for number, line in enumerate(lines)
    )
