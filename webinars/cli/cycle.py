"""Planning without a browser."""

import json
from pathlib import Path

import click

from webinars import clock
from webinars.cli import years
from webinars.cli.history import tell
from webinars.cli.support import read_text, refuse, with_services
from webinars.domain import planning, publication, undoing
from webinars.domain.audit import COMMAND_LINE
from webinars.domain.changes import PlanChange
from webinars.domain.cycle_file import read_plan, write_plan
from webinars.domain.editing import Editor
from webinars.domain.errors import NotFound, OtherYear, WrongFile, WrongPlan
from webinars.domain.history import history as read_history
from webinars.domain.undoing import NoSuchRevision
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
    if published.told:
        click.echo(f"Told of it: {people(published.told)}", err=True)
    if published.promoted:
        click.echo(f"Come from a waiting list to a place: {people(published.promoted)}", err=True)
    if published.planned:
        click.echo(f"Told of what it added: {people(published.planned)}", err=True)
    if published.welcomed:
        click.echo(f"Told of the new cycle: {people(published.welcomed)}", err=True)
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


@group.command()
@click.argument("cycle")
@with_services
def export(services: Services, cycle: str) -> None:
    """Write the draft of CYCLE as the file that `import` reads."""
    try:
        with services.database.read() as session:
            found = planning.find_cycle(session, slug=cycle)
            click.echo(write_plan(planning.whole_plan(found)), nl=False)
    except NotFound as error:
        raise no_cycle(cycle) from error


@group.command()
@click.argument("cycle")
@click.argument("revision", type=click.IntRange(min=1))
@with_services
def revert(services: Services, cycle: str, revision: int) -> None:
    """Draft the inverse of what REVISION of CYCLE published."""
    editor = Editor(COMMAND_LINE, clock.now())
    try:
        with services.database.write() as session:
            undoing.revert(session, cycle_slug=cycle, revision=revision, editor=editor)
            found = planning.find_cycle(session, slug=cycle)
            changes = publication.pending_changes(session, cycle=found)
    except NoSuchRevision as error:
        raise click.ClickException(
            f"Revision {revision} of {cycle} is not there, or changed no webinar."
        ) from error
    except NotFound as error:
        raise no_cycle(cycle) from error
    except WrongPlan as error:
        raise click.ClickException(f"Nothing was written. {error}.") from error
    except undoing.ChangedSince as error:
        raise click.ClickException(
            f'"{error}" is no longer as revision {revision} left it. Change it by hand, or undo '
            "what came after first."
        ) from error
    for change in changes:
        click.echo(in_words(change))
    click.echo(f"{cycle}: drafted. Publish: webinars cycle publish {cycle}")


@group.command()
@click.argument("cycle")
@with_services
def remove(services: Services, cycle: str) -> None:
    """Take away CYCLE, if it was never public."""
    try:
        with services.database.write() as session:
            planning.remove_cycle(session, cycle_slug=cycle, actor=COMMAND_LINE, now=clock.now())
    except NotFound as error:
        raise no_cycle(cycle) from error
    except planning.AlreadyPublic as error:
        raise click.ClickException(
            f"{cycle} is public: people hold on to its addresses. Cancel its webinars instead."
        ) from error
    click.echo(f"{cycle}: removed")


@group.command()
@click.argument("cycle")
@click.option("--json", "as_json", is_flag=True, help="One object a line, for programs.")
@with_services
def history(services: Services, cycle: str, as_json: bool) -> None:
    """Show who did what to CYCLE, the latest first."""
    try:
        with services.database.read() as session:
            found = read_history(session, cycle_slug=cycle, most=1000)
    except NotFound as error:
        raise no_cycle(cycle) from error
    for act in found.acts:
        tell(act, as_json=as_json)


for command in (years.plan, years.copy):
    group.add_command(command)


def people(count: int) -> str:
    """So many persons."""
    return f"{count} {'person' if count == 1 else 'people'}"


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
