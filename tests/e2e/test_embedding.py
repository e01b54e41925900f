"""A programme inside a page of another site, with a real browser."""

import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Page

from tests.e2e.browsing import NARROW, Visitor
from tests.e2e.support import LOOPBACK, Installation

pytestmark = pytest.mark.browser

REPLAY = "/cycles/2019/apprendre-a-faire-alliances"
PROGRAMME = "/cycles/2019"
WIDTHS = (280, 390, 600, 1200)


@contextmanager
def another_site(body: str) -> Iterator[str]:
    """A page of somebody else's, on a port of its own; its address."""
    page = (
        '<!doctype html><html lang="fr"><title>Ailleurs</title>'
        f"<main><h1>Ailleurs</h1>{body}</main>"
    )

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 204)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            if self.path == "/":
                self.wfile.write(page.encode())

        def log_message(self, *_args: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def framed(page: Page) -> Frame:
    """The one frame of the page, once it stands there."""
    page.locator("iframe").first.scroll_into_view_if_needed()
    page.frame_locator("iframe").locator("h1").wait_for()
    (found,) = [frame for frame in page.frames if frame is not page.main_frame]
    return found


def pasted(who: Visitor, path: str = PROGRAMME) -> str:
    """What the programme's page gives to paste, taken by the keyboard and the button."""
    page = who.goes_to(path)
    page.locator("details", has=page.locator("#embed-code")).locator("summary").press("Enter")
    who.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator('[data-copy="embed-code"]').click()
    page.locator('[data-copy="embed-code"]', has_text="Copié").wait_for()
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#embed-code").input_value()
    return copied


def test_the_pasted_lines_show_the_programme_elsewhere(
    someone: Visitor, demonstration: Installation
) -> None:
    lines = pasted(someone)
    someone.looks(dark=True)
    with another_site(lines) as address:
        someone.responses.clear()
        someone.page.goto(address)
        frame = framed(someone.page)
        assert frame.url == f"{demonstration.base_url}{PROGRAMME}/embed"
        assert frame.locator("h3").count() == 12
        # Everything comes from the two sites, nothing leaves a cookie, nothing runs.
        hosts = {urlsplit(one.url).netloc for one in someone.responses}
        assert hosts == {urlsplit(address).netloc, urlsplit(demonstration.base_url).netloc}
        assert someone.context.cookies() == []
        kinds = {urlsplit(one.url).path.rpartition(".")[2] for one in someone.responses}
        assert "js" not in kinds
        assert all("set-cookie" not in one.headers for one in someone.responses)
        assert frame.locator("script").count() == 0
        fonts = "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
        assert len(frame.evaluate(fonts)) >= 2


def test_links_open_outside_of_the_frame(someone: Visitor, demonstration: Installation) -> None:
    source = f"{demonstration.base_url}{PROGRAMME}/embed"
    with another_site(f'<iframe src="{source}" title="x" width="600" height="500"></iframe>') as at:
        someone.page.goto(at)
        frame = framed(someone.page)
        with someone.context.expect_page() as opened:
            frame.locator(f'a[href$="{REPLAY}"]').click()
        page = opened.value
        page.wait_for_load_state()
        assert page.url == demonstration.base_url + REPLAY
        assert page.evaluate("window.opener") is None
        assert someone.page.url == at
        assert frame.url == source
        # By the keyboard: the first link of the frame is reached from the page around it.
        someone.page.locator("body").press("Tab")
        someone.page.keyboard.press("Tab")
        assert frame.evaluate("document.activeElement.tagName") == "A"


@pytest.mark.parametrize("path", ["/embed", f"{PROGRAMME}/embed", f"{REPLAY}/embed"])
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_frame_is_whole_at_every_width(someone: Visitor, path: str, prefix: str) -> None:
    page = someone.goes_to(prefix + path)
    assert page.locator("html").get_attribute("lang") == ("en" if prefix else "fr")
    someone.looks(dark=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 560})
        wider = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wider <= 0, (width, wider)
        small = page.evaluate(
            "[...document.querySelectorAll('.button, .link, .embed__brand')]"
            ".filter(a => a.getBoundingClientRect().height < 24).length"
        )
        assert small == 0


@pytest.mark.parametrize("width", [320, 600])
def test_the_offered_height_holds_the_frame(
    someone: Visitor, demonstration: Installation, width: int
) -> None:
    found = set(re.findall(r'href="(/cycles/\d{4})"', demonstration.get("/").text))
    assert PROGRAMME in found
    offered = {}
    for cycle in sorted(found):
        links = re.findall(rf'href="({cycle}/[\w-]+)"', demonstration.get(cycle).text)
        webinars = set(links) - {f"{cycle}/register", f"{cycle}/embed"}
        assert len(webinars) == 12
        for path in (cycle, *sorted(webinars)):
            url = quote(demonstration.base_url + path, safe="")
            said = json.loads(demonstration.get(f"/oembed?url={url}&maxwidth={width}").text)
            assert said["width"] == width
            offered[path] = said["height"]
    for path, height in offered.items():
        someone.page.set_viewport_size({"width": width, "height": height})
        page = someone.goes_to(f"{path}/embed")
        page.evaluate("document.fonts.ready.then(() => null)")
        assert page.evaluate("document.documentElement.scrollHeight") == height, path
        foot = page.locator(".embed__foot").bounding_box()
        assert foot is not None
        assert foot["y"] + foot["height"] <= height, path


def test_no_other_page_can_be_framed(browser: Browser, demonstration: Installation) -> None:
    """What has forms stays out of other sites' frames."""
    context = browser.new_context(viewport=NARROW)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        source = escape(demonstration.base_url + PROGRAMME)
        with another_site(f'<iframe src="{source}" title="x"></iframe>') as address:
            page.goto(address)
            page.wait_for_timeout(300)
            inside = [frame for frame in page.frames if frame is not page.main_frame]
            assert [frame.url for frame in inside] == ["chrome-error://chromewebdata/"]
    finally:
        context.close()
