"""The database refuses some lines and accepts others. However it says so, and however many batches have such lines: these, and no
others, end in `rejected/` with its words, everything else is stored, and what is sampled meanwhile is stored as it comes."""

import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Callable

import pytest
from harness import beside, spool_files
from harness.made_spool import counter_line
from harness.refusals import LATE_S, all_at_once, comes_true, let_wait, program_in, settings_of, start
from harness.witness import Witness, stamp_s
from influx_behaviours import HTML_PAGE, status
from influx_refusals import (COLUMN_LIMIT, OUTSIDE_RETENTION, PANIC, SCHEMA_CONFLICT, TYPE_CONFLICT, all_but, naming, unless,
                             v1, v2)

FOUND_WITHIN_S, CYCLES_AFTERWARDS = 30, 6
RETENTION_S = 60


def is_old(line):
    return stamp_s(line) < time.time() - RETENTION_S


def is_totals(line):
    return line.startswith("vm_totals,")


def is_nic(line):
    return line.startswith("vm_nic,")


def is_totals_of_two(line):
    return line.startswith("vm_totals,") and ",vm=two," in line


def is_poison(line):
    return line.startswith("poison,")


def is_seventh(line):
    return " value=7i " in line


def young_line(number):
    return f"queue,host=earlier value={number}i {time.time_ns() - 10**10 + number}"


def old_and_mixed():
    """A batch that is too old, one that is so in part, and one that is not."""
    return [[counter_line(number) for number in range(20)],
            [counter_line(number) for number in range(20, 30)] + [young_line(number) for number in range(30, 40)],
            [young_line(number) for number in range(40, 60)]]


def all_bad():
    return [[counter_line(number, "poison") for number in range(8)], [counter_line(number, "other") for number in range(100, 120)]]


def one_bad_in_eight():
    return [[counter_line(number) for number in range(1, 9)], [counter_line(number, "other") for number in range(100, 120)]]


@dataclass(frozen=True)
class Case:
    """Which lines are refused, how, and the words that have to be kept. `waiting`: batches from before."""

    api: str
    is_bad: Callable
    behaviour: Callable
    words: str
    waiting: Callable = field(default=list)


def refused_whole(api, is_bad, code, body, words, waiting=list):
    return Case(api, is_bad, unless(is_bad, status(code, body)), words, waiting)


def refused_in_part(api, is_bad, code, body, words, waiting=list):
    return Case(api, is_bad, all_but(is_bad, code, body), words, waiting)


def conflict_of_v1(bad):
    return v1(TYPE_CONFLICT.format(dropped=bad))


def conflict_of_v2(bad):
    return v2("unprocessable entity", TYPE_CONFLICT.format(dropped=bad))


COLUMN_TYPE = "invalid column type for column"
RETENTION = v2("forbidden", OUTSIDE_RETENTION)
CASES = {
    "403 of a retention period, nothing stored": refused_whole("v2", is_old, 403, RETENTION, "outside of the retention period",
                                                               old_and_mixed),
    "403 of a retention period, others stored": refused_in_part("v2", is_old, 403, lambda bad: RETENTION,
                                                                "outside of the retention period", old_and_mixed),
    "400 of a limit of columns": refused_whole("v2", is_totals, 400, v2("invalid", COLUMN_LIMIT), "limit is 200"),
    "400 of a schema conflict": refused_whole("v2", is_nic, 400, v2("invalid", SCHEMA_CONFLICT), "schema conflict"),
    "v1 400 of a type conflict, unnamed": refused_in_part("v1", is_totals_of_two, 400, conflict_of_v1, "field type conflict"),
    "v2 422 of a type conflict, unnamed": refused_in_part("v2", is_totals_of_two, 422, conflict_of_v2, "field type conflict"),
    "v1 400 of a type conflict in each VM": refused_in_part("v1", is_totals, 400, conflict_of_v1, "field type conflict"),
    "v3 400 that names them": Case("v3", is_totals, naming(is_totals, 400, COLUMN_TYPE), COLUMN_TYPE),
    "v3 422 that names them": Case("v3", is_totals, naming(is_totals, 422, COLUMN_TYPE), COLUMN_TYPE),
    "v3 200 that names them": Case("v3", is_totals, naming(is_totals, 200, COLUMN_TYPE), COLUMN_TYPE),
    "v3 400 that names all lines of a batch": Case("v3", is_poison, naming(is_poison, 400, COLUMN_TYPE), COLUMN_TYPE, all_bad),
    "404 in unknown words": refused_whole("v3", is_nic, 404, '{"error":"no shard for these"}', "no shard for these"),
    "403 with a page": Case("v1", is_nic, unless(is_nic, status(403, HTML_PAGE, "text/html")), "page"),
    "500 for one batch": refused_whole("v1", is_seventh, 500, v1(PANIC), "engine: panic", one_bad_in_eight),
    "503 for one batch": refused_whole("v3", is_seventh, 503, "too busy with it", "too busy with it", one_bad_in_eight),
}


def is_settled(story):
    """All that waited from before is stored or a dead letter, and so many cycles were stored since the first one was."""
    cycles = [line for line in list(story.server.lines) if beside.is_cycle(line) and stamp_s(line) > story.since_s]
    waiting = {line for batch in story.waiting for line in batch}
    done = set(story.server.lines) | set(spool_files.rejected_lines(story.spool))
    return len(cycles) >= CYCLES_AFTERWARDS and waiting <= done


def live_through(case, server, program):
    """A `run` that goes on until its dead letters are there and some cycles more."""
    server.default, waiting = case.behaviour, case.waiting()
    story = start(program, server, case.api, waiting)
    story.case, story.waiting, story.since_s = case, waiting, time.time()
    comes_true(lambda: spool_files.rejected_lines(story.spool), FOUND_WITHIN_S)
    story.since_s = time.time()
    comes_true(lambda: is_settled(story), FOUND_WITHIN_S)
    return story.end()


@pytest.fixture(scope="module")
def stories(binary, tmp_path_factory):
    with all_at_once(CASES, binary, tmp_path_factory.mktemp, live_through) as stories:
        yield stories


@pytest.fixture(params=CASES)
def story(request, stories):
    return stories[request.param]


def bad_of(story):
    """Of what was sent: as the server judged it then, old or not."""
    if story.case.is_bad is is_old:
        return {line for batch in story.waiting for line in batch if stamp_s(line) < story.since_s - 2 * RETENTION_S}
    return set(filter(story.case.is_bad, story.server.seen()))


def test_exactly_the_refused_lines_are_dead_letters(story):
    assert sorted(story.letters) == sorted(bad_of(story)) != []


def test_every_dead_letter_has_the_words_of_the_server(story):
    assert {story.case.words in reason for reason in story.reasons} == {True}, story.reasons[:5]


def test_everything_else_is_stored(story):
    assert story.server.seen() - bad_of(story) - set(story.server.lines) == set()


def test_the_others_are_stored_as_they_are_sampled(story):
    assert story.server.latest_s(story.since_s, story.until_s) <= LATE_S


def test_the_account_is_exact(story):
    account, bad = story.account, len(bad_of(story))
    stored = len(set(story.server.lines))
    assert (account["written"], account["rejected"], account["left"], account["dropped"]) == (stored, bad, 0, 0)
    assert account["sampled"] + account["recovered"] == stored + bad


def test_the_exit_code_says_that_a_part_was_not_accepted(story):
    assert story.code == 1


def test_the_log_has_the_words_of_the_server(story):
    assert story.case.words in story.running.err()


def test_the_token_is_not_blamed(story):
    assert "token" not in story.running.err().lower()


# `once` meets the same servers, with its only batch and what waits from before. One batch alone is no evidence that its failure
# is about lines, so failures are not among these.

CASES_OF_ONCE = [name for name in CASES if not name.startswith("50")]


@pytest.fixture(scope="module", params=CASES_OF_ONCE)
def sample(request, binary, tmp_path_factory):
    """A `once` at its end."""
    case = CASES[request.param]
    with Witness() as server, program_in(binary, tmp_path_factory.mktemp("once")) as program:
        server.default = case.behaviour
        waiting = case.waiting()
        let_wait(program.directory, server, case.api, waiting)
        finished = program("once", **settings_of(program.directory, server, case.api, DRAIN_TIMEOUT="20s"))
        yield SimpleNamespace(**vars(finished), case=case, server=server, spool=program.directory / "spool", waiting=waiting,
                              since_s=time.time())


def test_a_once_ends_with_1_if_a_line_of_its_own_is_refused(sample):
    of_its_own = bad_of(sample) - {line for batch in sample.waiting for line in batch}
    assert sample.code == (1 if of_its_own else 0), sample.err


def test_a_once_stores_what_is_not_refused(sample):
    assert sample.server.seen() - bad_of(sample) - set(sample.server.lines) == set() != set(sample.server.lines)


def test_a_once_makes_dead_letters_of_the_refused_lines(sample):
    assert sorted(spool_files.rejected_lines(sample.spool)) == sorted(bad_of(sample)) != []


def test_a_once_leaves_nothing_in_the_spool(sample):
    assert spool_files.batches(sample.spool) == []


def test_a_once_tells_the_words_of_the_server(sample):
    assert sample.case.words in sample.err


def test_a_once_does_not_blame_the_token(sample):
    assert "token" not in sample.err.lower()
