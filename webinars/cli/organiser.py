"""Accounts of the desk."""

import secrets

import click
from email_validator import EmailNotValidError, validate_email
from flask_security import hash_password

from webinars import clock
from webinars.cli.support import with_services
from webinars.domain.organisers import ROLES, AccountExists, create_organiser
from webinars.services import Services


@click.group("organiser")
def group() -> None:
    """Accounts of organisers."""


@group.command()
@click.argument("email")
@click.option("--password", help="Made and printed when not given; at least 8 characters.")
@click.option("--administrator", is_flag=True, help="May also manage accounts.")
@with_services
def create(services: Services, email: str, password: str | None, administrator: bool) -> None:
    """Make an account for EMAIL and print its password if one was made."""
    try:
        validate_email(email, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise click.ClickException(f'"{email}" is not an e-mail address: {error}') from error
    if password is not None and len(password) < 8:
        raise click.ClickException("The password needs at least 8 characters.")
    chosen = password or secrets.token_urlsafe(12)
    roles = tuple(ROLES) if administrator else ("organiser",)
    try:
        with services.database.write() as session:
            create_organiser(
                session,
                email=email,
                password_hash=hash_password(chosen),
                roles=roles,
                now=clock.now(),
            )
    except AccountExists as error:
        raise click.ClickException(f"{email} has an account already.") from error
    click.echo(f"{email.strip().lower()} can sign in at {services.settings.base_url}/organise/")
    if password is None:
        click.echo(f"Password: {chosen}")
