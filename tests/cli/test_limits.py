"""The limits that the system sets the process: one that is too small is said at the start, with numbers; one that is
lowered while it runs costs new connections and nothing else."""

import os
import re
import resource
import subprocess
import time

import pytest
from conftest import BINARY, NODE, clean_environment, complete
from influx_server import FakeInflux

NOBODY = 65534
COMMANDS = [["list-vms"], ["once", "--stdout"], ["run", "--stdout"]]


def under(limits, *arguments, user=None, **variables):
    """Runs it to its end under `limits`: {resource: (soft, hard)}."""
    def set_limits():
        for which, values in limits.items():
            resource.setrlimit(which, values)

    return subprocess.run([BINARY, *arguments], env=clean_environment(LIBVIRT_URI=NODE, **variables), preexec_fn=set_limits,
                          user=user, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)


def descriptors(soft, hard=None):
    return {resource.RLIMIT_NOFILE: (soft, hard or soft)}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_too_few_descriptors_are_said_at_the_start(command):
    done = under(descriptors(24), *command)
    assert done.returncode == 78 and done.stdout == ""
    assert re.search(r"10 connections to 1 hypervisor need \d+ descriptors, .*; the limit is 24", done.stderr)
    assert "ulimit -n" in done.stderr and "LimitNOFILE=" in done.stderr


def test_the_number_of_descriptors_that_is_said_suffices():
    needed = int(re.search(r"need (\d+) descriptors", under(descriptors(24), "once", "--stdout").stderr)[1])
    assert under(descriptors(needed), "once", "--stdout").returncode == 0
    assert under(descriptors(needed - 1), "once", "--stdout").returncode == 78


def test_the_soft_limit_of_descriptors_is_raised_to_the_hard_one():
    assert under(descriptors(24, 1024), "once", "--stdout").returncode == 0


def test_fewer_lanes_need_fewer_descriptors():
    uri = "qemu+unix:///system?socket=/nonexistent"
    def needed(lanes):
        done = under(descriptors(24), "once", "--stdout", "--lanes", lanes, "-c", uri)
        return int(re.search(r"need (\d+) descriptors", done.stderr)[1])
    assert needed("4") - needed("1") == 3 * 2


def test_settings_are_shown_under_any_limit():
    assert under(descriptors(24), "show-config", "--stdout").returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="root has no limit of threads, and only root may become another user")
def test_too_few_threads_are_said_at_the_start(tmp_path):
    readable = subprocess.run(["test", "-x", BINARY], user=NOBODY).returncode == 0
    if not readable:
        pytest.skip("the binary is another user's")
    done = under({resource.RLIMIT_NPROC: (20, 20)}, "list-vms", "-c", "test:///default", user=NOBODY)
    assert done.returncode == 78
    assert re.search(r"10 connections to 1 hypervisor need \d+ threads and processes; ulimit -u leaves 20", done.stderr)
    assert "TasksMax=" in done.stderr


class Running:
    """A run whose hypervisor is not there, and a database that is."""

    def __init__(self, start, server, tmp_path):
        self.log = open(tmp_path / "log", "w+")
        self.process = start("run", stderr=self.log, **complete(server.url, LIBVIRT_URI=f"qemu+unix:///system?socket={tmp_path}/sock",
                                                                POLL_INTERVAL="0.2", BATCH_MAX_SEC="0.2", LOG_FORMAT="logfmt"))

    def text(self):
        self.log.flush()
        with open(self.log.name) as log:
            return log.read()

    def limit(self, soft):
        _, hard = resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, (soft, hard))

    def open(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def eventually(holds, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_a_process_that_runs_low_on_descriptors_says_so_and_goes_on(start, tmp_path):
    with FakeInflux() as server:
        running = Running(start, server, tmp_path)
        assert eventually(lambda: "No such file" in running.text() and server.requests)
        running.limit(running.open() + 8)
        assert eventually(lambda: "descriptors open" in running.text()), running.text()
        lowered = running.text()
        delivered = len(server.requests)
        assert eventually(lambda: len(server.requests) > delivered + 3)
        running.limit(4096)
        assert eventually(lambda: "No such file" in running.text()[len(lowered):]), running.text()
        assert running.process.poll() is None
    assert "does not answer" not in lowered[lowered.index("descriptors open"):]
