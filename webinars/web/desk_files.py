"""Uploaded files for organisers: also of what is only prepared."""

from flask import Blueprint, Response, request

from webinars.domain.errors import NotFound
from webinars.domain.public_files import any_file
from webinars.services import services
from webinars.uploads import KEY, UploadsFolder
from webinars.web.file_answers import Gone, answer
from webinars.web.headers import OWN_CACHE

blueprint = Blueprint("desk_files", __name__, url_prefix="/organise/files")


@blueprint.get("/<key>/<name>")
def file(key: str, name: str) -> Response:
    """A file, for the eyes of organisers."""
    with services().database.glance() as session:
        found = any_file(session, key=key) if KEY.fullmatch(key) else None
    if found is None or found.slug != name:
        raise NotFound(key)
    settings = services().settings
    try:
        given = answer(
            found,
            UploadsFolder(settings.uploads_folder).file(key),
            request.environ,
            cache=OWN_CACHE,
            accel=settings.uploads_accel,
        )
    except Gone as error:
        raise NotFound(key) from error
    return Response(given.body, given.status, headers=given.headers, direct_passthrough=True)
