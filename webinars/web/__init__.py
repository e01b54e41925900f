"""The screens and addresses."""

from flask import Flask

from webinars.domain.personal_calendar import Kept as PersonalCalendars
from webinars.services import Services
from webinars.web import (
    accounts,
    addresses,
    atom,
    board,
    board_acts,
    calendars,
    count_files,
    counting,
    counts,
    coverage,
    demo,
    desk_files,
    door,
    embeds,
    exports,
    feeds,
    hooks,
    leaving,
    library,
    library_desk,
    library_removal,
    links,
    list_imports,
    lost_link,
    machines,
    mail_acts,
    mail_texts,
    mails,
    mentions,
    my_calendar,
    my_path,
    my_questions,
    my_survey,
    my_wishes,
    oembed,
    organise,
    people,
    public,
    publishing,
    qr_codes,
    questions,
    registrants,
    registrations,
    reminders,
    replay_edit,
    replay_files,
    resource_edit,
    rights,
    scopes,
    search,
    sharing,
    sitemap,
    survey_answers,
    surveys,
    theme_edit,
    trail,
    webinar_edit,
    wish_desk,
    wishes,
    years,
    your_data,
)
from webinars.web.access import guard
from webinars.web.compression import compress
from webinars.web.context import add_context
from webinars.web.errors import handle_errors
from webinars.web.headers import add_headers
from webinars.web.kept_lookups import KeptLookups
from webinars.web.limits import limiter
from webinars.web.page_cache import PageCache
from webinars.web.receiving import tidy_up
from webinars.web.requests import log_requests
from webinars.web.sign_in import set_up_sign_in

WITH_ROUTES = (
    public,
    registrations,
    scopes,
    door,
    library,
    wishes,
    search,
    counting,
    replay_files,
    list_imports,
    feeds,
    qr_codes,
    sharing,
    atom,
    sitemap,
    embeds,
    oembed,
    people,
    my_calendar,
    my_questions,
    my_survey,
    my_wishes,
    my_path,
    rights,
    leaving,
    lost_link,
    your_data,
    organise,
    accounts,
    board,
    board_acts,
    webinar_edit,
    replay_edit,
    desk_files,
    years,
    publishing,
    reminders,
    trail,
    coverage,
    calendars,
    counts,
    count_files,
    registrants,
    exports,
    mails,
    mail_acts,
    addresses,
    mail_texts,
    questions,
    surveys,
    survey_answers,
    wish_desk,
    mentions,
    library_desk,
    links,
    resource_edit,
    library_removal,
    theme_edit,
    machines,
    hooks,
)


def set_up(app: Flask, services: Services, *, https: bool) -> None:
    """Everything that answers requests."""
    app.extensions["webinars.pages"] = PageCache()
    app.extensions["webinars.personal_calendars"] = PersonalCalendars()
    app.extensions[counting.KEPT] = KeptLookups(services.database, most=counting.MOST_KEPT)
    log_requests(app)
    compress(app)  # the first named works last, on the answer as it is
    add_headers(app, https=https)
    handle_errors(app)
    limiter.init_app(app)
    tidy_up(app)
    for module in WITH_ROUTES:
        app.register_blueprint(module.blueprint)
    if services.settings.demo:
        app.register_blueprint(demo.blueprint)
    set_up_sign_in(app, services)
    guard(app)
    add_context(app, services)
