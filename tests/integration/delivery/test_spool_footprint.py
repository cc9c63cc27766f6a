"""What a spool takes of its file system through an outage: whole blocks count for its bound, and inodes are left for others. On an ext4
and on a tmpfs; all at the same time, each with a `run`, a spool and a database of its own."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from harness import books, figures, spool_files
from harness.made_spool import FIRST_NS, SECOND_NS, add_batch, target_directory
from harness.own_mounts import LoopDisk, SmallDisk
from harness.sampling import Sampling
from harness.through_trouble import DOWN, drain, settings_of
from harness.vmtelem import Vmtelem
from harness.wait import wait_for
from influx_server import FakeInflux

BLOCK_BYTES = 4096
MAX_BYTES = 1 << 20
OLD_LINES = 60  # of a batch: so that one request, which the program holds ready, has by far not all of them
APART_NS = 7200 * SECOND_NS  # batches hours apart are not joined to make room
GIVEN_UP_LEAST = 20  # batches, before an outage ends
ROOM_FOR = 5  # more batches before one has to go
OLD_BATCHES = MAX_BYTES // BLOCK_BYTES - ROOM_FOR
OF_A_REQUEST = 10_000  # lines at most
LINES_OF_A_CYCLE = 8
INODES_OF_ITS_OWN = 10  # directories, locks and what is being written


@dataclass(frozen=True)
class Case:
    """How many inodes the file system has and how many of them the spool leaves free; 0: they do not matter."""

    inodes: int
    floor: int = 0
    of_full: bool = False


CASES = {
    "the bound": Case(20_000),
    "a tenth of few inodes": Case(608, floor=60),
    "a thousand inodes": Case(20_000, floor=1000),
    "a hundredth of many inodes": Case(160_000, floor=1600, of_full=True),
}
DISKS = {"ext4": LoopDisk, "tmpfs": lambda path, size_mib, inodes: SmallDisk(path, size_mib, f",nr_inodes={inodes}")}


class Footprint(Sampling):
    """The most that the batches take, and the fewest inodes that are free."""

    PERIOD_S = 0.02

    def __init__(self, place):
        super().__init__()
        self.place, self.most_bytes, self.fewest_inodes, self.samples = place, 0, free_inodes(place.disk), 0

    def sample(self):
        self.most_bytes = max(self.most_bytes, bytes_taken(self.place.spool))
        self.fewest_inodes = min(self.fewest_inodes, free_inodes(self.place.disk))
        self.samples += 1


def old_lines(batch):
    return [f"before,host=earlier,line={line} value={batch}i {FIRST_NS + batch * APART_NS}" for line in range(OLD_LINES)]


def free_inodes(disk):
    return os.statvfs(disk.path).f_favail


def bytes_taken(spool):
    return sum(status.st_blocks * 512 for status in map(status_of, spool_files.batches(spool) + spool_files.unfinished(spool)))


def status_of(path):
    """Of nothing if it is gone since it was listed."""
    try:
        return path.stat()
    except FileNotFoundError:
        return SimpleNamespace(st_blocks=0)


class Place:
    """A small file system with a spool in which batches of an earlier outage wait."""

    def __init__(self, program, disk, case, server):
        self.program, self.disk, self.case, self.server = program, disk, case, server
        self.spool, self.bound = disk.path / "spool", "8MiB" if case.floor else f"{MAX_BYTES >> 20}MiB"
        target = target_directory(self.spool, server.url)
        self.old = [add_batch(target, old_lines(batch), batch) for batch in range(OLD_BATCHES)]

    def let_others_take_inodes(self):
        """Until there is only room for a few more batches."""
        (folder := self.disk.path / "of-others").mkdir()
        spare = self.case.floor + ROOM_FOR + INODES_OF_ITS_OWN
        for number in range(free_inodes(self.disk) - spare):
            (folder / str(number)).touch()

    def start(self):
        settings = settings_of(self.server, self.program.directory, self.spool, SPOOL_MAX_BYTES=self.bound, BATCH_MAX_SEC="0.1s",
                               BACKLOG_RATE="10000x")
        self.running = self.program.start("run", **settings)

    def given_up(self):
        """Numbers of the old batches that are gone."""
        return [number for number, path in enumerate(self.old) if not path.exists()]

    def go_through(self):
        """An outage in which old batches have to go for new ones; then all that is left is delivered."""
        with Footprint(self) as footprint:
            self.start()
            wait_for(lambda: len(self.given_up()) >= GIVEN_UP_LEAST, 30, f"old batches to be given up: {self.case}")
            given_up = self.given_up()
            file_bytes = sum(path.stat().st_size for path in spool_files.batches(self.spool)[-ROOM_FOR:])
        lines, code = drain(self.running, self.server, self.spool)
        account = books.at_the_end(self.running)
        figures.record("footprint", disk=type(self.disk).__name__, inodes=self.case.inodes, floor=self.case.floor,
                       fewest_inodes=footprint.fewest_inodes, most_bytes=footprint.most_bytes, looks=footprint.samples, **account)
        return SimpleNamespace(case=self.case, footprint=footprint, given_up=given_up, bytes_of_few=file_bytes, code=code,
                               account=account, stored=set(self.server.lines), lines=lines)


def open_disk(kind, path, case):
    """None where that does not work."""
    try:
        return DISKS[kind](path, 64, case.inodes)
    except OSError as error:
        print(error)
        return None


@pytest.fixture(scope="module")
def stories(binary, tmp_path_factory, full):
    """{(case, disk): what came of it}; None: no such disk can be had."""
    with ExitStack() as stack:
        places = {(name, kind): prepare(stack, binary, tmp_path_factory.mktemp("footprint"), kind, case)
                  for name, case in CASES.items() if full or not case.of_full for kind in DISKS}
        with ThreadPoolExecutor(len(places)) as pool:
            told = {key: place and pool.submit(place.go_through) for key, place in places.items()}
        yield {key: future and future.result() for key, future in told.items()}


def prepare(stack, binary, directory, kind, case):
    if not (disk := open_disk(kind, directory / "disk", case)):
        return None
    stack.callback(disk.close)
    server = stack.enter_context(FakeInflux())
    server.default = DOWN
    program = Vmtelem(binary, directory)
    stack.callback(program.close)
    place = Place(program, disk, case, server)
    if case.floor:
        place.let_others_take_inodes()
    return place


def story_of(stories, name, kind):
    if (name, kind) not in stories:
        pytest.skip("takes long: VMTELEM_FULL=1")
    if not (story := stories[name, kind]):
        pytest.skip(f"no {kind} can be mounted here (loop devices?)")
    return story


@pytest.fixture(params=DISKS)
def at_the_bound(stories, request):
    return story_of(stories, "the bound", request.param)


@pytest.fixture(params=[(name, kind) for name, case in CASES.items() if case.floor for kind in DISKS], ids=" on ".join)
def at_the_floor(stories, request):
    return story_of(stories, *request.param)


@pytest.fixture(params=[(name, kind) for name in CASES for kind in DISKS], ids=" on ".join)
def story(stories, request):
    return story_of(stories, *request.param)


def test_the_bound_is_one_of_blocks(at_the_bound):
    assert MAX_BYTES - ROOM_FOR * BLOCK_BYTES <= at_the_bound.footprint.most_bytes <= MAX_BYTES


def test_the_batches_are_smaller_than_their_blocks(at_the_bound):
    """Else this would say nothing."""
    assert at_the_bound.bytes_of_few < ROOM_FOR * BLOCK_BYTES * 3 / 4


def test_inodes_are_left_for_others(at_the_floor):
    assert at_the_floor.footprint.fewest_inodes >= at_the_floor.case.floor


def test_inodes_above_the_floor_are_used(at_the_floor):
    assert at_the_floor.footprint.fewest_inodes <= at_the_floor.case.floor + INODES_OF_ITS_OWN


def test_no_more_batches_go_than_new_ones_come(story):
    """A new one has the lines of a cycle at least."""
    assert GIVEN_UP_LEAST <= story.account["dropped"] / OLD_LINES <= story.account["sampled"] / LINES_OF_A_CYCLE


def test_the_oldest_batches_go_but_for_those_about_to_be_sent(story):
    first, of_a_request = story.given_up[0], OF_A_REQUEST // OLD_LINES
    assert first <= of_a_request + 1 and story.given_up == list(range(first, first + len(story.given_up)))


def test_exactly_the_lines_that_do_not_arrive_are_counted_as_lost(story):
    account = story.account
    assert account["sampled"] + account["recovered"] - len(story.stored) == account["dropped"] and story.code == 1


def test_the_books_add_up_all_the_time(story):
    assert books.do_not_add_up(story.lines) == []


def test_the_last_books_close_without_a_remainder(story):
    account = story.account
    assert account["sampled"] + account["recovered"] == sum(account[word] for word in ("written", "left", "rejected", "dropped"))
