"""Batches of a target that is no longer configured: kept, named, counted for the bound, and delivered to another
if somebody moves them there."""

import random
import re
import subprocess

import pytest
from harness import spool_files
from harness.delivery import delivered, upload
from harness.embedded_host import embedded_host
from harness.line_protocol import select
from harness.made_spool import FIRST_NS, SECOND_NS, add_batch, add_body, counter_line, target_directory
from harness.wait import wait_for
from influx_server import FakeInflux, ok, status

OLD_SERVER = "http://old.example:8086"
MOVE = re.compile(r"mv -n '[^']+'/\*\.lp\.gz '[^']+'/")
DOWN = status(503, "busy", "text/plain")
MAX_BYTES = 1 << 20
OF_OTHERS, OF_OURS = 6, 7  # large batches: together more than may be held
LARGE_BYTES = 100_000


@pytest.fixture
def server():
    with FakeInflux() as server:
        yield server


@pytest.fixture
def start(lone_program, server):
    """Starts a command with all settings that it needs."""
    host = embedded_host(lone_program.directory, ["one"])
    settings = upload(server, LIBVIRT_URI=host, POLL_INTERVAL="0.1s", BATCH_MAX_SEC="0.1s")
    return lambda *command, **others: lone_program.start(*command, **{**settings, **others})


@pytest.fixture
def old_lines(spool):
    """What a spool holds for a database that has moved to another address since."""
    directory = target_directory(spool, OLD_SERVER, database="before")
    lines = [counter_line(number) for number in range(10)]
    for number, line in enumerate(lines):
        add_batch(directory, [line], number)
    return lines


def test_batches_of_another_target_stay_where_they_are(server, start, spool, old_lines):
    running = start("run")
    wait_for(lambda: len(select(delivered(server), "vmtelem")) > 5, 30, "lines")
    running.stop()
    assert spool_files.spooled_lines(spool) == old_lines


def test_another_target_is_named_once(server, start, old_lines):
    """At the start, and not again with each look at the spool, of which there is one each second."""
    running = start("run")
    wait_for(lambda: len(select(delivered(server), "vmtelem")) > 15, 30, "lines")
    running.stop()
    assert len([line for line in running.log() if "old.example" in line]) == 1


def test_the_log_says_how_to_deliver_batches_of_another_target(server, start, spool, old_lines):
    """With a command that is run as it stands there."""
    running = start("run")
    command = wait_for(lambda: MOVE.search(running.err()), 30, "the command")
    subprocess.run(command.group(), shell=True, check=True)
    wait_for(lambda: set(old_lines) <= set(server.lines), 30, "the old lines")
    running.interrupt()
    assert (running.wait(), spool_files.batches(spool)) == (0, [])


def test_once_delivers_batches_that_were_moved_from_another_target(server, start, spool, old_lines):
    directory = target_directory(spool, server.url)
    for path in spool_files.batches(spool):
        path.rename(directory / path.name)
    assert (start("once").wait(), spool_files.batches(spool)) == (0, [])
    assert set(old_lines) <= set(server.lines)


def test_batches_that_another_process_delivers_stay_with_it(server, start, spool):
    """Of two services that share a spool, each has its own."""
    server.default = DOWN
    neighbour = start("run", INFLUX_DB="other")
    wait_for(lambda: spool_files.batches(spool), 30, "batches of a neighbour")
    running = start("run")
    wait_for(lambda: len({path.parent for path in spool_files.batches(spool)}) == 2, 30, "batches of its own")
    server.default = ok
    wait_for(lambda: {request.query["db"] for request in server.requests if request.status == 204} == {"vmstats", "other"}, 30,
             "both to deliver")
    assert (running.stop(), neighbour.stop()) == (0, 0)
    ours = [line for request in server.requests if request.query["db"] == "vmstats" for line in request.lines]
    theirs = [line for request in server.requests if request.query["db"] == "other" for line in request.lines]
    assert set(ours) & set(theirs) == set()


# The bound over all targets.


def add_large(directory, count):
    """Batches of one line each, which gzip cannot make smaller than LARGE_BYTES. Their stamps number them."""
    for number in range(count):
        stamp = FIRST_NS + number * SECOND_NS
        text = random.Random(number).randbytes(LARGE_BYTES).hex()
        add_body(directory, f'blob text="{text}" {stamp}\n', stamp, stamp)


def batches_of(target):
    return [path for path in spool_files.batches(target.parent) if path.parent == target]


def numbers_of(target):
    """Of the large batches that are left."""
    stamps = [spool_files.first_stamp(path) for path in batches_of(target)]
    return sorted((stamp - FIRST_NS) // SECOND_NS for stamp in stamps if stamp < FIRST_NS + 1000 * SECOND_NS)


def bytes_held(spool):
    return sum(size_of(path) for path in spool_files.batches(spool))


def size_of(path):
    """Nothing if it went to make room after it was listed."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@pytest.fixture
def targets(server, spool):
    """Directories of the other target and of ours, which together hold more than the bound."""
    others, ours = target_directory(spool, OLD_SERVER), target_directory(spool, server.url)
    add_large(others, OF_OTHERS)
    add_large(ours, OF_OURS)
    return others, ours


@pytest.fixture
def overfull(server, start, spool, targets):
    """A `run` on that spool that has made room, and added a batch."""
    server.default = DOWN
    running = start("run", SPOOL_MAX_BYTES=f"{MAX_BYTES >> 20}MiB")
    wait_for(lambda: len(numbers_of(targets[1])) < len(batches_of(targets[1])), 30, "a new batch")
    return running


def test_the_bound_holds_over_all_targets(overfull, server, spool):
    wait_for(lambda: len(server.requests) > 2, 30, "a while, in which batches are added")
    assert bytes_held(spool) <= MAX_BYTES


def test_the_batches_of_others_do_not_go_to_make_room(overfull, targets):
    assert numbers_of(targets[0]) == list(range(OF_OTHERS))


def test_the_oldest_batches_of_this_target_go_to_make_room(overfull, targets):
    left = numbers_of(targets[1])
    assert 0 < len(left) < OF_OURS and left == list(range(OF_OURS))[-len(left):]


def test_the_log_says_from_when_the_batches_are_that_go_to_make_room(overfull):
    wait_for(lambda: "from 2020-09-13T12:26:40Z" in overfull.err(), 30, "a word about the loss")


def test_batches_that_go_to_make_room_are_counted(overfull, server, targets):
    given_up = OF_OURS - len(numbers_of(targets[1]))
    server.default = ok
    wait_for(lambda: not batches_of(targets[1]), 30, "our batches to be delivered")
    assert overfull.stop() == 1
    assert select(delivered(server), "vmtelem_agent")[-1].fields["lines_dropped"] == given_up
