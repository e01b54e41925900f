"""Forms that bring large files: each goes straight into its folder, in bounded memory.

A view says with ``receive`` that its form does, and which of its fields; before anything of the
body is read. The token of the form stands before the files in it, and is checked before the first
byte of one is written. What no act keeps is removed at the end of the request.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, cast

from flask import Flask, abort, g, request
from flask_wtf.csrf import validate_csrf
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Event,
    Field,
    File,
    MultipartDecoder,
    NeedData,
)
from wtforms.validators import ValidationError

from webinars.domain.errors import N_, WrongValue
from webinars.domain.file_kinds import FileKind
from webinars.domain.uploads import NO_ROOM, NewFile, look_at, too_large
from webinars.services import services
from webinars.uploads import NoRoom, Part, UploadsFolder
from webinars.web.form_bytes import FormRequest, Parsed

BLOCK = 256 * 1024
MOST_PARTS = 500
AROUND = 64 * 1024
"""Bytes of a form beside its file and its long fields."""
ENDED = N_("the file did not arrive whole: send it once more")


class FileRefused(Exception):
    """A file cannot be taken, in words for its field; what was typed before it, and that alone."""

    def __init__(self, name: str, wrong: WrongValue, typed: MultiDict[str, str]) -> None:
        super().__init__(str(wrong))
        self.name = name
        self.wrong = wrong
        self.typed = typed


class Received:
    """The files of one request, by the field that brought them."""

    def __init__(self, fields: Collection[str], *, most_memory: int, limit: int) -> None:
        self._fields = fields
        self._most_memory = most_memory
        self._limit = limit
        self._folder = UploadsFolder(services().settings.uploads_folder)
        self._parts: dict[str, tuple[str, Part]] = {}
        self._taken: list[Part] = []

    def file(self, name: str, *, among: Collection[FileKind]) -> NewFile | None:
        """What came in this field, looked at and given its place. Raises WrongValue."""
        if name not in self._parts:
            return None
        sent, part = self._parts[name]
        with part.reading() as file:
            found = look_at(
                file,
                key=part.key,
                sent_as=sent,
                size=part.size,
                sha256=part.sha256,
                among=among,
            )
        part.place()
        self._taken.append(part)
        return found

    def keep(self) -> None:
        """The act that names those it asked for is written."""
        for part in self._taken:
            part.keep()

    def discard(self) -> None:
        """What was not kept is gone."""
        for _, part in self._parts.values():
            part.discard()

    def parse(
        self, stream: IO[bytes], mimetype: str, length: int | None, options: dict[str, str]
    ) -> Parsed:
        """The parts of a form (RFC 7578). Raises FileRefused, RequestEntityTooLarge."""
        boundary = options.get("boundary", "").encode("ascii", "replace")
        if not boundary:
            abort(400)
        decoder = MultipartDecoder(
            boundary,
            self._most_memory + 2 * BLOCK,
            max_parts=MOST_PARTS,
        )
        form: MultiDict[str, str] = MultiDict()
        files: MultiDict[str, FileStorage] = MultiDict()
        at: Field | File | None = None
        text = bytearray()
        memory = 0
        for event in self._events(decoder, stream, form):
            if isinstance(event, Field | File):
                at, text = event, bytearray()
                if isinstance(at, File) and at.name in self._fields and at.filename:
                    self._begin(at, form, announced=length or 0)
            elif isinstance(event, Data):
                assert at is not None, "data follow the head of their part"
                if at.name in self._parts and isinstance(at, File):
                    self._write(at, event.data, form)
                else:
                    memory += len(event.data)
                    if memory > self._most_memory:
                        raise RequestEntityTooLarge
                    text += event.data
                if not event.more_data:
                    self._end(at, bytes(text), form, files)
        return stream, form, files

    def _begin(self, at: File, form: MultiDict[str, str], *, announced: int) -> None:
        try:
            validate_csrf(form.get("csrf_token"))
        except ValidationError:
            abort(400)
        if at.name in self._parts:
            abort(400)
        with _refusing(at.name, form):
            self._parts[at.name] = (at.filename or "", self._folder.begin(announced=announced))

    def _write(self, at: File, data: bytes, form: MultiDict[str, str]) -> None:
        part = self._parts[at.name][1]
        if part.size + len(data) > self._limit:
            raise FileRefused(at.name, too_large(self._limit), form)
        with _refusing(at.name, form):
            part.write(data)

    def _end(
        self,
        at: Field | File,
        text: bytes,
        form: MultiDict[str, str],
        files: MultiDict[str, FileStorage],
    ) -> None:
        if isinstance(at, Field):
            form.add(at.name, text.decode(errors="replace"))
        elif at.name in self._parts:
            with _refusing(at.name, form):
                self._parts[at.name][1].finish()
        else:
            files.add(at.name, FileStorage(BytesIO(text), at.filename, at.name))

    def _events(
        self, decoder: MultipartDecoder, stream: IO[bytes], form: MultiDict[str, str]
    ) -> Iterator[Event]:
        """What stands in the body, as it comes. Raises FileRefused for one that breaks off."""
        more = True
        while more:
            data = stream.read(BLOCK)
            more = bool(data)
            decoder.receive_data(data or None)
            try:
                while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
                    yield event
            except ValueError:
                if self._parts:
                    raise FileRefused([*self._parts][-1], WrongValue(ENDED), form) from None
                abort(400)


@contextmanager
def _refusing(name: str, form: MultiDict[str, str]) -> Iterator[None]:
    try:
        yield
    except NoRoom:
        raise FileRefused(name, WrongValue(NO_ROOM), form) from None


def receive(*fields: str, most_memory: int = AROUND) -> None:
    """The form of this request brings files in these fields; ``most_memory`` bytes are the rest.

    What is no such form is read into memory, so it has no more than that.
    """
    asked = cast("FormRequest", request)
    limit = services().settings.upload_max_bytes
    g.received = asked.received = Received(fields, most_memory=most_memory, limit=limit)
    brings = asked.mimetype == "multipart/form-data"
    asked.max_content_length = most_memory + (limit + AROUND if brings else 0)


def received() -> Received:
    """The files of this request."""
    found: Received = g.received
    return found


def tidy_up(app: Flask) -> None:
    """Nothing of a request outlasts it but what was kept."""

    @app.teardown_request
    def discard(_error: BaseException | None) -> None:
        if "received" in g:
            received().discard()
