"""The disk of the spool gets into trouble while the database is down, and out of it: nobody stops sampling, what could not be
written waits in memory and is written when that works again, and in the end everything is in the database."""

from contextlib import closing
from types import SimpleNamespace

import pytest
from harness import books, disk_faults, spool_files
from harness.delivery import missing_cycles, missing_vm_lines
from harness.line_protocol import parse_line, select
from harness.own_mounts import SmallDisk
from harness.privileges import obeying_permissions
from harness.through_trouble import DOWN, RECOVERY, TROUBLE, drain, longest_pause_s, newest_on_disk, settings_of
from harness.vmtelem import Vmtelem, outlast
from harness.wait import wait_for
from influx_server import FakeInflux, ok

STALL_S = 1.5  # for which a busy machine may keep the program from its work
FAULTS = ["Full", "ReadOnly", "NoAccessToTheSpool", "NoAccessToTheBatches", "OwnedBySomebodyElse", "ReplacedByAFile"]
# These can be there before the directory of the batches is.
FAULTS_AT_START = FAULTS[:3]


def lines_on_disk(spool):
    return [parse_line(line) for line in spool_files.spooled_lines(spool)]


def go_through(running, fault, spool):
    """Batches wait on disk, the trouble comes and lasts, and goes. What is on disk when the program has written it all."""
    wait_for(lambda: len(spool_files.batches(spool)) > 2, 30, "batches on the disk")
    fault.begin()
    wait_for(lambda: TROUBLE in running.err(), 30, "the trouble to be noticed")
    outlast(2)
    mend(running, fault, spool)
    wait_for(lambda: missing_cycles(lines_on_disk(spool)) == [], 30, "what memory held to be on disk, before the database is back")
    return lines_on_disk(spool)


def mend(running, fault, spool):
    fault.end()
    last = newest_on_disk(spool)
    wait_for(lambda: RECOVERY in running.err() and newest_on_disk(spool) > last, 30, "the disk to be used again")


class Place:
    """A program for which permissions hold, a disk for its spool, and a database that is down."""

    def __init__(self, binary, directory, fault, server):
        self.directory, self.server = directory, server
        self.program = Vmtelem(obeying_permissions(binary, directory), directory)
        self.disk = SmallDisk(directory / "disk")
        self.spool = self.disk.path / "spool"
        self.fault = getattr(disk_faults, fault)(self.disk, self.spool)
        server.default = DOWN

    def start(self, command, **settings):
        return self.program.start(command, **{**settings_of(self.server, self.directory, self.spool), **settings})

    def finish(self, running, on_disk=()):
        lines, code = drain(running, self.server, self.spool)
        left = spool_files.batches(self.spool) + spool_files.strangers(self.spool) + spool_files.damaged(self.spool)
        return SimpleNamespace(running=running, on_disk=on_disk, lines=lines, code=code, left=left)

    def close(self):
        self.program.close()
        self.disk.close()


@pytest.fixture(scope="module", params=FAULTS)
def story(request, binary, tmp_path_factory):
    """A `run` that went through that trouble, then the database came back, and all was delivered."""
    directory = tmp_path_factory.mktemp("trouble")
    with FakeInflux() as server, closing(Place(binary, directory, request.param, server)) as place:
        running = place.start("run")
        yield place.finish(running, go_through(running, place.fault, place.spool))


def test_sampling_never_stops(story):
    assert longest_pause_s(story.lines) < STALL_S


def test_batches_that_waited_in_memory_are_written_to_the_disk(story):
    """All from the first sample on was there, before the database came back."""
    assert len(select(story.on_disk, "vmtelem")) > 10 and missing_cycles(story.on_disk) == []


def test_everything_is_delivered_in_the_end(story):
    assert (missing_cycles(story.lines), missing_vm_lines(story.lines)) == ([], 0)


def test_the_trouble_is_logged_once(story):
    assert story.running.err().count(TROUBLE) == 1


def test_the_recovery_is_logged_once(story):
    assert story.running.err().count(RECOVERY) == 1


def test_the_books_are_right_all_the_time(story):
    assert books.do_not_add_up(story.lines) == []


def test_nothing_counts_as_lost(story):
    assert (books.at_the_end(story.running)["dropped"], story.code) == (0, 0)


def test_nothing_is_left_on_the_disk(story):
    assert story.left == []


# Trouble from the start.


@pytest.fixture(params=FAULTS_AT_START)
def place(request, binary, tmp_path):
    """The disk is in trouble before anything starts."""
    with FakeInflux() as server, closing(Place(binary, tmp_path, request.param, server)) as place:
        place.spool.mkdir(mode=0o700)
        place.fault.begin()
        yield place


def test_a_run_starts_all_the_same_and_loses_nothing(place):
    running = place.start("run")
    wait_for(lambda: TROUBLE in running.err() and place.server.requests, 30, "it to start, and to try to deliver")
    outlast(1)
    mend(running, place.fault, place.spool)
    story = place.finish(running)
    assert (missing_cycles(story.lines), missing_vm_lines(story.lines), story.code) == ([], 0, 0)


def test_a_once_that_can_neither_deliver_nor_keep_its_sample_says_why(place):
    """Where the lines should have gone and what the database said."""
    running = place.start("once", DRAIN_TIMEOUT="0.3s")
    assert running.wait() == 69
    assert str(place.spool) in running.err() and place.server.url in running.err(), running.err()


def test_a_once_delivers_all_the_same(place):
    place.server.default = ok
    running = place.start("once")
    assert (running.wait(), any(line.startswith("vm_totals,") for line in place.server.lines)) == (0, True)


# The database is back before the disk is.


def test_a_batch_delivered_while_its_file_cannot_be_removed_is_not_sent_again_and_its_file_is_removed_later(binary, tmp_path):
    with FakeInflux() as server, closing(Place(binary, tmp_path, "ReadOnly", server)) as place:
        running = place.start("run")
        wait_for(lambda: len(spool_files.batches(place.spool)) > 2, 30, "batches on the disk")
        place.fault.begin()
        waiting = spool_files.spooled_lines(place.spool)
        server.default = ok
        wait_for(lambda: set(waiting) <= set(server.lines), 30, "what waits to be delivered")
        place.fault.end()
        story = place.finish(running)
    assert (len(server.lines), story.left, story.code) == (len(set(server.lines)), [], 0)
