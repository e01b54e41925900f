"""Lines of calendars (RFC 5545 section 3.1): unfolded to put something into them, folded anew."""

LINE = 75
"""Octets of a line, without its end."""


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
