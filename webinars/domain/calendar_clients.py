"""Whose program fetches a calendar, from how it names itself. Pure."""

from webinars.models import ClientFamily

FAMILIES: tuple[tuple[ClientFamily, tuple[str, ...]], ...] = (
    (ClientFamily.GOOGLE, ("google-calendar",)),
    (ClientFamily.NEXTCLOUD, ("nextcloud",)),
    (ClientFamily.THUNDERBIRD, ("thunderbird", "lightning/")),
    (ClientFamily.ANDROID, ("icsx5", "davx5", "icsdroid", "davdroid")),
    (ClientFamily.YAHOO, ("yahoo",)),
    (
        ClientFamily.MICROSOFT,
        (
            "microsoft outlook",
            "microsoft office",
            "microsoft.exchange",
            "microsoft exchange",
            "ms-office",
            "msoffice",
            "outlook-ios",
            "outlook-android",
            "outlook/",
            "exchangeservices",
        ),
    ),
    # Robots call themselves browsers, and are none of the above.
    (ClientFamily.OTHER, ("bot", "crawler", "spider", "slurp")),
    (
        ClientFamily.PROGRAM,
        (
            "vdirsyncer",
            "khal",
            "curl/",
            "wget",
            "python",
            "aiohttp",
            "httpx",
            "okhttp",
            "go-http-client",
            "libwww",
            "node",
            "axios",
            "java/",
            "ruby",
            "guzzle",
        ),
    ),
    (
        ClientFamily.APPLE,
        (
            "dataaccessd",
            "calendaragent",
            "calendarstore",
            "remindd/",
            "accountsd/",
            "coredav",
            "ical/",
        ),
    ),
    (ClientFamily.BROWSER, ("firefox/", "chrome/", "safari/", "opera", "msie ", "trident/")),
)
"""In the order in which they are asked: many a program also says the name of a browser."""


def family_of(user_agent: str) -> ClientFamily:
    """The family of a program that sends this ``User-Agent``; who sends none is ``OTHER``."""
    said = user_agent.lower()
    for family, marks in FAMILIES:
        if any(mark in said for mark in marks):
            return family
    return ClientFamily.OTHER
