"""The demonstration's own video with its chapters and its transcript, in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, Route

from tests.e2e.browsing import NARROW, Visitor, visitor
from tests.e2e.support import MAIL_SECONDS, Installation, until
from webinars import clock
from webinars.db import Database
from webinars.domain import replay_acts
from webinars.domain.editing import Editor
from webinars.places import STATIC

pytestmark = pytest.mark.browser

PAST = "/cycles/2019/apprendre-a-faire-alliances"
NOW = "document.querySelector('video').currentTime"
TUBE = "https://tube.example.org"


def plays(who: Visitor, *, from_second: int) -> None:
    who.until(f"{NOW} >= {from_second} && {NOW} < {from_second + 6}")
    who.page.locator("video").evaluate("video => video.pause()")


def said(page: Page) -> list[str]:
    """The line of the transcript that is marked."""
    return page.locator(".transcript [aria-current]").all_inner_texts()


def mute(page: Page) -> None:
    page.locator("video").evaluate("video => { video.muted = true; }")


@pytest.mark.parametrize(
    ("prefix", "line", "word", "hits"),
    [
        ("", "Trois cases sont pleines, la quatrième est verte.", "DERNIERE", "1 ligne"),
        ("/en", "Three cells are full, the fourth is green.", "ribbon", "4 lines"),
    ],
)
def test_chapters_and_transcript_follow_the_video(
    someone: Visitor, prefix: str, line: str, word: str, hits: str
):
    page = someone.goes_to(f"{prefix}{PAST}")
    mute(page)
    chapters, transcript = page.locator("[role=tab]").all()
    page.locator(".chapters [data-seconds]").nth(1).click()
    plays(someone, from_second=24)
    assert page.url.endswith("?t=24")
    assert page.locator(".chapters [aria-current]").get_attribute("data-seconds") == "24"
    someone.looks(dark=True)

    chapters.focus()
    page.keyboard.press("ArrowRight")
    assert transcript.get_attribute("aria-selected") == "true"
    assert not page.locator(".chapters").is_visible()
    assert said(page) == [line]
    page.locator(".transcript [data-seconds='72']").click()
    plays(someone, from_second=72)
    box, running = (
        page.locator(one).bounding_box()
        for one in (".transcript__text", ".transcript [aria-current]")
    )
    assert box is not None
    assert running is not None
    assert box["y"] <= running["y"] <= box["y"] + box["height"]

    page.locator("#transcript-search").fill(word)
    assert page.locator("[data-found]").inner_text() == hits
    someone.looks(dark=True)


def test_where_somebody_left_and_how_fast_stays_in_the_browser(someone: Visitor):
    page = someone.goes_to(f"{PAST}?t=30")
    assert not page.locator("[data-resume]").is_visible()
    mute(page)
    page.locator("[data-speed]").select_option("1.5")
    page.locator(".chapters [data-seconds]").nth(2).click()
    plays(someone, from_second=48)
    page = someone.goes_to(PAST)
    mute(page)
    assert page.locator("video").evaluate("video => video.playbackRate") == 1.5
    assert page.locator("[data-resume]").inner_text().startswith("Reprendre à 00:4")
    page.locator("[data-resume]").click()
    plays(someone, from_second=48)
    assert not page.locator("[data-resume]").is_visible()
    assert page.context.cookies() == []


def test_by_keys(someone: Visitor):
    page = someone.goes_to(PAST)
    mute(page)
    page.locator("[data-speed]").focus()
    page.keyboard.press("n")  # a letter of a list of choices
    assert page.evaluate(NOW) == 0
    page.locator(".chapters a").first.focus()
    page.keyboard.press("n")
    plays(someone, from_second=24)
    page.keyboard.press("l")
    someone.until(f"{NOW} >= 34")
    page.keyboard.press("k")
    someone.until("!document.querySelector('video').paused")
    page.keyboard.press("k")
    someone.until("document.querySelector('video').paused")
    page.locator("main a").first.focus()
    before = page.evaluate(NOW)
    page.keyboard.press("j")
    assert page.evaluate(NOW) == before


def test_without_script_everything_is_a_link(browser: Browser, demonstration: Installation):
    with visitor(
        browser, demonstration.base_url, java_script_enabled=False, viewport=NARROW
    ) as someone:
        page = someone.goes_to(PAST)
        assert page.locator("[role=tablist], [data-bar], [data-tools]").all() != []
        for hidden in page.locator("[role=tablist], [data-bar], [data-tools]").all():
            assert not hidden.is_visible()
        line = page.locator(".transcript [data-seconds='24']")
        assert line.is_visible()
        with page.expect_navigation():
            line.click()
        assert (page.locator("video").get_attribute("src") or "").endswith("#t=24")


def test_on_paper_chapters_and_all_words_stand(someone: Visitor):
    page = someone.goes_to(PAST)
    page.emulate_media(media="print")
    assert not page.locator("video").is_visible()
    for shown in (".chapters", ".transcript", ".transcript__text p:last-child"):
        assert page.locator(shown).is_visible()
    folded = page.locator(".fold:not([open]) .resource__title")
    assert folded.count() > 20
    assert all(title.bounding_box() for title in folded.all())


def test_a_video_that_is_gone_leaves_the_words(browser: Browser, demonstration: Installation):
    """Not a visitor who must be content: the browser complains, and rightly."""
    with browser.new_context(locale="fr-FR") as context:
        page = context.new_page()
        page.route("**/*.webm*", lambda route: route.fulfill(status=404))
        page.goto(f"{demonstration.base_url}{PAST}")
        page.locator(".chapters [data-seconds]").nth(1).click()
        page.locator("[data-failed]").wait_for()
        page.locator("#tab-transcript").click()
        assert page.locator(".transcript__text").is_visible()


@pytest.fixture
def from_elsewhere(demonstration: Installation) -> Iterator[str]:
    """A replay of the demonstration whose video another host has."""
    path = "/cycles/2019/connaitre-son-ecosysteme"
    where: dict[str, Any] = {"cycle_slug": "2019", "webinar_slug": path.rpartition("/")[2]}
    database = Database(f"sqlite:///{demonstration.folder / 'webinars.sqlite'}")
    with database.write() as session:
        replay_acts.set_video(
            session,
            **where,
            url=f"{TUBE}/w/kkGMgK9ZtnKfYAgnEtQxbv",
            duration=None,
            editor=Editor("test", clock.now()),
        )
    yield path
    database.dispose()


def test_nothing_of_another_host_is_loaded_before_a_click(
    browser: Browser, demonstration: Installation, from_elsewhere: str
):
    asked = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=200, content_type="text/html", body="<title>player</title>")

    with browser.new_context(locale="fr-FR") as context:
        context.route(f"{TUBE}/**", answer)
        page = context.new_page()
        page.goto(f"{demonstration.base_url}{from_elsewhere}")
        assert "tube.example.org" in page.locator("[data-says-load]").inner_text()
        page.locator(".chapters [data-seconds]").nth(1).click()
        assert page.evaluate("document.activeElement.hasAttribute('data-load')")
        assert asked == []
        page.locator("[data-always]").check()
        page.locator("[data-load]").click()
        page.frame_locator(".player__screen iframe").locator("title").wait_for(state="attached")
        assert [one.rpartition("start=")[2] for one in asked] == ["24s"]
        assert asked[0].startswith(f"{TUBE}/videos/embed/kkGMgK9ZtnKfYAgnEtQxbv?")

        assert page.locator("[data-bar] [data-away]").get_attribute("href")

        page.goto(f"{demonstration.base_url}{from_elsewhere}")  # at once, as was asked, and still
        page.frame_locator(".player__screen iframe").locator("title").wait_for(state="attached")
        assert "autoplay" not in asked.pop()
        page.locator(".chapters [data-seconds]").nth(2).click()
        page.frame_locator(".player__screen iframe").locator("title").wait_for(state="attached")
        assert [one.rpartition("start=")[2] for one in asked] == ["24s", "48s"]


COUNTED = "/cycles/2019/evaluer-sa-pertinence"
"""A replay that no other test of this file plays."""


def counts(place: Installation, table: str) -> list[tuple[int, ...]]:
    """The sums of that replay: for a minute its number before it; without day and resource."""
    values = (
        "minute, plays"
        if table == "replay_minutes"
        else {"replay_views": "views"}.get(table, "openings")
    )
    database = Database(f"sqlite:///{place.folder / 'webinars.sqlite'}")
    with database.read() as session:
        rows = session.execute(
            sa.text(
                f"SELECT {values} FROM {table} JOIN replays ON replays.id = replay_id"
                " JOIN webinars ON webinars.id = webinar_id JOIN cycles ON cycles.id = cycle_id"
                " WHERE cycles.slug || '/' || webinars.slug = :name ORDER BY 1"
            ),
            {"name": COUNTED.removeprefix("/cycles/")},
        )
        found = [tuple(row) for row in rows]
    database.dispose()
    return found


def plays_ten_seconds(who: Visitor, *, from_second: int) -> None:
    who.page.locator("video").evaluate(
        "(video, second) => { video.muted = true; video.playbackRate = 4;"
        " video.currentTime = second; video.play(); }",
        from_second,
    )
    who.until(f"{NOW} >= {from_second + 13} && {NOW} < {from_second + 30}", within=20)
    who.page.locator("video").evaluate("video => video.pause()")


def test_what_is_played_and_opened_is_counted_and_nobody_is(
    someone: Visitor, demonstration: Installation
) -> None:
    def arrive(table: str, rows: list[tuple[int, ...]]) -> None:
        until(lambda: counts(demonstration, table) == rows, within=20, what=f"{table}: {rows}")

    page = someone.goes_to(COUNTED)
    page.wait_for_timeout(300)
    assert counts(demonstration, "replay_views") == []
    plays_ten_seconds(someone, from_second=0)
    arrive("replay_views", [(1,)])
    plays_ten_seconds(someone, from_second=64)
    plays_ten_seconds(someone, from_second=4)  # again, but told of once with what waits
    someone.follows("a.resource__title")  # leaving tells what waits
    arrive("replay_minutes", [(0, 1), (1, 1)])

    page = someone.goes_to(COUNTED)
    plays_ten_seconds(someone, from_second=0)
    opened = someone.page.locator("a[href*='/resources/'].resource__title").all()
    for address in [one.get_attribute("href") for one in opened]:
        page.evaluate("address => { location.href = address; }", address)
        page.wait_for_url(f"**{address}")
        document = page.locator("a[data-resource]")
        if document.count():
            break
        page.go_back()
    document.evaluate("link => link.addEventListener('click', (event) => event.preventDefault())")
    document.click()
    arrive("replay_openings", [(1,)])
    arrive("replay_views", [(2,)])
    arrive("replay_minutes", [(0, 2), (1, 1)])
    assert page.context.cookies() == []
    told = [one.request for one in someone.responses if one.url.endswith("/counts")]
    assert {one.method for one in told} == {"POST"}
    assert all("cookie" not in one.all_headers() for one in told)

    password = (demonstration.folder / "demo-organiser-password").read_text("utf-8").strip()
    someone.signs_in("organisation@example.org", password)
    page = someone.goes_to("/organise/counts")
    someone.looks(dark=True)
    someone.follows(f"a[href$='{COUNTED.rpartition('/')[2]}/counts']")
    assert page.locator(".count-tallies dd").all_inner_texts() == ["2", "3", "1"]
    someone.looks(dark=True)
    page.locator(".count-part details summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".count-part table").first.is_visible()


def test_who_asks_not_to_be_counted_is_not(browser: Browser, demonstration: Installation) -> None:
    with visitor(browser, demonstration.base_url) as who:
        who.context.add_init_script(
            "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true });"
        )
        page = who.goes_to(COUNTED)
        plays_ten_seconds(who, from_second=0)
        page = who.goes_to("/")
        page.wait_for_timeout(300)
        assert [one.url for one in who.responses if one.url.endswith("/counts")] == []


def test_a_file_of_another_host_plays_after_its_click(
    browser: Browser, demonstration: Installation, from_elsewhere: str
):
    film = (STATIC / "demo" / "demonstration.webm").read_bytes()
    database = Database(f"sqlite:///{demonstration.folder / 'webinars.sqlite'}")
    with database.write() as session:
        replay_acts.set_video(
            session,
            cycle_slug="2019",
            webinar_slug=from_elsewhere.rpartition("/")[2],
            url=f"{TUBE}/film.webm",
            duration=None,
            editor=Editor("test", clock.now()),
        )
    database.dispose()
    with browser.new_context(locale="fr-FR") as context:
        context.route(
            f"{TUBE}/**", lambda route: route.fulfill(content_type="video/webm", body=film)
        )
        page = context.new_page()
        page.goto(f"{demonstration.base_url}{from_elsewhere}")
        page.locator("[data-load]").click()
        mute(page)
        page.wait_for_function(f"{NOW} > 0")
        context.unroute(f"{TUBE}/**")
        context.route(f"{TUBE}/**", lambda route: route.fulfill(status=404))
        page.reload()
        page.locator("[data-load]").click()
        page.locator("[data-failed]").wait_for()


def test_a_search_as_one_types_opens_the_video_at_its_second(
    someone: Visitor, demonstration: Installation
) -> None:
    def indexed() -> bool:
        return "found" in demonstration.get("/search?q=verte&part=results").text

    until(indexed, within=MAIL_SECONDS, what="the worker knows the words of the replays")
    page = someone.goes_to("/search")
    page.keyboard.type("QUATRIEMES case verte")
    page.locator(".found mark").first.wait_for()
    someone.until("location.search.includes('QUATRIEMES')")
    hit = page.locator(".found li").filter(has=page.locator("mark")).first
    second = int(hit.locator("time").get_attribute("datetime").removeprefix("PT").rstrip("S"))  # type: ignore[union-attr]
    someone.looks()
    hit.locator("a").click()
    page.wait_for_url(f"**?t={second}*")
    someone.until(f"{NOW} >= {second}")


@pytest.mark.parametrize(("prefix", "explained"), [("", "Expliquée à"), ("/en", "Explained at")])
def test_from_the_moment_to_its_resource_and_back(someone: Visitor, prefix: str, explained: str):
    page = someone.goes_to(f"{prefix}{PAST}")
    beside = page.locator("[data-now]")
    assert not beside.is_visible()  # the opening chapter has none
    mute(page)
    page.locator(".chapters [data-seconds='48']").click()
    plays(someone, from_second=48)
    of_the_chapter = page.locator(".moment[data-seconds='48'] .resource__title").all_inner_texts()
    assert len(of_the_chapter) == 2
    assert beside.locator("a").all_inner_texts() == of_the_chapter
    page.locator("#tab-transcript").click()
    assert beside.is_visible()
    someone.looks(dark=True)

    beside.locator("a").first.click()
    page.wait_for_url("**/resources/*")
    assert page.locator("h1").inner_text() == of_the_chapter[0]
    moment = page.get_by_role("link", name=explained).first
    with page.expect_navigation():
        moment.click()
    assert page.url.endswith("?t=48#player")
    someone.until(f"{NOW} >= 48")
