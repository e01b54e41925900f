"""``config.toml`` and the environment, as one validated and typed settings object.

Each key of the file is also an environment variable ``WEBINARS_<KEY>``, which wins.
"""

import contextlib
import difflib
import os
import re
import secrets
import sys
import tempfile
import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import sqlalchemy as sa
from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "WEBINARS_"
LEAST_SECRET = 16
NOT_SETTINGS = ("CONFIG", "TEST_")
"""How variables begin that are ours and set nothing."""
COUNTERS = ("memory", "redis", "rediss", "redis+unix", "memcached")
"""Where attempts are counted."""


class WrongConfiguration(Exception):
    """The service must not start. The message is for the person who wrote the setting."""


def _blank_is_none(value: Any) -> Any:
    return None if value == "" else value


def _hour(value: Any) -> Any:
    """``"21:00"``, or a local time of TOML. Nothing else: 21 would be read as seconds."""
    if value is None or (isinstance(value, time) and not value.tzinfo):
        return value
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    raise ValueError('an hour such as "21:00" is needed')


OptionalText = Annotated[str | None, BeforeValidator(_blank_is_none)]
OptionalNumber = Annotated[int | None, BeforeValidator(_blank_is_none)]
OptionalPath = Annotated[Path | None, BeforeValidator(_blank_is_none)]
OptionalHour = Annotated[time | None, BeforeValidator(_hour), BeforeValidator(_blank_is_none)]


class Settings(BaseSettings):
    """Every setting, with its default. ``config.example.toml`` explains each of them."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    # where things are
    instance_path: Path = Path("instance")
    database_url: OptionalText = None
    base_url: str = "http://127.0.0.1:8000"
    secret_key: OptionalText = None
    site_name: str = "L’innovation territoriale en actions !"
    organisation: str = "Le RAMEAU"

    # mail
    mail_server: str = "127.0.0.1"
    mail_port: int = Field(default=25, ge=1, le=65535)
    mail_username: OptionalText = None
    mail_password: OptionalText = None
    mail_security: Literal["none", "starttls", "tls"] = "none"
    mail_timeout: int = Field(default=60, ge=1, le=600)
    mail_answer_timeout: OptionalNumber = Field(default=None, ge=1, le=3600)
    mail_per_minute: int = Field(default=0, ge=0, le=100_000)
    mail_copies_days: int = Field(default=30, ge=0, le=3650)
    mail_calendar: Literal["invitation", "file"] = "invitation"
    mail_sender_name: OptionalText = None
    mail_sender: str = "webinaires@localhost.localdomain"
    mail_reply_to: OptionalText = None
    mail_return_path: OptionalText = None
    mail_dkim_selector: OptionalText = None

    # what comes back
    bounce_imap_server: OptionalText = None
    bounce_imap_port: int = Field(default=993, ge=1, le=65535)
    bounce_imap_security: Literal["none", "starttls", "tls"] = "tls"
    bounce_imap_username: OptionalText = None
    bounce_imap_password: OptionalText = None
    bounce_imap_folder: str = "INBOX"
    bounce_imap_minutes: int = Field(default=5, ge=1, le=1440)
    bounce_imap_timeout: int = Field(default=20, ge=1, le=600)
    bounce_webhook_secret: OptionalText = None

    # rules of the house
    require_confirmation: bool = False
    join_opens_minutes: int = Field(default=15, ge=0, le=1440)
    pending_hold_minutes: int = Field(default=60, ge=0, le=10080)
    confirmations_per_day: int = Field(default=3, ge=1, le=100)
    link_mails_per_day: int = Field(default=3, ge=1, le=100)
    retention_months: int = Field(default=36, ge=1, le=120)
    reminders_apart_minutes: int = Field(default=180, ge=0, le=10080)
    quiet_from: OptionalHour = None
    quiet_until: OptionalHour = None

    # the worker
    worker_tick_seconds: int = Field(default=10, ge=1, le=3600)
    outbox_lease_seconds: int = Field(default=300, ge=5, le=86400)

    # doors
    rate_limit_enabled: bool = True
    rate_limit_storage: str = "memory://"
    registrations_per_minute: int = Field(default=20, ge=1)
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    form_token_hours: int = Field(default=12, ge=1, le=168)

    # uploaded files
    uploads_path: OptionalPath = None
    upload_max_bytes: int = Field(default=2 * 1024**3, ge=1024, le=1024**4)
    uploads_accel: OptionalText = None

    # logs
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"

    # demonstration
    demo: bool = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file; nothing else is read."""
        assert isinstance(init_settings, InitSettingsSource)
        return (env_settings, init_settings)

    @field_validator("base_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            known = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:  # brackets or a port that are none
            known = False
        if not known:
            raise ValueError("an address such as https://webinaires.example.org is needed")
        if parts.query or parts.fragment:
            raise ValueError("the address must end before any ? or #")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            name = sa.make_url(value).get_backend_name()
        except sa.exc.ArgumentError:
            name = ""
        if name not in {"sqlite", "postgresql"}:
            raise ValueError(
                "sqlite:///path/to/file or postgresql+psycopg://user@host/database is needed"
            )
        return value

    @field_validator("rate_limit_storage")
    @classmethod
    def _known_storage(cls, value: str) -> str:
        scheme = value.partition("://")[0]
        if "://" not in value or scheme not in COUNTERS:
            raise ValueError("memory:// or redis://host:6379 is needed")
        if scheme == "memory":
            return value
        try:
            storage_from_string(value)  # connects to nothing yet
        except (ConfigurationError, ValueError) as error:
            # The reason may repeat the address, and that its password.
            if "prerequisite" in str(error):
                package = 'pip install "webinars[redis]"' if "redis" in scheme else "pymemcache"
                raise ValueError(f"a package is missing for {scheme}://: {package}") from None
            raise ValueError(f"{scheme}://host:port is needed") from None
        return value

    @field_validator("secret_key", "bounce_webhook_secret")
    @classmethod
    def _long_enough(cls, value: str | None) -> str | None:
        if value is not None and len(value) < LEAST_SECRET:
            raise ValueError(f"at least {LEAST_SECRET} characters are needed, better 32 at random")
        return value

    @field_validator("mail_sender", "mail_reply_to", "mail_return_path")
    @classmethod
    def _plain_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        local, at, domain = value.rpartition("@")
        if not (local and at and domain) or any(c in value for c in "<>\r\n ,;"):
            raise ValueError("a plain address such as webinaires@example.org is needed")
        return value

    @field_validator("uploads_accel")
    @classmethod
    def _place_of_the_front_server(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"/(?:[\w.-]+/)+", value, re.ASCII):
            raise ValueError("the place of an internal location, such as /internal-uploads/")
        return value

    @model_validator(mode="after")
    def _credentials_in_pairs(self) -> "Settings":
        if (self.mail_username is None) != (self.mail_password is None):
            raise ValueError("mail_username and mail_password go together: give both or neither")
        whole = self.bounce_imap_username and self.bounce_imap_password
        if self.bounce_imap_server and not whole:
            raise ValueError(
                "bounce_imap_server needs bounce_imap_username and bounce_imap_password"
            )
        return self

    @model_validator(mode="after")
    def _quiet_hours_in_pairs(self) -> "Settings":
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError("quiet_from and quiet_until go together: give both or neither")
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise ValueError("quiet_from and quiet_until are the same hour: leave both out")
        return self

    @property
    def host(self) -> str:
        """The host name of ``base_url``: part of calendar UIDs and Message-IDs."""
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def organiser_name(self) -> str:
        """Who runs the site, as programs are told: some of them need a name."""
        return self.organisation or self.site_name

    @property
    def sender_name(self) -> str:
        """Whom mails come from, as people read it."""
        return self.mail_sender_name or self.site_name

    @property
    def answer_timeout(self) -> int:
        """Seconds for the answer to a whole message, which a server may take long to store."""
        return self.mail_answer_timeout or 10 * self.mail_timeout

    @property
    def return_path(self) -> str:
        """Where servers send what they could not deliver (RFC 5321 section 4.4)."""
        return self.mail_return_path or self.mail_sender

    @property
    def resolved_database_url(self) -> str:
        """The database, SQLite in the instance folder unless one is set."""
        return self.database_url or f"sqlite:///{self.instance_path.resolve() / 'webinars.sqlite'}"

    @property
    def uploads_folder(self) -> Path:
        """Where uploaded files are, in the instance folder unless a folder is set."""
        return (self.uploads_path or self.instance_path / "uploads").resolve()

    def secret(self) -> str:
        """The key that signs links: the setting, or one made once in the instance folder.

        Raises WrongConfiguration when the file holds none.
        """
        if self.secret_key is not None:
            return self.secret_key
        path = self.instance_path / "secret-key"
        if not path.exists():
            self.instance_path.mkdir(parents=True, exist_ok=True)
            _make_secret(path)
        key = path.read_text(encoding="ascii").strip()
        if len(key) < LEAST_SECRET:
            raise WrongConfiguration(f"{path}: there is no key in it: remove it, one is made anew")
        return key


def _make_secret(path: Path) -> None:
    """Whole or not at all: a process that starts beside this one must not read half a key."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix="secret-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
        with contextlib.suppress(FileExistsError):  # the other process was first
            os.link(name, path)
    finally:
        Path(name).unlink()


def load_settings(path: Path | None = None) -> Settings:
    """Read ``config.toml`` and the environment.

    The file is the one given, else the one named by ``WEBINARS_CONFIG``, else
    ``config.toml`` in the current folder when there is one. Raises WrongConfiguration.
    """
    file = path or _configured_path()
    values = _read(file) if file else {}
    faults = _misspelt_variables()
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise WrongConfiguration(_refusal(_in_words(error, file) + faults)) from error
    if faults:
        raise WrongConfiguration(_refusal(faults))
    return settings


def _misspelt_variables() -> list[str]:
    """Sentences on variables that are nearly settings; others of our prefix are only noticed."""
    faults = []
    for variable in sorted(os.environ):
        key = variable.upper().removeprefix(PREFIX).lower()
        if not variable.upper().startswith(PREFIX) or key in Settings.model_fields:
            continue
        if key.upper().startswith(NOT_SETTINGS):
            continue
        near = difflib.get_close_matches(key, Settings.model_fields, n=1, cutoff=0.8)
        if near:
            meant = f"{PREFIX}{near[0].upper()}"
            faults.append(f"{variable}: there is no such setting. Did you mean {meant}?")
        else:
            sys.stderr.write(f"{variable}: there is no such setting; it changes nothing.\n")
    return faults


def _configured_path() -> Path | None:
    named = os.environ.get(f"{PREFIX}CONFIG")
    if named:
        return Path(named)
    usual = Path("config.toml")
    return usual if usual.is_file() else None


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongConfiguration(f"{path}: the file cannot be read ({error}).") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongConfiguration(f"{path}: not valid TOML: {error}.") from error


def _in_words(error: ValidationError, file: Path | None) -> list[str]:
    lines = []
    for problem in error.errors():
        key = str(problem["loc"][0]) if problem["loc"] else ""
        from_environment = f"{PREFIX}{key.upper()}" in os.environ
        place = f"{PREFIX}{key.upper()}" if from_environment else f"{file}: {key}"
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(key, Settings.model_fields, n=1)
            hint = f"Did you mean {near[0]}?" if near else "See config.example.toml."
            lines.append(f"{place}: there is no such setting. {hint}")
            continue
        message = _message(problem)
        lines.append(f"{place}: {message}." if key else f"{message}.")
    return lines


def _message(problem: ErrorDetails) -> str:
    context = problem.get("ctx", {})
    match problem["type"]:
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return f"a whole number is needed, not {problem['input']!r}"
        case "greater_than_equal":
            return f"at least {context['ge']}"
        case "less_than_equal":
            return f"at most {context['le']}"
        case "literal_error":
            return f"one of {context['expected'].replace(' or ', ', ')}".replace("'", "")
        case "bool_parsing" | "bool_type":
            return "true or false is needed"
        case "string_type" | "path_type":
            return "text in quotation marks is needed"
        case _:
            return problem["msg"].removeprefix("Value error, ")


def _refusal(lines: list[str]) -> str:
    return "The configuration is wrong.\n" + "\n".join(f"  {line}" for line in lines)
