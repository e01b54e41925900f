"""Accounts of the desk."""

import secrets

import click
from email_validator import EmailNotValidError, validate_email
from flask import current_app
from flask_security import hash_password

from webinars import clock
from webinars.cli.support import with_services
from webinars.domain import organisers
from webinars.domain.audit import COMMAND_LINE
from webinars.domain.errors import NotFound
from webinars.domain.organisers import (
    LEAST_PASSWORD,
    ROLES,
    AccountExists,
    create_organiser,
    none_yet,
)
from webinars.services import Services

FIRST = "It is the first account, so it may also manage the others: invite them from the desk."


@click.group("organiser")
def group() -> None:
    """Accounts of organisers."""


@group.command()
@click.argument("email")
@click.option(
    "--password", help=f"Made and printed when not given; at least {LEAST_PASSWORD} characters."
)
@click.option(
    "--administrator", is_flag=True, help="May also manage accounts, as the first one always may."
)
@with_services
def create(services: Services, email: str, password: str | None, administrator: bool) -> None:
    """Make an account for EMAIL and print its password if one was made."""
    try:
        validate_email(email, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise click.ClickException(f'"{email}" is not an e-mail address: {error}') from error
    chosen, hashed = _password(password)
    try:
        with services.database.write() as session:
            first = none_yet(session)
            create_organiser(
                session,
                email=email,
                password_hash=hashed,
                roles=tuple(ROLES) if administrator or first else ("organiser",),
                now=clock.now(),
            )
    except AccountExists as error:
        raise click.ClickException(f"{email} has an account already.") from error
    click.echo(f"{email.strip().lower()} can sign in at {services.settings.base_url}/organise/")
    if first and not administrator:
        click.echo(FIRST)
    if password is None:
        click.echo(f"Password: {chosen}")


@group.command()
@click.argument("email")
@click.option(
    "--password", help=f"Made and printed when not given; at least {LEAST_PASSWORD} characters."
)
@with_services
def reset(services: Services, email: str, password: str | None) -> None:
    """Let EMAIL in again: a new password, no second factor, the account open.

    For somebody whom no administrator can help from the desk. Every session of theirs ends.
    """
    chosen, hashed = _password(password)
    try:
        with services.database.write() as session:
            organisers.reset(
                session,
                email=email,
                password_hash=hashed,
                actor=COMMAND_LINE,
                now=clock.now(),
            )
    except NotFound as error:
        raise click.ClickException(f"{email} has no account.") from error
    click.echo(f"{email.strip().lower()} can sign in at {services.settings.base_url}/organise/")
    if password is None:
        click.echo(f"Password: {chosen}")


def _password(given: str | None) -> tuple[str, str]:
    """The password that was given, or a new one, and how it is kept."""
    if given is not None and len(given) < LEAST_PASSWORD:
        raise click.ClickException(f"The password needs at least {LEAST_PASSWORD} characters.")
    chosen = given or secrets.token_urlsafe(12)
    # As forms do: an é typed elsewhere may come in two parts.
    normal = current_app.extensions["security"].password_util.normalize(chosen)
    return chosen, hash_password(normal)
