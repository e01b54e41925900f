"""Installations of real processes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.browsing import Visitor, chromium, visitor
from tests.e2e.support import Installation, installation
from tests.e2e.warm import Warm, warm_process
from tests.support import MailServer


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm | None]:
    """What forks the processes of this test process; a module may say that it has none."""
    with warm_process(tmp_path_factory.mktemp("warm")) as process:
        yield process


@pytest.fixture
def install(tmp_path: Path, warm: Warm | None) -> Iterator[Callable[..., Installation]]:
    """Make installations with settings; their processes are stopped at the end."""
    with ExitStack() as stack:

        def make(**settings: object) -> Installation:
            folder = tmp_path / "instance"
            folder.mkdir()
            return stack.enter_context(installation(folder, warm=warm, **settings))

        yield make


@pytest.fixture
def place(
    install: Callable[..., Installation], database_url: str, smtp: MailServer
) -> Installation:
    """An installation on an empty database of each kind, with a real mail server."""
    return install(
        database_url=database_url,
        mail_server="127.0.0.1",
        mail_port=smtp.port,
        worker_tick_seconds=1,
        outbox_lease_seconds=10,
    )


@pytest.fixture(scope="module")
def demonstration(
    tmp_path_factory: pytest.TempPathFactory, warm: Warm | None
) -> Iterator[Installation]:
    """The demonstration as `make run` starts it."""
    with installation(tmp_path_factory.mktemp("demonstration"), warm=warm) as place:
        place.demo()
        yield place


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A running Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture
def someone(browser: Browser, demonstration: Installation) -> Iterator[Visitor]:
    """Somebody who looks at the demonstration for the first time."""
    with visitor(browser, demonstration.base_url) as who:
        yield who
