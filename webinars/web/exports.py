"""The list of a webinar as a file: CSV and XLSX, with the filters of the page."""

from collections.abc import Iterable, Iterator

from flask import Blueprint, Response
from flask_babel import gettext
from flask_security import current_user

from webinars.domain import audit
from webinars.domain.registrants import (
    ListHead,
    Registrant,
    count_found,
    every_registrant,
    list_head,
)
from webinars.i18n import CATEGORY_NAMES, REGION_NAMES, STATUS_NAMES, zone_name
from webinars.models import ActorCategory, AuditAct
from webinars.services import services
from webinars.web.registrants import PREFIX, asked
from webinars.web.table_files import Cell, Table, csv_response, local_cell, xlsx_response

blueprint = Blueprint("exports", __name__)

WIDTHS = (28, 32, 30, 26, 28, 22, 10, 19, 19, 50, 10)


@blueprint.get(f"{PREFIX}.csv")
def as_csv(cycle: str, webinar: str) -> Response:
    """For every program."""
    return csv_response(_exported(cycle, webinar))


@blueprint.get(f"{PREFIX}.xlsx")
def as_xlsx(cycle: str, webinar: str) -> Response:
    """For spreadsheets."""
    return xlsx_response(_exported(cycle, webinar))


def _exported(cycle: str, webinar: str) -> Table:
    """What is exported, noted in the audit trail before it leaves."""
    filters = asked()
    with services().database.write() as session:
        head = list_head(session, cycle_slug=cycle, webinar_slug=webinar)
        audit.record(
            session,
            actor=current_user.email,
            act=AuditAct.LIST_EXPORTED,
            now=services().moment().now,
            cycle_id=head.cycle_id,
            slugs=[head.slug],
            after={"count": count_found(session, head=head, filters=filters)},
        )
    return Table(
        name=f"{head.cycle_slug}-{head.slug}",
        title=gettext("Registrations"),
        headings=_headings(head),
        widths=WIDTHS,
        rows=lambda session: _rows(head, every_registrant(session, head=head, filters=filters)),
    )


# what stands in it -----------------------------------------------------------------------


def _headings(head: ListHead) -> tuple[str, ...]:
    zone = zone_name(head.zone)
    return (
        gettext("First and last name"),
        gettext("E-mail address"),
        gettext("Organisation"),
        gettext("Category"),
        gettext("Region"),
        gettext("Status"),
        gettext("Place in line"),
        gettext("Registered (%(zone)s)", zone=zone),
        gettext("Came (%(zone)s)", zone=zone),
        gettext("Questions"),
        gettext("Language"),
    )


def _rows(head: ListHead, people: Iterable[tuple[Registrant, str]]) -> Iterator[tuple[Cell, ...]]:
    categories = {str(one): str(CATEGORY_NAMES[one]) for one in ActorCategory}
    regions = {code: str(name) for code, name in REGION_NAMES.items()}
    statuses = {status: str(name) for status, name in STATUS_NAMES.items()}
    for one, questions in people:
        yield (
            one.full_name,
            one.email,
            one.organisation,
            categories.get(one.actor_category or "", one.actor_category),
            regions.get(one.region or "", one.region),
            statuses[one.status],
            one.position,
            local_cell(one.registered_at, head.zone),
            local_cell(one.came_at, head.zone) if one.came_at else None,
            questions.replace("\r\n", "\n").replace("\r", "\n"),
            one.language,
        )
