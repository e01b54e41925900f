"""The permanent page of a webinar: as it is, and as the answer to one of its forms."""

from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from flask import g, render_template, request, url_for
from markupsafe import escape
from sqlalchemy.orm import Session

from webinars import clock
from webinars.domain.programme import Moment
from webinars.domain.video_sources import Kind, Source, source_of, starting_at
from webinars.domain.webinar_page import WebinarPage, page_state, webinar_page
from webinars.services import services
from webinars.web import structured_data
from webinars.web.context import asset
from webinars.web.headers import allow_player
from webinars.web.language import request_language
from webinars.web.page_cache import Kept, Page, build_and_keep, recall
from webinars.web.sharing import share_webinar
from webinars.web.webinar_form import LinkForm, RegistrationForm, form_subject, new_form_token

# A kept page has these in the place of what each request brings.
FORM_PROOF_GOES_HERE = "the-token-of-this-form"
FRAGMENT_GOES_HERE = "#the-second-to-begin-at"
SECOND_GOES_HERE = "the-second-without-its-fragment"
ADDRESS_GOES_HERE = "the-address-that-was-given"


def permanent_page(cycle: str, webinar: str, *, second: int) -> bytes:
    """The page from memory, with a fresh token, and the second at which the video begins."""
    with services().database.glance() as session:
        version, full = page_state(session, cycle_slug=cycle, webinar_slug=webinar, now=clock.now())
    kept = recall(version=version, vary=_vary(full=full)) or _built(cycle, webinar, full=full)
    # RFC 3986 fragment as of W3C Media Fragments: without script the video begins there too.
    return _filled(kept, cycle, webinar, second=max(0, second))


def answer_page(
    cycle: str, webinar: str, *, outcome: str, email: str, full: bool, version: int
) -> bytes:
    """The page from memory, saying what sending its form did for this address.

    ``version`` is that of the site as it was when the form was dealt with.
    """
    _stands_on_the_permanent_page(cycle, webinar)
    kept = recall(version=version, vary=_vary(full=full, outcome=outcome))
    if kept is None:
        kept = _built(cycle, webinar, full=full, outcome=outcome)
    return _filled(kept, cycle, webinar, email=email)


def _built(cycle: str, webinar: str, *, full: bool, outcome: str | None = None) -> Kept:
    def build(session: Session, moment: Moment) -> Page:
        found = webinar_page(session, cycle_slug=cycle, webinar_slug=webinar, moment=moment)
        page = replace(found, full=full)  # as the page is kept, whatever has happened since
        values = webinar_values(page, csrf_token=FORM_PROOF_GOES_HERE)
        values |= {"video_fragment": FRAGMENT_GOES_HERE, "video_second": SECOND_GOES_HERE}
        if outcome:
            values |= {"outcome": outcome, "email_given": ADDRESS_GOES_HERE}
        shown, video = page.cycle.webinars, values["video"]
        return Page("public/webinar.html", values, shown, video=video, turns=page.turns)

    return build_and_keep(build, vary=_vary(full=full, outcome=outcome))


def _vary(*, full: bool, outcome: str | None = None) -> tuple[str, str]:
    return ("full" if full else "", outcome or "")


def _filled(kept: Kept, cycle: str, webinar: str, *, second: int = 0, email: str = "") -> bytes:
    token = new_form_token(form_subject(cycle, webinar))
    allow_player(kept.video)
    fragment = f"#t={second}" if second else ""
    return (
        kept.body.replace(FORM_PROOF_GOES_HERE.encode(), token.encode())
        .replace(FRAGMENT_GOES_HERE.encode(), fragment.encode())
        .replace(SECOND_GOES_HERE.encode(), str(second).encode())
        .replace(ADDRESS_GOES_HERE.encode(), escape(email).encode())
    )


def render_webinar(
    page: WebinarPage,
    *,
    form: RegistrationForm | None = None,
    link: LinkForm | None = None,
    outcome: str | None = None,
    notice: Any = None,
) -> str:
    """The permanent page as the answer to a form.

    The form's own address is no page: the languages and the canonical link lead to this one.
    """
    _stands_on_the_permanent_page(page.webinar.cycle_slug, page.webinar.slug)
    g.page_query = ""
    subject = form_subject(page.webinar.cycle_slug, page.webinar.slug)
    values = webinar_values(page, csrf_token=new_form_token(subject))
    values |= {"outcome": outcome, "notice": notice}
    allow_player(values["video"])
    return render_template(
        "public/webinar.html",
        **(values | ({"form": form} if form else {}) | ({"link": link} if link else {})),
    )


def _stands_on_the_permanent_page(cycle: str, webinar: str) -> None:
    address = url_for("public.webinar", cycle=cycle, webinar=webinar)
    g.page_path = unquote(address.removeprefix(request.script_root))


def webinar_values(page: WebinarPage, *, csrf_token: str) -> dict[str, Any]:
    """What the template of the permanent page is given, with forms to be filled in."""
    shared = share_webinar(page.webinar, page.cycle)
    video = source_of(page.replay.video_url) if page.replay else None
    return {
        "page": page,
        "structured_data": structured_data.of_webinar(
            page,
            links=services().links,
            organisation=services().settings.organiser_name,
            language=request_language(),
            picture=shared.address,
        ),
        "shared": shared,
        "form": RegistrationForm(),
        "link": LinkForm(),
        "csrf_token": csrf_token,
        "hold": services().house.hold,
        "video": video,
        "video_written": _written(video) if video else None,
        "video_fragment": "",
        "video_second": 0,
        "starting_at": starting_at,
        "outcome": None,
        "email_given": None,
        "notice": None,
    }


def _written(video: Source) -> str:
    """Its address as paper says it, where nothing leads anywhere."""
    match video.kind:
        case Kind.DEMONSTRATION:
            return services().links.absolute(asset(f"demo/{video.address}"))
        case Kind.UPLOADED:
            return services().links.absolute(video.address)
        case _:
            return video.address
