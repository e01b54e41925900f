"""The form of one resource: new, or as it stands in the library."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask import make_response as answer_with
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import fields
from webinars.domain.errors import N_, ChangedMeanwhile, WrongValue
from webinars.domain.file_kinds import DOCUMENTS, endings
from webinars.domain.library import all_themes
from webinars.domain.question_resources import offered
from webinars.domain.resource_edit import (
    EditedResource,
    NoSuchTheme,
    NoSuchWhole,
    PartOfItself,
    ResourceFields,
    add_resource,
    edit_resource,
    edited_resource,
)
from webinars.domain.uploads import NewFile
from webinars.i18n import file_size, month_names
from webinars.models import EntryPoint, Step
from webinars.services import services
from webinars.web import typed as reading
from webinars.web.receiving import FileRefused, receive, received
from webinars.web.typed import Reader

blueprint = Blueprint("resource_edit", __name__, url_prefix="/organise/library")


def _step(text: str) -> Step | None:
    """Raises WrongValue."""
    try:
        return Step(text) if text else None
    except ValueError:
        raise WrongValue(N_("choose one of the list")) from None


def _entry_point(text: str) -> EntryPoint | None:
    """Raises WrongValue."""
    try:
        return EntryPoint(text) if text else None
    except ValueError:
        raise WrongValue(N_("choose one of the list")) from None


READERS: Mapping[str, Reader] = {
    "title": fields.plain_text,
    "kind": fields.plain_text,
    "url": reading.optional_address,
    "publishers": reading.distinct_lines,
    "year": reading.year,
    "audience": reading.distinct_lines,
    "step": _step,
    "entry_point": _entry_point,
    "section": reading.optional_line,
    "forthcoming": bool,
    "other_titles": reading.distinct_lines,
    "authors": reading.distinct_lines,
    "partners": reading.distinct_lines,
    "month": reading.month,
    "edition": reading.optional_line,
    "part_of": reading.optional_slug,
}
"""In the order in which the form asks for them; the themes are boxes."""
RARER = ("other_titles", "authors", "partners", "month", "edition", "part_of")
"""They stand in a fold, which is open where it holds anything."""


@blueprint.before_app_request
def allow_document() -> None:
    """Said before anything reads the form."""
    if request.endpoint in {"resource_edit.add", "resource_edit.save"}:
        receive("document")


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """The form again: nothing of what was sent is kept."""
    most = file_size(services().settings.upload_max_bytes)
    sentence = gettext("The file is too large: at most %(size)s are taken here.", size=most)
    found = _found(request.view_args)
    said = _as_typed(found.fields) if found else dict.fromkeys(READERS, "")
    themes = list(found.fields.themes) if found else []
    return _page(said, themes, errors={"document": sentence}, found=found, status=413)


@blueprint.errorhandler(FileRefused)
def refused(error: FileRefused) -> Response:
    """The form again, with the reason at the file’s field."""
    typed = {name: error.typed.get(name, "") for name in READERS}
    errors = {error.name: reading.sentence(error.wrong)}
    return _page(typed, _themes(error.typed), errors=errors, found=_found(request.view_args))


@blueprint.get("/new-resource")
def new() -> Response:
    """An empty form."""
    return _page(dict.fromkeys(READERS, ""), [])


@blueprint.post("/new-resource")
def add() -> AnyResponse:
    """Into the library, if it is right."""
    typed, themes = _typed()
    values, errors = _read(typed)
    document = _document(errors)
    if errors:
        return _page(typed, themes, errors=errors)
    try:
        with services().database.write() as session:
            slug = add_resource(
                session,
                fields=ResourceFields(**values, themes=themes),
                actor=current_user.email,
                now=services().moment().now,
                document=document,
            )
            # Before the commit: should its answer be lost, a file too many is better than none.
            received().keep()
    except (NoSuchTheme, NoSuchWhole) as error:
        return _page(typed, themes, errors=_refused(error))
    flash(gettext("The resource stands in the library."), "success")
    return redirect(url_for("resource_edit.page", resource=slug), code=303)


@blueprint.get("/resources/<resource>")
def page(resource: str) -> Response:
    """What is said of a resource, to be changed."""
    with services().database.read() as session:
        found = edited_resource(session, slug=resource)
    return _page(_as_typed(found.fields), list(found.fields.themes), found=found)


@blueprint.post("/resources/<resource>")
def save(resource: str) -> AnyResponse:
    """Change it, if it is right and nobody has been there since."""
    typed, themes = _typed()
    with services().database.read() as session:
        found = edited_resource(session, slug=resource)
    values, errors = _read(typed)
    document = _document(errors)
    if errors:
        return _page(typed, themes, errors=errors, found=found)
    try:
        with services().database.write() as session:
            edit_resource(
                session,
                slug=resource,
                fields=ResourceFields(**values, themes=themes),
                seen=request.form.get("seen", ""),
                actor=current_user.email,
                now=services().moment().now,
                document=document,
                keeps_document=request.form.get("remove_document") != "1",
            )
            # Before the commit: should its answer be lost, a file too many is better than none.
            received().keep()
    except (NoSuchTheme, NoSuchWhole, PartOfItself) as error:
        return _page(typed, themes, errors=_refused(error), found=found)
    except ChangedMeanwhile:
        return _page(typed, themes, found=found, overtaken=True)
    flash(gettext("The resource is changed, on its page and in the lists."), "success")
    return redirect(url_for("resource_edit.page", resource=resource), code=303)


def _typed() -> tuple[dict[str, str], list[str]]:
    return {name: request.form.get(name, "") for name in READERS}, _themes(request.form)


def _themes(form: MultiDict[str, str]) -> list[str]:
    return [one for one in form.getlist("themes") if fields.SLUG.fullmatch(one)]


def _document(errors: dict[str, str]) -> NewFile | None:
    """The file that was sent; what is wrong with it comes to what is wrong elsewhere."""
    try:
        return received().file("document", among=DOCUMENTS)
    except WrongValue as error:
        errors["document"] = reading.sentence(error)
        return None


def _found(where: Mapping[str, str] | None) -> EditedResource | None:
    if not where:
        return None
    with services().database.read() as session:
        return edited_resource(session, slug=where["resource"])


def _read(typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    values, errors = reading.read_all(typed, READERS)
    if values.get("month") and "year" in values and values["year"] is None:
        errors["month"] = gettext("Say its year too, or choose no month.")
    return values, errors


def _refused(error: NoSuchTheme | NoSuchWhole | PartOfItself) -> dict[str, str]:
    if isinstance(error, NoSuchTheme):
        return {"themes": gettext("Choose themes of the list.")}
    if isinstance(error, NoSuchWhole):
        return {"part_of": gettext("Choose a resource that the library holds.")}
    return {
        "part_of": gettext("It would be a part of itself: choose a resource that is no part of it.")
    }


def _as_typed(said: ResourceFields) -> dict[str, str]:
    return {name: reading.as_text(getattr(said, name)) for name in READERS}


def _differing(present: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in present.items() if value != typed[name]}


def _page(
    typed: Mapping[str, str],
    themes: list[str],
    *,
    errors: Mapping[str, str] | None = None,
    found: EditedResource | None = None,
    overtaken: bool = False,
    status: int | None = None,
) -> Response:
    with services().database.read() as session:
        every_theme = all_themes(session)
        resources = offered(session)
    present = _differing(_as_typed(found.fields), typed) if found and overtaken else {}
    shown = {*(errors or {}), *present}
    values: dict[str, Any] = {
        "typed": typed,
        "chosen": themes,
        "errors": errors or {},
        "found": found,
        "present": present,
        "overtaken": overtaken,
        "themes": every_theme,
        "wholes": [one for one in resources if found is None or one.slug != found.slug],
        "months": tuple(zip(reading.MONTHS, month_names(), strict=True)),
        "unfolded": any(typed[one] or one in shown for one in RARER),
        "steps": tuple(Step),
        "entry_points": tuple(EntryPoint),
        "document_endings": endings(DOCUMENTS),
        "most_bytes": services().settings.upload_max_bytes,
        "csrf_token": generate_csrf(),
    }
    status = status or (409 if overtaken else 422 if errors else 200)
    return answer_with(render_template("organise/resource.html", **values), status)
