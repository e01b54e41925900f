"""What the address of a video says: a file, or a page of a host whose player is known."""

import re
from urllib.parse import urlsplit

DEMO = "demo:"
"""Before the name of a file that the demonstration ships."""
FILES = (".mp4", ".m4v", ".webm", ".ogv", ".mov")
PLAYERS = (
    (
        re.compile(
            r"https://(?:(?:www|m)\.)?youtube\.com/watch\?(?:[^#]*&)?v=([\w-]{11})(?:[&#]|$)"
        ),
        "https://www.youtube.com/embed/",
    ),
    (
        re.compile(r"https://youtu\.be/([\w-]{11})(?:[?#]|$)"),
        "https://www.youtube.com/embed/",
    ),
    (
        re.compile(r"https://(?:www\.)?vimeo\.com/(\d+)/?(?:[?#]|$)"),
        "https://player.vimeo.com/video/",
    ),
    (
        re.compile(r"https://(?:www\.)?dailymotion\.com/video/(\w+)(?:[?#]|$)"),
        "https://www.dailymotion.com/embed/video/",
    ),
)
"""Pages of videos, and what stands before the video's name in the address of its player."""


def is_file(address: str) -> bool:
    """Whether it is the video itself, over https."""
    parts = urlsplit(address)
    return parts.scheme == "https" and parts.path.lower().endswith(FILES)


def player_of(address: str) -> str | None:
    """The address of the host's player, if its page is one of those that are known."""
    for page, player in PLAYERS:
        if found := page.match(address):
            return f"{player}{found[1]}"
    return None
