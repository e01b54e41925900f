"""Addresses for probes."""

import sqlalchemy as sa
from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from webinars.migration import present_revision, wanted_revision
from webinars.services import services

blueprint = Blueprint("machines", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """This process answers."""
    return _plain("ok")


@blueprint.get("/readyz")
def readyz() -> Response:
    """The database answers and has the schema that this version needs."""
    try:
        with services().database.read() as session:
            session.execute(sa.text("SELECT 1"))
            present = present_revision(session.connection())
    except SQLAlchemyError:
        return _plain("the database does not answer", 503)
    if present != wanted_revision():
        return _plain("the database needs: webinars db upgrade", 503)
    return _plain("ok")


def _plain(text: str, status: int = 200) -> Response:
    response = Response(f"{text}\n", status=status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response
