"""The service is measured beside a bare Flask that runs in the same server."""

import os
import subprocess
import sys
from pathlib import Path

from tests.bench.load import requests_per_second
from tests.e2e.support import Installation, Process
from tests.support import ROOT, free_port

SECONDS = 3
WARM_SECONDS = 1


def start_bare(folder: Path, body: bytes) -> tuple[Process, int]:
    """A Flask application that gives the same bytes, in the same server."""
    port = free_port()
    page, log = folder / f"body-{port}", folder / f"bare-{port}.log"
    page.write_bytes(body)
    with log.open("wb") as output:
        popen = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.bare_app", str(port)],
            env={**os.environ, "BENCH_BODY": str(page), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process = Process(popen, log)
    Installation(folder, port=port).wait_until_ready(process)
    return process, port


def measure(port: int, path: str, *, tag: str = "") -> float:
    """After a moment of warming up."""
    requests_per_second(port, path, seconds=WARM_SECONDS, tag=tag)
    return requests_per_second(port, path, seconds=SECONDS, tag=tag)
