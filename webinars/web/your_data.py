"""What is kept of people, why and for how long: a public page."""

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from webinars.domain import consent
from webinars.domain.programme import Moment
from webinars.services import services
from webinars.web.page_cache import Page, public_page

blueprint = Blueprint("your_data", __name__)


@blueprint.get("/your-data")
def page() -> Response:
    """What is kept, why, how long, who sees it, and how to leave."""

    def build(_session: Session, _moment: Moment) -> Page:
        settings = services().settings
        values = {
            "months": settings.retention_months,
            "address": settings.mail_sender,
            "informed": consent.INFORMED,
            "news": consent.NEWS,
        }
        return Page("public/your_data.html", values, ())

    return public_page(build)
