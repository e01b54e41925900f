"""The organisers' list of addresses of which something came back."""

from collections.abc import Iterator
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import address_standings, audit
from webinars.domain.address_standings import Filters, Standing, address_page, every_address
from webinars.domain.plan import DEFAULT_ZONE
from webinars.domain.searching import MOST_CHARACTERS
from webinars.i18n import zone_name
from webinars.models import AuditAct
from webinars.services import services
from webinars.web.acting import whole_number
from webinars.web.notice_words import NOTICE_NAMES, REASONS, STANDING_NAMES
from webinars.web.rights import MAIL_NAMES
from webinars.web.table_files import Cell, Table, csv_response, local_cell, xlsx_response

PREFIX = "/organise/addresses"
WIDTHS = (36, 28, 24, 40, 19, 19, 10, 12, 60)

blueprint = Blueprint("addresses", __name__)


def _asked() -> Filters:
    """What the address asks for; what it does not know of is left out."""
    standing = request.args.get("standing")
    return Filters(
        search=request.args.get("q", "").replace("\0", "").strip()[:MOST_CHARACTERS],
        standing=Standing(standing) if standing in set(Standing) else None,
    )


def _in_address(filters: Filters) -> dict[str, Any]:
    said = {"q": filters.search, "standing": filters.standing}
    return {name: str(value) for name, value in said.items() if value}


@blueprint.get(PREFIX)
def page() -> Response:
    """Searched and filtered, the latest notice first."""
    filters = _asked()
    with services().database.read() as session:
        seen = address_page(
            session, filters=filters, page=whole_number(request.args.get("page")) or 1
        )
    body = render_template(
        "organise/addresses.html",
        seen=seen,
        query=_in_address(filters),
        standing_names=STANDING_NAMES,
        reasons=REASONS,
        notice_names=NOTICE_NAMES,
        mail_names=MAIL_NAMES,
        zone=DEFAULT_ZONE,
        csrf_token=generate_csrf(),
    )
    return make_response(body)


@blueprint.post(f"{PREFIX}/<int(max=2147483647):number>/lift")
def lift(number: int) -> AnyResponse:
    """The address is good: mail leaves for it again."""
    with services().database.write() as session:
        lifted = address_standings.lift(
            session,
            standing_id=number,
            actor=current_user.email,
            now=services().moment().now,
        )
    if lifted:
        flash(gettext("Mail leaves for this address again, from now on."), "success")
    else:
        flash(gettext("Nothing was stopped for this address."), "error")
    at = whole_number(request.args.get("page"))
    return redirect(url_for("addresses.page", page=at, **_in_address(_asked())), code=303)


# as a file ---------------------------------------------------------------------------------


@blueprint.get(f"{PREFIX}.csv")
def as_csv() -> Response:
    """For every program."""
    return csv_response(_exported())


@blueprint.get(f"{PREFIX}.xlsx")
def as_xlsx() -> Response:
    """For spreadsheets."""
    return xlsx_response(_exported())


def _exported() -> Table:
    """What is exported, noted in the audit trail before it leaves."""
    filters = _asked()
    with services().database.write() as session:
        audit.record(
            session,
            actor=current_user.email,
            act=AuditAct.ADDRESSES_EXPORTED,
            now=services().moment().now,
            after={"count": address_standings.count_found(session, filters=filters)},
        )
    zone = zone_name(DEFAULT_ZONE)
    return Table(
        name=gettext("addresses"),
        title=gettext("Addresses"),
        headings=(
            gettext("E-mail address"),
            gettext("First and last name"),
            gettext("Standing"),
            gettext("Reason"),
            gettext("Since (%(zone)s)", zone=zone),
            gettext("Latest notice (%(zone)s)", zone=zone),
            gettext("Notices"),
            gettext("Code"),
            gettext("What the server said"),
        ),
        widths=WIDTHS,
        rows=lambda session: _rows(session, filters),
    )


def _rows(session: Session, filters: Filters) -> Iterator[tuple[Cell, ...]]:
    for one in every_address(session, filters=filters):
        latest = one.notices[0] if one.notices else None
        yield (
            one.address,
            one.full_name,
            str(STANDING_NAMES[one.standing]),
            str(REASONS[one.reason]) if one.reason else None,
            local_cell(one.since, DEFAULT_ZONE) if one.since else None,
            local_cell(one.noticed_at, DEFAULT_ZONE),
            len(one.notices),
            latest.status if latest else None,
            latest.words if latest else None,
        )
