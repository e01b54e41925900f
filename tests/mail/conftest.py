"""A worker that sends to the mail server of the test."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from tests.support import NOW, MailServer
from webinars.worker import Worker


@pytest.fixture
def make_worker(
    make_app: Callable[..., Flask], smtp: MailServer, at: Callable[[datetime], None]
) -> Callable[..., Worker]:
    """A worker that sends to the mail server, or to another port."""
    at(NOW)

    def make(**changes: Any) -> Worker:
        values = {
            "mail_server": "127.0.0.1",
            "mail_port": smtp.port,
            "mail_timeout": 1,
            "mail_answer_timeout": 1,
        }
        return Worker(make_app(**(values | changes)))

    return make
