"""French at the root, English under ``/en``: the same pages below another script root."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from flask import g, has_request_context, request

from webinars.i18n import DEFAULT_LANGUAGE
from webinars.links import ENGLISH_PREFIX

WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class EnglishPrefix:
    """Moves ``/en`` from the path to the script root, so every address has its English twin."""

    def __init__(self, app: WSGIApp) -> None:
        self.app = app

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """WSGI."""
        language, path = split_language(environ.get("PATH_INFO", ""))
        if language == "en":
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + ENGLISH_PREFIX
            environ["PATH_INFO"] = path
            environ["webinars.language"] = language
        return self.app(environ, start_response)


def split_language(path: str) -> tuple[str, str]:
    """The language that a path asks for, and the path without its prefix."""
    if path == ENGLISH_PREFIX or path.startswith(f"{ENGLISH_PREFIX}/"):
        return "en", path.removeprefix(ENGLISH_PREFIX) or "/"
    return DEFAULT_LANGUAGE, path


def request_language() -> str:
    """The language of the request's address; French without a request."""
    if not has_request_context():
        return DEFAULT_LANGUAGE
    language: str = request.environ.get("webinars.language", DEFAULT_LANGUAGE)
    return language


def paths_by_language() -> dict[str, str]:
    """The path and query of the present page in each language.

    A page that is kept for others says itself what its query is, and the answer to a form on
    which page it stands; a path that begins with
    two slashes would lead to another site.
    """
    root = request.script_root
    if request_language() == "en":
        root = root.removesuffix(ENGLISH_PREFIX)
    query = g.get("page_query", request.query_string.decode("ascii", "replace"))
    path = g.get("page_path", request.path)
    rest = "/" + quote(path.lstrip("/")) + (f"?{query}" if query else "")
    return {"fr": root + rest, "en": root + ENGLISH_PREFIX + rest}
