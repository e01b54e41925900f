"""The mailbox of a demonstration: what the service sends arrives here."""

from flask import Blueprint, Response, abort, make_response, render_template

from webinars.demo.mailbox import Mailbox
from webinars.services import services
from webinars.web.headers import MAIL_POLICY

blueprint = Blueprint("demo", __name__, url_prefix="/demo")


def _mailbox() -> Mailbox:
    return Mailbox(services().settings.instance_path / "demo-mailbox")


@blueprint.get("/mailbox")
def mailbox() -> Response:
    """Every mail that has arrived, the latest first."""
    return make_response(render_template("demo/mailbox.html", messages=_mailbox().messages()))


@blueprint.get("/mailbox/<key>")
def message(key: str) -> Response:
    """One mail with its headers, text and attachments."""
    found = _mailbox().message(key)
    if found is None:
        abort(404)
    return make_response(render_template("demo/message.html", message=found))


@blueprint.get("/mailbox/<key>/html")
def message_html(key: str) -> Response:
    """The mail's own page, for a sandboxed frame."""
    found = _mailbox().message(key)
    if found is None or found.html is None:
        abort(404)
    response = Response(found.html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response
