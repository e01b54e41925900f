"""One's own account, and everybody's for administrators."""

from collections.abc import Callable
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from flask_security import current_user, hash_password
from flask_security.utils import check_and_update_authn_fresh
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import organisers
from webinars.domain.errors import NotFound
from webinars.domain.organisers import (
    AccountExists,
    EnoughMails,
    InvitationOver,
    LastAdministrator,
)
from webinars.i18n import LANGUAGES
from webinars.links import BadToken
from webinars.services import services
from webinars.web.access import TABLE, Access
from webinars.web.account_forms import (
    InvitationForm,
    LanguageForm,
    NewPasswordForm,
    blank_form,
    typed_form,
)
from webinars.web.language import request_language
from webinars.web.limits import limit_sign_in

blueprint = Blueprint("accounts", __name__, url_prefix="/organise")

Act = Callable[..., Any]


@blueprint.before_request
def demand_fresh_sign_in() -> AnyResponse | None:
    """Whoever finds a desk left open must not make themselves an account."""
    if TABLE.get(request.endpoint or "") is not Access.ADMINISTRATOR:
        return None
    config = current_app.config
    fresh = config["SECURITY_FRESHNESS"], config["SECURITY_FRESHNESS_GRACE_PERIOD"]
    if check_and_update_authn_fresh(*fresh):
        return None
    return redirect(url_for("security.verify", next=url_for("accounts.everybody")))


# one's own ------------------------------------------------------------------------------


@blueprint.get("/account")
def mine() -> Response:
    """Address, language, password and second factor of who is signed in."""
    body = render_template(
        "organise/account.html",
        form=blank_form(LanguageForm, language=current_user.language),
        email=current_user.email,
        administrator=current_user.has_role(organisers.ADMINISTRATOR),
        second_factor=current_user.tf_primary_method is not None,
        recovery_codes=len(current_user.mf_recovery_codes or ()),
    )
    return make_response(body)


@blueprint.post("/account/language")
def set_language() -> AnyResponse:
    """Of the mails about my account."""
    chosen = request.form.get("language")
    if chosen in LANGUAGES:
        with services().database.write() as session:
            organisers.set_language(session, email=current_user.email, language=chosen)
        flash(gettext("The mails about your account will be in this language."), "success")
    return redirect(url_for("accounts.mine"), code=303)


@blueprint.get("/account/second-factor/done")
def after_second_factor() -> AnyResponse:
    """Whoever has just turned it on is shown the codes to keep."""
    if current_user.tf_primary_method is None:
        return redirect(url_for("accounts.mine"))
    return redirect(url_for("security.mf_recovery_codes", show_codes=1))


@blueprint.route("/welcome/<token>", methods=["GET", "POST"])
@limit_sign_in
def welcome(token: str) -> AnyResponse:
    """Whoever was invited chooses a password. GET shows, POST acts: scanners open links."""
    form = typed_form(NewPasswordForm)
    moment = services().moment()
    try:
        uniquifier, age = services().links.read_invitation_token(token, now=moment.now)
        with services().database.read() as session:
            form.user = organisers.invited(session, uniquifier=uniquifier, age=age)
        if form.validate_on_submit():
            password_hash = hash_password(form.password.data)
            with services().database.write() as session:
                organisers.accept_invitation(
                    session,
                    uniquifier=uniquifier,
                    age=age,
                    password_hash=password_hash,
                    now=moment.now,
                )
            flash(gettext("Your password holds. Sign in with it."), "success")
            return redirect(url_for("security.login"), code=303)
    except (BadToken, InvitationOver):
        body = render_template("organise/welcome_over.html")
        return make_response(body, 410)
    body = render_template("organise/welcome.html", form=form, email=form.user.email, token=token)
    return make_response(body, 422 if form.errors else 200)


# everybody's ----------------------------------------------------------------------------


@blueprint.get("/accounts")
def everybody() -> Response:
    """Who has an account, and what they may do."""
    return make_response(_page(blank_form(InvitationForm, language=request_language())))


@blueprint.post("/accounts")
def invite() -> AnyResponse:
    """Make an account and owe the mail with which its owner chooses a password."""
    form = typed_form(InvitationForm)
    if not form.validate():
        return make_response(_page(form), 422)
    try:
        with services().database.write() as session:
            organisers.invite(
                session,
                email=form.email.data,
                language=form.language.data,
                host=services().settings.host,
                actor=current_user.email,
                now=services().moment().now,
            )
    except AccountExists:
        form.email.errors = [gettext("This address has an account already: it stands in the list.")]
        return make_response(_page(form), 422)
    flash(gettext("An invitation is on its way to %(email)s.", email=form.email.data), "success")
    return redirect(url_for("accounts.everybody"), code=303)


@blueprint.post("/accounts/invite-again")
def invite_again() -> AnyResponse:
    """Owe the mail once more."""
    done = gettext("The invitation is on its way once more.")
    return _act(organisers.invite_again, done, host=services().settings.host)


@blueprint.post("/accounts/close")
def close() -> AnyResponse:
    """End its sessions, and let nobody sign in with it."""
    done = gettext("The account is closed and its sessions have ended.")
    return _act(organisers.close, done, actor=current_user.email)


@blueprint.post("/accounts/reopen")
def reopen() -> AnyResponse:
    """As it was before it was closed."""
    done = gettext("The account is open again.")
    return _act(organisers.reopen, done, actor=current_user.email)


@blueprint.post("/accounts/make-administrator")
def make_administrator() -> AnyResponse:
    """Let somebody manage accounts."""
    done = gettext("The account may manage accounts now.")
    return _act(organisers.make_administrator, done, actor=current_user.email)


@blueprint.post("/accounts/make-organiser")
def make_organiser() -> AnyResponse:
    """Let them organise, and no longer manage accounts."""
    done = gettext("The account no longer manages accounts.")
    return _act(organisers.make_organiser, done, actor=current_user.email)


@blueprint.post("/accounts/drop-second-factor")
def drop_second_factor() -> AnyResponse:
    """For somebody who has lost telephone and recovery codes."""
    done = gettext("Its second factor is off.")
    return _act(organisers.drop_second_factor, done, actor=current_user.email)


def _act(act: Act, done: str, **more: str) -> AnyResponse:
    try:
        with services().database.write() as session:
            act(
                session,
                email=request.form.get("email", ""),
                now=services().moment().now,
                **more,
            )
    except NotFound:
        return _refused(gettext("There is no such account any more."))
    except LastAdministrator:
        return _refused(
            gettext(
                "This is the last administrator: give the role to somebody else first, or "
                "nobody could manage the accounts."
            )
        )
    except InvitationOver:
        return _refused(gettext("This account needs no invitation any more."))
    except EnoughMails:
        return _refused(gettext("Three invitations have left today: send another one tomorrow."))
    flash(f"{request.form['email']}: {done}", "success")
    return redirect(url_for("accounts.everybody"), code=303)


def _refused(sentence: str) -> Response:
    form = blank_form(InvitationForm, language=request_language())
    return make_response(_page(form, refused=sentence), 409)


def _page(form: Any, *, refused: str | None = None) -> str:
    with services().database.read() as session:
        listed = organisers.accounts(session)
    return render_template(
        "organise/accounts.html",
        form=form,
        accounts=listed,
        me=current_user.email,
        refused=refused,
        csrf_token=generate_csrf(),
    )
