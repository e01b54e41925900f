"""Which kits lack a webinar, which webinars lack a kit."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import coverage as coverages
from webinars.domain.coverage import ThemeInUse
from webinars.models import Step
from webinars.services import services
from webinars.web.acting import cycle_of_form
from webinars.web.errors import error_page

blueprint = Blueprint("coverage", __name__, url_prefix="/organise")


@blueprint.get("/cycles/<cycle>/coverage")
def coverage(cycle: str) -> Response:
    """Themes and steps, with the year's webinars."""
    return make_response(_page(cycle))


@blueprint.post("/themes/<theme>/remove")
def remove_theme(theme: str) -> AnyResponse:
    """Take a theme out of the library, if no webinar is on it."""
    cycle = cycle_of_form()
    try:
        with services().database.write() as session:
            coverages.remove_theme(
                session, slug=theme, actor=current_user.email, now=services().moment().now
            )
    except ThemeInUse as error:
        sentence = _in_use(error)
        if cycle is None:
            return error_page(409, sentence=sentence)
        return make_response(_page(cycle, refused=sentence), 409)
    flash(gettext("The theme is no longer in the library. Its resources stay."), "success")
    if cycle is None:
        return redirect(url_for("organise.desk"), code=303)
    return redirect(url_for("coverage.coverage", cycle=cycle), code=303)


def _in_use(error: ThemeInUse) -> str:
    uses = ", ".join(
        f"{title} ({cycle})" for (cycle, _), title in zip(error.uses, error.titles, strict=True)
    )
    return str(
        gettext(
            "Nothing was removed: these webinars are on the theme. Give them another one first: "
            "%(webinars)s.",
            webinars=uses,
        )
    )


def _page(cycle: str, *, refused: str | None = None) -> str:
    with services().database.read() as session:
        seen = coverages.coverage(session, cycle_slug=cycle)
    return render_template(
        "organise/coverage.html",
        coverage=seen,
        steps=tuple(Step),
        refused=refused,
        csrf_token=generate_csrf(),
    )
