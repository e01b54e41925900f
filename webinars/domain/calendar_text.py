"""The text of calendars: what may stand in it, and its lines, which are folded.

RFC 5545 sections 3.1 and 3.3.11. Lines are unfolded to put something into them, and folded anew.
"""

from icalendar import vText

LINE = 75
"""Octets of a line, without its end."""
ENDS_OF_LINES = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""At which some programs end a line of a file as well."""
CONTROL = (*range(0x20), *range(0x7F, 0xA0))
BYTE_ORDER_MARK = 0xFEFF
"""Some programs drop it where it begins a text."""
WRITABLE = (
    dict.fromkeys((*CONTROL, BYTE_ORDER_MARK))
    | {ord(end): "\n" for end in ("\n", *ENDS_OF_LINES)}
    | {9: " "}
)


class Text(vText):
    r"""A TEXT, escaped as RFC 5545 section 3.3.11 has it: for the library ``\N`` ends a line."""

    def to_ical(self) -> bytes:
        """As it stands in the file."""
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
        return escaped.replace("\n", "\\n").encode("utf-8")


def paragraphs(text: str) -> str:
    """What a TEXT may hold of it: no control character, and line feeds alone between lines."""
    return text.translate(WRITABLE)


def one_line(text: str) -> str:
    """The same on one line."""
    return " ".join(paragraphs(text).split("\n"))


def unfolded(body: bytes) -> str:
    """The text with each content line on one line."""
    return body.decode("utf-8").replace("\r\n ", "")


def folded(text: str) -> bytes:
    """The text with no line above 75 octets, and no letter or escape cut."""
    return b"\r\n".join(map(_folded, text.split("\r\n")))


def _folded(line: str) -> bytes:
    left = line.encode("utf-8")
    if len(left) <= LINE:
        return left
    pieces = []
    room = LINE
    while len(left) > room:
        cut = _cut(left, room)
        pieces.append(left[:cut])
        left, room = left[cut:], LINE - 1  # each further one begins with a space
    return b"\r\n ".join((*pieces, left))


def _cut(line: bytes, at: int) -> int:
    """The last place up to there between two letters, and not within an escape."""
    while line[at] & 0xC0 == 0x80:  # within a letter (RFC 3629 section 3)
        at -= 1
    before = line[:at]
    # Clients that unescape before they unfold would read a lone backslash.
    return at - (len(before) - len(before.rstrip(b"\\"))) % 2
