"""The organisers' log of mails: the whole of it, of a webinar, of a person, one by one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask_wtf.csrf import generate_csrf

from webinars.domain import mail_copies
from webinars.domain.fields import SLUG
from webinars.domain.mail_acts import latest_acts
from webinars.domain.mail_alarms import standing
from webinars.domain.mail_log import Fate, Filters, latest_open, mail_page, places
from webinars.domain.mail_person import person_mails
from webinars.domain.mail_reasons import Reason
from webinars.domain.mail_timeline import timeline
from webinars.domain.one_mail import one_mail
from webinars.domain.plan import DEFAULT_ZONE
from webinars.domain.searching import MOST_CHARACTERS
from webinars.models import AuditEntry, MailKind
from webinars.services import services
from webinars.web import mail_log_words as mail_words
from webinars.web.act_words import actor_in_words
from webinars.web.acting import whole_number
from webinars.web.headers import MAIL_POLICY
from webinars.web.list_words import LIST_WORDS
from webinars.web.notice_words import NOTICE_NAMES
from webinars.web.notice_words import REASONS as STOP_REASONS

PREFIX = "/organise/mails"
ONE = f"{PREFIX}/<int(max=2147483647):mail>"

blueprint = Blueprint("mails", __name__)


def asked() -> Filters:
    """What the address asks for; what it does not know of is left out."""
    kind, fate, reason = (request.args.get(name, "") for name in ("kind", "fate", "reason"))
    cycle, _, webinar = request.args.get("webinar", "").partition("/")
    named = SLUG.fullmatch(cycle) is not None
    return Filters(
        search=request.args.get("q", "").replace("\0", "").strip()[:MOST_CHARACTERS],
        kind=MailKind(kind) if kind in set(MailKind) else None,
        fate=Fate(fate) if fate in set(Fate) else None,
        reason=Reason(reason) if reason in set(Reason) else None,
        cycle=cycle if named else None,
        webinar=webinar if named and SLUG.fullmatch(webinar) else None,
    )


def in_address(filters: Filters) -> dict[str, Any]:
    """The same as arguments of an address."""
    place = "/".join(one for one in (filters.cycle, filters.webinar) if one)
    said = {
        "q": filters.search,
        "kind": filters.kind,
        "fate": filters.fate,
        "reason": filters.reason,
        "webinar": place,
    }
    return {name: str(value) for name, value in said.items() if value}


def tick_every() -> timedelta:
    """How often a worker should tick."""
    return timedelta(seconds=services().settings.worker_tick_seconds)


def _names() -> dict[str, Any]:
    return {
        "kind_names": mail_words.KIND_NAMES,
        "fate_names": mail_words.FATE_NAMES,
        "fate_badges": mail_words.FATE_BADGES,
        "leaving_words": mail_words.LEAVING,
        "kept_back_words": mail_words.KEPT_BACK,
        "reasons": mail_words.REASONS,
        "servers_words": mail_words.SERVERS_WORDS,
        "zone": DEFAULT_ZONE,
    }


@dataclass(frozen=True, slots=True)
class DeedWords:
    """What somebody did to mails. The instant is UTC."""

    at: datetime
    actor: str
    words: str
    count: int
    mail: int | None
    """Where it was one."""


def _deed(entry: AuditEntry) -> DeedWords:
    mails = entry.after.get("mails") or [entry.after.get("mail")]
    count = entry.after.get("count", 1)
    return DeedWords(
        at=entry.at,
        actor=actor_in_words(entry.actor),
        words=str(mail_words.DEED_NAMES[entry.act]),
        count=count,
        mail=mails[0] if count == 1 else None,
    )


@blueprint.get(PREFIX)
def page() -> Response:
    """What is wrong, what could not be delivered, and the log."""
    filters, below = asked(), whole_number(request.args.get("below"))
    query = in_address(filters)
    with services().database.read() as session:
        now = services().moment().now
        stands = standing(session, every=tick_every(), now=now)
        seen = mail_page(session, filters=filters, below=below)
        named = places(session)
        first = not query and below is None
        groups = latest_open(session) if first and stands.alarms.open else {}
        acts = latest_acts(session) if first else ()
    body = render_template(
        "organise/mails.html",
        stands=stands,
        alarms=mail_words.alarms_in_words(stands.alarms),
        groups=groups,
        seen=seen,
        query=query,
        below=below,
        places=named,
        deeds=[_deed(one) for one in acts],
        csrf_token=generate_csrf(),
        **_names(),
    )
    return make_response(body)


@blueprint.get(ONE)
def one(mail: int) -> Response:
    """One mail: its way, its reason, and what can be done."""
    with services().database.read() as session:
        seen = one_mail(session, mail_id=mail)
    body = render_template(
        "organise/mails_one.html",
        seen=seen,
        one=seen.line,
        notice_names=NOTICE_NAMES,
        deeds=[(deed, actor_in_words(deed.actor)) for deed in seen.deeds],
        deed_names=mail_words.DEED_NAMES,
        csrf_token=generate_csrf(),
        **_names(),
    )
    return make_response(body)


@blueprint.get(f"{ONE}/copy")
def copy(mail: int) -> Response:
    """The HTML of what it said, its secrets blanked, for a sandboxed frame."""
    with services().database.read() as session:
        said = mail_copies.read(session, mail_id=mail)
    if said is None:
        abort(404)
    response = Response(said.html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@blueprint.get(f"{PREFIX}/people/<int(max=2147483647):person>")
def of_person(person: int) -> Response:
    """All that was and is to be sent to somebody."""
    with services().database.read() as session:
        seen = person_mails(
            session,
            participant_id=person,
            pace=services().pace,
            now=services().moment().now,
            below=whole_number(request.args.get("below")),
        )
    body = render_template(
        "organise/mails_person.html",
        seen=seen,
        list_words=LIST_WORDS,
        stop_reasons=STOP_REASONS,
        **_names(),
    )
    return make_response(body)


@blueprint.get("/organise/cycles/<cycle>/webinars/<webinar>/mails")
def of_webinar(cycle: str, webinar: str) -> Response:
    """What left of a webinar, what waits, and what will leave."""
    with services().database.read() as session:
        now = services().moment().now
        seen = timeline(
            session, cycle_slug=cycle, webinar_slug=webinar, pace=services().pace, now=now
        )
    body = render_template(
        "organise/mails_webinar.html",
        seen=seen,
        head=seen.head,
        change_names=mail_words.CHANGE_NAMES,
        now=now,
        **_names(),
    )
    return make_response(body)
