"""Smaller answers for those who take gzip: public ones only."""

import gzip
from functools import lru_cache

from flask import Flask, Response, request

from webinars.web.access import TABLE, Access

LEAST_BYTES = 1000
"""Below that, the header of gzip eats what it saves."""

MOST_KEPT = 256
NOT_CALLED_TEXT = {
    "application/javascript",
    "application/json",
    "application/atom+xml",
    "application/xml",
    "image/svg+xml",
}


def compress(app: Flask) -> None:
    """Compress public pages, feeds, style sheets, scripts and drawings.

    Personal pages and the desk never: where a secret and what a stranger can put into the
    address are compressed together, the length tells the secret piece by piece (BREACH).
    """

    @app.after_request
    def smaller(response: Response) -> Response:
        if not _may_be_compressed(response):
            return response
        # Whatever stands between must not hand the one form to who asked for the other.
        response.vary.add("Accept-Encoding")
        if response.status_code == 200 and request.accept_encodings["gzip"] > 0:
            _compress(response)
        return response


def _may_be_compressed(response: Response) -> bool:
    control, kind = response.cache_control, response.mimetype or ""
    return (
        request.method in {"GET", "HEAD"}
        and TABLE.get(request.endpoint or "") is Access.PUBLIC
        and response.status_code in {200, 206, 304}
        and not (control.private or control.no_store)  # a way to the room, with its secret
        and "Content-Encoding" not in response.headers
        and (kind.startswith("text/") or kind in NOT_CALLED_TEXT)
    )


def _compress(response: Response) -> None:
    response.direct_passthrough = False  # a static file is read, and not handed on unread
    plain = response.get_data()
    if len(plain) < LEAST_BYTES:
        return
    packed = _kept(plain) if response.cache_control.public else _pack(plain, level=1)
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"
    response.headers.pop("Accept-Ranges", None)  # ranges are cut from the plain file
    tag, weak = response.get_etag()
    if tag is not None:  # other bytes, so another strong tag; the view knew the plain one only
        response.set_etag(f"{tag}-gzip", weak=bool(weak))
        response.make_conditional(request)


def _pack(plain: bytes, *, level: int) -> bytes:
    return gzip.compress(plain, level, mtime=0)  # no time: the same bytes for the same tag


@lru_cache(maxsize=MOST_KEPT)
def _kept(plain: bytes) -> bytes:
    """What many ask for is worth the effort once; what is new each time is not kept."""
    return _pack(plain, level=6)
