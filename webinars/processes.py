"""Names of processes, by which others of the same machine know that one has certainly ended.

On Linux a name tells the start of the machine, the space in which processes are numbered
(proc(5), pid_namespaces(7)), the number and the start of the process. Whatever cannot be known
(another machine or container, another system) counts as alive: leases end that doubt.
"""

import os
import secrets
import socket
from pathlib import Path

PROC = Path("/proc")
ENDED = ("Z", "X")
"""States of a process that runs no more, whether or not its parent has looked."""
AFTER_NAME = ") "
"""The name of a program, in brackets, may hold anything; the fields after it are plain."""
START = 19
"""The 22nd field of ``stat``, counted from the third."""


def own_name() -> str:
    """A name for what this process holds, never given twice."""
    mark = secrets.token_hex(4)
    machine, started = _machine(), _started(os.getpid())
    if machine is None or started is None:
        return f"{socket.gethostname()}:{os.getpid()}:{mark}"
    return f"{socket.gethostname()}:{os.getpid()}:{mark}:{machine}:{started}"


def has_ended(name: str) -> bool:
    """Whether the process of this name has certainly ended."""
    parts = name.split(":")
    if len(parts) < 5 or parts[-2] != _machine():
        return False
    number, started = parts[-4], parts[-1]
    return number.isdigit() and _started(int(number)) != started


def _machine() -> str | None:
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}-{(PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return None


def _started(number: int) -> str | None:
    """When a process began, in ticks since the machine did; None when it has ended."""
    try:
        _, _, fields = (PROC / str(number) / "stat").read_text().rpartition(AFTER_NAME)
    except OSError:
        return None
    state, *rest = fields.split()
    return None if state in ENDED else rest[START - 1]
