"""The page of a replay: its player, what stands beside it, and what it may load."""

import re
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import BASE_URL, MARCH, counted_queries
from tests.web.support import END, PAGE, Element, read, words
from webinars.db import Database
from webinars.domain import replay_acts, replays
from webinars.domain.editing import Editor
from webinars.domain.programme import Moment, ThemeView, programme, webinar_of
from webinars.domain.replays import Video
from webinars.domain.timed_text import Cue, Spoken
from webinars.web.headers import CONTENT_SECURITY_POLICY
from webinars.web.posters import draw

WHERE = {"cycle_slug": "2019", "webinar_slug": MARCH.slug}
CUES = (
    Cue(0, 4000, (Spoken("Camille", "Bonjour <à tous>."),)),
    Cue(4000, 9000, (Spoken("Camille", "On commence."),)),
    Cue(30000, 31000, (Spoken("Alex", "Merci."),)),
)
HERE = Video(
    url="demo:demonstration.webm",
    duration=96,
    chapters=[(0, "Début"), (30, "Fin")],
    captions={"fr": CUES, "en": CUES[:1]},
)
YOUTUBE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
FILE = "https://files.example.org/mars.mp4"


def online(database: Database, video: Video = HERE) -> None:
    with database.write() as session:
        replays.put_online(session, **WHERE, video=video, now=END)


def act(database: Database, name: str, **values: Any) -> None:
    with database.write() as session:
        getattr(replay_acts, name)(
            session, **WHERE, editor=Editor("olivia@example.org", END), **values
        )


def lines(page: Element) -> list[tuple[str, str]]:
    """The transcript: where each line leads, and what it says."""
    texts = [one for one in page.all("div") if one.attrs.get("class") == "transcript__text"]
    return [(a.attrs["href"], a.text) for one in texts for a in one.all("a")]


def test_chapters_and_transcript_are_links(client: FlaskClient, site: Database, at) -> None:
    online(site)
    at(END)
    page = read(client.get(PAGE))
    assert lines(page) == [
        ("?t=0#player", "Bonjour <à tous>."),
        ("?t=4#player", "On commence."),
        ("?t=30#player", "Merci."),
    ]
    speakers = [b.text for b in page.all("b") if b.attrs.get("class") == "transcript__speaker"]
    assert speakers == ["Camille", "Alex"]
    assert page.links("?t=")[:2] == ["?t=0#player", "?t=30#player"]


def test_the_transcript_is_in_the_language_of_the_page_if_there_is_one(
    client: FlaskClient, site: Database, at
) -> None:
    online(site)
    at(END)
    assert len(lines(read(client.get(f"/en{PAGE}")))) == 1
    with site.write() as session:
        replay_acts.remove_captions(
            session, **WHERE, language="en", editor=Editor("olivia@example.org", END)
        )
    english = read(client.get(f"/en{PAGE}"))
    assert len(lines(english)) == 3
    assert "Transcript (French)" in english.text
    assert [t.attrs["srclang"] for t in english.all("track")] == ["fr"]


def test_captions_are_files_while_they_are_public(client: FlaskClient, site: Database, at) -> None:
    online(site)
    at(END)
    tracks = [one.attrs["src"] for one in read(client.get(PAGE)).all("track")]
    assert tracks == [f"{PAGE}/captions.en.vtt", f"{PAGE}/captions.fr.vtt"]
    answer = client.get(tracks[0])
    assert answer.mimetype == "text/vtt"
    assert answer.text == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\n<v Camille>Bonjour &lt;à tous&gt;.</v>\n"
    )
    tag = answer.headers["ETag"]
    assert client.get(tracks[0], headers={"If-None-Match": tag}).status_code == 304
    assert client.get(f"{PAGE}/captions.de.vtt").status_code == 404
    act(site, "withdraw", why=None, words_stay=False)
    assert client.get(tracks[0]).status_code == 404
    act(site, "withdraw", why=None, words_stay=True)
    assert client.get(tracks[0]).status_code == 200


def test_the_poster_is_drawn_from_what_is_known(client: FlaskClient, site: Database, at) -> None:
    assert client.get(f"{PAGE}/poster.svg").status_code == 404
    online(site)
    at(END)
    answer = client.get(f"{PAGE}/poster.svg")
    assert answer.mimetype == "image/svg+xml"
    texts = [one.text for one in read(answer).all("text")]
    assert " ".join(texts[1:-1]) == MARCH.title
    assert texts[-1] == "jeudi 21 mars 2019"
    english = read(client.get(f"/en{PAGE}/poster.svg"))
    assert [one.text for one in english.all("text")][-1] == "Thursday, March 21, 2019"


def test_the_poster_is_built_once_and_is_gone_with_the_replay(
    client: FlaskClient, site: Database, at
) -> None:
    online(site)
    at(END)
    poster = f"{PAGE}/poster.svg"
    for number in (4, 1):
        with counted_queries(site) as queries:
            answer = client.get(poster)
        assert len(queries) == number
    assert answer.headers["Cache-Control"] == "public, no-cache"
    again = client.get(poster, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for nowhere in ("/cycles/2019/nobody/poster.svg", "/cycles/2000/mars/poster.svg"):
        assert client.get(nowhere).status_code == 404
    act(site, "withdraw", why=None, words_stay=True)
    assert client.get(poster).status_code == 404


def test_the_poster_has_the_colour_of_its_theme_or_the_dark_one(
    client: FlaskClient, site: Database, at
) -> None:
    online(site)
    at(END)
    grounds = []
    for theme in (None, ThemeView("t", "Thème", 1), ThemeView("t", "Thème", 12)):
        with site.read() as session, client.application.test_request_context():
            view = programme(session, cycle_slug="2019", moment=Moment.at(END, opens_minutes=15))
            drawn = draw(replace(webinar_of(view, MARCH.slug), theme=theme))
        grounds += re.findall(r'<rect[^>]* fill="(#[0-9a-f]{6})"', drawn)
    assert grounds == ["#131b3a", "#1f5fbf", "#9b2c2c"]


def test_the_words_of_the_poster_are_whole_and_above_the_controls(
    client: FlaskClient, site: Database, at
) -> None:
    with site.read() as session, client.application.test_request_context():
        view = programme(session, cycle_slug="2019", moment=Moment.at(END, opens_minutes=15))
        march = webinar_of(view, MARCH.slug)
        cycle = (
            "Les webinaires « L’innovation territoriale en actions ! » de l’année 2019, en région"
        )
        for title in ("Un", MARCH.title, "Des alliances " * 14):
            whole = replace(march, title=title.strip(), cycle_title=cycle, theme=None)
            drawn = re.findall(r'y="(\d+)" font-size="(\d+)">([^<]+)', draw(whole))
            heights = [int(y) for y, _, _ in drawn]
            assert heights == sorted(set(heights))
            # Letters reach below their line by a quarter of their size at most.
            assert max(int(y) + int(size) // 4 for y, size, _ in drawn) <= 720 * 2 // 3
            written = " ".join(text for _, _, text in drawn[:-1])
            assert written.replace("\N{NO-BREAK SPACE}", " ") == f"{cycle} {title.strip()}"


@pytest.mark.parametrize(
    ("url", "directive"),
    [
        (YOUTUBE, "frame-src 'self' https://www.youtube-nocookie.com"),
        ("https://vimeo.com/76979871", "frame-src 'self' https://player.vimeo.com"),
        (
            "https://tube.example.org/w/kkGMgK9ZtnKfYAgnEtQxbv",
            "frame-src 'self' https://tube.example.org",
        ),
        (FILE, "media-src 'self' https://files.example.org"),
    ],
)
def test_a_page_may_load_from_its_one_host_and_no_other_page_may(
    client: FlaskClient, site: Database, at, url: str, directive: str
) -> None:
    online(site, replace(HERE, url=url))
    at(END)
    name = directive.partition(" ")[0]
    wanted = CONTENT_SECURITY_POLICY.replace(f"{name} 'self'", directive)
    assert wanted != CONTENT_SECURITY_POLICY
    for _ in ("built", "kept"):
        assert client.get(PAGE).headers["Content-Security-Policy"] == wanted
    for other in ("/", "/cycles/2019", "/replays", f"{PAGE}/captions.fr.vtt"):
        assert client.get(other).headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("url", [HERE.url, "https://video.example.org/mars"])
def test_what_loads_nothing_from_elsewhere_may_not(
    client: FlaskClient, site: Database, at, url: str
) -> None:
    online(site, replace(HERE, url=url))
    at(END)
    assert client.get(PAGE).headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("url", [YOUTUBE, FILE])
def test_nothing_of_another_host_is_loaded_by_the_page(
    client: FlaskClient, site: Database, at, url: str
) -> None:
    online(site, replace(HERE, url=url))
    at(END)
    page = read(client.get(f"{PAGE}?t=75"))
    assert page.all("iframe") == []
    loading = [
        one
        for one in page.all("img", "script", "link", "video", "track")
        if one.attrs.get("src", one.attrs.get("href", "")).startswith("http")
        and one.attrs.get("rel") not in ("canonical", "alternate")
    ]
    # A file waits in a template, of which a browser loads nothing.
    assert [one.tag for one in loading] == (["video"] if url == FILE else [])
    assert len(page.all("template")) == (1 if url == FILE else 0)
    away = [one for one in page.all("a") if "data-away" in one.attrs]
    wanted = f"{YOUTUBE}&t=75s" if url == YOUTUBE else f"{FILE}#t=75"
    assert [one.attrs["href"] for one in away] == [wanted]


def test_the_second_of_a_video_elsewhere_is_not_kept_for_others(
    client: FlaskClient, site: Database, at
) -> None:
    online(site, replace(HERE, url=YOUTUBE))
    at(END)

    def seconds(query: str) -> str:
        found = read(client.get(PAGE + query)).links(YOUTUBE)
        return found[0].removeprefix(f"{YOUTUBE}&t=")

    assert [seconds(q) for q in ("?t=30", "", "?t=-4", "?t=x")] == ["30s", "0s", "0s", "0s"]


def test_the_promise_stands_on_the_page(
    client: FlaskClient, app: Flask, site: Database, at
) -> None:
    at(END)
    assert "28 mars 2019" in read(client.get(PAGE)).text
    act(
        site,
        "set_details",
        slides_url=None,
        expected_by=date(2019, 4, 2),
        consent=False,
        without_captions=None,
    )
    assert "2 avril 2019" in read(client.get(PAGE)).text
    promised, late = words(app, "The replay is expected"), words(app, "The replay is late")
    said = []
    for instant in ("2019-04-02T21:59:59+00:00", "2019-04-02T22:00:00+00:00"):  # midnight in Paris
        at(datetime.fromisoformat(instant))
        text = read(client.get(PAGE)).text
        said.append((promised in text, late in text, "2 avril 2019" in text))
    assert said == [(True, False, True), (False, True, True)]


def test_without_captions_the_page_says_why(client: FlaskClient, app: Flask, site, at) -> None:
    at(END)
    act(site, "set_video", url=YOUTUBE, duration=None)
    act(
        site,
        "set_details",
        slides_url="https://files.example.org/mars.pdf",
        expected_by=None,
        consent=True,
        without_captions="Un outil les prépare.",
    )
    assert "Un outil" not in read(client.get(PAGE)).text
    act(site, "go_online")
    page = read(client.get(PAGE))
    assert "Un outil les prépare." in page.text
    assert words(app, "This replay has no captions and no transcript:") in page.text
    assert page.links("https://files.example.org/mars.pdf") != []


def test_withdrawn_the_page_says_so_and_keeps_what_may_stay(
    client: FlaskClient, app: Flask, site: Database, at
) -> None:
    online(site)
    at(END)
    act(site, "withdraw", why="Une erreur de montage.", words_stay=False)
    page = read(client.get(PAGE))
    assert words(app, "There is no replay") in page.text
    assert "Une erreur de montage." in page.text
    assert (page.all("video"), "Merci." in page.text) == ([], False)
    act(site, "withdraw", why="Une erreur de montage.", words_stay=True)
    page = read(client.get(PAGE))
    assert (page.all("video"), "Merci." in page.text) == ([], True)
    assert lines(page) == []


def test_a_replay_takes_three_queries_more(client: FlaskClient, site: Database, at) -> None:
    at(END)
    with counted_queries(site) as without:
        client.get(PAGE)
    online(site)
    with counted_queries(site) as cold:
        client.get(PAGE)
    with counted_queries(site) as warm:
        client.get(PAGE)
    # Its chapters, its words, and the resources beside the chapters.
    assert (len(cold) - len(without), len(warm)) == (3, 1)


def test_paper_says_the_addresses(client: FlaskClient, site: Database, at) -> None:
    online(site, replace(HERE, url=YOUTUBE))
    act(
        site,
        "set_details",
        slides_url="https://files.example.org/mars.pdf",
        expected_by=None,
        consent=False,
        without_captions=None,
    )
    at(END)
    page = read(client.get(f"{PAGE}?t=30"))
    said = page.one("p", class_="print-only").text.replace("\N{NO-BREAK SPACE}", " ")
    assert said == (
        f"Adresse de cette page : {BASE_URL}{PAGE}"
        f"La vidéo : {YOUTUBE}"
        "Le diaporama : https://files.example.org/mars.pdf"
    )
    assert "no-print" in page.by_id("link").attrs["class"]
