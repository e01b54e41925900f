"""Security headers of every answer."""

from collections.abc import Mapping

from flask import Flask, Response, g, request

from webinars.domain.video_sources import Kind, Source
from webinars.web.access import AT_DESK, TABLE, Access

POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "font-src": "'self'",
    "img-src": "'self' data:",
    "media-src": "'self'",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}


def policy(rules: Mapping[str, str]) -> str:
    """The value of the header."""
    return "; ".join(f"{name} {value}" for name, value in rules.items())


CONTENT_SECURITY_POLICY = policy(POLICY)
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
"""Of a mail in a frame: it brings its own style; it must bring nothing else."""
OWN_CACHE = "private, no-cache"
HSTS = ("Strict-Transport-Security", "max-age=31536000")
"""RFC 9111 section 5.2.2: kept by one person's program only, which asks each time."""
PRIVATE = (Access.PERSONAL, *AT_DESK, Access.SIGN_IN, Access.DEMONSTRATION)


def add_headers(app: Flask, *, https: bool) -> None:
    """Set what is not set by a view; personal pages stay with the person."""

    @app.after_request
    def secure(response: Response) -> Response:
        headers = response.headers
        allowed = _with_player(g.player) if "player" in g else CONTENT_SECURITY_POLICY
        headers.setdefault("Content-Security-Policy", allowed)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if https:
            headers.setdefault(*HSTS)
        if "request_id" in g:
            headers["X-Request-ID"] = g.request_id
        if TABLE.get(request.endpoint or "") in PRIVATE:
            keep_private(response)
        return response


def allow_player(source: Source | None) -> None:
    """The answer to this request has a player that loads from elsewhere, once that is asked."""
    if source is not None and source.kind is not Kind.PAGE and source.host:
        g.player = source


def _with_player(source: Source) -> str:
    """What the page of a replay may load beside its own: the one host, and from it one thing."""
    name = "frame-src" if source.framed else "media-src"
    return policy(POLICY | {name: f"'self' https://{source.host}"})


def keep_private(response: Response) -> None:
    """For one person's eyes: no cache, no referrer, no search engine.

    A view may let the person's own program keep the answer, and ask whether it still holds.
    """
    if response.headers.get("Cache-Control") != OWN_CACHE:
        response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
