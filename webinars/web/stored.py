"""Answers made of what is stored: the same bytes until it changes, and said to be so."""

import hashlib
from datetime import datetime

from flask import Response, request

PUBLIC_AGE_SECONDS = 300


def stored(body: bytes, changed_at: datetime, *, kind: str) -> Response:
    """With a strong tag and the instant of the latest change; 304 for who has it already."""
    response = Response(body, content_type=kind)
    response.last_modified = changed_at
    return tagged(response)


def tagged(response: Response) -> Response:
    """With a strong tag; 304 for who has these bytes already."""
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    return response.make_conditional(request)  # type: ignore[return-value]


def for_all(response: Response) -> Response:
    """What programs fetch again and again is the same for all of them, for a while."""
    response.headers["Cache-Control"] = f"public, max-age={PUBLIC_AGE_SECONDS}"
    return response
