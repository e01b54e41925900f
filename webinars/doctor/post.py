"""The server that takes our mail, and the mailbox of what comes back."""

from webinars.config import Settings
from webinars.doctor.findings import Finding, fault, ok, warning
from webinars.doctor.house import LOOPBACK
from webinars.mail import mailbox, probing

MOST_SECONDS = 10
"""Of one step: somebody waits for the answer."""


def server(settings: Settings) -> Finding:
    """It connects, its certificate is good, it signs us in and takes our sender. No mail leaves."""
    where = f"{settings.mail_server}:{settings.mail_port}"
    brief = settings.model_copy(update={"mail_timeout": min(MOST_SECONDS, settings.mail_timeout)})
    try:
        probing.probe(brief)
    except probing.ProbeFailed as error:
        return fault("mail server", f"{where} {error}", error.advice)
    how = [] if settings.mail_security == "none" else ["certificate verified"]
    how += ["signed in"] if settings.mail_username else []
    found = ", ".join([f"{where} takes mail from {settings.return_path}", *how])
    if settings.mail_security == "none" and settings.mail_server not in LOOPBACK:
        return warning(
            "mail server",
            f"{found}, and nothing is encrypted on the way",
            'set mail_security to "starttls" or "tls"',
        )
    return ok("mail server", found)


def returns(settings: Settings) -> Finding:
    """Whether what comes back is read."""
    if settings.bounce_imap_server is None:
        if settings.bounce_webhook_secret is not None:
            return ok("returned mail", "handed in at /hooks/bounces")
        return warning(
            "returned mail",
            f"nobody reads what comes back to {settings.return_path}",
            "set bounce_imap_server, or bounce_webhook_secret",
        )
    where = f"{settings.bounce_imap_server}:{settings.bounce_imap_port}"
    brief = settings.model_copy(
        update={"bounce_imap_timeout": min(MOST_SECONDS, settings.bounce_imap_timeout)}
    )
    try:
        unread = mailbox.waiting(brief)
    except mailbox.Unreadable as error:
        return fault("returned mail", f"{where}: {error}", "check the bounce_imap_ settings")
    return ok("returned mail", f"{where}, {settings.bounce_imap_folder}: {unread} unread")
