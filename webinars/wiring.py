"""What makes an application of settings, database and screens."""

from datetime import timedelta

from flask import Flask
from flask_babel import Babel
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from webinars import web
from webinars.config import Settings, load_settings
from webinars.db import Database
from webinars.i18n import DEFAULT_LANGUAGE, FILTERS
from webinars.links import Links
from webinars.places import MIGRATIONS, STATIC, TEMPLATES, TRANSLATIONS
from webinars.services import Services
from webinars.web.count_notes import CountNotes
from webinars.web.fetch_notes import FetchNotes
from webinars.web.form_bytes import FormRequest
from webinars.web.kept_feeds import KeptFeeds
from webinars.web.lanes import Lanes
from webinars.web.language import EnglishPrefix, request_language
from webinars.web.public_files import PublicFiles
from webinars.web.sessions import DeskSessions

MOST_FORM_BYTES = 64 * 1024
DESK_SESSION = timedelta(hours=12)
YEAR_SECONDS = 365 * 24 * 3600


def create_app(settings: Settings | None = None) -> Flask:
    """The wiring, and nothing else. Raises WrongConfiguration."""
    settings = settings or load_settings()
    app = Flask("webinars", template_folder=str(TEMPLATES), static_folder=str(STATIC))
    https = settings.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.secret(),
        MAX_CONTENT_LENGTH=MOST_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_FORM_BYTES,
        SEND_FILE_MAX_AGE_DEFAULT=YEAR_SECONDS,
        SESSION_COOKIE_NAME="webinars_desk",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=DESK_SESSION,  # holds for the signature of every session
        BABEL_DEFAULT_LOCALE=DEFAULT_LANGUAGE,
        BABEL_TRANSLATION_DIRECTORIES=str(TRANSLATIONS),
        RATELIMIT_ENABLED=settings.rate_limit_enabled,
        RATELIMIT_STORAGE_URI=settings.rate_limit_storage,
        MAIL_SERVER=settings.mail_server,
        MAIL_PORT=settings.mail_port,
        MAIL_DEFAULT_SENDER=(settings.sender_name, settings.mail_sender),
        MAIL_SUPPRESS_SEND=False,
    )
    app.request_class = FormRequest
    app.session_interface = DeskSessions()
    app.jinja_env.filters.update(FILTERS)
    database = Database(settings.resolved_database_url)
    services = Services(
        settings=settings,
        database=database,
        links=Links(base_url=settings.base_url, secret=settings.secret()),
    )
    app.extensions["webinars"] = services
    Babel(app, locale_selector=request_language)
    Migrate(app, database, directory=str(MIGRATIONS))
    web.set_up(app, services, https=https)
    app.wsgi_app = EnglishPrefix(app.wsgi_app)  # type: ignore[method-assign]
    app.wsgi_app = Lanes(app.wsgi_app)  # type: ignore[method-assign]
    app.wsgi_app = PublicFiles(app.wsgi_app, services)  # type: ignore[method-assign]
    notes = app.extensions["webinars.fetches"] = FetchNotes(database)
    app.extensions["webinars.counts"] = CountNotes(database)
    app.wsgi_app = KeptFeeds(app.wsgi_app, database, notes)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        proxies = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies
        )
    return app
