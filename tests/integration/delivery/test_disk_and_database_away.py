"""The disk of the spool and the database are away at once; then the disk is back, the database is not: whatever was sampled is on
the disk within seconds, also what was on its way to the database, so that no kill can cost it."""

import time
from contextlib import closing
from types import SimpleNamespace

import pytest
from harness import books, figures, spool_files
from harness.delivery import missing_cycles, missing_vm_lines
from harness.line_protocol import parse_line
from harness.own_mounts import SmallDisk
from harness.through_trouble import DOWN, TROUBLE, drain, settings_of
from harness.vmtelem import Vmtelem, outlast
from harness.wait import wait_for
from influx_server import FakeInflux, hang

SOON_S = 5
MOODS = {"fails": DOWN, "does not answer": hang}


def on_disk(spool):
    return [parse_line(line) for line in spool_files.spooled_lines(spool)]


def sample_without_a_disk(program, disk, settings):
    """A `run` that could never write to its spool, which is how long it takes for one that waits in memory to be full of batches."""
    disk.forbid_writing()
    running = program.start("run", **settings)
    wait_for(lambda: TROUBLE in running.err(), 30, "the trouble to be noticed")
    outlast(4)
    return running


def seconds_until_all_is_there(disk, spool):
    disk.allow_writing()
    since = time.monotonic()
    wait_for(lambda: on_disk(spool) and missing_cycles(on_disk(spool)) == [], 30, "every cycle from the first on to be on the disk")
    return time.monotonic() - since


@pytest.fixture(scope="module", params=MOODS)
def story(request, binary, tmp_path_factory):
    """A `run` that was killed after the disk came back, and the next one, which had a database."""
    directory = tmp_path_factory.mktemp("away")
    with FakeInflux() as server, closing(SmallDisk(directory / "disk")) as disk, closing(Vmtelem(binary, directory)) as program:
        server.default = MOODS[request.param]
        (spool := disk.path / "spool").mkdir(mode=0o700)
        settings = settings_of(server, directory, spool)
        running = sample_without_a_disk(program, disk, settings)
        took_s = seconds_until_all_is_there(disk, spool)
        running.process.kill()
        running.wait()
        kept = on_disk(spool)
        next_one = program.start("run", **settings)
        arrived, code = drain(next_one, server, spool)
        figures.record(f"disk back, database {request.param}", took_s=round(took_s, 2), lines=len(kept))
        yield SimpleNamespace(took_s=took_s, kept=kept, arrived=arrived, code=code, account=books.at_the_end(next_one))


def identities(lines):
    return {(line.series, line.time_ns) for line in lines}


def test_everything_is_on_the_disk_within_seconds(story):
    assert story.took_s < SOON_S


def test_lines_that_the_killed_process_had_sampled_arrive(story):
    assert len(story.kept) > 100 and identities(story.kept) <= identities(story.arrived)


def test_no_cycle_of_the_killed_process_lacks_a_line(story):
    assert missing_vm_lines(story.kept) == 0


def test_the_next_process_counts_what_it_found_and_loses_nothing(story):
    assert (story.account["recovered"], story.account["dropped"], story.code) == (len(story.kept), 0, 0)
