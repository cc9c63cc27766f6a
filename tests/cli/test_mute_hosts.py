"""run with hypervisors that take each connection and never say a word: what is left of them when they leave the list, and when
the process ends, while connections to them are being opened."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket

import pytest
from conftest import NODE, TOKEN, complete
from harness.line_protocol import parse_line
from harness.wait import wait_for
from influx_server import FakeInflux
from test_run import FAST, Log

ROUNDS = 20
SETTLES_S = 30  # on a machine that is busy; a second otherwise
SLACK = 4  # threads and descriptors: libraries keep something of their first use
SSH = f"#!/bin/sh\necho $$ >> {{pids}}\nexec {shutil.which('sleep')} 1000\n"


class MuteHosts:
    """Listeners that accept nobody, so that the kernel takes connections for them, and a program in the place of ssh that hangs."""

    def __init__(self, directory):
        self._pids = directory / "pids"
        self._pids.touch()
        self._listeners = socket.socket(socket.AF_UNIX), socket.socket()
        for listener, address in zip(self._listeners, (str(directory / "socket"), ("127.0.0.1", 0))):
            listener.bind(address)
            listener.listen(1000)
        (directory / "ssh").write_text(SSH.format(pids=self._pids))
        (directory / "ssh").chmod(0o755)
        self.uris = {"unix": f"qemu+unix:///system?socket={directory}/socket",
                     "tcp": "qemu+tcp://{}:{}/system".format(*self._listeners[1].getsockname()), "ssh": "qemu+ssh://node7/system"}

    def children(self):
        """Of all that were ever started: {pid: whether it runs}."""
        return {pid: pathlib.Path(f"/proc/{pid}").exists() for pid in self._pids.read_text().split()}

    def close(self):
        for listener in self._listeners:
            listener.close()
        for pid in [pid for pid, runs in self.children().items() if runs]:
            os.kill(int(pid), signal.SIGKILL)


@pytest.fixture
def mute(tmp_path):
    with contextlib.closing(MuteHosts(tmp_path)) as hosts:
        yield hosts


class Fleet:
    """A run beside whose host that is well the mute ones come and go."""

    def __init__(self, start, server, directory, mute):
        self._server, self._file, self._mute = server, directory / "hosts", mute
        self.write({})
        self.process = start("run", **{**complete(server.url, **FAST), "LIBVIRT_URI": None, "CONNECT_FILE": str(self._file),
                                       "PATH": f"{directory}:{os.environ['PATH']}"})
        self.log = Log(self.process)
        wait_for(lambda: len(self.polls()) > 10, 20, "cycles of the host that is well")
        self.calm = self.held()

    def write(self, uris):
        self._file.write_text("".join(f"{name}={uri}\n" for name, uri in {"well": NODE, **uris}.items()))

    def reload(self, uris):
        def count():
            return sum("were read again" in line for line in list(self.log.lines))

        before = count()
        self.write(uris)
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: count() > before, 20, "the reload")

    def polls(self):
        return [parse_line(line).fields["polls"] for line in list(self._server.lines) if line.startswith("vmtelem,host=well ")]

    def held(self):
        """(threads, descriptors)"""
        process = pathlib.Path(f"/proc/{self.process.pid}")
        return len(list((process / "task").iterdir())), len(list((process / "fd").iterdir()))

    def join(self, uris):
        """Returns when connections to these are being opened."""
        before = len(self._mute.children())
        self.reload(uris)
        wait_for(lambda: self.held()[0] >= self.calm[0] + 2 * len(uris), 20, "attempts to connect")
        wait_for(lambda: "ssh" not in uris or len(self._mute.children()) > before, 20, "a child")

    def is_calm(self):
        return all(now <= before + SLACK for now, before in zip(self.held(), self.calm)) and not any(self._mute.children().values())

    def leave(self):
        """Returns when nothing is left of those that were mute."""
        self.reload({})
        wait_for(self.is_calm, SETTLES_S, f"the end of all that there was beside {self.calm} threads and descriptors")

    def stop(self):
        self.process.terminate()
        return self.process.wait(20)


@pytest.fixture
def fleet(start, tmp_path, mute):
    with FakeInflux(token=TOKEN) as server:
        yield Fleet(start, server, tmp_path, mute)


def test_nothing_is_left_of_those_that_leave_and_the_host_that_is_well_misses_no_cycle(fleet, mute):
    for _ in range(ROUNDS):
        fleet.join(mute.uris)
        fleet.leave()
    assert fleet.stop() == 0
    assert fleet.polls() == list(range(1, len(fleet.polls()) + 1))


def test_nothing_is_left_of_them_after_a_stop_of_the_whole_process(fleet, mute):
    """Its threads then wait in a system call that the kernel has continued."""
    for _ in range(SLACK):
        fleet.join(mute.uris)
        fleet.process.send_signal(signal.SIGSTOP)
        fleet.process.send_signal(signal.SIGCONT)
        fleet.leave()


@pytest.mark.parametrize("transport", ["unix", "tcp", "ssh"])
def test_the_process_ends_in_order_while_connections_are_being_opened(fleet, mute, transport):
    fleet.join({transport: mute.uris[transport]})
    assert fleet.stop() == 0
    assert not any(mute.children().values())


def test_a_single_sample_leaves_no_child_behind(vmtelem, mute, tmp_path):
    done = vmtelem("once", "--stdout", "--timeout", "1s", **complete(LIBVIRT_URI=mute.uris["ssh"], PATH=f"{tmp_path}:{os.environ['PATH']}"))
    assert done.code == 69  # nothing answers
    assert mute.children() and not any(mute.children().values())
