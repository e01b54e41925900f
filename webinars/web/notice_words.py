"""Notices and what they make of an address, in words."""

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from webinars.domain.address_standings import Standing
from webinars.models import NoticeKind, StopReason

NOTICE_NAMES: dict[NoticeKind, LazyString] = {
    NoticeKind.PERMANENT: lazy_gettext("Came back for good"),
    NoticeKind.TRANSIENT: lazy_gettext("Did not arrive this time"),
    NoticeKind.OURS: lazy_gettext("Refused because of the mail or its sender"),
    NoticeKind.COMPLAINT: lazy_gettext("Reported as unwanted"),
}
STANDING_NAMES: dict[Standing, LazyString] = {
    Standing.STOPPED: lazy_gettext("Nothing leaves"),
    Standing.COMPLAINED: lazy_gettext("Only the essential leaves"),
    Standing.WATCHED: lazy_gettext("Watched"),
    Standing.LIFTED: lazy_gettext("Released"),
}
REASONS: dict[StopReason, LazyString] = {
    StopReason.REFUSED: lazy_gettext("The mail server knows no such address."),
    StopReason.RETURNED: lazy_gettext("A mail came back for good."),
    StopReason.UNREACHABLE: lazy_gettext("Three mails of a fortnight came back."),
}
