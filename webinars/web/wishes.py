"""The wishes for themes that everybody reads."""

import hashlib

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from webinars.domain.programme import Moment
from webinars.domain.wish_views import Order, public_wishes, supported_now
from webinars.services import services
from webinars.web.page_cache import Page, answer, build_and_keep, recall

blueprint = Blueprint("wishes", __name__)


@blueprint.get("/wishes")
def page() -> Response:
    """Each with how many support it; what is planned says so.

    Who supports one raises no version of the site, as every other page is what it was: this one
    is kept for the counts that it shows.
    """
    newest = request.args.get("order") == Order.NEWEST
    order = Order.NEWEST if newest else Order.SUPPORTED
    query = f"order={order}" if newest else ""
    with services().database.glance() as session:
        version, counts = supported_now(session)

    def build(session: Session, _moment: Moment) -> Page:
        wishes = public_wishes(session, order=order)
        same = {wish.id: wish.support for wish in wishes} == counts  # else it is not what is kept
        values = {"wishes": wishes, "order": order.value}
        return Page("public/wishes.html", values, (), worth_keeping=same)

    vary = (hashlib.sha256(repr(counts).encode()).hexdigest()[:32],)
    kept = recall(version=version, query=query, vary=vary)
    return answer(kept or build_and_keep(build, query=query, vary=vary))
