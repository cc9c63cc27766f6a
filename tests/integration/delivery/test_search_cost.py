"""What it costs to find bad lines among ten thousand when the server only says that something is wrong with the request. Halving
takes two requests at each of the 14 levels above a bad line; where every tenth line is bad, about as many as there are lines."""

import random
import time
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from harness import figures, spool_files
from harness.made_spool import counter_line
from harness.refusals import LATE_S, comes_true, let_wait, program_in, settings_of, start
from harness.witness import Witness
from influx_behaviours import status
from influx_refusals import unless

SEED, LINES = 5, 10_000
WITHIN_S = {1: 60, 10: 60, 1000: 180}
LIVE_LINES = 50
FEW_PER_BAD_LINE = 40  # 14 halvings with both halves sent, and each line once more
MANY_PER_LINE = 3  # two requests for each line is all that a tree of halves has, and each bad line once more
UNNAMED = status(400, '{"error":"a line of this is not to be"}')


@dataclass(frozen=True)
class Case:
    bad: int
    most_requests: int


CASES = [Case(1, FEW_PER_BAD_LINE), Case(10, 10 * FEW_PER_BAD_LINE), Case(1000, MANY_PER_LINE * LINES)]


def lines_and_bad(count):
    """Ten thousand lines of one series, and which of them are bad: anywhere, and the same each time."""
    lines = [counter_line(number) for number in range(LINES)]
    return lines, set(random.Random(SEED).sample(lines, count))


def requests_with(server, lines):
    return sum(not lines.isdisjoint(request.lines) for request in list(server.requests) if request.body)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case.bad} bad")
def story(request, binary, tmp_path_factory):
    """A `run` that found them in its spool."""
    case, (lines, bad) = request.param, lines_and_bad(request.param.bad)
    with Witness() as server, program_in(binary, tmp_path_factory.mktemp("search")) as program:
        server.default, began_s = unless(bad.__contains__, UNNAMED), time.time()
        story = start(program, server, "v3", [lines])
        story.case, story.bad, story.lines, story.since_s = case, bad, set(lines), time.time()
        comes_true(lambda: story.lines - story.bad <= server.arrived.keys()
                   and len(spool_files.rejected_lines(story.spool)) >= case.bad, WITHIN_S[case.bad])
        took_s = time.time() - began_s
        comes_true(lambda: len(server.live(story.since_s)) > LIVE_LINES, 10)
        story.requests = requests_with(server, story.lines)
        figures.record("search for bad lines", bad=case.bad, among=LINES, requests=story.requests, seconds=round(took_s, 1))
        yield story.end()


def test_exactly_the_bad_lines_are_dead_letters(story):
    assert len(story.letters) == story.case.bad and set(story.letters) == story.bad


def test_all_others_are_stored(story):
    assert story.lines - story.bad - story.server.arrived.keys() == set()


def test_the_search_takes_a_bounded_number_of_requests(story):
    assert story.requests <= story.case.most_requests


def test_the_search_does_not_delay_live_lines(story):
    assert story.server.latest_s(story.since_s, story.until_s) <= LATE_S


def test_each_bad_line_is_counted_once(story):
    account = story.account
    assert (account["rejected"], account["dropped"], account["left"]) == (story.case.bad, 0, 0)


# In `once` the search has no other limit than the time to drain.


@pytest.fixture(scope="module")
def sample(binary, tmp_path_factory):
    """A `once` that found ten bad lines among those that waited."""
    lines, bad = lines_and_bad(10)
    with Witness() as server, program_in(binary, tmp_path_factory.mktemp("once")) as program:
        server.default = unless(bad.__contains__, UNNAMED)
        let_wait(program.directory, server, "v3", [lines])
        finished = program("once", **settings_of(program.directory, server, "v3", DRAIN_TIMEOUT="60s"), timeout_s=90)
        yield SimpleNamespace(**vars(finished), lines=set(lines), bad=bad, stored=set(server.lines),
                              spool=program.directory / "spool")


def test_a_once_finds_every_bad_line_that_waited(sample):
    assert (sample.code, set(spool_files.rejected_lines(sample.spool))) == (0, sample.bad), sample.err


def test_a_once_stores_all_others_that_waited(sample):
    assert (sample.lines - sample.bad - sample.stored, spool_files.batches(sample.spool)) == (set(), [])
