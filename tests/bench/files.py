"""``python -m tests.bench.files``: ranges of a video, from us and from nginx, in one run.

The same file of 256 MiB, from its page cache: pieces as players ask for them, of three lengths, on
kept connections. Two processes each, and what asks them, on this machine. Takes half a minute.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import files
from tests.e2e.support import LOOPBACK, installation, until
from tests.support import free_port
from tests.uploading import Desk, with_webinar

RATIO = 0.5
MEGABYTE = 1024**2
SIZE = 256 * MEGABYTE
LENGTHS = (256 * 1024, MEGABYTE, 8 * MEGABYTE)
SECONDS = 1.5
ROUNDS = 3
CLIENTS = 4
FRONT = """
daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {files}; }}
}}
"""


@contextmanager
def front_server(program: str, folder: Path, served: Path) -> Iterator[int]:
    """Nginx on a folder; its port."""
    port = free_port()
    configuration = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(user + FRONT.format(folder=folder, port=port, files=served))
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(configuration)])

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, port)) == 0

    try:
        until(answers, within=10, what="nginx answers")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


def asks(port: int, path: str, length: int, first: int, end: float, done: list[int]) -> None:
    """One connection that asks for piece after piece."""
    buffer = bytearray(MEGABYTE)
    count, start = 0, first
    with socket.create_connection((LOOPBACK, port), timeout=20) as line:
        while time.monotonic() < end:
            start = (start + length) % (SIZE - length)
            wanted = f"GET {path} HTTP/1.1\r\nHost: x\r\nRange: bytes={start}-{start + length - 1}"
            line.sendall(f"{wanted}\r\n\r\n".encode())
            head = b""
            while b"\r\n\r\n" not in head:
                head += (more := line.recv(4096))
                if not more:
                    raise SystemExit(f"{path}: the line was closed")
            if not head.startswith(b"HTTP/1.1 206"):
                raise SystemExit(f"{path}: {head[:80]!r}")
            left = length - (len(head) - head.index(b"\r\n\r\n") - 4)
            while left:
                left -= line.recv_into(buffer, min(left, MEGABYTE))
            count += length
    done.append(count)


def rate(port: int, path: str, length: int) -> float:
    """Bytes a second over every connection."""
    done: list[int] = []
    begun = time.monotonic()
    lines = [
        threading.Thread(
            target=asks,
            args=(port, path, length, one * SIZE // CLIENTS, begun + SECONDS, done),
        )
        for one in range(CLIENTS)
    ]
    for line in lines:
        line.start()
    for line in lines:
        line.join()
    return sum(done) / (time.monotonic() - begun)


def main() -> int:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        print("nginx is not installed: there is nothing to compare with.")
        return 0
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before\n")
    slow = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with installation(folder) as place:
            with_webinar(place)
            place.serve()
            desk = Desk(place)
            assert desk.send(files.large_mp4(SIZE), SIZE).status == 303
            path = desk.put_online()
            with front_server(program, folder, folder / "uploads") as port:
                for length in LENGTHS:
                    # In turns: what else the machine does meanwhile is the same for both.
                    pairs = [
                        (
                            rate(port, f"/{path.split('/')[2]}", length),
                            rate(place.port, path, length),
                        )
                        for _ in range(ROUNDS)
                    ]
                    front, ours = sorted(pairs, key=lambda one: one[1] / one[0])[ROUNDS // 2]
                    ratio = ours / front
                    slow |= ratio < RATIO
                    print(
                        f"  ranges of {length // 1024:5,} KiB   nginx {front / 1e6:6,.0f} MB/s"
                        f"   ours {ours / 1e6:6,.0f} MB/s   {ratio:.2f} of it"
                    )
    if slow:
        print(f"\nBelow {RATIO} of the front server")
    return 0


if __name__ == "__main__":
    sys.exit(main())
