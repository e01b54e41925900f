"""A number for each request and one line for it in the log, by route and without secrets."""

import secrets
import time

import structlog
from flask import Flask, Response, g, request

from webinars.web.kept_feeds import OWN_READING

log = structlog.get_logger()


def log_requests(app: Flask) -> None:
    """The route is logged and not the path: paths of personal pages carry secrets."""

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(8)
        g.began = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        if OWN_READING in request.environ:
            return response
        log.info(
            "request",
            id=g.get("request_id"),
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            ms=round((time.perf_counter() - g.began) * 1000, 1) if "began" in g else None,
        )
        return response
