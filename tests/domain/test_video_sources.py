"""Which video an address leads to, and how it is played."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.domain.errors import WrongValue
from webinars.domain.video_sources import Kind, Source, read_source, source_of, starting_at

TUBE = "https://peertube.example.org/videos/embed/{}?peertubeLink=0&title=0&warningTitle=0&p2p=0"
UUID = "9c9de5e8-0a1e-484a-b099-e80766180a6d"
SHORT = "kkGMgK9ZtnKfYAgnEtQxbv"
YOUTUBE = Source(
    Kind.YOUTUBE,
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    "www.youtube-nocookie.com",
    "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
)
VIMEO = Source(
    Kind.VIMEO,
    "https://vimeo.com/76979871",
    "player.vimeo.com",
    "https://player.vimeo.com/video/76979871?dnt=1",
)


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=12s", YOUTUBE),
        ("https://m.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ", YOUTUBE),
        ("https://youtu.be/dQw4w9WgXcQ?si=abc", YOUTUBE),
        ("https://www.youtube.com/live/dQw4w9WgXcQ", YOUTUBE),
        ("https://www.youtube.com/embed/dQw4w9WgXcQ", YOUTUBE),
        ("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", YOUTUBE),
        ("  https://vimeo.com/76979871  ", VIMEO),
        ("https://player.vimeo.com/video/76979871", VIMEO),
        (
            "https://vimeo.com/76979871/0123456789",
            Source(
                Kind.VIMEO,
                "https://vimeo.com/76979871/0123456789",
                "player.vimeo.com",
                "https://player.vimeo.com/video/76979871?dnt=1&h=0123456789",
            ),
        ),
        (
            f"https://peertube.example.org/w/{SHORT}",
            Source(
                Kind.PEERTUBE,
                f"https://peertube.example.org/w/{SHORT}",
                "peertube.example.org",
                TUBE.format(SHORT),
            ),
        ),
        (
            f"https://PeerTube.example.org/videos/watch/{UUID}?start=3s",
            Source(
                Kind.PEERTUBE,
                f"https://peertube.example.org/w/{UUID}",
                "peertube.example.org",
                TUBE.format(UUID),
            ),
        ),
        (
            "https://files.example.org:8443/2019/mars.MP4?key=1",
            Source(
                Kind.FILE,
                "https://files.example.org:8443/2019/mars.MP4?key=1",
                "files.example.org:8443",
            ),
        ),
    ],
)
def test_an_address_that_is_known(address: str, source: Source) -> None:
    assert read_source(address) == source
    assert source_of(source.address) == source


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("javascript:alert(1)", "an address beginning with https:// is needed"),
        ("data:video/mp4;base64,AAAA", "the address of the video is needed, alone, without spaces"),
        ("", "an address beginning with https:// is needed"),
        ("demo:demonstration.webm", "an address beginning with https:// is needed"),
        ("https://localhost/a.mp4", "an address beginning with https:// is needed"),
        ("https://exa mple.org/a.mp4", "the address of the video is needed, alone, without spaces"),
        ("https://[::1/a.mp4", "the address of the video is needed, alone, without spaces"),
        ("https://a.org:99999/a.mp4", "the address of the video is needed, alone, without spaces"),
        (
            "http://files.example.org/a.mp4",
            "the address begins with http://: browsers need https://",
        ),
        (
            "https://me:pw@files.example.org/a.mp4",
            "a name or a password cannot stand in the address of a site",
        ),
        (
            "https://files.example.org/a.m3u8",
            "this is a stream, which not every browser plays: give the MP4 or WebM file",
        ),
    ],
)
def test_an_address_that_is_refused(address: str, sentence: str) -> None:
    with pytest.raises(WrongValue) as caught:
        read_source(address)
    assert str(caught.value.sentence) == sentence


@pytest.mark.parametrize(
    "address",
    [
        "https://www.youtube.com/watch?v=short",
        "https://www.youtube.com/playlist?list=PL123",
        "https://vimeo.com/channels/staffpicks",
        "https://video.example.org/mars",
        "https://peertube.example.org/w/not-an-id",
    ],
)
def test_a_page_where_no_video_is_known(address: str) -> None:
    with pytest.raises(WrongValue) as caught:
        read_source(address)
    assert str(caught.value.sentence).startswith("no video is known at this address")
    assert source_of(address).kind is Kind.PAGE


def test_what_ships_with_the_product() -> None:
    source = source_of("demo:demonstration.webm")
    assert source == Source(Kind.DEMONSTRATION, "demonstration.webm", None)


def test_watched_elsewhere_it_begins_at_the_second() -> None:
    addresses = {
        "https://youtu.be/dQw4w9WgXcQ": "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=75s",
        "https://vimeo.com/76979871": "https://vimeo.com/76979871#t=75s",
        f"https://tube.example.org/w/{SHORT}": f"https://tube.example.org/w/{SHORT}?start=75s",
        "https://files.example.org/a.mp4": "https://files.example.org/a.mp4#t=75",
        "https://video.example.org/mars": "https://video.example.org/mars",
    }
    assert {one: starting_at(source_of(one), 75) for one in addresses} == addresses


@given(
    text=st.text() | st.text("htps:/.-youtbevimw?=&;'\"\n A1", max_size=60).map("https://".__add__)
)
def test_what_is_accepted_can_stand_in_a_policy(text: str) -> None:
    """The host goes into a header: nothing in it may end its directive."""
    try:
        source = read_source(text)
    except WrongValue:
        return
    assert source.host
    assert not set(source.host) & set(" ;,'\"\n\r")
    assert source.address.startswith("https://")
