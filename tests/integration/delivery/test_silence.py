"""A database that stops answering says nothing of the lines. It is told once and in true words, asked again with whole batches,
and what is sampled meanwhile is stored as soon as it answers."""

import re
import threading
import time
from dataclasses import dataclass

import pytest
from harness import spool_files
from harness.delivery import WARNING, complaints, missing_cycles, parse_line
from harness.refusals import comes_true, program_in, settings_of, start
from harness.vmtelem import outlast
from harness.wait import wait_for
from harness.witness import Witness, stamp_s
from influx_behaviours import ok

PROBE_PAUSE_S = 2
STORED_WITHIN_S, SLOW_S = 5, 1
IN_FLIGHT = 2
SILENT = re.compile(r"does not answer since \d\d:\d\d:\d\dZ; \d+ lines? waiting")
AGAIN = re.compile(r"delivered again after \d+ ?s")


@dataclass(frozen=True)
class Silence:
    lasts_s: float
    timeout_s: float

    @property
    def told_within_s(self):
        return self.timeout_s + 2


# A short time-out makes for more attempts in a shorter time.
SILENCES = [Silence(18, 4), Silence(10, 0.5)]


class Stopped:
    """A behaviour: as a process that SIGSTOP has stopped. It takes connections, answers nothing, and once it goes on it does what
    it was asked meanwhile, whether or not anybody still waits for it."""

    def __init__(self):
        self.goes_on = threading.Event()

    def __call__(self, exchange):
        self.goes_on.wait()
        ok(exchange)


@pytest.fixture(scope="module", params=SILENCES, ids=lambda silence: f"time-out {silence.timeout_s}s")
def story(request, binary, tmp_path_factory, full):
    """A `run` with live lines through such a silence, from a moment at which all was well to one at which it is again."""
    silence, stopped = request.param, Stopped()
    if silence.lasts_s > 10 and not full:
        pytest.skip("takes long: with --full only")
    with Witness() as server, program_in(binary, tmp_path_factory.mktemp("silence")) as program:
        story = start(program, server, "v3", INFLUX_TIMEOUT=f"{silence.timeout_s}s", POLL_INTERVAL="1s", BATCH_MAX_SEC="1s",
                      RETRY_MAX="10s")
        wait_for(lambda: len(server.lines) > 20, 30, "lines to be stored")
        before, server.default, silent_s = len(server.requests), stopped, time.time()
        story.silence = silence
        comes_true(lambda: complaints(story.running), silence.told_within_s + SLOW_S)
        story.told_in_time = bool(complaints(story.running))
        comes_true(lambda: time.time() >= silent_s + silence.lasts_s, silence.lasts_s)  # nothing may happen meanwhile
        story.told, story.in_silence = complaints(story.running), server.requests[before:]
        waiting = set(spool_files.spooled_lines(story.spool))
        server.default, story.well_s = ok, time.time()
        stopped.goes_on.set()
        story.recovered = comes_true(lambda: waiting <= set(server.lines), STORED_WITHIN_S + SLOW_S)
        story.again = comes_true(lambda: AGAIN.search(story.running.err()), 2)
        outlast(2)
        story.requests = server.requests[before:]
        yield story.end()


def test_silence_is_logged_within_the_time_out_and_two_seconds(story):
    assert story.told_in_time


def test_silence_is_logged_once(story):
    assert len(story.told) == 1, story.told


def test_the_log_says_since_when_nothing_is_answered_and_what_waits(story):
    assert any(map(SILENT.search, story.told)), story.told


def test_no_line_is_suspected(story):
    assert [line for line in story.running.log() if "fault" in line or "looking for" in line or "suspect" in line] == []


def test_no_batch_is_cut(story):
    """What is sent again has all lines of the request in which they came before."""
    sent = [set(request.lines) for request in story.requests if request.body]
    cut = [(len(earlier), len(later)) for number, later in enumerate(sent) for earlier in sent[:number]
           if earlier & later and not earlier <= later]
    assert cut == []


def test_the_database_is_asked_again_within_two_seconds_of_the_last_attempt(story):
    """RETRY_MAX would allow ten."""
    times = sorted(request.time for request in story.in_silence)
    pauses = [after - before - story.silence.timeout_s for before, after in zip(times[IN_FLIGHT:], times[IN_FLIGHT + 1:])]
    assert len(times) >= story.silence.lasts_s // (story.silence.timeout_s + PROBE_PAUSE_S)
    assert [pause for pause in pauses if pause > PROBE_PAUSE_S + SLOW_S] == []


def test_all_that_waited_is_stored_soon_after(story):
    assert story.recovered and max(arrived for line, arrived in story.server.arrived.items() if stamp_s(line) < story.well_s) \
        <= story.well_s + STORED_WITHIN_S


def test_the_recovery_is_logged(story):
    assert story.again, story.running.err()


def test_nothing_is_lost_or_rejected(story):
    assert missing_cycles(map(parse_line, story.server.lines)) == []
    assert (story.account["rejected"], story.account["dropped"], story.account["left"], story.code) == (0, 0, 0, 0)


def test_nothing_else_is_logged(story):
    assert [line for line in story.running.log() if WARNING.search(line)] == story.told


def test_a_once_says_that_nothing_is_answered_and_asks_to_be_tried_again(binary, tmp_path):
    with Witness() as server, program_in(binary, tmp_path) as program:
        stopped = server.default = Stopped()
        finished = program("once", **settings_of(tmp_path, server, "v3", INFLUX_TIMEOUT="1s", DRAIN_TIMEOUT="4s"))
        stopped.goes_on.set()
    assert (finished.code, "does not answer" in finished.err) == (75, True), finished.err
