"""A database that answers each write at its next flush: what waits goes in as many requests as may be, and new
lines beside it as if nothing waited."""

import statistics
from contextlib import closing
from types import SimpleNamespace

import pytest
from harness import books, spool_files
from harness.delivery import missing_cycles
from harness.embedded_host import embedded_host
from harness.flushing import AnswersAtFlush
from harness.line_protocol import parse
from harness.made_spool import FIRST_NS, SECOND_NS, add_body, target_directory
from harness.vmtelem import Vmtelem
from harness.wait import wait_for
from influx_server import FakeInflux

BATCHES, LINES = 170, 10_000
FLUSH_S = 0.5
MOST_AT_ONCE = 16  # the default
VMS = [f"vm-{number}" for number in range(10)]  # so many new lines that their multiple is no limit for the old ones


def body_of(batch):
    return "".join(f"before,vm={line} batch={batch}i {FIRST_NS + batch * SECOND_NS}\n" for line in range(LINES))


def leave_backlog(directory, server):
    for batch in range(BATCHES):
        stamp = FIRST_NS + batch * SECOND_NS
        add_body(target_directory(directory / "spool", server.url), body_of(batch), stamp, stamp, batch)


@pytest.fixture(scope="module")
def drained(binary, tmp_path_factory):
    """A backlog beside new lines, until it is delivered."""
    answers = AnswersAtFlush(FLUSH_S)
    with FakeInflux() as server, closing(Vmtelem(binary, tmp_path_factory.mktemp("flush"))) as program:
        server.default = answers
        leave_backlog(program.directory, server)
        running = program.start("run", INFLUX_URL=server.url, INFLUX_DB="vmstats", INFLUX_TOKEN="any", POLL_INTERVAL="0.5s",
                                BACKLOG_RATE="10000x", LIBVIRT_URI=embedded_host(program.directory, VMS))
        wait_for(lambda: answers.lines >= BATCHES * LINES, 120, "the backlog to be delivered")
        code = running.stop()
        left = spool_files.batches(program.directory / "spool")
    return SimpleNamespace(answers=answers, code=code, account=books.at_the_end(running), left=left)


def test_as_many_requests_are_under_way_at_once_as_are_allowed(drained):
    """But for the last, which is left to new lines."""
    assert MOST_AT_ONCE - 1 <= drained.answers.most_at_once <= MOST_AT_ONCE


def test_every_line_arrives_once(drained):
    account = drained.account
    assert drained.answers.lines == account["sampled"] + account["recovered"] == account["written"]
    assert (account["recovered"], drained.left, drained.code) == (BATCHES * LINES, [], 0)


def test_no_new_line_waits_for_the_backlog(drained):
    """One that did would be behind all that were sent after it was sampled."""
    new = [arrival for arrival in drained.answers.all if arrival.first_ns > FIRST_NS + BATCHES * SECOND_NS]
    old_meanwhile = [sum(arrival.first_ns / SECOND_NS < old.time_s < arrival.time_s for old in drained.answers.all)
                     for arrival in new]
    assert statistics.median(old_meanwhile) < BATCHES / 3
    assert missing_cycles(parse("\n".join(drained.answers.kept))) == []
