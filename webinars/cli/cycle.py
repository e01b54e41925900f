"""Planning without a browser."""

import json
from pathlib import Path

import click

from webinars import clock
from webinars.cli.support import read_text, refuse, with_services
from webinars.domain import planning, publication
from webinars.domain.changes import PlanChange
from webinars.domain.cycle_file import read_plan
from webinars.domain.errors import NotFound, OtherYear, WrongFile
from webinars.services import Services


@click.group("cycle")
def group() -> None:
    """Plan a cycle and publish it."""


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_services
def import_(services: Services, file: Path) -> None:
    """Put the plan of FILE into the cycle's draft."""
    try:
        read = read_plan(read_text(file))
    except WrongFile as error:
        raise refuse(file, error.problems) from error
    if read.ignored:
        click.echo(f"Not read: {', '.join(read.ignored)}", err=True)
    try:
        with services.database.write() as session:
            saved = planning.save_draft(session, plan=read.plan, now=clock.now())
            unknown = planning.unknown_themes(session, plan=read.plan)
    except OtherYear as error:
        raise click.ClickException(
            f'Nothing was written. The cycle "{read.plan.slug}" is of {error}: give the cycle of '
            f"{read.plan.year} another slug."
        ) from error
    if unknown:
        click.echo(f"Not in the library yet: {', '.join(unknown)}", err=True)
    count = f"{saved.sessions} session{'' if saved.sessions == 1 else 's'}"
    if not saved.changed:
        click.echo(f"{read.plan.slug}: {count}, nothing changed")
    else:
        word = "created" if saved.created else "changed"
        click.echo(
            f"{read.plan.slug}: draft {word}, {count}. Publish: webinars cycle publish "
            f"{read.plan.slug}"
        )


@group.command()
@click.argument("cycle")
@with_services
def publish(services: Services, cycle: str) -> None:
    """Make the draft of CYCLE public."""
    try:
        with services.database.write() as session:
            published = publication.publish(
                session, cycle_slug=cycle, host=services.settings.host, now=clock.now()
            )
    except NotFound as error:
        raise no_cycle(cycle) from error
    for change in published.changes:
        click.echo(in_words(change))
    word = "published" if published.changed else "nothing to publish"
    click.echo(f"{cycle}: {word}, revision {published.revision}")


@group.command()
@click.argument("cycle")
@click.option("--json", "as_json", is_flag=True, help="One object a line, for programs.")
@with_services
def diff(services: Services, cycle: str, as_json: bool) -> None:
    """Show what publishing CYCLE would change, one line a change."""
    try:
        with services.database.read() as session:
            found = planning.find_cycle(session, slug=cycle)
            changes = publication.pending_changes(session, cycle=found)
    except NotFound as error:
        raise no_cycle(cycle) from error
    for change in changes:
        click.echo(
            json.dumps(as_object(change), ensure_ascii=False) if as_json else in_words(change)
        )


def no_cycle(slug: str) -> click.ClickException:
    """There is no such cycle."""
    return click.ClickException(f'There is no cycle "{slug}". Import one: webinars cycle import')


def as_object(change: PlanChange) -> dict[str, object]:
    """A change for programs."""
    return {
        "change": change.kind.value,
        "slug": change.slug,
        "before": change.before,
        "after": change.after,
    }


def in_words(change: PlanChange) -> str:
    """A change as a line: its kind, the webinar's slug, from what to what."""
    head = f"{change.kind.value} {change.slug}"
    if not change.before:
        return f"{head}: {change.after['starts']} {change.after['title']}"
    parts = [
        f"{name} {_short(change.before[name])} -> {_short(change.after[name])}"
        for name in change.after
    ]
    return f"{head}: {'; '.join(parts)}"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    return text if len(text) <= 80 else f"{text[:79]}…"
