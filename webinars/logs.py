"""Structured logs: events with fields, without addresses and without secrets."""

import logging
import re
import sys
from typing import Any, Literal

import structlog

ADDRESS = re.compile(r"""[^\s@<>"'\\(),;:=\[\]]+@[^\s@<>"'\\(),;:=\[\]]+""")
SECRET = re.compile(r"""(/me/|[?&]t=)[^/\s"'\\&]+""")


def without_persons(text: str) -> str:
    """The line with addresses and personal secrets taken out, whoever wrote it.

    Drivers repeat values in their messages: PostgreSQL's DETAIL names the key that was
    there already.
    """
    return SECRET.sub(r"\1[secret]", ADDRESS.sub("[address]", text))


class WithoutPersons(logging.Formatter):
    """The same for lines of libraries."""

    def format(self, record: logging.LogRecord) -> str:
        """Traceback included."""
        return without_persons(super().format(record))


def set_up(*, level: str, style: Literal["json", "console"]) -> None:
    """One line per event on standard error, for this process."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            lambda logger, name, event: without_persons(renderer(logger, name, event)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(WithoutPersons("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # The last one names the network of each visitor that it refuses.
    for noisy in ("apscheduler", "alembic", "mail.log", "flask-limiter"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # A tick that sends much lasts longer than the time to the next: that one is left out.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
