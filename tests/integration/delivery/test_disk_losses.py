"""What nobody can keep, when a disk is in trouble for too long or somebody removes what lies on it, is counted to the line."""

import shutil
from types import SimpleNamespace

import pytest
from harness import books, spool_files
from harness.delivery import missing_cycles
from harness.embedded_host import embedded_host
from harness.line_protocol import select
from harness.own_mounts import SmallDisk
from harness.through_trouble import DOWN, INTERVAL_S, RECOVERY, drain, longest_pause_s, newest_on_disk, points_missing, settings_of
from harness.vmtelem import outlast
from harness.wait import wait_for
from influx_server import FakeInflux, ok

MANY_VMS = 15  # fill the least memory that can be set in about two seconds
CYCLES_IN_MEMORY = 5  # at least
MEMORY_IS_FULL = "the memory for lines that wait is full"


@pytest.fixture
def server():
    with FakeInflux() as server:
        server.default = DOWN
        yield server


@pytest.fixture
def spool(lone_program):
    return lone_program.directory / "spool"


@pytest.fixture
def running(lone_program, server, spool):
    return lone_program.start("run", **settings_of(server, lone_program.directory, spool))


def test_batches_that_are_removed_by_hand_are_counted_as_lost(running, server, spool):
    wait_for(lambda: len(spool_files.batches(spool)) > 4, 30, "batches")
    shutil.rmtree(spool)
    wait_for(lambda: spool_files.batches(spool), 30, "the directory to be there again")
    lines, code = drain(running, server, spool)
    assert books.at_the_end(running)["dropped"] == points_missing(running, lines) > 0 and code == 1


def test_batches_that_are_removed_by_hand_are_named(running, server, spool):
    wait_for(lambda: len(spool_files.batches(spool)) > 4, 30, "batches")
    removed = spool_files.batches(spool)[-2]
    removed.unlink()
    drain(running, server, spool)
    assert f"{removed} is gone" in running.err()


def test_a_directory_that_is_removed_while_nothing_waits_costs_nothing(running, server, spool):
    server.default = ok
    wait_for(lambda: server.lines and not spool_files.batches(spool), 30, "lines")
    shutil.rmtree(spool)
    before = len(server.lines)
    wait_for(lambda: len(server.lines) > before + 50, 30, "more lines")
    lines, code = drain(running, server, spool)
    assert (missing_cycles(lines), code) == ([], 0)


def last_cycle(lines, until_ns):
    """The number of the last cycle that was sampled until then."""
    return max(line.fields["polls"] for line in select(lines, "vmtelem") if line.time_ns <= until_ns)


@pytest.fixture(scope="module")
def overflow(program, scratch):
    """A `run` whose memory for lines did not last as long as its disk was full."""
    disk = SmallDisk(scratch / "disk")
    spool, host = disk.path / "spool", embedded_host(scratch, [f"vm{number}" for number in range(MANY_VMS)])
    with FakeInflux() as server:
        server.default = DOWN
        settings = settings_of(server, scratch, spool, LIBVIRT_URI=host, QUEUE_MAX_BYTES="1MiB", SPOOL_MAX_BYTES="6MiB")
        running = program.start("run", **settings)
        wait_for(lambda: len(spool_files.batches(spool)) > 2, 30, "batches on the disk")
        disk.fill()
        on_disk_ns = newest_on_disk(spool)
        wait_for(lambda: MEMORY_IS_FULL in running.err(), 60, "the memory to be full")
        outlast(1)
        disk.clear()
        wait_for(lambda: RECOVERY in running.err(), 30, "the disk to be used again")
        lines, code = drain(running, server, spool)
        missing = missing_cycles(select(lines, "vmtelem"))
        yield SimpleNamespace(lines=lines, code=code, running=running, missing=missing, on_disk=last_cycle(lines, on_disk_ns))
    disk.close()


def test_lines_that_memory_cannot_hold_are_counted(overflow):
    assert books.at_the_end(overflow.running)["dropped"] == points_missing(overflow.running, overflow.lines) > 0


def test_the_newest_lines_are_dropped_when_memory_is_full_too(overflow):
    """What came to memory first is there: no batch goes for one that the disk does not take either."""
    assert overflow.missing[0] > overflow.on_disk + CYCLES_IN_MEMORY


def test_the_gap_is_as_long_as_the_count_of_cycles_says(overflow):
    assert longest_pause_s(overflow.lines) > len(overflow.missing) * INTERVAL_S


def test_a_loss_shows_in_the_exit_code(overflow):
    assert overflow.code == 1


def test_the_books_are_right_all_the_time(overflow):
    assert books.do_not_add_up(overflow.lines) == []
