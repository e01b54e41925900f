"""A visitor with a real browser, and what is asked of every page that is visited."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)

from tests.conftest import missing
from tests.e2e.support import LOOPBACK

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}
PAGE_MILLISECONDS = 45_000
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIOLATIONS = "axe.run({ resultTypes: ['violations'] }).then((results) => results.violations)"
"""What stands well is not told: it takes as long to bring over as the look itself."""
REFUSED_FORM = re.compile(r"Failed to load resource: .* 422 ")
"""Chromium's own note on an answer that the test asked for."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's browser without a window."""
    path = shutil.which("chromium")
    if path is None:
        missing("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visitor:
    """One context of the browser, and everything that went wrong in it."""

    context: BrowserContext
    base_url: str
    page: Page = field(init=False)
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(PAGE_MILLISECONDS)
        self.context.on("request", self._note_request)
        self.context.on("response", self._note_response)
        self.context.on("console", self._note_console)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page = self.context.new_page()

    def _note_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != LOOPBACK:
            self.foreign.append(request.url)

    def _note_response(self, response: Response) -> None:
        self.responses.append(response)
        if response.status >= 400 and response.status != 422:
            self.broken.append(f"{response.status} {response.url}")

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not REFUSED_FORM.match(message.text):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def must_be_content(self) -> None:
        """Nothing left for another host, nothing was refused, nothing complained."""
        assert not self.foreign, self.foreign
        assert not self.broken, self.broken
        assert not self.complaints, self.complaints

    def until(self, expression: str, *, within: float = 45) -> None:
        """Until the page says so. Playwright's own waiting needs eval, which no page allows."""
        end = time.monotonic() + within
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, f"not within {within:g} s: {expression}"
            self.page.wait_for_timeout(50)

    def goes_to(self, path: str) -> Page:
        """Open an address of the site."""
        response = self.page.goto(self.base_url + path)
        assert response is not None
        assert response.status == 200, f"{path}: {response.status}"
        return self.page

    def signs_in(self, email: str, password: str) -> None:
        """To the organisers' desk."""
        page = self.goes_to("/organise/sign-in")
        page.locator("main [name=email]").fill(email)
        page.locator("main [name=password]").fill(password)
        with page.expect_navigation():
            page.locator("main form button[type=submit]").click()

    def follows(self, selector: str) -> None:
        """Click the first link of this kind inside the page's content."""
        link = self.page.locator(f"main {selector}").first
        target = link.get_attribute("href")
        with self.page.expect_navigation():
            link.click()
        assert target is not None
        assert urlsplit(self.page.url).path == urlsplit(target).path

    def looks(self, *, dark: bool = False) -> None:
        """The page at two widths, for some in the dark: no barrier, no sideways scrolling."""
        where = urlsplit(self.page.url).path
        self._no_barrier(f"{where}, wide")
        self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        self._no_barrier(f"{where}, narrow")
        wider = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wider <= 0, f"{where}: {wider} px wider than a telephone"
        if dark:
            self.page.emulate_media(color_scheme="dark")
            self._no_barrier(f"{where}, narrow, dark")
            self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
            self._no_barrier(f"{where}, wide, dark")
            self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]

    def _no_barrier(self, where: str) -> None:
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        violations: list[dict[str, Any]] = self.page.evaluate(VIOLATIONS)
        found = [
            f"{violation['id']} ({violation['help']}): {node['html'][:160]}"
            for violation in violations
            for node in violation["nodes"]
        ]
        assert not found, f"{where}:\n" + "\n".join(found)


@contextmanager
def visitor(browser: Browser, base_url: str, **options: Any) -> Iterator[Visitor]:
    """Somebody who has never been here; at the end, all must have gone without complaint."""
    settings = {"locale": "fr-FR", "viewport": WIDE, "reduced_motion": "reduce", **options}
    context = browser.new_context(**settings)
    try:
        who = Visitor(context, base_url)
        yield who
        who.must_be_content()
    finally:
        context.close()
