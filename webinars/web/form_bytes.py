"""The bytes of a form as text."""

from typing import IO
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

Parsed = tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]


class OneWayOfReading(FormDataParser):
    """Reads both kinds of forms alike.

    Werkzeug keeps bytes that are not UTF-8 as they were escaped: «Ren%E9e» would be a name. As
    in multipart they become U+FFFD, which no field takes; who types %E9 sends %25E9.
    """

    def _parse_urlencoded(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str],
    ) -> Parsed:
        text = stream.read().decode(errors="replace")
        return stream, MultiDict(parse_qsl(text, keep_blank_values=True)), MultiDict()


class FormRequest(Request):
    """A request whose forms are read so."""

    form_data_parser_class = OneWayOfReading
