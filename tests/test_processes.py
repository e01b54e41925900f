"""Whether a process of this machine has ended, by its name."""

import os
import subprocess
import sys

import pytest

from webinars.processes import has_ended, own_name

SAY = "from webinars.processes import own_name; print(own_name(), flush=True); input()"


def test_this_process_lives() -> None:
    first, second = own_name(), own_name()
    assert first != second
    assert not has_ended(first)


def test_a_process_that_was_killed_has_ended_before_its_parent_looks() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SAY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert not has_ended(name)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it is a zombie now
        assert has_ended(name)
    assert has_ended(name)


def test_a_number_that_another_process_has_now_is_not_the_first_ones() -> None:
    *rest, started = own_name().split(":")
    assert has_ended(":".join([*rest, str(int(started) - 1)]))


@pytest.mark.parametrize(
    "name", ["", "worker-1", "host:1:ab", "host:x:ab:machine:1", "a:b:c:d:e:f", ":::::"]
)
def test_what_cannot_be_known_lives(name: str) -> None:
    assert not has_ended(name)


def test_of_another_machine_nothing_is_known() -> None:
    host, number, mark, machine, started = own_name().split(":")
    assert not has_ended(f"{host}:{number}:{mark}:x{machine}:{int(started) - 1}")
