"""The wishes for themes that everybody reads."""

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from webinars.domain.programme import Moment
from webinars.domain.wish_views import Order, public_wishes
from webinars.web.page_cache import Page, public_page

blueprint = Blueprint("wishes", __name__)


@blueprint.get("/wishes")
def page() -> Response:
    """Each with how many support it; what is planned says so."""
    newest = request.args.get("order") == Order.NEWEST
    order = Order.NEWEST if newest else Order.SUPPORTED

    def build(session: Session, _moment: Moment) -> Page:
        wishes = public_wishes(session, order=order)
        return Page("public/wishes.html", {"wishes": wishes, "order": order.value}, ())

    return public_page(build, query=f"order={order}" if newest else "")
