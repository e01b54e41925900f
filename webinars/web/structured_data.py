"""What a webinar's page tells programs: an event, and its video, in the words of schema.org.

https://schema.org/Event and https://schema.org/VideoObject as JSON-LD 1.1.
"""

import json
from datetime import datetime
from typing import Any

from flask_babel import gettext
from markupsafe import Markup

from webinars.clock import to_local
from webinars.domain.programme import CycleView, Life, WebinarView
from webinars.domain.video_sources import Kind, source_of
from webinars.domain.webinar_page import ReplayView, WebinarPage
from webinars.links import Links
from webinars.web.context import asset

SCHEMA = "https://schema.org"
IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
"""Written so, no title ends the element that it stands in (JSON-LD 1.1 section 7.1)."""


def of_webinar(
    page: WebinarPage, *, links: Links, organisation: str, language: str, picture: str
) -> Markup:
    """The element's content for a permanent page, which is public for ever.

    ``picture``: the address of its picture.
    """
    webinar = page.webinar
    address = links.webinar(webinar.cycle_slug, webinar.slug, language=language)
    event = _event(webinar, address, organisation, page.moved_from)
    event["image"] = picture
    event["superEvent"] = _series(page.cycle, links.cycle(page.cycle.slug, language=language))
    if page.replay is not None and webinar.life is Life.AFTER and not webinar.cancelled:
        event["recordedIn"] = (
            _video(page.replay, webinar, address)
            | _where(page.replay.video_url, links)
            | {"thumbnailUrl": picture}
        )
    text = json.dumps({"@context": SCHEMA, **event}, ensure_ascii=False, separators=(",", ":"))
    for character, escaped in IN_SCRIPT.items():
        text = text.replace(character, escaped)
    return Markup(text)  # noqa: S704  (escaped above, as JSON and not as HTML)


def _series(cycle: CycleView, address: str) -> dict[str, Any]:
    """From the start of its first webinar to the end of its last; cancelled ones do not count."""
    held = [one for one in cycle.webinars if not one.cancelled] or cycle.webinars
    return {
        "@type": "EventSeries",
        "name": cycle.title,
        "url": address,
        "startDate": to_local(min(one.starts_at for one in held), cycle.zone).isoformat(),
        "endDate": to_local(max(one.ends_at for one in held), cycle.zone).isoformat(),
    }


def _event(
    webinar: WebinarView, address: str, organisation: str, moved_from: datetime | None
) -> dict[str, Any]:
    if webinar.cancelled:
        status = "EventCancelled"
    else:
        status = "EventRescheduled" if moved_from else "EventScheduled"
    organiser = {"@type": "Organization", "name": organisation}
    event: dict[str, Any] = {
        "@type": "Event",
        "@id": address,
        "name": webinar.title,
        "startDate": to_local(webinar.starts_at, webinar.zone).isoformat(),
        "endDate": to_local(webinar.ends_at, webinar.zone).isoformat(),
        "eventStatus": f"{SCHEMA}/{status}",
        "eventAttendanceMode": f"{SCHEMA}/OnlineEventAttendanceMode",
        "location": {"@type": "VirtualLocation", "url": address},
        "url": address,
        "organizer": organiser,
        "isAccessibleForFree": True,
    }
    if moved_from:
        event["previousStartDate"] = to_local(moved_from, webinar.zone).isoformat()
    if webinar.why:
        event["description"] = webinar.why
    if webinar.speakers:
        event["performer"] = [{"@type": "Person", "name": name} for name in webinar.speakers]
    if webinar.theme:
        event["about"] = webinar.theme.title
    return event


def _video(replay: ReplayView, webinar: WebinarView, address: str) -> dict[str, Any]:
    video: dict[str, Any] = {
        "@type": "VideoObject",
        "name": gettext("Replay: %(title)s", title=webinar.title),
        "description": webinar.why or webinar.title,
        "uploadDate": to_local(replay.online_at, webinar.zone).isoformat(),
        "url": address,
    }
    if replay.duration:
        video["duration"] = f"PT{replay.duration}S"
    if replay.chapters:
        video["hasPart"] = _clips(replay, address)
    return video


def _where(video: str, links: Links) -> dict[str, str]:
    """The bytes of the video, or the player that the page embeds, where one of them is known."""
    source = source_of(video)
    match source.kind:
        case Kind.DEMONSTRATION:
            return {"contentUrl": links.absolute(asset(f"demo/{source.address}"))}
        case Kind.UPLOADED:
            return {"contentUrl": links.absolute(source.address)}
        case Kind.FILE:
            return {"contentUrl": source.address}
        case _:
            return {"embedUrl": source.embed} if source.embed else {}


def _clips(replay: ReplayView, address: str) -> list[dict[str, Any]]:
    """Each chapter, until the next one or the end of the video, if that is known."""
    ends = (*(chapter.starts_at for chapter in replay.chapters[1:]), replay.duration)
    clips = []
    for chapter, end in zip(replay.chapters, ends, strict=True):
        clip: dict[str, Any] = {
            "@type": "Clip",
            "name": chapter.title,
            "startOffset": chapter.starts_at,
            "url": f"{address}?t={chapter.starts_at}",
        }
        if end is not None and end > chapter.starts_at:
            clip["endOffset"] = end
        clips.append(clip)
    return clips
