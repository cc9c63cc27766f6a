"""What a `run` says of itself while lines are lost or the spool is in trouble: on SIGUSR1, and at the stop."""

import re
import signal

import pytest
from harness import spool_files
from harness.delivery import upload
from harness.wait import wait_for
from influx_server import status

DOWN = status(503, "busy", "text/plain")


@pytest.fixture
def running(lone_program, server):
    running = lone_program.start("run", **upload(server, LIBVIRT_URI="test:///default", POLL_INTERVAL="0.1s", BATCH_MAX_SEC="0.1s",
                                                 DRAIN_TIMEOUT="5s"))
    wait_for(lambda: server.lines, 30, "lines")
    return running


def told(running, what):
    """Asks for the status until that is in it."""
    def look():
        running.process.send_signal(signal.SIGUSR1)
        return any(what in line and "all is well" not in line for line in running.log() if "lines sampled, " in line)
    wait_for(look, 30, f"a status line that says: {what}")


def refuse_totals(exchange):
    exchange.read()
    if any(line.startswith("vm_totals,") for line in exchange.request.lines):
        exchange.reply(400, '{"error":"no such field"}')
    else:
        exchange.accept()


def test_a_status_line_tells_that_lines_are_rejected_in_every_cycle(server, running):
    server.default = refuse_totals
    told(running, "lines were rejected ")


def test_the_messages_of_rejected_lines_add_up_to_all_of_them_at_the_stop(server, running):
    server.default = refuse_totals
    wait_for(lambda: any(" rejected, the first " in line for line in running.log()), 30, "a rejected line")
    seen = len(server.requests)
    wait_for(lambda: len(server.requests) > seen + 30, 30, "more of them")
    running.stop()
    said = [int(number) for line in running.log() for number in re.findall(r'"(\d+) lines? rejected, the first ', line)]
    [total] = re.findall(r"stopped: .* (\d+) rejected,", running.err())
    assert (len(said), sum(said)) == (2, int(total))


def test_a_status_line_tells_that_the_spool_cannot_be_written(running, spool):
    spool.rename(spool.with_name("away"))
    spool.write_text("a file")
    told(running, "cannot write to the spool: ")


def test_a_status_line_tells_that_lines_are_away_with_their_directory(server, running, spool):
    server.default = DOWN
    wait_for(lambda: len(spool_files.batches(spool)) > 5, 30, "more batches than are handed out")
    spool.rename(spool.with_name("away"))
    told(running, "wait in a spool directory that went away")
