"""Uploaded files at ``/files/``, answered before Flask is asked: a player asks for many ranges."""

import re
from collections.abc import Iterable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from webinars.db import Database
from webinars.domain.public_files import public_file
from webinars.domain.uploads import PATH, FileView
from webinars.services import Services
from webinars.uploads import UploadsFolder
from webinars.web.file_answers import PUBLIC, Gone, answer
from webinars.web.headers import HSTS
from webinars.web.kept_lookups import KeptLookups
from webinars.web.lanes import Environ, StartResponse, WSGIApp

log = structlog.get_logger()

ADDRESS = re.compile(rf"{PATH}([0-9a-f]{{32}})/([a-z0-9-]+\.[a-z0-9]+)")
MOST_KEPT = 512


class PublicFiles:
    """WSGI: a file while what it hangs on is public, which is looked up once a state of the site.

    What is not there, or not public, the application says; it knows no such address.
    """

    def __init__(self, app: WSGIApp, services: Services) -> None:
        self._app = app
        self._database: Database = services.database
        self._folder = UploadsFolder(services.settings.uploads_folder)
        self._accel = services.settings.uploads_accel
        self._https = services.settings.base_url.startswith("https://")
        self._kept: KeptLookups[str, FileView | None] = KeptLookups(
            services.database, most=MOST_KEPT
        )

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        found = ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
        if found is None or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return self._app(environ, start_response)
        try:
            file = self._kept.get(found[1], lambda: self._file(found[1]))
            if file is None or file.slug != found[2]:
                return self._app(environ, start_response)
            given = answer(
                file, self._folder.file(file.key), environ, cache=PUBLIC, accel=self._accel
            )
        except SQLAlchemyError:
            return self._app(environ, start_response)  # which has the words for it
        except Gone:
            log.warning("file_is_gone", key=found[1])
            return self._app(environ, start_response)
        start_response(given.status, given.headers + ([HSTS] if self._https else []))
        return given.body

    def _file(self, key: str) -> FileView | None:
        with self._database.glance() as session:
            return public_file(session, key=key)
