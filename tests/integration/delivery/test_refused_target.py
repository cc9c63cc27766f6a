"""The database accepts nothing, not one line of any measurement: then it is not the lines' fault, whatever words it uses.
Everything waits, one line knocks again and again, the log says what is wrong, and afterwards all is stored. `once` gives up at
once."""

import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Callable

import pytest
from harness import beside, spool_files
from harness.delivery import complaints, missing_cycles, parse_line
from harness.refusals import PAUSE_S, all_at_once, comes_true, program_in, settings_of, start
from harness.witness import Witness
from influx_behaviours import ok, status
from influx_refusals import (DATABASE_LIMIT, NO_PERMISSION, NO_RETENTION_POLICY, disk_full, every_line_named, no_permission,
                             no_retention_policy, proxy_page, v2)

PROBES = 6
REQUESTS = 16  # more than it takes to see that no line of any measurement is accepted, and some probes
BATCHES = 4
AT_ONCE_S = 2
SLOW_S = 1  # what a busy machine adds to starting and ending


@dataclass(frozen=True)
class Case:
    """`words` of the server that have to be told; `cause`: what the message has to point at; `codes` with which `once` may end."""

    api: str
    behaviour: Callable
    words: str
    cause: str
    codes: tuple = (78,)
    settings: dict = field(default_factory=dict)


CASES = {
    "a full disk": Case("v1", disk_full, "no space left on device", "disk", (77, 78)),
    "a retention policy that is missing": Case("v1", no_retention_policy, NO_RETENTION_POLICY, "INFLUX_RP", (78,),
                                               {"INFLUX_RP": "nosuch"}),
    "a token without the permission": Case("v2", no_permission, NO_PERMISSION, "token", (77,)),
    "a page of a proxy": Case("v3", proxy_page, "page", "proxy", (77, 78)),
    "each line named": Case("v3", every_line_named("invalid column type"), "invalid column type", ""),
    "a limit of databases": Case("v3", status(422, f'{{"error":"{DATABASE_LIMIT}"}}'), DATABASE_LIMIT, "database"),
    "an organisation that is missing": Case(
        "v2", status(404, v2("not found", 'organization name "ours" not found')), "organization name", "INFLUX_ORG"),
    "400 in unknown words": Case("v3", status(400, '{"error":"this is not to be"}'), "this is not to be", ""),
}


def live_through(case, server, program):
    """A `run` whose database refuses everything for a while and then is well."""
    server.default = case.behaviour
    story = start(program, server, case.api, DRAIN_TIMEOUT="15s", **case.settings)
    story.case = case
    comes_true(lambda: len(server.requests) >= REQUESTS and len(spool_files.batches(story.spool)) >= BATCHES, 60)
    story.refused, story.told = list(server.requests), complaints(story.running)
    story.waiting = spool_files.spooled_lines(story.spool)
    story.stored_meanwhile = list(server.lines)
    server.default, well_s = ok, time.monotonic()
    comes_true(lambda: set(story.waiting) <= set(server.lines), 30)
    story.took_s = time.monotonic() - well_s
    return story.end()


@pytest.fixture(scope="module")
def stories(binary, tmp_path_factory):
    with all_at_once(CASES, binary, tmp_path_factory.mktemp, live_through) as stories:
        yield stories


@pytest.fixture(params=CASES)
def story(request, stories):
    return stories[request.param]


def test_no_line_is_rejected(story):
    assert (story.account["rejected"], story.letters) == (0, [])


def test_everything_waits_on_the_disk(story):
    """From the first cycle on, but for what was sampled last."""
    polls = [parse_line(line).fields["polls"] for line in story.waiting if beside.is_cycle(line)]
    assert polls == list(range(1, len(polls) + 1)) != []


def test_everything_is_stored_once_it_is_well(story):
    assert set(story.waiting) <= set(story.server.lines)
    assert missing_cycles(map(parse_line, story.server.lines)) == []


def test_waiting_lines_are_stored_soon_after_the_database_is_well(story):
    assert story.took_s <= 2 * PAUSE_S + SLOW_S


def test_the_account_is_exact(story):
    account = story.account
    assert account["sampled"] == account["written"] == len(set(story.server.lines))
    assert (account["left"], account["dropped"], story.code) == (0, 0, 0)


def test_the_database_is_tried_once_in_a_pause(story):
    """On average: a pause may be random."""
    times = [request.time for request in story.refused[-PROBES:]]
    assert times[-1] - times[0] >= 0.5 * PAUSE_S * (PROBES - 1)


def test_the_database_is_tried_with_one_waiting_line(story):
    """Not always of the oldest batch: that may be the only one that is refused."""
    probes = [request.lines for request in story.refused[-PROBES:]]
    assert [probe for probe in probes if len(probe) != 1] == []
    assert len(set(map(tuple, probes))) > 1


def test_the_log_has_the_words_of_the_server(story):
    assert any(story.case.words in line for line in story.told), story.told


def test_the_log_says_what_to_look_at(story):
    assert any(story.case.cause.lower() in line.lower() for line in story.told), story.told


def test_the_refusal_is_logged_at_most_twice(story):
    assert 1 <= len(story.told) <= 2, story.told


# `once`.


@pytest.fixture(scope="module", params=CASES)
def sample(request, binary, tmp_path_factory):
    case = CASES[request.param]
    with Witness() as server, program_in(binary, tmp_path_factory.mktemp("once")) as program:
        server.default, began_s = case.behaviour, time.monotonic()
        finished = program("once", **settings_of(program.directory, server, case.api, DRAIN_TIMEOUT="10s", **case.settings))
        yield SimpleNamespace(**vars(finished), case=case, took_s=time.monotonic() - began_s, spool=program.directory / "spool")


def test_a_once_ends_with_the_code_of_the_cause(sample):
    assert sample.code in sample.case.codes, sample.err


def test_a_once_gives_up_at_once(sample):
    assert sample.took_s <= AT_ONCE_S + SLOW_S


def test_a_once_keeps_its_sample_in_the_spool(sample):
    kept = spool_files.spooled_lines(sample.spool)
    assert any(line.startswith("vmtelem,") for line in kept) and spool_files.rejected_lines(sample.spool) == []


def test_a_once_tells_the_words_of_the_server(sample):
    assert sample.case.words in sample.err


def test_a_once_tells_what_to_look_at(sample):
    assert sample.case.cause.lower() in sample.err.lower()
