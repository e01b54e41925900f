"""The preview of a publication, and the publication."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import publication
from webinars.domain.consequences import WebinarConsequences
from webinars.domain.history import Act, acts_since
from webinars.domain.planning import Stale
from webinars.domain.preview import Preview
from webinars.domain.preview import preview as preview_of
from webinars.domain.publications import Done, publication_done
from webinars.domain.remarks import Remark
from webinars.i18n import day_in_words, hour
from webinars.models import ChangeKind
from webinars.services import services
from webinars.web.act_words import acts_in_words
from webinars.web.acting import editor, whole_number
from webinars.web.change_words import FieldWords, change_in_words, field_words
from webinars.web.language import request_language
from webinars.web.mail_words import offset_words
from webinars.web.remark_words import remark_in_words

blueprint = Blueprint("publishing", __name__, url_prefix="/organise")


@dataclass(frozen=True, slots=True)
class Changed:
    """One webinar of the preview."""

    one: WebinarConsequences
    words: tuple[str, ...]
    fields: tuple[FieldWords, ...]
    reminders: tuple[str, ...]
    too_late: tuple[str, ...]

    @property
    def added(self) -> bool:
        """It has never been public."""
        return self.one.before is None

    @property
    def goes(self) -> bool:
        """It will not take place any more."""
        return any(change.kind is ChangeKind.CANCELLED for change in self.one.changes)


@dataclass(frozen=True, slots=True)
class Noted:
    """What remains to be looked at on one date."""

    remark: Remark
    title: str | None
    words: str


@blueprint.get("/cycles/<cycle>/preview")
def preview(cycle: str) -> Response:
    """What publishing would do: each change in words, and what follows from it."""
    return make_response(_page(cycle))


@blueprint.post("/cycles/<cycle>/publish")
def publish(cycle: str) -> AnyResponse:
    """Make the draft public, as it was looked at."""
    acting = editor()
    try:
        with services().database.write() as session:
            published = publication.publish(
                session,
                cycle_slug=cycle,
                host=services().settings.host,
                now=acting.now,
                actor=acting.actor,
                seen=acting.seen,
            )
    except Stale:
        return make_response(_page(cycle, seen=acting.seen), 409)
    done = published.revision if published.changed else None
    return redirect(url_for("publishing.preview", cycle=cycle, done=done), code=303)


def _page(cycle: str, *, seen: int | None = None) -> str:
    """The preview; ``seen`` is the version of a draft that others have changed since."""
    with services().database.read() as session:
        found = preview_of(
            session,
            cycle_slug=cycle,
            moment=services().moment(),
            pace=services().pace,
            language=request_language(),
        )
        since: Sequence[Act] = ()
        if seen is not None:
            since = acts_since(session, cycle_slug=cycle, version=seen)
        done = _done(session, found) if found.empty else None
    return render_template(
        "organise/preview.html",
        preview=found,
        changed=tuple(_changed(one, found) for one in found.consequences.webinars),
        cycle_fields=field_words(
            {name: pair[0] for name, pair in found.cycle_fields.items()},
            {name: pair[1] for name, pair in found.cycle_fields.items()},
        ),
        conflicts=_noted(found, conflict=True),
        warnings=_noted(found, conflict=False),
        since=acts_in_words(since, found.titles),
        stale=seen is not None,
        done=done,
        csrf_token=generate_csrf(),
    )


def _done(session: Session, found: Preview) -> Done | None:
    """What the latest publication did, when it has just been done."""
    revision = whole_number(request.args.get("done"))
    if revision is None or revision != found.revision - 1:
        return None
    return publication_done(session, cycle_slug=found.slug, revision=revision)


def _changed(one: WebinarConsequences, found: Preview) -> Changed:
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    for change in one.changes:
        if change.kind is ChangeKind.CHANGED:
            before |= {name: value for name, value in change.before.items() if name != "cancelled"}
            after |= {name: value for name, value in change.after.items() if name != "cancelled"}
    themes = {theme.slug: theme.title for theme in found.themes}
    return Changed(
        one=one,
        words=tuple(
            # Both titles stand above.
            gettext("renamed") if change.kind is ChangeKind.RENAMED else change_in_words(change)
            for change in one.changes
        ),
        fields=field_words(before, after, themes=themes),
        reminders=tuple(
            gettext(
                "Its reminder leaves again on %(day)s at %(hour)s, %(before)s before it begins.",
                day=day_in_words(again.leaves_at, found.zone),
                hour=hour(again.leaves_at, found.zone),
                before=offset_words(again.rule),
            )
            for again in one.rearmed
        ),
        too_late=tuple(
            gettext(
                "Too late for its reminder of %(before)s before it begins.",
                before=offset_words(late.rule),
            )
            for late in one.passed
        ),
    )


def _noted(found: Preview, *, conflict: bool) -> tuple[Noted, ...]:
    return tuple(
        Noted(remark, found.titles.get(remark.slug or ""), remark_in_words(remark))
        for remark in found.remarks
        if remark.conflict is conflict
    )
