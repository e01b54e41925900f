"""The demonstration: data, mailbox, service and worker with one command."""

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

import click
import flask_migrate
from flask_security import hash_password

from webinars import clock
from webinars.cli.serve import check_port, run_server
from webinars.cli.support import make_app
from webinars.config import PREFIX
from webinars.demo.mailbox import start_server
from webinars.demo.seed import RealData, seed
from webinars.domain.organisers import ROLES, AccountExists, create_organiser
from webinars.services import Services

ORGANISER = "organisation@example.org"


@click.command("demo")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--load-only", is_flag=True, help="Load the data and end.")
def command(host: str, port: int, workers: int, load_only: bool) -> None:
    """Bring the real 2019 cycle to life: data, mailbox, service and worker.

    Mail travels over SMTP to a mailbox of the demonstration and never leaves this machine.
    """
    if not load_only:
        check_port(host, port)
    smtp_port = _free_port()
    _set_environment(host, port, smtp_port)
    app = make_app(check_schema=False)
    services: Services = app.extensions["webinars"]
    with app.app_context():
        flask_migrate.upgrade()
        try:
            with services.database.write() as session:
                seed(session, house=services.house, now=clock.now())
        except RealData as error:
            raise click.ClickException(
                "This database holds your own cycles: the demonstration stays out of it. Give it "
                "a folder of its own: WEBINARS_INSTANCE_PATH=demonstration webinars demo"
            ) from error
        password = _organiser(services)
    services.database.dispose()
    if load_only:
        click.echo("The demonstration is loaded.")
        return
    mailbox = start_server(
        services.settings.instance_path / "demo-mailbox", host="127.0.0.1", port=smtp_port
    )
    address = services.settings.base_url
    click.echo(
        f"\n  {address}/                 the site\n"
        f"  {address}/demo/mailbox     every mail that it sends\n"
        f"  {address}/organise/        the organisers' desk\n"
        f"      sign in as {ORGANISER} with the password {password}\n\n"
        "  Stop with Ctrl-C; the data stay.\n"
    )
    try:
        run_server(host=host, port=port, workers=workers, with_worker=True)
    finally:
        with suppress(OSError):
            mailbox.stop()


def _set_environment(host: str, port: int, smtp_port: int) -> None:
    """For this process and its children. Mail goes to the mailbox here, whatever is configured."""
    os.environ.setdefault(f"{PREFIX}BASE_URL", f"http://{host}:{port}")
    os.environ.setdefault(f"{PREFIX}WORKER_TICK_SECONDS", "2")
    os.environ.setdefault(f"{PREFIX}LOG_LEVEL", "WARNING")
    # Who tries it registers minutes before the reminder, and wants to see both mails.
    os.environ.setdefault(f"{PREFIX}REMINDERS_APART_MINUTES", "0")
    os.environ.update(
        {
            f"{PREFIX}DEMO": "true",
            f"{PREFIX}MAIL_SERVER": "127.0.0.1",
            f"{PREFIX}MAIL_PORT": str(smtp_port),
            f"{PREFIX}MAIL_SECURITY": "none",
            f"{PREFIX}MAIL_USERNAME": "",
            f"{PREFIX}MAIL_PASSWORD": "",
        }
    )


def _organiser(services: Services) -> str:
    """The demonstration's account; its password is kept beside its database."""
    path: Path = services.settings.instance_path / "demo-organiser-password"
    if path.exists():
        return path.read_text("ascii")
    password = secrets.token_urlsafe(9)
    with services.database.write() as session, suppress(AccountExists):
        create_organiser(
            session,
            email=ORGANISER,
            password_hash=hash_password(password),
            roles=tuple(ROLES),
            now=clock.now(),
        )
    path.touch(mode=0o600)
    path.write_text(password, "ascii")
    return password


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
