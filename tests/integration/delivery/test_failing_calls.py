"""Single system calls on the files of a spool fail, as they do on a disk in trouble: whichever it is, every line is accounted for, and
what was durable and had room is delivered. All troubles at the same time, each with a `run`, a spool and a database of its own."""

import errno
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from harness import books, figures, spool_files
from harness.faulty_disk import FOR_EVER, FaultyDisk
from harness.made_spool import FIRST_NS, SECOND_NS, add_batch, target_directory
from harness.own_mounts import SmallDisk
from harness.through_trouble import DOWN, drain, longest_pause_s, settings_of
from harness.vmtelem import Vmtelem
from harness.wait import wait_for
from influx_server import FakeInflux, ok

OLD_BATCHES, OLD_LINES = 300, 100  # of an outage before: they have to be read, and may be given up
SHORTAGE_S, SHORTAGE_FULL_S = 8, 30
# One batch at once, and one more after each pause, of which the first is 5 s and each other twice as long.
GIVEN_UP_MOST, GIVEN_UP_FULL_MOST = 2, 3
INODES, TAKER = 700, "of-somebody-else"
STALL_S = 1.5  # for which a busy machine may keep the program from its work


@dataclass(frozen=True)
class Case:
    """Which call fails, how, how often, and when: in the "outage", at the end of it ("drain"), or while old batches are "delivered"."""

    call: str
    error: int = 0
    when: str = "outage"
    times: int = FOR_EVER
    least: int = 4  # so many calls meet it before it is over
    delay_s: float = 0
    rate: str = "10000x"  # of old lines


CASES = {
    "a file cannot be made": Case("make", errno.EMFILE),
    "a write fails": Case("write", errno.EIO),
    "fsync fails": Case("sync", errno.EIO),
    "fsync takes long": Case("sync", delay_s=0.4),
    "a file cannot be given its name": Case("rename", errno.EIO),
    "nobody knows what is free": Case("space", errno.EIO),
    "a read fails once": Case("read", errno.EIO, "drain", times=1, least=1),
    "reads fail again and again": Case("read", errno.EIO, "drain", times=4, least=4),
    "a file cannot be opened for a while": Case("open", errno.EMFILE, "drain", times=5, least=5),
    "a file cannot be removed for a while": Case("remove", errno.EIO, "drain", times=5, least=5),
    "there is no space while batches are delivered": Case("make", errno.ENOSPC, "delivered", least=11, rate="10x"),
}
SHORTAGES = {"there is no space": Case("make", errno.ENOSPC), "somebody takes each inode that becomes free": Case("take", least=1)}
ALL = CASES | SHORTAGES


class Place:
    """A program on a disk whose calls can fail, and a database."""

    def __init__(self, program, disk, spool, server):
        self.program, self.disk, self.spool, self.server = program, disk, spool, server
        directory = target_directory(spool, server.url)
        for batch in range(OLD_BATCHES):
            add_batch(directory, [old_line(batch, line) for line in range(OLD_LINES)], batch)

    def start(self, rate):
        """In an outage."""
        self.server.default, began_ns = DOWN, time.time_ns()
        settings = settings_of(self.server, self.program.directory, self.spool, BACKLOG_RATE=rate)
        self.running = self.program.start("run", **settings, **self.disk.settings)
        wait_for(lambda: len(newer_batches(self.spool, began_ns)) > 2, 30, "batches of its own on the disk")

    def finish(self, waiting):
        lines, code = drain(self.running, self.server, self.spool)
        left = spool_files.batches(self.spool) + spool_files.strangers(self.spool) + spool_files.damaged(self.spool)
        account, stored = books.at_the_end(self.running), set(self.server.lines)
        missing = account["sampled"] + account["recovered"] - len(stored)
        return SimpleNamespace(account=account, missing=missing, lost=waiting - stored, lines=lines, code=code, left=left)


def go_through(place, case, shortage):
    """The trouble comes and goes; then the database is well and takes everything."""
    place.start(case.rate)
    waiting = set(spool_files.spooled_lines(place.spool))
    if case.when == "delivered":
        place.server.default = ok
        wait_for(lambda: place.server.lines, 30, "first lines")
    place.disk.begin(case.call, case.error, case.times, case.delay_s)
    if case.when == "drain":
        place.server.default = ok
    shortage.begin()
    wait_for(lambda: place.disk.met(case.call) >= case.least, 30, f"calls to fail: {case}")
    shortage.end()
    place.disk.end(case.call)
    return place.finish(waiting)


class NoShortage:
    def begin(self):
        pass

    end = begin


class Shortage:
    """Lasts for a while, in which the program has old batches that it could give up."""

    def __init__(self, seconds):
        self.seconds = seconds

    def begin(self):
        time.sleep(self.seconds)

    def end(self):
        pass


class InodeShortage(Shortage):
    """Somebody has all inodes. When it ends there are enough at once: what comes one by one would be worth a try each."""

    def __init__(self, seconds, mounted):
        super().__init__(seconds)
        self.mounted = mounted

    def begin(self):
        wait_for(lambda: has_taken_inodes(self.mounted), 10, "all inodes to be taken")
        super().begin()

    def end(self):
        self.mounted.resize(nr_inodes=10 * INODES)


def has_taken_inodes(disk):
    """All that are free, in one step: while a few are left the program joins small batches, and what is joined is given up as one."""
    system = os.statvfs(disk.path)
    try:
        disk.resize(nr_inodes=system.f_files - system.f_ffree)
        return True
    except OSError:  # a file has come meanwhile
        return False


def newer_batches(spool, stamp_ns):
    return [path for path in spool_files.batches(spool) if spool_files.first_stamp(path) >= stamp_ns]


def old_line(batch, line):
    return f"before,host=earlier,line={line} value={batch}i {FIRST_NS + batch * SECOND_NS}"


@pytest.fixture(scope="module")
def stories(binary, tmp_path_factory, full):
    """{name of the trouble: what came of it}"""
    seconds = SHORTAGE_FULL_S if full else SHORTAGE_S
    with ExitStack() as stack:
        prepared = {name: prepare(stack, binary, tmp_path_factory.mktemp("calls"), name, seconds) for name in ALL}
        with ThreadPoolExecutor(len(ALL)) as pool:
            told = {name: pool.submit(go_through, *story) for name, story in prepared.items()}
        found = {name: future.result() for name, future in told.items()}
    for name in SHORTAGES:
        figures.record("shortage", what=name, seconds=seconds, **found[name].account)
    return found


def prepare(stack, binary, directory, name, seconds):
    """All that a program needs: (place, case, shortage)."""
    case, path, shortage = ALL[name], directory / "disk", NoShortage()
    if name in SHORTAGES:  # where nobody else frees anything, for which there would be one more try
        disk = SmallDisk(path, size_mib=64, options=f",nr_inodes={INODES}")
        stack.callback(disk.close)
        shortage = InodeShortage(seconds, disk) if case.call == "take" else Shortage(seconds)
    (path / TAKER).mkdir(parents=True)
    spool, server, program = path / "spool", stack.enter_context(FakeInflux()), Vmtelem(binary, directory)
    stack.callback(program.close)
    return Place(program, FaultyDisk(binary, directory, spool, path / TAKER), spool, server), case, shortage


@pytest.fixture(params=ALL)
def story(stories, request):
    return stories[request.param]


@pytest.fixture(params=CASES)
def harmless(stories, request):
    """A trouble in which there was room for all."""
    return stories[request.param]


@pytest.fixture(params=SHORTAGES)
def costly(stories, request):
    return stories[request.param]


def test_the_last_books_close_without_a_remainder(story):
    account = story.account
    assert account["sampled"] + account["recovered"] == sum(account[word] for word in ("written", "left", "rejected", "dropped"))


def test_exactly_the_lines_that_do_not_arrive_are_counted_as_lost(story):
    assert story.missing == story.account["dropped"]


def test_the_books_add_up_all_the_time(story):
    assert books.do_not_add_up(story.lines) == []


def test_nothing_is_damaged_and_nothing_is_left(story):
    assert (story.left, story.account["left"]) == ([], 0)


def test_sampling_never_stops(story):
    assert longest_pause_s(story.lines) < STALL_S


def test_durable_batches_are_delivered(harmless):
    assert harmless.lost == set()


def test_nothing_is_lost(harmless):
    assert (harmless.account["dropped"], harmless.code) == (0, 0)


def test_a_shortage_costs_a_batch_for_each_try_and_no_more(costly, full):
    given_up = (GIVEN_UP_FULL_MOST if full else GIVEN_UP_MOST) + 1  # the shortage may end a little after a pause has
    assert 0 < len(costly.lost) == costly.account["dropped"] <= given_up * OLD_LINES and costly.code == 1
