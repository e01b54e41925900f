"""Where a video is, told from the address that was pasted. Pure: nothing is fetched.

Each host's own documentation says how its player is embedded: YouTube (its cookieless domain),
Vimeo (``dnt=1``: no tracking), PeerTube (``/videos/embed/``, on thousands of hosts).
"""

import enum
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from webinars.domain.errors import N_, WrongValue
from webinars.domain.fields import CONTROL

DEMONSTRATION = "demo:"
"""Before the name of a file that ships with the product."""
SHIPPED = re.compile(rf"{DEMONSTRATION}[a-z0-9-]+\.webm")
FILE_ENDINGS = (".mp4", ".m4v", ".webm")
LONGEST_ADDRESS = 2000
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?")
YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
VIMEO_PATH = re.compile(r"/(?:video/)?(\d{3,12})(?:/([0-9a-f]{6,20}))?/?")
PEERTUBE_PATH = re.compile(
    r"/(?:w|videos/watch|videos/embed)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[1-9A-HJ-NP-Za-km-z]{21,22})/?"
)
"""A UUID, or its short form (base 58), as PeerTube writes it since its version 3.3."""
YOUTUBE_HOSTS = ("youtube.com", "m.youtube.com", "youtube-nocookie.com", "music.youtube.com")


class Kind(enum.StrEnum):
    """How the page plays it."""

    DEMONSTRATION = "demonstration"
    UPLOADED = "uploaded"
    """A file on this site."""
    FILE = "file"
    YOUTUBE = "youtube"
    VIMEO = "vimeo"
    PEERTUBE = "peertube"
    PAGE = "page"
    """A page of another site, of which nothing else is known: it is linked."""


@dataclass(frozen=True, slots=True)
class Source:
    """A video and how it is reached."""

    kind: Kind
    address: str
    """Where it is watched without our player; of a file, the file."""
    host: str | None
    """Whom the player would load something from; None is the site itself."""
    embed: str | None = None
    """What stands in the frame, without the second to begin at."""

    @property
    def framed(self) -> bool:
        """Whether the player is the host's own."""
        return self.embed is not None


def source_of(address: str) -> Source:
    """What is known of a video that was accepted before."""
    if address.startswith("/"):  # none that could be typed: those begin with https
        return Source(Kind.UPLOADED, address, None)
    if address.startswith(DEMONSTRATION):
        return Source(Kind.DEMONSTRATION, address.removeprefix(DEMONSTRATION), None)
    try:
        return read_source(address)
    except WrongValue:
        return Source(Kind.PAGE, address, urlsplit(address).netloc or None)


def read_source(text: str) -> Source:
    """The video at this address. Raises WrongValue, in words for its field."""
    text = text.strip()
    if CONTROL.search(text) or re.search(r"[\s<>\"'\\;,]", text) or len(text) > LONGEST_ADDRESS:
        raise WrongValue(N_("the address of the video is needed, alone, without spaces"))
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise WrongValue(N_("the address of the video is needed, alone, without spaces")) from None
    if parts.scheme == "http":
        raise WrongValue(N_("the address begins with http://: browsers need https://"))
    if parts.scheme != "https":
        raise WrongValue(N_("an address beginning with https:// is needed"))
    if "@" in parts.netloc:
        raise WrongValue(N_("a name or a password cannot stand in the address of a site"))
    host = (parts.hostname or "").lower() + (f":{port}" if port else "")
    if not HOST.fullmatch(host) or "." not in host:
        raise WrongValue(N_("an address beginning with https:// is needed"))
    found = (
        _youtube(host, parts.path, parts.query)
        or _vimeo(host, parts.path, parts.query)
        or _peertube(host, parts.path)
        or _file(host, parts.path, text)
    )
    if found is None:
        raise WrongValue(_why_unknown(parts.path))
    return found


def read_kept(text: str) -> str:
    """The address as a replay keeps it, also that of a video that ships with the product.

    Such a one has no address that could be typed; only files know it. Raises WrongValue.
    """
    return text if SHIPPED.fullmatch(text) else read_source(text).address


def _youtube(host: str, path: str, query: str) -> Source | None:
    bare = host.removeprefix("www.")
    if bare == "youtu.be":
        name = path.strip("/")
    elif bare in YOUTUBE_HOSTS:
        short = re.fullmatch(r"/(?:embed|shorts|live|v)/([^/]+)/?", path)
        name = short[1] if short else parse_qs(query).get("v", [""])[0]
    else:
        return None
    if not YOUTUBE_ID.fullmatch(name):
        return None
    cookieless = "www.youtube-nocookie.com"
    return Source(
        Kind.YOUTUBE,
        f"https://www.youtube.com/watch?v={name}",
        cookieless,
        f"https://{cookieless}/embed/{name}",
    )


def _vimeo(host: str, path: str, query: str) -> Source | None:
    if host.removeprefix("www.") not in ("vimeo.com", "player.vimeo.com"):
        return None
    found = VIMEO_PATH.fullmatch(path)
    if found is None:
        return None
    number, secret = found[1], found[2] or parse_qs(query).get("h", [""])[0]
    if secret and not re.fullmatch(r"[0-9a-f]{6,20}", secret):
        return None
    player = f"https://player.vimeo.com/video/{number}?dnt=1"
    return Source(
        Kind.VIMEO,
        f"https://vimeo.com/{number}{f'/{secret}' if secret else ''}",
        "player.vimeo.com",
        f"{player}&h={secret}" if secret else player,
    )


def _peertube(host: str, path: str) -> Source | None:
    found = PEERTUBE_PATH.fullmatch(path)
    if found is None:
        return None
    return Source(
        Kind.PEERTUBE,
        f"https://{host}/w/{found[1]}",
        host,
        f"https://{host}/videos/embed/{found[1]}?peertubeLink=0&title=0&warningTitle=0&p2p=0",
    )


def _file(host: str, path: str, text: str) -> Source | None:
    if not path.lower().endswith(FILE_ENDINGS):
        return None
    return Source(Kind.FILE, text, host)


def _why_unknown(path: str) -> str:
    if path.lower().endswith((".m3u8", ".mpd")):
        return N_("this is a stream, which not every browser plays: give the MP4 or WebM file")
    return N_(
        "no video is known at this address: give that of a video of PeerTube, YouTube or Vimeo, "
        "or of a file that ends in .mp4 or .webm"
    )


def starting_at(source: Source, second: int | str) -> str:
    """Where it is watched from a second on, without our player."""
    match source.kind:
        case Kind.YOUTUBE:
            return f"{source.address}&t={second}s"
        case Kind.PEERTUBE:
            return f"{source.address}?start={second}s"
        case Kind.VIMEO:
            return f"{source.address}#t={second}s"
        case Kind.FILE | Kind.UPLOADED:
            return f"{source.address}#t={second}"
        case _:
            return source.address
