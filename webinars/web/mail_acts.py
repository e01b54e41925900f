"""What organisers do to mails: send again, set aside, keep back."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext, ngettext
from flask_security import current_user
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import mail_acts
from webinars.domain.mail_log import find_line
from webinars.domain.mail_reasons import UNDELIVERED, Reason, reason_of
from webinars.mail.again import send_again
from webinars.mail.letters import NotToBeSent
from webinars.services import services
from webinars.web.mail_log_words import REASONS
from webinars.web.mails import ONE, PREFIX

OF_A_REASON = f"{PREFIX}/reasons/<reason>"

blueprint = Blueprint("mail_acts", __name__)


@blueprint.post(f"{ONE}/again")
def again(mail: int) -> AnyResponse:
    """Send it again, if what it says is still so."""
    try:
        with services().database.write() as session:
            leaving = send_again(
                session,
                mail_id=mail,
                actor=current_user.email,
                host=services().house.host,
                now=services().moment().now,
            ).id
    except NotToBeSent as error:
        words = REASONS[reason_of(str(error))]
        advice = f" {words.advice}" if words.advice else ""
        flash(gettext("It was not sent again. %(reason)s", reason=f"{words.said}{advice}"), "error")
    except mail_acts.StillWaiting:
        flash(gettext("It is to leave anyway: there is nothing to send again."), "error")
    except mail_acts.JustRepeated:
        flash(gettext("It was sent again a moment ago: once is enough."), "error")
    except mail_acts.RepeatedOften:
        flash(
            gettext(
                "It was sent again five times already. Write to the person yourself: perhaps "
                "their mail program keeps it back."
            ),
            "error",
        )
    except mail_acts.OfAnAccount:
        flash(
            gettext(
                "A mail to somebody of the desk is not repeated: its links have ended. An "
                "administrator sends a new invitation from the page of the accounts, and a test "
                "is sent anew beside the words of its mail."
            ),
            "error",
        )
    else:
        flash(gettext("It leaves again, as soon as the worker comes by."), "success")
        return redirect(_back(leaving), code=303)
    return redirect(_back(mail), code=303)


@blueprint.post(f"{ONE}/aside")
def set_aside(mail: int) -> AnyResponse:
    """I have looked at it: no alarm for it any more."""
    with services().database.write() as session:
        find_line(session, mail_id=mail)
        aside = mail_acts.set_aside(
            session, mail_ids=[mail], actor=current_user.email, now=services().moment().now
        )
    if aside:
        flash(gettext("It is set aside: no alarm is raised for it any more."), "success")
    else:
        flash(gettext("There is nothing to set aside: no alarm is raised for it."), "error")
    return redirect(_back(mail), code=303)


@blueprint.post(f"{ONE}/park")
def park(mail: int) -> AnyResponse:
    """Keep it back until somebody sends it again."""
    with services().database.write() as session:
        find_line(session, mail_id=mail)
        parked = mail_acts.park_these(
            session, mail_ids=[mail], actor=current_user.email, now=services().moment().now
        )
    if parked:
        flash(gettext("It is kept back until somebody sends it again."), "success")
    else:
        flash(gettext("It cannot be kept back any more: it is leaving, or has left."), "error")
    return redirect(_back(mail), code=303)


def _back(mail: int) -> str:
    """To the mail, or to the log where the button stood there."""
    if request.args.get("back") == "log":
        return url_for("mails.page")
    return url_for("mails.one", mail=mail)


@blueprint.post(f"{OF_A_REASON}/again")
def again_all(reason: str) -> AnyResponse:
    """Send all of a reason again. What is no longer true ends without leaving."""
    with services().database.write() as session:
        leaving = mail_acts.retry_all(
            session,
            reason=_reason(reason),
            actor=current_user.email,
            now=services().moment().now,
        )
    _say(
        len(leaving),
        ngettext("%(num)s mail leaves again.", "%(num)s mails leave again.", len(leaving)),
    )
    return redirect(url_for("mails.page"), code=303)


@blueprint.post(f"{OF_A_REASON}/aside")
def set_aside_all(reason: str) -> AnyResponse:
    """I have looked at all of a reason."""
    with services().database.write() as session:
        aside = mail_acts.set_aside(
            session,
            reason=_reason(reason),
            actor=current_user.email,
            now=services().moment().now,
        )
    _say(
        len(aside),
        ngettext("%(num)s mail is set aside.", "%(num)s mails are set aside.", len(aside)),
    )
    return redirect(url_for("mails.page"), code=303)


def _reason(name: str) -> Reason:
    if name not in {one.value for one in UNDELIVERED}:
        abort(404)
    return Reason(name)


def _say(number: int, words: str) -> None:
    if number:
        flash(words, "success")
    else:
        flash(gettext("There is none of it any more: see the log."), "error")
