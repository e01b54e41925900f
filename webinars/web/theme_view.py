"""The page of a theme: as it is, and as the answer to its form."""

from typing import Any
from urllib.parse import unquote

from flask import g, render_template, request, url_for
from flask_babel.speaklater import LazyString
from markupsafe import escape
from sqlalchemy.orm import Session

from webinars.domain.programme import Moment
from webinars.domain.theme_page import theme_page
from webinars.services import services
from webinars.web.page_cache import Page, keep
from webinars.web.webinar_form import LinkForm, PersonForm, new_form_token, theme_subject

TEMPLATE = "library/theme.html"
# A kept page has these in the place of what each request brings.
FORM_PROOF_GOES_HERE = "the-token-of-this-form"
ADDRESS_GOES_HERE = "the-address-that-was-given"


def theme_body(theme: str, *, outcome: str | None = None, email: str = "") -> bytes:
    """The page from memory with a fresh token; or what sending its form did for this address."""
    if outcome:
        _stands_on_the_page(theme)

    def build(session: Session, moment: Moment) -> Page:
        page = theme_page(session, slug=theme, moment=moment)
        values = _values(FORM_PROOF_GOES_HERE)
        if outcome:
            values |= {"outcome": outcome, "email_given": ADDRESS_GOES_HERE}
        return Page(TEMPLATE, {"page": page, **values}, page.webinars)

    body = keep(build, vary=(outcome or "",)).body
    token = new_form_token(theme_subject(theme))
    return body.replace(FORM_PROOF_GOES_HERE.encode(), token.encode()).replace(
        ADDRESS_GOES_HERE.encode(), escape(email).encode()
    )


def refused_theme(
    theme: str,
    *,
    form: PersonForm | None = None,
    link: LinkForm | None = None,
    notice: LazyString | None = None,
) -> str:
    """The page with what was typed, and what is wrong with it."""
    _stands_on_the_page(theme)
    g.page_query = ""
    with services().database.read() as session:
        page = theme_page(session, slug=theme, moment=services().moment())
    values = _values(new_form_token(theme_subject(theme))) | {"notice": notice}
    return render_template(
        TEMPLATE,
        page=page,
        **(values | ({"form": form} if form else {}) | ({"link": link} if link else {})),
    )


def _stands_on_the_page(theme: str) -> None:
    address = url_for("library.theme", theme=theme)
    g.page_path = unquote(address.removeprefix(request.script_root))


def _values(csrf_token: str) -> dict[str, Any]:
    return {
        "form": PersonForm(),
        "link": LinkForm(),
        "csrf_token": csrf_token,
        "hold": services().house.hold,
        "outcome": None,
        "email_given": None,
        "notice": None,
    }
