"""What may stand in a log."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from webinars import logs


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("nothing to hide", "nothing to hide"),
        ("Key (email)=(alice@example.org) exists", "Key (email)=([address]) exists"),
        ('{"to": "Zoé.D\u2019Été@exämple.org"}', '{"to": "[address]"}'),
        ("GET /me/abc.def/calendar.ics 200", "GET /me/[secret]/calendar.ics 200"),
        ("/cycles/2019/x/join?t=abc.def&x=1", "/cycles/2019/x/join?t=[secret]&x=1"),
    ],
)
def test_persons_are_taken_out(line: str, expected: str):
    assert logs.without_persons(line) == expected


@pytest.fixture
def _as_before() -> Iterator[None]:
    """Logs are set up for the whole process: later tests have theirs."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


@pytest.mark.usefixtures("_as_before")
def test_a_traceback_names_nobody(capsys: pytest.CaptureFixture[str]):
    logs.set_up(level="INFO", style="json")
    try:
        int("alice@example.org")
    except ValueError:
        structlog.get_logger().exception("failed", route="/me/<token>")
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert "alice" not in line
    assert json.loads(line)["event"] == "failed"


@pytest.mark.usefixtures("_as_before")
def test_who_asks_too_often_is_not_named():
    logs.set_up(level="INFO", style="json")
    assert not logging.getLogger("flask-limiter").isEnabledFor(logging.INFO)
