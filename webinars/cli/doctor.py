"""Whether everything is right, a line a check."""

import json
import sys

import click

from webinars.config import WrongConfiguration, load_settings
from webinars.doctor import examine
from webinars.doctor.findings import Finding, Level, fault, ok


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object a line, for programs.")
@click.option(
    "--nameserver", metavar="ADDRESS[:PORT]", help="A DNS server to ask instead of the system's."
)
def doctor(as_json: bool, nameserver: str | None) -> None:
    """Test settings, database, worker, mail server, mailbox and DNS records.

    Nothing is changed, and no mail is sent. Ends with 1 when something does not work.
    """
    faults = 0
    try:
        settings = load_settings()
    except WrongConfiguration as error:
        _say(
            fault("configuration", " ".join(str(error).split()), "mend it, then ask again"), as_json
        )
        sys.exit(1)
    _say(ok("configuration", "every setting has a value that it may have"), as_json)
    for finding in examine(settings, nameserver=nameserver):
        faults += finding.level is Level.FAULT
        _say(finding, as_json)
    sys.exit(1 if faults else 0)


def _say(finding: Finding, as_json: bool) -> None:
    if as_json:
        fields = {
            "check": finding.check,
            "level": finding.level.value,
            "found": finding.found,
            "advice": finding.advice,
        }
        click.echo(json.dumps(fields, ensure_ascii=False))
        return
    advice = f" -> {finding.advice}" if finding.advice else ""
    click.echo(f"{finding.level:<8} {finding.check}: {finding.found}{advice}")
