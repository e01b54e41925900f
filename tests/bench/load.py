"""Load from this machine: wrk where it is installed, else plain sockets in a process."""

import re
import shutil
import socket
import subprocess
import sys
import threading
import time

CONNECTIONS = 8
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


def requests_per_second(port: int, path: str, *, seconds: int, tag: str = "") -> float:
    """How many GETs of one address are answered in a second: with 200, with a tag also 304."""
    wrk = shutil.which("wrk")
    if wrk is None:
        command = [sys.executable, "-m", "tests.bench.load", str(port), path, str(seconds), tag]
    else:
        address = f"http://127.0.0.1:{port}{path}"
        header = ["-H", f"If-None-Match: {tag}"] if tag else []
        command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *header, address]
    said = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=seconds + 20
    ).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"{path} was not answered each time:\n{said}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found, said
    return float(found[1])


def hammer(port: int, path: str, tag: str, until: float, counts: list[int]) -> None:
    """One connection that asks again as soon as it is answered."""
    condition = f"If-None-Match: {tag}\r\n" if tag else ""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{condition}\r\n".encode()
    wanted = b"HTTP/1.1 304" if tag else b"HTTP/1.1 200"
    count = 0
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        while time.monotonic() < until:
            connection.sendall(request)
            answer = connection.recv(65536)
            while (end := answer.find(b"\r\n\r\n")) < 0:
                answer += connection.recv(65536)
            if not answer.startswith(wanted):
                raise SystemExit(f"Non-2xx: {answer[:40]!r}")
            length = LENGTH.search(answer[: end + 2])
            assert length or tag
            left = end + 4 + int(length[1] if length else 0) - len(answer)
            while left > 0:
                left -= len(connection.recv(65536))
            count += 1
    counts.append(count)


def main(port: int, path: str, seconds: int, tag: str) -> None:
    counts: list[int] = []
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=hammer, args=(port, path, tag, until, counts))
        for _ in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(counts) < CONNECTIONS:
        print("Socket errors")
    print(f"Requests/sec: {sum(counts) / seconds:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])
