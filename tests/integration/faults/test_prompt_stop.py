"""SIGTERM while something is blocked: what was sampled is delivered as far as can be, and the program leaves in time."""

import signal
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from harness.completeness import INTERVAL_S
from harness.delivery import complaints
from harness.faults import Destroyed, daemon_stopped, frozen, slowed
from harness.wait import free_port, wait_for

FAULT_S = 2
DRAIN_S = 2
PRINTING_S = 1.5  # with --stdout there is nothing to wait for


@contextmanager
def one_hung(fleet, libvirtd):
    with frozen(fleet.guests[0]):
        yield


@contextmanager
def two_hung(fleet, libvirtd):
    with frozen(*fleet.guests[1:3]):
        yield


@contextmanager
def lock_held(fleet, libvirtd):
    destroyed = Destroyed(fleet.guests[3])
    try:
        yield
        assert not destroyed.done, "the VM's lock was free before the program had ended"
    finally:
        fleet.guests[3].kill()  # what libvirt waits for
        destroyed.wait()
        fleet.mend()


@contextmanager
def stopped_daemon(fleet, libvirtd):
    with daemon_stopped(libvirtd):
        yield


@contextmanager
def killed_daemon(fleet, libvirtd):
    libvirtd.kill()
    try:
        yield
    finally:
        libvirtd.start()


@contextmanager
def slow_daemon(fleet, libvirtd):
    with slowed(libvirtd.pid, running_s=0.01, stopped_s=0.09):
        yield


FAULTS = [one_hung, two_hung, lock_held, stopped_daemon, killed_daemon, slow_daemon]


@pytest.fixture(scope="module", params=FAULTS, ids=lambda fault: fault.__name__)
def stop(request, observe, fleet, libvirtd, figures):
    """A `run --stdout` is stopped some cycles into the fault."""
    run = observe()
    with request.param(fleet, libvirtd):
        run.outlast(FAULT_S)
        seconds, code = timed(run.stop)
    figures(f"stop, {request.param.__name__}", seconds=round(seconds, 2), code=code)
    return SimpleNamespace(run=run, seconds=seconds, code=code)


@pytest.fixture(scope="module")
def stop_without_database(module_vmtelem, fleet, figures):
    """A `run` that delivers is stopped some cycles into the hang of two VMs, with the database down as well."""
    nobody = f"http://127.0.0.1:{free_port()}"
    running = module_vmtelem.start("run", INFLUX_URL=nobody, INFLUX_DB="vmstats", INFLUX_TOKEN="any", POLL_INTERVAL=INTERVAL_S,
                                   DRAIN_TIMEOUT=f"{DRAIN_S}s")
    wait_for(lambda: complaints(running), 30, "lines that cannot be delivered")
    with frozen(*fleet.guests[1:3]):
        time.sleep(FAULT_S)
        running.process.send_signal(signal.SIGTERM)
        seconds, code = timed(running.wait)
    figures("stop, two hung, database down", seconds=round(seconds, 2), code=code)
    return SimpleNamespace(running=running, seconds=seconds, code=code)


def timed(work):
    begin = time.monotonic()
    result = work()
    return time.monotonic() - begin, result


def test_a_run_that_prints_ends_at_once(stop):
    assert stop.seconds < PRINTING_S


def test_nothing_is_lost_of_what_was_printed(stop):
    assert (stop.code, stop.run.running.out()[-1]) == (0, "\n")


def test_a_run_that_delivers_ends_within_the_drain_time_and_a_second(stop_without_database):
    assert stop_without_database.seconds < DRAIN_S + 1


def test_lines_that_could_not_be_delivered_are_no_loss(stop_without_database):
    assert stop_without_database.code == 0 and " 0 dropped" in stop_without_database.running.err()


def test_the_log_of_a_stop_reports_no_fault_of_the_program(stop):
    assert [line for line in stop.run.running.log() if "Sanitizer" in line or "level=error" in line] == []
