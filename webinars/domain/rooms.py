"""The tools behind joining links that are known to remind their registrants as well. Pure.

Each sends mails of its own to those who register there. Who is sent there by this product need
not register a second time; where the tool asks for it all the same, people are reminded twice.
Rooms that send nothing (BigBlueButton, Jitsi, plain meetings of others) are not listed.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from webinars.domain.errors import N_


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that reminds."""

    name: str
    hosts: tuple[str, ...]
    """With everything below them."""
    switch: str
    """Where to switch it off there: a text of the catalogues."""


TOOLS = (
    Tool(
        "Zoom",
        ("zoom.us", "zoom.com", "zoomgov.com"),
        N_("the webinar, “Email Settings”, “Reminder Email”"),
    ),
    Tool("Livestorm", ("livestorm.co",), N_("the event, its e-mails, each reminder")),
    Tool(
        "Microsoft Teams",
        ("teams.microsoft.com", "teams.live.com", "teams.cloud.microsoft"),
        N_("the webinar, “Communications”, the reminder"),
    ),
    Tool("Webex", ("webex.com",), N_("the webinar, “Email messages”, “Reminders”")),
    Tool("GoToWebinar", ("gotowebinar.com",), N_("the webinar, “Emails”, the reminder e-mails")),
)


def reminding_tool(join_url: str | None) -> Tool | None:
    """The tool behind a joining link, if it is known to remind."""
    try:
        host = urlsplit(join_url or "").hostname or ""
    except ValueError:  # stored before such addresses were refused
        return None
    return next(
        (
            tool
            for tool in TOOLS
            if any(host == known or host.endswith(f".{known}") for known in tool.hosts)
        ),
        None,
    )
