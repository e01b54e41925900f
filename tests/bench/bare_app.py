"""What the same server and Flask can do at most: one route, the same bytes each time."""

import os
import sys
from pathlib import Path

from flask import Flask, Response
from granian.constants import Interfaces
from granian.server import Server

from webinars.cli.serve import BLOCKING_THREADS

BODY = Path(os.environ["BENCH_BODY"]).read_bytes()

app = Flask(__name__)


@app.get("/readyz")
def readyz() -> str:
    return "ok"


@app.get("/")
def same() -> Response:
    return Response(BODY, mimetype="text/html")


if __name__ == "__main__":
    # As in webinars/cli/serve.py.
    Server(
        "tests.bench.bare_app:app",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=2,
        blocking_threads=BLOCKING_THREADS,
        log_enabled=False,
    ).serve()
