"""An organiser drops a video on its field, and it plays on the public page."""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import files
from tests.e2e.browsing import visitor
from tests.e2e.support import installation
from tests.e2e.warm import Warm
from tests.uploading import EMAIL, HERE, PAGE, PASSWORD, with_webinar
from webinars.places import STATIC

pytestmark = pytest.mark.browser

VIDEO = (STATIC / "demo" / "demonstration.webm").read_bytes()
DROP = """([content, name]) => {
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  document.querySelector("#video_file").closest(".field").dispatchEvent(
    new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }),
  );
}"""


def test_dropped_refused_and_played(browser: Browser, warm: Warm | None, tmp_path: Path) -> None:
    with installation(tmp_path, warm=warm) as place:
        with_webinar(place)
        place.serve()
        with visitor(browser, place.base_url) as who:
            who.signs_in(EMAIL, PASSWORD)
            page = who.goes_to(HERE)
            page.locator("#slides_file").set_input_files(
                {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"<html><p>"}
            )
            page.locator("#without_captions").fill("Elles viennent.")
            page.locator("#details-part button[type=submit]").click()
            page.locator("#slides_file-error").wait_for()
            who.until("document.activeElement.matches('.error-summary')")
            # Nothing that was typed or chosen is lost.
            assert page.locator("#without_captions").input_value() == "Elles viennent."
            assert page.evaluate("document.querySelector('#slides_file').files[0].name") == "a.pdf"
            who.looks(dark=True)
            page.locator("#slides_file").set_input_files(
                {"name": "a.pdf", "mimeType": "text/html", "buffer": files.pdf()}
            )
            page.locator("#details-part button[type=submit]").click()
            page.locator("#details-part .upload__kept").wait_for()
            who.until("document.activeElement.matches('.notice')")
            page.evaluate(DROP, [base64.b64encode(VIDEO).decode(), "Réunion.webm"])
            page.locator("#video-part button[type=submit]").click()
            page.locator("#video-part .upload__kept").wait_for()
            assert "Réunion.webm" in page.locator("#video-part").inner_text()
            who.looks(dark=True)
            with page.expect_navigation():
                page.locator("form:has(input[value=online]) button[type=submit]").click()

            page = who.goes_to(PAGE)
            who.looks(dark=True)
            page.evaluate("document.querySelector('video').play()")
            who.until("document.querySelector('video').currentTime > 0.2")
            page.evaluate("document.querySelector('video').currentTime = 90")
            who.until("document.querySelector('video').readyState >= 2")
            assert page.locator(".player__failed").is_hidden()
