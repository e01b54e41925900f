"""The bytes of a form as text."""

from typing import IO, Protocol
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

Parsed = tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]
READS = "webinars.reads_body"
"""In the surroundings of a request: its body is being read, which may be long."""


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


class Receiving(Protocol):
    """What takes the files of a form as they come (``receiving.py``)."""

    def parse(
        self, stream: IO[bytes], mimetype: str, length: int | None, options: dict[str, str]
    ) -> Parsed:
        """The fields, and the files that are small."""


class FormRequest(Request):
    """A request whose forms are read so."""

    form_data_parser_class = OneWayOfReading
    received: Receiving | None = None

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        if self.received is None or self.mimetype != "multipart/form-data":
            super()._load_form_data()
            return
        self.environ[READS] = True
        # Once: what was refused half-read cannot be read again.
        self.__dict__.update(form=MultiDict(), files=MultiDict())
        parsed = self.received.parse(
            self.stream, self.mimetype, self.content_length, self.mimetype_params
        )
        self.__dict__.update(zip(("stream", "form", "files"), parsed, strict=True))
