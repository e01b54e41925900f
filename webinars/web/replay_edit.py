"""The organisers' screen of one replay: what is missing, and every act on it."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as address
from flask_babel import gettext, lazy_gettext, ngettext
from flask_babel.speaklater import LazyString
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from webinars.clock import to_local
from webinars.domain import replay_acts
from webinars.domain.chapter_lines import read_chapters, read_duration
from webinars.domain.errors import ChangedMeanwhile, DomainError, WebinarCancelled, WrongValue
from webinars.domain.file_kinds import DOCUMENTS, VIDEOS, endings
from webinars.domain.registrants import list_head
from webinars.domain.replay_desk import Part, ReplayDesk, replay_desk
from webinars.domain.replay_work import NotOver, NoVideo, ReasonNeeded
from webinars.domain.timed_text import MOST_BYTES, Cue, parse_captions, read_captions
from webinars.domain.video_sources import read_source
from webinars.i18n import LANGUAGES, file_size, timecode
from webinars.services import services
from webinars.web import typed as reading
from webinars.web.acting import editor
from webinars.web.receiving import FileRefused, receive, received

blueprint = Blueprint(
    "replay_edit", __name__, url_prefix="/organise/cycles/<cycle>/webinars/<slug>/replay"
)


MOST_REQUEST_BYTES = 6 * MOST_BYTES
"""A pasted file, every sign of it escaped, and the rest of its form."""


class Act(enum.StrEnum):
    """What the buttons of the screen do."""

    VIDEO = "video"
    CHAPTERS = "chapters"
    CAPTIONS = "captions"
    REMOVE = "remove"
    DETAILS = "details"
    ONLINE = "online"
    WITHDRAW = "withdraw"
    EXPECT = "expect"


REFUSED: dict[type[DomainError], LazyString] = {
    NotOver: lazy_gettext("The webinar has not ended: its replay cannot be online yet."),
    WebinarCancelled: lazy_gettext("The webinar is cancelled: it has no replay."),
    NoVideo: lazy_gettext("A replay that is online needs its video."),
    ReasonNeeded: lazy_gettext(
        "Without captions and transcript it can be online only with the reason: write it below, "
        "the page shows it."
    ),
}
PARTS: dict[Part, LazyString] = {
    Part.VIDEO: lazy_gettext("Video"),
    Part.CHAPTERS: lazy_gettext("Chapters"),
    Part.CAPTIONS: lazy_gettext("Captions"),
    Part.TRANSCRIPT: lazy_gettext("Transcript"),
    Part.SLIDES: lazy_gettext("Slides"),
    Part.RESOURCES: lazy_gettext("Resources"),
    Part.CONSENT: lazy_gettext("Consent of the speakers"),
    Part.QUESTIONS: lazy_gettext("Questions"),
}
DONE: dict[Act, LazyString] = {
    Act.VIDEO: lazy_gettext("The video is kept."),
    Act.CHAPTERS: lazy_gettext("The chapters are kept."),
    Act.CAPTIONS: lazy_gettext("The captions are kept; the transcript is made of them."),
    Act.REMOVE: lazy_gettext("The captions and their transcript are gone."),
    Act.DETAILS: lazy_gettext("It is kept."),
    Act.WITHDRAW: lazy_gettext("The page says that there is no replay. What was prepared is kept."),
    Act.EXPECT: lazy_gettext("The page promises the replay again."),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form that was refused: what was typed, and what is wrong."""

    act: Act | None = None
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    """What is wrong with no field of it."""


class _Wrong(Exception):
    """Fields that cannot be as they were typed."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__()
        self.errors = errors


@blueprint.before_app_request
def allow_files() -> None:
    """Forms are small, but for this one. Said before anything reads the form."""
    if request.endpoint == "replay_edit.save":
        request.max_form_memory_size = MOST_REQUEST_BYTES
        receive("video_file", "slides_file", most_memory=MOST_REQUEST_BYTES)


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """The screen again: nothing of what was sent is kept."""
    assert request.view_args is not None, "the address is that of a replay"
    problem = gettext(
        "The file is too large: captions have at most 2 MB, videos and slides at most %(size)s.",
        size=file_size(services().settings.upload_max_bytes),
    )
    return _page(_look(**request.view_args), Attempt(problem=problem), status=413)


@blueprint.errorhandler(FileRefused)
def refused(error: FileRefused) -> Response:
    """The screen again, with the reason at the file's field."""
    assert request.view_args is not None, "the address is that of a replay"
    act = Act.VIDEO if error.name == "video_file" else Act.DETAILS
    errors = {error.name: reading.sentence(error.wrong)}
    seen = _look(**request.view_args)
    return _page(seen, Attempt(act, _words(error.typed), errors), status=422)


@blueprint.get("")
def page(cycle: str, slug: str) -> Response:
    """The checklist and the forms."""
    return _page(_look(cycle, slug), Attempt())


@blueprint.post("")
def save(cycle: str, slug: str) -> AnyResponse:
    """One act; what is wrong stands at its field, and nothing is written."""
    seen = _look(cycle, slug)
    try:
        act = Act(request.form.get("act", ""))
    except ValueError:
        return _page(seen, Attempt(), status=400)
    typed = _words(request.form)
    try:
        do = _READ[act](typed, seen)
        with services().database.write() as session:
            do(session, cycle_slug=cycle, webinar_slug=slug, editor=editor())
            # Before the commit: should its answer be lost, a file too many is better than none.
            received().keep()
    except _Wrong as wrong:
        return _page(seen, Attempt(act, typed, wrong.errors), status=422)
    except WrongValue as error:  # of the one field that the act itself looks at
        errors = {_LOOKED_AT[act]: reading.sentence(error)}
        return _page(seen, Attempt(act, typed, errors), status=422)
    except ChangedMeanwhile:
        problem = gettext(
            "Somebody else has just changed this replay. Nothing of yours was written: look at "
            "what stands here now, and do it again."
        )
        return _page(_look(cycle, slug), Attempt(act, typed, problem=problem), status=409)
    except tuple(REFUSED) as refusal:
        problem = str(REFUSED[type(refusal)])
        return _page(seen, Attempt(act, typed, problem=problem), status=409)
    flash(_done(act, seen), "success")
    return redirect(address("replay_edit.page", cycle=cycle, slug=slug), code=303)


Do = Callable[..., None]


def _video(typed: Mapping[str, str], seen: ReplayDesk) -> Do:
    def url(text: str) -> str | None:
        # What ships with the product has no address that could be typed.
        return text if text == seen.video_url else read_source(text).address if text else None

    values = _values(typed, {"url": url, "duration": read_duration})
    file = _or_wrong("video_file", lambda: received().file("video_file", among=VIDEOS))
    if file and values["url"] not in (None, seen.video_url):
        raise _Wrong({"url": gettext("Give the file or an address, not both.")})
    keeps = typed.get("remove_video") != "1"
    return _with(replay_acts.set_video, file=file, keeps_file=keeps, **values)


def _chapters(typed: Mapping[str, str], seen: ReplayDesk) -> Do:
    """Not trimmed: the lines are counted as they stand in the field."""
    text = typed.get("chapters", "")
    chapters = _or_wrong("chapters", lambda: read_chapters(text, duration=seen.duration))
    return _with(replay_acts.set_chapters, chapters=chapters)


def _captions(typed: Mapping[str, str], seen: ReplayDesk) -> Do:
    language = typed.get("language", "")
    if language not in LANGUAGES:
        raise _Wrong({"language": gettext("Choose the language that is spoken in them.")})
    cues = _or_wrong("captions", lambda: _sent_captions(typed.get("captions", ""), seen.duration))
    return _with(replay_acts.set_captions, language=language, cues=cues)


def _sent_captions(text: str, duration: int | None) -> tuple[Cue, ...]:
    """The file, else the pasted text."""
    file = request.files.get("file")
    if file is not None and file.filename:
        with file.stream as stream:
            return read_captions(stream.read(MOST_BYTES + 1), duration=duration)
    return parse_captions(text, duration=duration)


def _remove(typed: Mapping[str, str], _seen: ReplayDesk) -> Do:
    return _with(replay_acts.remove_captions, language=typed.get("language", ""))


def _details(typed: Mapping[str, str], seen: ReplayDesk) -> Do:
    values = _values(
        typed,
        {
            "slides_url": reading.optional_address,
            "expected_by": lambda text: reading.any_day(text) if text else None,
            "without_captions": reading.optional_line,
        },
    )
    file = _or_wrong("slides_file", lambda: received().file("slides_file", among=DOCUMENTS))
    if file and values["slides_url"] not in (None, seen.slides_url):
        raise _Wrong({"slides_url": gettext("Give the file or an address, not both.")})
    return _with(
        replay_acts.set_details,
        consent=typed.get("consent") == "1",
        slides_file=file,
        keeps_slides=typed.get("remove_slides") != "1",
        **values,
    )


def _withdraw(typed: Mapping[str, str], _seen: ReplayDesk) -> Do:
    values = _values(typed, {"why": reading.optional_line})
    return _with(replay_acts.withdraw, words_stay=typed.get("words_stay") == "1", **values)


_READ: dict[Act, Callable[[Mapping[str, str], ReplayDesk], Do]] = {
    Act.VIDEO: _video,
    Act.CHAPTERS: _chapters,
    Act.CAPTIONS: _captions,
    Act.REMOVE: _remove,
    Act.DETAILS: _details,
    Act.ONLINE: lambda _typed, _seen: replay_acts.go_online,
    Act.WITHDRAW: _withdraw,
    Act.EXPECT: lambda _typed, _seen: replay_acts.expect_again,
}

_LOOKED_AT = {Act.VIDEO: "duration", Act.DETAILS: "expected_by"}


def _words(form: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in form.items() if name != "csrf_token"}


def _with(act: Do, **values: Any) -> Do:
    def do(session: Session, **where: Any) -> None:
        act(session, **where, **values)

    return do


def _values(typed: Mapping[str, str], readers: Mapping[str, reading.Reader]) -> dict[str, Any]:
    values, errors = reading.read_all(typed, readers)
    if errors:
        raise _Wrong(errors)
    return values


def _or_wrong(name: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except WrongValue as error:
        raise _Wrong({name: reading.sentence(error)}) from None


def _done(act: Act, seen: ReplayDesk) -> str:
    if act is not Act.ONLINE:
        return str(DONE[act])
    if not seen.will_be_told:
        return str(gettext("The replay is online. Nobody is left to be told of it by mail."))
    return str(
        ngettext(
            "The replay is online. %(num)s person is told of it by mail.",
            "The replay is online. %(num)s people are told of it by mail.",
            seen.will_be_told,
        )
    )


def _look(cycle: str, slug: str) -> ReplayDesk:
    moment = services().moment()
    with services().database.read() as session:
        zone = list_head(session, cycle_slug=cycle, webinar_slug=slug).zone
        return replay_desk(
            session,
            cycle_slug=cycle,
            webinar_slug=slug,
            pace=services().pace,
            today=to_local(moment.now, zone).date(),
            now=moment.now,
        )


def _places(seen: ReplayDesk) -> dict[Part, str]:
    """Where each part is mended: on this page, but for two."""
    where: dict[str, Any] = {"cycle": seen.head.cycle_slug, "slug": seen.head.slug}
    return {
        Part.VIDEO: "#video-part",
        Part.CHAPTERS: "#chapters-part",
        Part.CAPTIONS: "#captions-part",
        Part.TRANSCRIPT: "#captions-part",
        Part.SLIDES: "#details-part",
        Part.CONSENT: "#details-part",
        Part.RESOURCES: address("webinar_edit.page", **where),
        Part.QUESTIONS: address("questions.of_webinar", **where, show="open"),
    }


def _page(seen: ReplayDesk, attempt: Attempt, *, status: int = 200) -> Response:
    values = {
        "url": seen.video_url or "",
        "duration": timecode(seen.duration) if seen.duration else "",
        "chapters": seen.chapters or "\n".join(seen.agenda),
        "captions": "",
        "language": "",
        "slides_url": seen.slides_url or "",
        "expected_by": seen.expected_by.isoformat() if seen.own_promise else "",
        "consent": "1" if seen.consent_at else "",
        "without_captions": seen.without_captions or "",
        "why": seen.withdrawn_why or "",
        "words_stay": "1" if seen.words_stay else "",
        "remove_video": "",
        "remove_slides": "",
    }
    if attempt.act is Act.DETAILS:
        values["consent"] = ""  # a box that is not ticked sends nothing
    body = render_template(
        "organise/replay.html",
        seen=seen,
        parts=PARTS,
        places=_places(seen),
        video_endings=endings(VIDEOS),
        document_endings=endings(DOCUMENTS),
        most_bytes=services().settings.upload_max_bytes,
        typed={**values, **attempt.typed},
        errors=attempt.errors,
        problem=attempt.problem,
        attempted=attempt.act,
        csrf_token=generate_csrf(),
    )
    return make_response(body, status)
