"""Stopping `run`: a signal ends the sampling, not the delivery of what was sampled."""

import signal
import time

import pytest
from harness.delivery import assert_complete, delivered, upload
from harness.vmtelem import INTERVAL_S, outlast
from harness.wait import wait_for
from influx_server import FakeInflux, delay, hang


def test_a_half_full_batch_is_delivered_to_a_slow_server(vmtelem, any_guest):
    """Six cycles wait in the open batch when the signal comes; without them the newest sample would be six intervals old."""
    with FakeInflux(token="t") as server:
        server.default = delay(1)
        running = vmtelem.start("run", **upload(server, BATCH_MAX_SEC="5s"))
        wait_for(lambda: server.requests, 30, "a first batch to be sent")
        outlast(6)
        interrupted = time.time_ns()
        assert running.stop() == 0
        newest = max(line.time_ns for line in delivered(server))
        assert (interrupted - newest) / 1e9 < 4 * INTERVAL_S
        assert_complete(delivered(server))


def test_sigterm_ends_it_like_sigint(vmtelem, any_guest):
    with FakeInflux() as server:
        running = vmtelem.start("run", **upload(server))
        wait_for(lambda: server.lines, 30, "a first batch")
        running.process.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
        assert_complete(delivered(server))


def test_a_second_signal_more_than_a_second_later_leaves_at_once(vmtelem, any_guest):
    with FakeInflux() as server:
        server.default = hang
        running = vmtelem.start("run", **upload(server, DRAIN_TIMEOUT="60s"))
        wait_for(lambda: server.requests, 30, "a request that hangs")
        running.interrupt()
        wait_for(lambda: running.has_taken(signal.SIGINT), 5, "the first signal to be taken")
        time.sleep(1.5)  # in the first second of these it would be part of the same request
        running.interrupt()
        assert running.wait(3) == 130


def test_a_server_that_hangs_holds_the_stop_up_no_longer_than_the_drain_time(vmtelem, any_guest):
    with FakeInflux() as server:
        server.default = hang
        running = vmtelem.start("run", **upload(server, DRAIN_TIMEOUT="2s"))
        wait_for(lambda: server.requests, 30, "a request that hangs")
        start = time.monotonic()
        running.stop(20)
        assert time.monotonic() - start < 5


def test_standard_output_ends_with_a_complete_line(vmtelem, any_guest):
    running = vmtelem.start("run", "--stdout")
    wait_for(lambda: len(running.lines()) > 3, 30, "some lines")
    assert running.stop() == 0
    assert running.out().endswith("\n")


@pytest.fixture
def frozen_guest(new_guest):
    """A running guest, and thawed in any case: destroying a frozen one takes libvirt 10 s."""
    guest = new_guest("frozen").create()
    yield guest
    guest.thaw()


def test_a_hypervisor_that_does_not_answer_does_not_hold_the_stop_up(vmtelem, frozen_guest):
    running = vmtelem.start("run", "--stdout", "--timeout", "30s", "--batch-age", "100ms")
    wait_for(lambda: running.lines(), 30, "a first sample")
    frozen_guest.freeze()
    outlast(3)
    start = time.monotonic()
    assert running.stop(60) == 0
    assert time.monotonic() - start < 5
