"""Rules for mails in words."""

from collections.abc import Sequence

from flask_babel import gettext, ngettext

from webinars.domain.mail_rules import Rule, RuleKind, Unit, read


def offset_words(rule: Rule) -> str:
    """«1 jour», «2 heures», «45 minutes»: how long before or after."""
    match rule.unit:
        case Unit.DAYS:
            return str(ngettext("%(num)s day", "%(num)s days", rule.count))
        case Unit.HOURS:
            return str(ngettext("%(num)s hour", "%(num)s hours", rule.count))
        case Unit.MINUTES:
            return str(ngettext("%(num)s minute", "%(num)s minutes", rule.count))


def mail_words(rule: Rule) -> str:
    """«1 jour avant», «replay en ligne», «enquête 1 jour après»."""
    match rule.kind:
        case RuleKind.REMINDER:
            return str(gettext("%(long)s before", long=offset_words(rule)))
        case RuleKind.SURVEY:
            return str(gettext("survey %(long)s after", long=offset_words(rule)))
        case RuleKind.REPLAY:
            return str(gettext("replay online"))


def rules_words(words: Sequence[str] | None) -> str:
    """A set of rules: «7 jours avant, 1 jour avant, replay en ligne»."""
    if words is None:
        return str(gettext("as usual"))
    if not words:
        return str(gettext("no mail"))
    return ", ".join(mail_words(read(word)) for word in words)
