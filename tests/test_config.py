"""The configuration: its file, the environment, and sentences for who wrote it wrongly."""

import stat
from datetime import time
from pathlib import Path

import pytest
from limits.errors import ConfigurationError

from tests.support import SECRET, in_threads
from webinars.config import Settings, WrongConfiguration, load_settings


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def wrote(text: str, name: str = "config.toml") -> Path:
    """A file in the current folder."""
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def complaint(path: Path | None = None) -> list[str]:
    """The lines of the refusal."""
    with pytest.raises(WrongConfiguration) as error:
        load_settings(path)
    first, *lines = str(error.value).splitlines()
    assert first == "The configuration is wrong."
    return [line.removeprefix("  ") for line in lines]


def test_without_a_file_every_setting_has_its_default() -> None:
    found = load_settings()
    assert (found.mail_port, found.base_url, found.database_url) == (
        25,
        "http://127.0.0.1:8000",
        None,
    )
    assert found.resolved_database_url == f"sqlite:///{Path('instance').resolve()}/webinars.sqlite"


def test_the_file_of_the_current_folder_is_read() -> None:
    wrote('mail_port = 2525\nsite_name = "Été"')
    found = load_settings()
    assert (found.mail_port, found.site_name, found.sender_name) == (2525, "Été", "Été")


def test_the_named_file_is_read_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    wrote("mail_port = 2525")
    wrote("mail_port = 2526", "other.toml")
    monkeypatch.setenv("WEBINARS_CONFIG", "other.toml")
    assert load_settings().mail_port == 2526


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    wrote('mail_port = 2525\nmail_server = "mail.example.org"\nrate_limit_enabled = true')
    monkeypatch.setenv("WEBINARS_MAIL_PORT", "2526")
    monkeypatch.setenv("WEBINARS_RATE_LIMIT_ENABLED", "false")
    found = load_settings()
    assert (found.mail_port, found.mail_server, found.rate_limit_enabled) == (
        2526,
        "mail.example.org",
        False,
    )


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (
            'base_url = "webinaires.example.org"',
            "base_url: an address such as https://webinaires.example.org is needed.",
        ),
        (
            'base_url = "ftp://example.org"',
            "base_url: an address such as https://webinaires.example.org is needed.",
        ),
        (
            'base_url = "http://[::1"',
            "base_url: an address such as https://webinaires.example.org is needed.",
        ),
        (
            'base_url = "https://example.org:99999"',
            "base_url: an address such as https://webinaires.example.org is needed.",
        ),
        (
            'base_url = "https://example.org/?a=b"',
            "base_url: the address must end before any ? or #.",
        ),
        (
            'database_url = "mysql://localhost/webinars"',
            (
                "database_url: sqlite:///path/to/file or "
                "postgresql+psycopg://user@host/database is needed."
            ),
        ),
        (
            'database_url = "webinars.sqlite"',
            (
                "database_url: sqlite:///path/to/file or "
                "postgresql+psycopg://user@host/database is needed."
            ),
        ),
        (
            'secret_key = "too short"',
            "secret_key: at least 16 characters are needed, better 32 at random.",
        ),
        (
            'mail_sender = "Le RAMEAU <a@example.org>"',
            "mail_sender: a plain address such as webinaires@example.org is needed.",
        ),
        (
            'mail_sender = "example.org"',
            "mail_sender: a plain address such as webinaires@example.org is needed.",
        ),
        (
            'mail_sender = "a@example.org\\nBcc: b@example.org"',
            "mail_sender: a plain address such as webinaires@example.org is needed.",
        ),
        ("mail_port = 0", "mail_port: at least 1."),
        ("mail_port = 65536", "mail_port: at most 65535."),
        ('mail_port = "smtp"', "mail_port: a whole number is needed, not 'smtp'."),
        ("mail_port = 2.5", "mail_port: a whole number is needed, not 2.5."),
        ("mail_port = [1]", "mail_port: a whole number is needed, not [1]."),
        ("worker_tick_seconds = 0", "worker_tick_seconds: at least 1."),
        ("retention_months = 0", "retention_months: at least 1."),
        ("retention_months = 121", "retention_months: at most 120."),
        ('mail_security = "ssl"', "mail_security: one of none, starttls, tls."),
        ('log_level = "LOUD"', "log_level: one of DEBUG, INFO, WARNING, ERROR."),
        ('quiet_from = "21"', 'quiet_from: an hour such as "21:00" is needed.'),
        ("quiet_from = 21", 'quiet_from: an hour such as "21:00" is needed.'),
        ('quiet_until = "24:00"', 'quiet_until: an hour such as "21:00" is needed.'),
        ("reminders_apart_minutes = -1", "reminders_apart_minutes: at least 0."),
        ('demo = "perhaps"', "demo: true or false is needed."),
        ("site_name = 3", "site_name: text in quotation marks is needed."),
        (
            'rate_limit_storage = "postgresql://localhost"',
            "rate_limit_storage: memory:// or redis://host:6379 is needed.",
        ),
        (
            'uploads_accel = "internal-uploads"',
            "uploads_accel: the place of an internal location, such as /internal-uploads/.",
        ),
        (
            'rate_limit_storage = "memory"',
            "rate_limit_storage: memory:// or redis://host:6379 is needed.",
        ),
        (
            'rate_limit_storage = "async+redis://localhost"',
            "rate_limit_storage: memory:// or redis://host:6379 is needed.",
        ),
        (
            'rate_limit_storage = "memcached://localhost"',
            "rate_limit_storage: memcached://host:port is needed.",
        ),
        ("mail_prot = 25", "mail_prot: there is no such setting. Did you mean mail_port?"),
        ("colour = 'red'", "colour: there is no such setting. See config.example.toml."),
        ("[mail]\nport = 25", "mail: there is no such setting."),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(written: str, sentence: str) -> None:
    wrote(written)
    (line,) = complaint()
    assert line.startswith(f"config.toml: {sentence}")


@pytest.mark.parametrize("written", ['mail_username = "a"', 'mail_password = "a"'])
def test_credentials_go_in_pairs(written: str) -> None:
    wrote(written)
    assert complaint() == ["mail_username and mail_password go together: give both or neither."]


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ('quiet_from = "21:00"', "quiet_from and quiet_until go together: give both or neither."),
        ("quiet_until = 08:00:00", "quiet_from and quiet_until go together: give both or neither."),
        (
            'quiet_from = "21:00"\nquiet_until = "21:00"',
            "quiet_from and quiet_until are the same hour: leave both out.",
        ),
    ],
)
def test_quiet_hours_go_in_pairs(written: str, sentence: str) -> None:
    wrote(written)
    assert complaint() == [sentence]


def test_quiet_hours_are_local_times(monkeypatch: pytest.MonkeyPatch) -> None:
    wrote("quiet_until = 08:30:00")
    monkeypatch.setenv("WEBINARS_QUIET_FROM", "21:00")
    found = load_settings()
    assert (found.quiet_from, found.quiet_until) == (time(21), time(8, 30))


def test_a_wrong_variable_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    wrote("mail_port = 25")
    monkeypatch.setenv("WEBINARS_MAIL_PORT", "many")
    monkeypatch.setenv("WEBINARS_BASE_URL", "nowhere")
    assert complaint() == [
        "WEBINARS_BASE_URL: an address such as https://webinaires.example.org is needed.",
        "WEBINARS_MAIL_PORT: a whole number is needed, not 'many'.",
    ]


def test_a_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBINARS_MAIL_PROT", "25")
    sentence = "WEBINARS_MAIL_PROT: there is no such setting. Did you mean WEBINARS_MAIL_PORT?"
    assert complaint() == [sentence]
    wrote("worker_tick_seconds = 0")
    assert complaint() == ["config.toml: worker_tick_seconds: at least 1.", sentence]


def test_a_variable_of_something_else_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEBINARS_COLOUR", "red")
    monkeypatch.setenv("WEBINARS_TEST_ANYTHING", "x")
    wrote("mail_port = 2525", "other.toml")
    monkeypatch.setenv("WEBINARS_CONFIG", "other.toml")
    assert load_settings().mail_port == 2525
    said = capsys.readouterr()
    assert said.err == "WEBINARS_COLOUR: there is no such setting; it changes nothing.\n"
    assert said.out == ""


def test_a_counter_without_its_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_address: str) -> None:
        raise ConfigurationError("'redis' prerequisite not available.")

    monkeypatch.setattr("webinars.config.storage_from_string", missing)
    wrote('rate_limit_storage = "redis://:hunter2@localhost"')
    assert complaint() == [
        (
            "config.toml: rate_limit_storage: a package is missing for redis://: "
            'pip install "webinars[redis]".'
        )
    ]


def test_three_faults_are_three_sentences() -> None:
    path = wrote('secret_key = "short"\nmail_port = 0\nmail_prot = 1', "mine.toml")
    assert complaint(path) == [
        "mine.toml: secret_key: at least 16 characters are needed, better 32 at random.",
        "mine.toml: mail_port: at least 1.",
        "mine.toml: mail_prot: there is no such setting. Did you mean mail_port?",
    ]


def test_a_refused_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBINARS_SECRET_KEY", "hunter2")
    monkeypatch.setenv("WEBINARS_DATABASE_URL", "mysql://user:hunter2@host/database")
    with pytest.raises(WrongConfiguration) as error:
        load_settings()
    assert "hunter2" not in str(error.value)


def test_a_named_file_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBINARS_CONFIG", "nowhere.toml")
    with pytest.raises(WrongConfiguration) as error:
        load_settings()
    assert str(error.value) == (
        "nowhere.toml: the file cannot be read "
        "([Errno 2] No such file or directory: 'nowhere.toml')."
    )


def test_a_folder_or_bytes_that_are_no_text_are_said() -> None:
    Path("folder.toml").mkdir()
    Path("latin.toml").write_bytes(b'site_name = "\xe9t\xe9"')
    for name in ("folder.toml", "latin.toml"):
        with pytest.raises(WrongConfiguration, match=f"^{name}: the file cannot be read"):
            load_settings(Path(name))


def test_what_is_no_toml_is_said_with_its_line() -> None:
    wrote('site_name = "a"\nmail_port 25')
    with pytest.raises(WrongConfiguration, match=r"^config\.toml: not valid TOML: .*line 2"):
        load_settings()


def test_empty_text_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBINARS_MAIL_USERNAME", "")
    monkeypatch.setenv("WEBINARS_DATABASE_URL", "")
    found = load_settings()
    assert (found.mail_username, found.database_url) == (None, None)


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("https://webinaires.example.org", "webinaires.example.org"),
        ("https://Webinaires.example.org:8443/", "webinaires.example.org"),
        ("https://example.org/webinaires/", "example.org"),
    ],
)
def test_the_host_is_that_of_the_address(base_url: str, host: str) -> None:
    found = Settings(base_url=base_url)
    assert found.host == host
    assert not found.base_url.endswith("/")


def test_a_given_secret_is_used_and_no_file_is_made(tmp_path: Path) -> None:
    found = Settings(secret_key=SECRET, instance_path=tmp_path / "instance")
    assert found.secret() == SECRET
    assert not (tmp_path / "instance").exists()


def test_the_secret_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    found = Settings(instance_path=tmp_path / "deep" / "instance")
    first = found.secret()
    assert len(first) >= 32
    assert [found.secret(), Settings(instance_path=found.instance_path).secret()] == [first] * 2
    path = found.instance_path / "secret-key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in found.instance_path.iterdir()] == ["secret-key"]


def test_processes_that_start_at_once_share_the_secret(tmp_path: Path) -> None:
    found = Settings(instance_path=tmp_path)
    secrets: list[str] = []
    in_threads(lambda _number: secrets.append(found.secret()), 8)
    assert len(set(secrets)) == 1
    assert len(secrets[0]) >= 32


def test_a_secret_file_that_a_crash_left_empty_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "secret-key").touch()
    with pytest.raises(WrongConfiguration, match="secret-key"):
        Settings(instance_path=tmp_path).secret()
