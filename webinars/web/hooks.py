"""What other services hand in, with a secret of the settings."""

import hmac
from typing import Literal

from flask import Blueprint, Response, abort, jsonify, request
from pydantic import BaseModel, Field, ValidationError

from webinars.domain import delivery_notices
from webinars.domain.delivery_notices import Report
from webinars.mail.bounces import MOST_BYTES, read_notice, report_of
from webinars.models import NoticeKind
from webinars.services import services

blueprint = Blueprint("hooks", __name__)


class SaidNotice(BaseModel):
    """A notice as a mail service tells it. Other keys are passed over."""

    email: str = Field(max_length=320)
    kind: Literal["permanent", "transient", "complaint"]
    reason: str = Field(default="", max_length=2000)
    message_id: str = Field(default="", max_length=300)


@blueprint.post("/hooks/bounces")
def bounces() -> Response:
    """A notice as it came (message/rfc822), or what a service made of it (JSON)."""
    _demand_secret()
    request.max_content_length = MOST_BYTES
    body = request.get_data(cache=False)
    reports = (_said(body),) if request.is_json else read_notice(body)
    outcomes = []
    for report in reports:
        with services().database.write() as session:
            outcome = delivery_notices.take(session, report=report, now=services().moment().now)
        outcomes.append(outcome.value)
    response = jsonify(outcomes=outcomes)
    response.headers["Cache-Control"] = "no-store"
    return response


def _demand_secret() -> None:
    """Without one in the settings there is no such address."""
    secret = services().settings.bounce_webhook_secret
    if secret is None:
        abort(404)
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(), secret.encode())
    if scheme.lower() != "bearer" or not right:
        response = _refused("the header Authorization: Bearer <bounce_webhook_secret> is needed")
        response.status_code = 401
        response.headers["WWW-Authenticate"] = "Bearer"
        abort(response)


def _said(body: bytes) -> Report:
    """The report of a JSON object; its ``message_id`` is the proof."""
    try:
        said = SaidNotice.model_validate_json(body)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, one["loc"])) or "the body" for one in error.errors())
        abort(_refused(f"an object with email, kind, reason, message_id is needed; wrong: {where}"))
    return report_of(
        NoticeKind(said.kind), email=said.email, message_id=said.message_id, reason=said.reason
    )


def _refused(sentence: str) -> Response:
    response = jsonify(error=sentence)
    response.status_code = 400
    return response
