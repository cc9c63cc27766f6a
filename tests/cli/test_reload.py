"""run without a controlling terminal: SIGHUP has it read again which hypervisors there are."""

import os
import re
import resource
import signal
import time
from pathlib import Path

import pytest
from conftest import NODE, TOKEN, complete
from harness.line_protocol import parse_line
from harness.wait import free_port, wait_for
from influx_server import FakeInflux, delay
from test_run import FAST, Log


OF_CONTROL, CLIENTS = 6, 64  # descriptors of the control server itself, and the most connections that it has


@pytest.fixture
def fleet(start, tmp_path):
    """A run with a connect file; what it delivers can be asked for by host."""
    with FakeInflux(token=TOKEN) as server:
        class Fleet:
            file = tmp_path / "hosts"

            def write(self, *names):
                self.file.write_text("".join(f"{name}={NODE}\n" for name in names))

            def write_late(self, *names):
                self.writer.write("".join(f"{name}={NODE}\n" for name in names))
                self.writer.close()

            def start(self, **more):
                settings = {**complete(server.url, **FAST), "LIBVIRT_URI": None, "CONNECT_FILE": str(self.file), **more}
                self.process = start("run", **settings)
                self.log = Log(self.process)
                self.server = server

            def reload(self, *names):
                self.write(*names)
                self.process.send_signal(signal.SIGHUP)

            def cycles(self, host):
                lines = [parse_line(line) for line in list(server.lines) if line.startswith(f"vmtelem,host={host} ")]
                return [line.fields["polls"] for line in lines]

            def wait_for_cycles(self, host, more=3):
                before = len(self.cycles(host))
                wait_for(lambda: len(self.cycles(host)) >= before + more, 20, f"cycles of {host}")

        yield Fleet()


def stop(fleet):
    fleet.process.terminate()
    assert fleet.process.wait(20) == 0
    sampled = re.search(r"stopped: (\d+) lines sampled, 0 recovered, (\d+) written, 0 left in the spool, 0 rejected, 0 dropped", fleet.log.all())
    assert sampled[1] == sampled[2] == str(len(fleet.server.lines))


def test_a_hypervisor_joins_and_one_leaves_and_the_one_that_stays_misses_no_cycle(fleet):
    fleet.write("a", "b")
    fleet.start()
    fleet.wait_for_cycles("b")
    fleet.reload("b", "c")
    wait_for(lambda: fleet.log.has("2 hypervisors, of which 1 joined; 1 left"), 20, "the reload")
    fleet.wait_for_cycles("c")
    gone = len(fleet.cycles("a"))
    fleet.wait_for_cycles("b", more=5)
    assert len(fleet.cycles("a")) <= gone + 1  # one may have been on its way
    stop(fleet)
    polls = fleet.cycles("b")
    assert polls == list(range(1, len(polls) + 1))


def test_a_file_that_needs_more_than_the_limits_allow_is_refused_with_the_numbers(fleet):
    fleet.write("a")
    fleet.start()
    fleet.wait_for_cycles("a")
    resource.prlimit(fleet.process.pid, resource.RLIMIT_NOFILE, (200, 200))
    fleet.file.write_text(f"a={NODE}\n" + "".join(f"h{i}=qemu+tls://h{i}/system\n" for i in range(20)))
    fleet.process.send_signal(signal.SIGHUP)
    wait_for(lambda: fleet.log.has("the hypervisors stay as they were"), 20, "the refusal")
    assert fleet.log.has("connections to 21 hypervisors need") and fleet.log.has("the limit is 200")
    fleet.wait_for_cycles("a")
    stop(fleet)


def has_open(pid, path):
    files = Path(f"/proc/{pid}/fd")
    return any(file.exists() and file.samefile(path) for file in files.iterdir())


@pytest.fixture
def silent(fleet):
    """The connect file of a run has become a FIFO whose writer says nothing yet."""
    fleet.write("a")
    fleet.start()
    fleet.wait_for_cycles("a")
    fleet.file.unlink()
    os.mkfifo(fleet.file)
    with open(os.open(fleet.file, os.O_RDWR), "w") as fleet.writer:
        fleet.process.send_signal(signal.SIGHUP)
        wait_for(lambda: has_open(fleet.process.pid, fleet.file), 20, "the file to be read")
        yield fleet


def test_a_file_that_cannot_be_read_to_its_end_keeps_no_signal_off(silent):
    silent.process.send_signal(signal.SIGUSR1)
    wait_for(lambda: silent.log.has("1 VM, ") or silent.log.has("VMs, "), 20, "the status line")
    stop(silent)


def test_a_file_that_is_read_late_is_followed_then(silent):
    silent.write_late("b")
    wait_for(lambda: silent.log.has("1 hypervisor, of which 1 joined; 1 left"), 20, "the reload")
    silent.wait_for_cycles("b")
    stop(silent)


def test_a_file_whose_hypervisors_would_take_the_control_servers_descriptors_is_refused(fleet):
    fleet.write("a")
    fleet.start(LISTEN=f"127.0.0.1:{free_port()}")
    fleet.wait_for_cycles("a")
    more = f"a={NODE}\nb=qemu+tls://b/system\n"

    def reload_with(limit):
        resource.prlimit(fleet.process.pid, resource.RLIMIT_NOFILE, (limit, resource.prlimit(fleet.process.pid, resource.RLIMIT_NOFILE)[1]))
        fleet.file.write_text(more)
        fleet.process.send_signal(signal.SIGHUP)

    reload_with(40)
    wait_for(lambda: fleet.log.has("the limit is 40"), 20, "the refusal")
    needed = int(re.search(r"need (\d+) descriptors", "".join(fleet.log.lines))[1])
    reload_with(needed + OF_CONTROL + CLIENTS - 1)
    wait_for(lambda: fleet.log.has(f"--listen needs {OF_CONTROL + CLIENTS} descriptors beside"), 20, "the refusal for the control server")
    reload_with(needed + OF_CONTROL + CLIENTS)
    wait_for(lambda: fleet.log.has("2 hypervisors, of which 1 joined; 0 left"), 20, "the reload")
    fleet.process.terminate()
    assert fleet.process.wait(20) == 0


def test_a_file_with_faults_is_refused_with_all_of_them_and_collecting_goes_on(fleet):
    fleet.write("a", "b")
    fleet.start()
    fleet.wait_for_cycles("a")
    fleet.file.write_text(f"a={NODE}\nnonsense\n=x:///\n")
    fleet.process.send_signal(signal.SIGHUP)
    wait_for(lambda: fleet.log.has("the hypervisors stay as they were"), 20, "the refusal")
    assert fleet.log.has(f"{fleet.file}:2: the line is not a URI") and fleet.log.has(f"{fleet.file}:3: the line has an empty name")
    fleet.wait_for_cycles("a")
    fleet.wait_for_cycles("b")
    stop(fleet)


def test_a_file_that_is_gone_is_refused(fleet):
    fleet.write("a")
    fleet.start()
    fleet.wait_for_cycles("a")
    fleet.file.unlink()
    fleet.process.send_signal(signal.SIGHUP)
    wait_for(lambda: fleet.log.has("No such file"), 20, "the refusal")
    fleet.wait_for_cycles("a")
    stop(fleet)


def test_a_password_of_the_file_is_not_in_the_log(fleet):
    fleet.write("a")
    fleet.start()
    fleet.wait_for_cycles("a")
    fleet.file.write_text("qemu+ssh://joe:hunter2@a/system b=c=d\n")
    fleet.process.send_signal(signal.SIGHUP)
    wait_for(lambda: fleet.log.has("stay as they were"), 20, "the refusal")
    stop(fleet)
    assert "hunter2" not in fleet.log.all()


def test_without_a_connect_file_it_goes_on(start):
    with FakeInflux(token=TOKEN) as server:
        process = start("run", **complete(server.url, **FAST))
        log = Log(process)
        wait_for(lambda: server.lines, 20, "lines")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: log.has("1 hypervisor, of which 0 joined; 0 left"), 20, "the reload")
        process.terminate()
        assert process.wait(20) == 0


def test_a_reload_while_it_stops_changes_nothing(fleet):
    fleet.write("a")
    fleet.start(DRAIN_TIMEOUT="60s")
    fleet.wait_for_cycles("a")
    fleet.server.default = delay(2)
    fleet.process.terminate()
    wait_for(lambda: fleet.log.has("stopping on SIGTERM"), 20, "the stop to begin")
    time.sleep(1.2)  # a second signal that stops would leave at once from here on
    fleet.process.send_signal(signal.SIGHUP)
    assert fleet.process.wait(20) == 0
