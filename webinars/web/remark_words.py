"""What there is to know of a date, in words."""

from babel.lists import format_list
from flask_babel import gettext, ngettext

from webinars.domain.remarks import Remark, RemarkKind
from webinars.domain.substitutes import Substitute
from webinars.i18n import language
from webinars.web.change_words import day_words


def remark_in_words(remark: Remark) -> str:
    """«jour férié : Assomption»; the date stands beside it."""
    match remark.kind:
        case RemarkKind.PUBLIC_HOLIDAY:
            return str(gettext("public holiday: %(name)s", name=remark.name))
        case RemarkKind.SCHOOL_HOLIDAYS:
            return school_words(remark.name, remark.zones)
        case RemarkKind.BRIDGE:
            return str(gettext("bridge day beside a public holiday: %(name)s", name=remark.name))
        case RemarkKind.WEEKEND:
            return str(gettext("on a weekend"))
        case RemarkKind.IN_THE_PAST:
            return str(gettext("would be published on a day that is over"))
        case RemarkKind.THEME_TWICE:
            return str(gettext("its theme is on another date as well"))
        case RemarkKind.LEFT_OUT:
            return str(gettext("a date of the rule without a webinar"))


def school_words(name: str, zones: tuple[str, ...]) -> str:
    """«Vacances d’hiver, zones A et B»."""
    listed = format_list(list(zones), locale=language())
    return str(
        ngettext(
            "%(name)s, zone %(zones)s",
            "%(name)s, zones %(zones)s",
            len(zones),
            name=name,
            zones=listed,
        )
    )


def substitute_in_words(substitute: Substitute) -> str:
    """«jeudi 29 août, 14 jours après»: with what stands against it."""
    off = abs(substitute.days_off)
    distance = (
        ngettext("%(num)s day later", "%(num)s days later", off)
        if substitute.days_off > 0
        else ngettext("%(num)s day earlier", "%(num)s days earlier", off)
    )
    known = substitute.warnings
    against = [
        school_words(known.school.name, known.school.zones) if known.school else "",
        str(gettext("bridge day")) if known.bridge else "",
    ]
    return ", ".join([day_words(substitute.day), str(distance), *(one for one in against if one)])
