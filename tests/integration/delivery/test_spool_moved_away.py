"""The directory of the spool is moved away while a `run` uses it, another is put in its place, and the first one comes back or does
not. Nothing counts as lost, and nothing as found, that is only elsewhere."""

import re
from contextlib import closing

import pytest
from harness import books, spool_files
from harness.delivery import delivered, missing_cycles
from harness.privileges import obeying_permissions
from harness.through_trouble import DOWN, points_missing, settings_of
from harness.vmtelem import Vmtelem
from harness.wait import wait_for
from influx_server import FakeInflux, ok


class Moving:
    """A `run` whose database is down, and the places where its directory is."""

    def __init__(self, program, server, directory):
        self.server, self.place = server, directory / "spool"
        self.away, self.meanwhile = directory / "away", directory / "meanwhile"
        server.default = DOWN
        self.running = program.start("run", **settings_of(server, directory, self.place, DRAIN_TIMEOUT="1s"))
        self.wait_for_batches()

    def wait_for_batches(self):
        wait_for(lambda: len(spool_files.batches(self.place)) > 5, 30, "batches on the disk")

    def move_away(self):
        self.place.rename(self.away)
        self.place.mkdir(mode=0o700)
        self.wait_for_batches()

    def bring_back(self):
        """With what was written in its place, once the program has seen that it is back."""
        self.place.rename(self.meanwhile)
        self.away.rename(self.place)
        wait_for(lambda: len(re.findall("another directory is at|was at .* is back", self.running.err())) > 1, 30, "it to be noticed")
        for path in self.meanwhile.glob("*/*.lp.gz"):
            path.rename(self.place / path.parent.name / path.name)

    def stop(self):
        code = self.running.stop()
        return books.at_the_end(self.running), code


@pytest.fixture
def moving(lone_program, tmp_path):
    with FakeInflux() as server:
        yield Moving(lone_program, server, tmp_path)


def test_batches_that_come_back_with_their_directory_are_delivered_and_none_counts_as_found_or_lost(moving):
    moving.move_away()
    moving.bring_back()
    moving.server.default = ok
    wait_for(lambda: moving.server.lines and not spool_files.batches(moving.place), 60, "all to be delivered")
    account, code = moving.stop()
    assert (account["recovered"], account["dropped"], account["left"], code) == (0, 0, 0, 0)
    assert missing_cycles(delivered(moving.server)) == [] and points_missing(moving.running, delivered(moving.server)) == 0


def test_batches_that_are_away_count_as_dropped_only_when_the_process_ends(moving):
    moving.move_away()
    account, code = moving.stop()
    there = sum(map(spool_files.lines_named, spool_files.batches(moving.place)))  # with those that were on their way
    assert (account["dropped"], code) == (account["sampled"] - there, 1)
    assert account["dropped"] > 0
    assert f"they went away with the spool directory {moving.place}" in moving.running.err()


# Where the program may not make another directory in the place of the one that went away.


@pytest.fixture
def unmakeable(binary, tmp_path):
    parent = tmp_path / "parent"
    parent.mkdir()
    with FakeInflux() as server, closing(Vmtelem(obeying_permissions(binary, tmp_path), tmp_path)) as program:
        moving = Moving(program, server, parent)
        moving.place.rename(moving.away)
        parent.chmod(0o500)
        wait_for(lambda: "is gone and cannot be made again" in moving.running.err(), 30, "it to be noticed")
        yield moving
        parent.chmod(0o700)


def test_batches_that_are_away_are_not_delivered_from_there_and_count_as_dropped_at_the_end(unmakeable):
    away = spool_files.batches(unmakeable.away)
    unmakeable.server.default = ok
    wait_for(lambda: unmakeable.server.lines, 30, "what was sampled meanwhile to be delivered from memory")
    account, code = unmakeable.stop()
    assert (spool_files.batches(unmakeable.away), account["left"], code) == (away, 0, 1)
    assert account["dropped"] > 0 and account["sampled"] == account["written"] + account["dropped"]


def test_batches_that_come_back_are_delivered_where_no_other_directory_could_be_made(unmakeable):
    unmakeable.place.parent.chmod(0o700)
    unmakeable.away.rename(unmakeable.place)
    wait_for(lambda: "is back" in unmakeable.running.err(), 30, "it to be noticed")
    unmakeable.server.default = ok
    wait_for(lambda: unmakeable.server.lines and not spool_files.batches(unmakeable.place), 60, "all to be delivered")
    account, code = unmakeable.stop()
    assert (account["recovered"], account["dropped"], account["left"], code) == (0, 0, 0, 0)
    assert points_missing(unmakeable.running, delivered(unmakeable.server)) == 0
