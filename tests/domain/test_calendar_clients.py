"""Programs tell their family by how they name themselves: names as servers have logged them."""

import pytest

from webinars.domain.calendar_clients import FAMILIES, family_of
from webinars.models import ClientFamily

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15"
OLD = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/7.0;"
SAID: list[tuple[ClientFamily, str]] = [
    (ClientFamily.GOOGLE, "Google-Calendar-Importer"),
    (ClientFamily.GOOGLE, "Mozilla/5.0 (compatible; Google-Calendar-Importer)"),
    (ClientFamily.APPLE, "iOS/18.0 (22A3354) dataaccessd/1.0"),
    (ClientFamily.APPLE, "macOS/13.4 (22F66) dataaccessd/1.0"),
    (ClientFamily.APPLE, "macOS/11.0 (20A5343i) CalendarAgent/950"),
    (ClientFamily.APPLE, "Mac+OS+X/10.10.5 (14F27) CalendarAgent/316.1"),
    (ClientFamily.APPLE, "CalendarStore/5.0 (1127); iCal/5.0 (1535); Mac OS X/10.7.1 (11B26)"),
    (ClientFamily.APPLE, "iOS/17.4 (21E219) remindd/1.0"),
    (
        ClientFamily.MICROSOFT,
        "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17126; Pro)",
    ),
    (ClientFamily.MICROSOFT, "Microsoft.Exchange/15.20 (Windows NT 10.0; Win64; x64)"),
    (ClientFamily.MICROSOFT, "Outlook-iOS/2.0"),
    (
        ClientFamily.MICROSOFT,
        f"{OLD} Microsoft Outlook 16.0.9029; ms-office; MSOffice 16)",
    ),
    (
        ClientFamily.THUNDERBIRD,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:115.0) Gecko/20100101 Thunderbird/115.6.0",
    ),
    (
        ClientFamily.THUNDERBIRD,
        "Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101 Lightning/6.2",
    ),
    (ClientFamily.NEXTCLOUD, "Nextcloud Webcal Service"),
    (ClientFamily.YAHOO, "YahooCalendar/1.0"),
    (ClientFamily.ANDROID, "ICSx5/2.4.3 (ical4j/3.2.19 okhttp/5.3.2 Android/16)"),
    (ClientFamily.ANDROID, "DAVx5/4.3.6-ose (dav4jvm; okhttp/4.11.0) Android/13"),
    (ClientFamily.PROGRAM, "vdirsyncer/0.19.3"),
    (ClientFamily.PROGRAM, "node-ical/0.20.1"),
    (ClientFamily.PROGRAM, "curl/8.5.0"),
    (ClientFamily.PROGRAM, "Wget/1.21.3"),
    (ClientFamily.PROGRAM, "python-requests/2.32.3"),
    (ClientFamily.PROGRAM, "Go-http-client/1.1"),
    (ClientFamily.PROGRAM, "Java/17.0.2"),
    (
        ClientFamily.BROWSER,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:142.0) Gecko/20100101 Firefox/142.0",
    ),
    (ClientFamily.BROWSER, f"{CHROME} Chrome/139.0.0.0 Safari/537.36"),
    (
        ClientFamily.BROWSER,
        f"{IPHONE} (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
    ),
    (ClientFamily.OTHER, "Evolution/3.60.2"),
    (
        ClientFamily.OTHER,
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    ),
    (
        ClientFamily.OTHER,
        f"{CHROME} Chrome/139.0.0.0 Safari/537.36 (compatible; bingbot/2.0)",
    ),
    (ClientFamily.OTHER, ""),
    (ClientFamily.OTHER, "\x00\xff" * 200),
]


@pytest.mark.parametrize(("family", "said"), SAID)
def test_the_family_of_a_program(family: ClientFamily, said: str) -> None:
    assert family_of(said) is family


def test_every_family_is_met_and_large_letters_do_not_matter() -> None:
    assert {family for family, _ in SAID} == set(ClientFamily)
    assert all(mark == mark.lower() for _, marks in FAMILIES for mark in marks)
    assert family_of("GOOGLE-CALENDAR-IMPORTER") is ClientFamily.GOOGLE
