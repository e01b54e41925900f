"""Who may use each route. A route without an entry is refused, and fails the tests."""

import enum

from flask import Flask, abort, redirect, request, url_for
from flask_security import current_user
from flask_wtf.csrf import validate_csrf
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError

from webinars.domain.organisers import ADMINISTRATOR


class Access(enum.Enum):
    """Who may use a route."""

    PUBLIC = "anybody; the page sets and reads no cookie"
    PERSONAL = "whoever has the personal secret that stands in the address"
    ORGANISER = "a signed-in organiser"
    ADMINISTRATOR = "a signed-in organiser who manages accounts"
    SIGN_IN = "anybody, to become a signed-in organiser"
    MACHINE = "probes and monitors; tells nothing of persons"
    HOOK = "a service that knows the secret of the settings; the view demands it"
    DEMONSTRATION = "anybody, and only on a demonstration site"
    UNUSED = "nobody: a route that a library brings along"


AT_DESK = (Access.ORGANISER, Access.ADMINISTRATOR)
"""Those who have signed in."""


TABLE: dict[str, Access] = {
    "static": Access.PUBLIC,
    "public.home": Access.PUBLIC,
    "public.cycle": Access.PUBLIC,
    "public.webinar": Access.PUBLIC,
    "public.robots": Access.PUBLIC,
    "your_data.page": Access.PUBLIC,
    "public.favicon": Access.PUBLIC,
    "lost_link.page": Access.PUBLIC,
    "lost_link.send": Access.PUBLIC,
    "registrations.register": Access.PUBLIC,
    "registrations.link": Access.PUBLIC,
    "registrations.form_address": Access.PUBLIC,
    "scopes.cycle_form": Access.PUBLIC,
    "scopes.register_cycle": Access.PUBLIC,
    "scopes.cycle_link": Access.PUBLIC,
    "scopes.cycle_link_address": Access.PUBLIC,
    "scopes.follow": Access.PUBLIC,
    "scopes.theme_link": Access.PUBLIC,
    "scopes.follow_address": Access.PUBLIC,
    "door.join": Access.PUBLIC,
    "replay_files.captions": Access.PUBLIC,
    "replay_files.poster": Access.PUBLIC,
    "library.replays": Access.PUBLIC,
    "library.theme": Access.PUBLIC,
    "library.resources": Access.PUBLIC,
    "library.resource": Access.PUBLIC,
    "search.page": Access.PUBLIC,
    "wishes.page": Access.PUBLIC,
    "counting.take": Access.PUBLIC,
    "feeds.everything": Access.PUBLIC,
    "feeds.cycle": Access.PUBLIC,
    "feeds.theme": Access.PUBLIC,
    "feeds.webinar": Access.PUBLIC,
    "qr_codes.cycle": Access.PUBLIC,
    "sharing.site": Access.PUBLIC,
    "sharing.cycle": Access.PUBLIC,
    "sharing.webinar": Access.PUBLIC,
    "atom.replays": Access.PUBLIC,
    "atom.announcements": Access.PUBLIC,
    "sitemap.page": Access.PUBLIC,
    "embeds.home": Access.PUBLIC,
    "embeds.cycle": Access.PUBLIC,
    "embeds.webinar": Access.PUBLIC,
    "oembed.answer": Access.PUBLIC,
    "feeds.person": Access.PERSONAL,
    "people.page": Access.PERSONAL,
    "people.cancel": Access.PERSONAL,
    "people.confirm": Access.PERSONAL,
    "people.confirm_all": Access.PERSONAL,
    "people.cancel_all": Access.PERSONAL,
    "people.confirm_cycle": Access.PERSONAL,
    "people.leave_cycle": Access.PERSONAL,
    "people.come_back": Access.PERSONAL,
    "people.include": Access.PERSONAL,
    "people.confirm_theme": Access.PERSONAL,
    "people.stop_theme": Access.PERSONAL,
    "people.leave_list": Access.PERSONAL,
    "people.take_up_list": Access.PERSONAL,
    "leaving.page": Access.PERSONAL,
    "leaving.leave": Access.PERSONAL,
    "leaving.send_link": Access.PERSONAL,
    "leaving.link_address": Access.PERSONAL,
    "my_questions.page": Access.PERSONAL,
    "my_questions.ask": Access.PERSONAL,
    "my_survey.page": Access.PERSONAL,
    "my_survey.send": Access.PERSONAL,
    "my_wishes.page": Access.PERSONAL,
    "my_wishes.propose": Access.PERSONAL,
    "my_wishes.support": Access.PERSONAL,
    "my_wishes.unsupport": Access.PERSONAL,
    "my_calendar.replace": Access.PERSONAL,
    "my_calendar.alarm": Access.PERSONAL,
    "my_path.seen": Access.PERSONAL,
    "my_path.not_seen": Access.PERSONAL,
    "people.replace_link": Access.PERSONAL,
    "rights.details": Access.PERSONAL,
    "rights.correct": Access.PERSONAL,
    "people.take_over": Access.PERSONAL,
    "people.keep": Access.PERSONAL,
    "people.own_question": Access.PERSONAL,
    "people.disown_question": Access.PERSONAL,
    "rights.data": Access.PERSONAL,
    "rights.download": Access.PERSONAL,
    "rights.erase": Access.PERSONAL,
    "rights.erase_now": Access.PERSONAL,
    "organise.desk": Access.ORGANISER,
    "years.new": Access.ORGANISER,
    "years.copy": Access.ORGANISER,
    "years.edit": Access.ORGANISER,
    "years.remove": Access.ORGANISER,
    "publishing.preview": Access.ORGANISER,
    "publishing.publish": Access.ORGANISER,
    "reminders.of_cycle": Access.ORGANISER,
    "reminders.of_webinar": Access.ORGANISER,
    "trail.history": Access.ORGANISER,
    "trail.house": Access.ORGANISER,
    "trail.revert": Access.ORGANISER,
    "coverage.coverage": Access.ORGANISER,
    "calendars.page": Access.ORGANISER,
    "calendars.of_cycle": Access.ORGANISER,
    "calendars.check": Access.ORGANISER,
    "counts.page": Access.ORGANISER,
    "counts.of_replay": Access.ORGANISER,
    "count_files.as_csv": Access.ORGANISER,
    "count_files.as_xlsx": Access.ORGANISER,
    "registrants.page": Access.ORGANISER,
    "registrants.attendance": Access.ORGANISER,
    "registrants.add_form": Access.ORGANISER,
    "registrants.add": Access.ORGANISER,
    "registrants.details": Access.ORGANISER,
    "registrants.correct": Access.ORGANISER,
    "registrants.cancel": Access.ORGANISER,
    "exports.as_csv": Access.ORGANISER,
    "exports.as_xlsx": Access.ORGANISER,
    "mails.page": Access.ORGANISER,
    "mails.one": Access.ORGANISER,
    "mails.copy": Access.ORGANISER,
    "mails.of_person": Access.ORGANISER,
    "mails.of_webinar": Access.ORGANISER,
    "mail_acts.again": Access.ORGANISER,
    "mail_acts.set_aside": Access.ORGANISER,
    "mail_acts.park": Access.ORGANISER,
    "mail_acts.again_all": Access.ORGANISER,
    "mail_acts.set_aside_all": Access.ORGANISER,
    "addresses.page": Access.ORGANISER,
    "addresses.lift": Access.ORGANISER,
    "addresses.as_csv": Access.ORGANISER,
    "addresses.as_xlsx": Access.ORGANISER,
    "mail_texts.everything": Access.ORGANISER,
    "mail_texts.edit": Access.ORGANISER,
    "mail_texts.save": Access.ORGANISER,
    "mail_texts.look": Access.ORGANISER,
    "mail_texts.shown": Access.ORGANISER,
    "mail_texts.test": Access.ORGANISER,
    "mail_texts.reset": Access.ORGANISER,
    "mail_texts.form_address": Access.ORGANISER,
    "questions.of_cycle": Access.ORGANISER,
    "questions.of_webinar": Access.ORGANISER,
    "questions.save": Access.ORGANISER,
    "questions.join": Access.ORGANISER,
    "questions.part": Access.ORGANISER,
    "surveys.of_cycle": Access.ORGANISER,
    "surveys.open_now": Access.ORGANISER,
    "surveys.edit_each": Access.ORGANISER,
    "surveys.edit_year": Access.ORGANISER,
    "surveys.edit_webinar": Access.ORGANISER,
    "survey_answers.of_year": Access.ORGANISER,
    "survey_answers.of_webinar": Access.ORGANISER,
    "survey_answers.text": Access.ORGANISER,
    "survey_answers.year_csv": Access.ORGANISER,
    "survey_answers.year_xlsx": Access.ORGANISER,
    "survey_answers.webinar_csv": Access.ORGANISER,
    "survey_answers.webinar_xlsx": Access.ORGANISER,
    "wish_desk.page": Access.ORGANISER,
    "wish_desk.act": Access.ORGANISER,
    "theme_edit.themes": Access.ORGANISER,
    "theme_edit.new": Access.ORGANISER,
    "theme_edit.add": Access.ORGANISER,
    "theme_edit.page": Access.ORGANISER,
    "theme_edit.save": Access.ORGANISER,
    "library_removal.resource": Access.ORGANISER,
    "library_removal.resource_goes": Access.ORGANISER,
    "library_removal.theme": Access.ORGANISER,
    "library_removal.theme_goes": Access.ORGANISER,
    "resource_edit.new": Access.ORGANISER,
    "resource_edit.add": Access.ORGANISER,
    "resource_edit.page": Access.ORGANISER,
    "resource_edit.save": Access.ORGANISER,
    "library_desk.page": Access.ORGANISER,
    "links.page": Access.ORGANISER,
    "mentions.page": Access.ORGANISER,
    "mentions.link": Access.ORGANISER,
    "mentions.unlink": Access.ORGANISER,
    "replay_edit.page": Access.ORGANISER,
    "replay_edit.save": Access.ORGANISER,
    "desk_files.file": Access.ORGANISER,
    "board.board": Access.ORGANISER,
    "board_acts.move": Access.ORGANISER,
    "board_acts.swap": Access.ORGANISER,
    "board_acts.rotate": Access.ORGANISER,
    "board_acts.theme": Access.ORGANISER,
    "board_acts.cancel": Access.ORGANISER,
    "board_acts.restore": Access.ORGANISER,
    "board_acts.remove": Access.ORGANISER,
    "board_acts.add": Access.ORGANISER,
    "board_acts.wish": Access.ORGANISER,
    "board_acts.discard": Access.ORGANISER,
    "board_acts.undo": Access.ORGANISER,
    "webinar_edit.page": Access.ORGANISER,
    "webinar_edit.save": Access.ORGANISER,
    "list_imports.page": Access.ORGANISER,
    "list_imports.template": Access.ORGANISER,
    "list_imports.send": Access.ORGANISER,
    "accounts.mine": Access.ORGANISER,
    "accounts.set_language": Access.ORGANISER,
    "accounts.after_second_factor": Access.ORGANISER,
    "accounts.welcome": Access.SIGN_IN,
    "accounts.everybody": Access.ADMINISTRATOR,
    "accounts.invite": Access.ADMINISTRATOR,
    "accounts.invite_again": Access.ADMINISTRATOR,
    "accounts.close": Access.ADMINISTRATOR,
    "accounts.reopen": Access.ADMINISTRATOR,
    "accounts.make_administrator": Access.ADMINISTRATOR,
    "accounts.make_organiser": Access.ADMINISTRATOR,
    "accounts.drop_second_factor": Access.ADMINISTRATOR,
    "security.login": Access.SIGN_IN,
    "security.logout": Access.ORGANISER,
    "security.verify": Access.ORGANISER,
    "security.forgot_password": Access.SIGN_IN,
    "security.reset_password": Access.SIGN_IN,
    "security.change_password": Access.ORGANISER,
    "security.two_factor_setup": Access.ORGANISER,
    "security.two_factor_token_validation": Access.SIGN_IN,
    "security.mf_recovery": Access.SIGN_IN,
    "security.mf_recovery_codes": Access.ORGANISER,
    "security.two_factor_setup_validate": Access.UNUSED,
    "security.two_factor_rescue": Access.UNUSED,
    "security.tf_select": Access.UNUSED,
    "security.static": Access.UNUSED,
    "machines.healthz": Access.MACHINE,
    "machines.readyz": Access.MACHINE,
    "hooks.bounces": Access.HOOK,
    "demo.mailbox": Access.DEMONSTRATION,
    "demo.message": Access.DEMONSTRATION,
    "demo.message_html": Access.DEMONSTRATION,
}


def guard(app: Flask) -> None:
    """Deny by default: every request passes here before its view."""

    @app.before_request
    def check() -> Response | None:
        if request.endpoint is None:
            return None  # no such address: the 404 says so
        if "\0" in request.path:
            abort(404)  # PostgreSQL cannot even look for it
        access = TABLE.get(request.endpoint)
        if access is None:
            abort(403)
        if access is Access.UNUSED:
            abort(404)
        if access not in AT_DESK:
            return None
        if not current_user.is_authenticated:
            # What is not a page of its own cannot be gone back to.
            back = request.script_root + request.path if request.method == "GET" else None
            return redirect(url_for("security.login", next=back))
        if access is Access.ADMINISTRATOR and not current_user.has_role(ADMINISTRATOR):
            abort(403)
        if request.method == "POST":
            _demand_csrf_token()
        return None


def _demand_csrf_token() -> None:
    """What is done at the desk is done from a page of the desk."""
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        abort(400)
