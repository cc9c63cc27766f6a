"""run: several signals that ask it to stop within a second are one request; one that comes later leaves at once."""

import re
import signal
import subprocess
import time
from types import SimpleNamespace

import pytest
from conftest import BINARY, TOKEN, clean_environment, complete
from harness.wait import wait_for
from influx_server import FakeInflux, delay, hang

FAST = {"POLL_INTERVAL": "0.1s", "BATCH_MAX_SEC": "0.1s", "RETRY_MAX": "0.1s"}
SLOW_S = 2  # which the server takes for each answer: so long a stop drains at least


@pytest.fixture
def run(start, tmp_path):
    """Starts one that delivers to such a server; its log goes to a file."""
    with FakeInflux(token=TOKEN) as server, open(tmp_path / "log", "wb") as log:
        def begin(behaviour):
            server.default = behaviour
            process = start("run", stderr=log, terminal=True, **complete(server.url, **FAST, DRAIN_TIMEOUT="60s"))
            wait_for(lambda: server.requests, 20, "a request")
            return SimpleNamespace(process=process, log=(tmp_path / "log").read_text)
        yield begin


def begin_to_stop(running, number):
    running.process.send_signal(number)
    wait_for(lambda: "stopping on SIG" in running.log(), 20, "the stop to begin")


@pytest.mark.parametrize("numbers", [(signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGINT),
                                     (signal.SIGINT, signal.SIGTERM), (signal.SIGHUP, signal.SIGHUP)])
def test_two_signals_within_a_second_are_one_request(run, numbers):
    running = run(delay(SLOW_S))
    begin_to_stop(running, numbers[0])
    time.sleep(0.3)
    running.process.send_signal(numbers[1])
    assert running.process.wait(20) == 0


def test_three_signals_within_a_second_are_one_request(run):
    running = run(delay(SLOW_S))
    begin_to_stop(running, signal.SIGTERM)
    for number in (signal.SIGINT, signal.SIGTERM):
        time.sleep(0.3)
        running.process.send_signal(number)
    assert running.process.wait(20) == 0


def test_signals_at_the_same_time_are_one_request(run):
    running = run(delay(SLOW_S))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        running.process.send_signal(number)
    assert running.process.wait(20) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_later_than_a_second_leaves_at_once(run, number):
    running = run(hang)
    begin_to_stop(running, signal.SIGTERM)
    time.sleep(1.5)
    running.process.send_signal(number)
    assert running.process.wait(5) == 128 + number


def test_a_signal_that_was_part_of_the_request_does_not_leave_when_the_second_is_over(run):
    running = run(delay(SLOW_S))
    begin_to_stop(running, signal.SIGTERM)
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(20) == 0  # SLOW_S later at the earliest


@pytest.mark.parametrize("number", ["TERM", "INT"])
def test_a_run_that_timeout_stops_delivers_to_the_last_line(tmp_path, number):
    """timeout(1) signals its child and then the group of both."""
    with FakeInflux(token=TOKEN) as server:
        server.default = delay(0.5)
        command = ["timeout", "--preserve-status", "--signal", number, "1.5", BINARY, "run"]
        done = subprocess.run(command, env=clean_environment(**complete(server.url, **FAST)), capture_output=True, text=True, timeout=30)
    last = re.search(r"stopped: (\d+) lines sampled, 0 recovered, (\d+) written", done.stderr)
    assert done.returncode == 0 and last and last[1] == last[2] == str(len(server.lines)), done.stderr
