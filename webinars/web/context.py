"""What every template can use."""

import hashlib
from functools import cache
from typing import Any

from flask import Flask, g, has_request_context, request, url_for

from webinars.domain.programme import WebinarView
from webinars.i18n import DEFAULT_LANGUAGE, content_lang, language
from webinars.places import STATIC
from webinars.services import Services
from webinars.web import calendar_links
from webinars.web.language import paths_by_language, request_language
from webinars.web.sharing import share_site
from webinars.web.wording import rule_of, rule_words

OTHER = {"fr": "en", "en": "fr"}
OG_LOCALES = {"fr": "fr_FR", "en": "en_US"}
"""As https://ogp.me writes languages: with the territory whose usage ours is."""


@cache
def asset(name: str) -> str:
    """The address of a static file, with its content's mark: it may be kept for a year."""
    mark = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={mark}"


def font(name: str) -> str:
    """The address of a font as the style sheets name it, so that it is fetched once."""
    return f"/static/fonts/{name}"


def add_context(app: Flask, services: Services) -> None:
    """Names for templates; those that need a request are there only during one."""
    settings, links = services.settings, services.links
    app.jinja_env.filters |= {"rule_of": rule_of, "rule_words": rule_words}

    def calendar_ways(webinar: WebinarView) -> tuple[calendar_links.Way, ...]:
        cycle, slug = webinar.cycle_slug, webinar.slug
        return calendar_links.ways(
            webinar,
            page=links.webinar(cycle, slug, language=request_language()),
            file=url_for("feeds.webinar", cycle=cycle, webinar=slug),
        )

    app.jinja_env.globals.update(
        asset=asset,
        font=font,
        site_name=settings.site_name,
        organisation=settings.organisation,
        demo=settings.demo,
        absolute=links.absolute,
        webcal=links.webcal,
        calendar_ways=calendar_ways,
        subscribe_at_google=calendar_links.subscribe_at_google,
        og_locales=OG_LOCALES,
        share_site=share_site,
    )

    @app.context_processor
    def of_request() -> dict[str, Any]:
        if not has_request_context():
            return {"locale": language(), "content_lang": content_lang()}
        paths = paths_by_language()
        here = request_language()
        return {
            "locale": here,
            "content_lang": content_lang(),
            "other_language_url": paths[OTHER.get(here, DEFAULT_LANGUAGE)],
            "canonical_url": links.absolute(paths[here].partition("?")[0]),
            "alternate_urls": {
                name: links.absolute(path.partition("?")[0]) for name, path in paths.items()
            },
            "request_id": g.get("request_id"),
            "endpoint": request.endpoint,
        }
