"""All troubles at once for a long time: afterwards every line that was sampled is stored or counted as lost. For the first half of it
the disk has room for all that waits, for the other it has not."""

import itertools
import re
import signal
import statistics
import time
from collections import Counter
from types import SimpleNamespace

import pytest
from harness import books, figures, spool_files
from harness.delivery import upload
from harness.embedded_host import embedded_host
from harness.line_protocol import parse_line
from harness.own_mounts import SmallDisk
from harness.privileges import obeying_permissions
from harness.resources import Level
from harness.troubles import Trouble, all_at_once, deck
from harness.unsteady_influx import MOODS, REFUSING, UnsteadyInflux
from harness.vmtelem import Vmtelem
from harness.wait import wait_for

FIRST_CYCLES = 20
SEED = 11
LASTS_S, LASTS_FULL_S = 30, 1800
MEMORY_MIB = 2  # half of it for lines that the disk does not take: of four seconds
VMS = [f"vm{number}" for number in range(8)]
INTERVAL_S, PATIENCE_S = 0.1, 0.5
LINES_OF_A_CYCLE = 4 * len(VMS) + 2
LINES_OF_ITS_VM, LINES_OF_ONCE = 3, 4  # of `once`: there are no rates in one sample
TOKEN = "t0ken-of-the-soak"
LOST = (1, 76)  # exit codes
WITH_ROOM = SimpleNamespace(disk_mib=64, full_s=(0.5, 1.5))  # a tenth of the disk is for the spool
WITHOUT_ROOM = SimpleNamespace(disk_mib=1, full_s=(4.5, 6))
KEPT = re.compile(r"(\d+) lines? kept in ")  # as `once` tells what it left in the spool


class Soak:
    """One `run` on a small disk, beside it `once` after `once`, a server in all its moods, and what is done to them."""

    def __init__(self, binary, scratch):
        self.disk = SmallDisk(scratch / "disk", WITH_ROOM.disk_mib)
        self.spool, self.scratch = self.disk.path / "spool", scratch
        self.program = Vmtelem(obeying_permissions(binary, scratch), scratch)
        self.server = UnsteadyInflux(SEED, PATIENCE_S, token=TOKEN)
        self.moods, self.numbers = deck([*MOODS, *REFUSING], SEED), itertools.count()
        self.onces, self.levels, self.times = [], [], Counter()  # [(name of its VM, process)]; [Level]; how often each trouble came

    def start(self, command, host, **settings):
        given = upload(self.server, LIBVIRT_URI=host, SPOOL_DIR=self.spool, RETRY_MAX="0.3s", INFLUX_TIMEOUT=f"{PATIENCE_S}s",
                       **settings)
        return self.program.start(command, **given)

    def start_run(self):
        self.running = self.start("run", embedded_host(self.scratch, VMS), POLL_INTERVAL="0.1s", BATCH_MAX_SEC="0.2s",
                                  BACKLOG_RATE="100x", QUEUE_MAX_BYTES=f"{MEMORY_MIB}MiB")
        wait_for(self.has_all_lanes, 60, "cycles to be stored")

    def has_all_lanes(self):
        """Those in reserve are connected one after the other beside the first cycles."""
        return sum(line.startswith("vmtelem,") for line in list(self.server.points.lines.values())) >= FIRST_CYCLES

    def run_once(self):
        name = f"beside{next(self.numbers)}"
        once = self.start("once", embedded_host(self.scratch, [name]), DRAIN_TIMEOUT="1s")
        once.wait(30)
        self.onces.append((name, once))

    def troubles(self, full_s):
        """Of each kind one. The server changes its mood without a break, and is well once in a dozen moods."""
        server, target = self.server, next(path for path in self.spool.iterdir() if path.is_dir())
        return (Trouble(lambda: server.enter(self.moods()), calm_s=(0.2, 2)),
                Trouble(lambda: server.want("another token"), lambda: server.want(TOKEN), lasting_s=(0.3, 1)),
                Trouble(self.disk.fill, self.disk.clear, calm_s=(2, 4), lasting_s=full_s),
                Trouble(lambda: target.chmod(0), lambda: target.chmod(0o700), calm_s=(2, 6), lasting_s=(0.5, 1)),
                Trouble(self.run_once, calm_s=(0.5, 2)),
                Trouble(lambda: self.running.process.send_signal(signal.SIGUSR1), calm_s=(0.2, 1)),
                Trouble(lambda: self.levels.append(Level.of(self.running.pid)), calm_s=(0.1, 0.1)))

    def level(self, third):
        """What the program held in a third of the time: the least of what comes and goes with requests, and the usual memory."""
        size = len(self.levels) // 3
        levels = self.levels[third * size:(third + 1) * size]
        return Level(min(level.threads for level in levels), min(level.descriptors for level in levels),
                     statistics.median_low(level.rss_kib for level in levels))

    def status(self):
        """The present account, which it tells when it is asked."""
        before = len(books.status_lines(self.running))
        self.running.process.send_signal(signal.SIGUSR1)
        wait_for(lambda: len(books.status_lines(self.running)) > before, 30, "a status line")
        return books.status_lines(self.running)[-1]

    def kept_by_once(self):
        """How many lines they said they left in the spool."""
        return sum(int(kept) for _, once in self.onces for kept in KEPT.findall(once.err()))

    def end(self):
        """All is well again: everything is delivered, then SIGTERM."""
        self.server.enter("well")
        calm_ns = time.time_ns()
        wait_for(lambda: self.server.newest_ns > calm_ns, 60, "a new line to be stored")
        wait_for(lambda: spool_files.older_batches(self.spool, calm_ns) == [], 120, "the spool to be delivered")
        self.running.process.send_signal(signal.SIGTERM)
        return self.running.wait(60)

    def close(self):
        self.program.close()
        self.disk.close()


@pytest.fixture(scope="module")
def soak(binary, scratch, full):
    soak = Soak(binary, scratch)
    try:
        yield judge(soak, *go_through_it(soak, LASTS_FULL_S if full else LASTS_S))
    finally:
        soak.close()


def go_through_it(soak, seconds):
    """(exit code, how long it took, how often each trouble came)."""
    print(f"seed {SEED}")
    with soak.server:
        soak.start_run()
        began_s = time.monotonic()
        with_room, _ = [go_through_half(soak, half, seconds / 2) for half in (WITH_ROOM, WITHOUT_ROOM)]
        return soak.end(), time.monotonic() - began_s, with_room


def go_through_half(soak, half, seconds):
    """The account at its end."""
    soak.disk.resize(size=f"{half.disk_mib}m")
    troubles = soak.troubles(half.full_s)
    with all_at_once(SEED + half.disk_mib, *troubles) as over:
        over.wait(seconds)
    soak.times.update({number: trouble.times for number, trouble in enumerate(troubles)})
    return soak.status()


def judge(soak, code, seconds, with_room):
    """Who sampled which of the stored lines, and what the program itself says of them."""
    account, points = books.at_the_end(soak.running), soak.server.points
    beside = [line for line in points.lines.values() if ",vm=beside" in line or ",vms=1i," in line]
    missing = account["sampled"] - (len(points) - len(beside)) + missing_of_once(beside, soak.onces)
    figures.record("soak", seconds=round(seconds), troubles=list(soak.times.values()), answers=dict(soak.server.counts), **account,
                   stored=len(points), stored_again=points.repeats, missing=missing, unsure=len(soak.server.unsure),
                   dropped_with_room=with_room["dropped"], onces=Counter(once.code for _, once in soak.onces),
                   first_third=str(soak.level(0)), last_third=str(soak.level(2)))
    return SimpleNamespace(soak=soak, code=code, seconds=seconds, with_room=with_room, account=account, points=points, missing=missing,
                           lost=account["rejected"] + account["dropped"], unsure=len(soak.server.unsure),
                           statuses=books.status_lines(soak.running))


def missing_of_once(stored, onces):
    """Lines of those that said that theirs were delivered or left in the spool."""
    counts = Counter(parse_line(line).tags.get("vm") for line in stored)
    return sum(LINES_OF_ITS_VM - counts[name] for name, once in onces if once.code == 0 or KEPT.search(once.err()))


def told_of_loss(onces):
    """Lines of those that learnt that theirs were lost: the `run` counts them, and they are not among those that are missing."""
    return sum(LINES_OF_ITS_VM for _, once in onces if once.code in LOST and not KEPT.search(once.err()))


def test_nothing_is_dropped_while_there_is_room(soak):
    assert soak.with_room["dropped"] == 0


def test_lines_without_room_are_dropped(soak):
    assert soak.account["dropped"] > 0


def test_every_line_that_is_not_stored_is_counted_as_lost(soak):
    assert soak.missing <= soak.lost


def test_no_line_is_counted_as_lost_that_was_acknowledged(soak):
    """Stored all the same can only be what the program could not know to be. Nor is it told here whether the one line without a
    VM of each `once` is among those that are missing."""
    assert soak.lost - soak.missing <= soak.unsure + len(soak.soak.onces) + told_of_loss(soak.soak.onces)


def test_no_more_lines_are_counted_as_written_than_are_stored(soak):
    assert soak.account["written"] <= len(soak.points)


def test_the_last_books_close_without_a_remainder(soak):
    assert soak.account["sampled"] + soak.account["recovered"] == soak.account["written"] + soak.account["left"] + soak.lost


def test_the_books_add_up_in_every_status_line(soak):
    assert [status for status in soak.statuses if not books.adds_up(status)] == []


def test_the_books_add_up_in_every_line_of_the_agent(soak):
    lines = [line for line in soak.points.lines.values() if line.startswith("vmtelem_agent,")]
    assert books.do_not_add_up(map(parse_line, lines)) == []


def test_batches_that_a_once_left_are_recovered_whole_and_one_time_only(soak):
    """What it handed over and saw delivered it does not mention, so there are bounds only."""
    recovered = soak.account["recovered"]
    assert recovered % LINES_OF_ONCE == 0
    assert soak.soak.kept_by_once() <= recovered <= LINES_OF_ONCE * len(soak.soak.onces)


def test_a_line_that_comes_again_is_the_same_line(soak):
    assert soak.points.differing == []


def test_sampling_goes_on_all_the_time(soak):
    """Whatever is wrong with delivery, the sampling goes on; a busy machine may cost it a tick now and then."""
    assert soak.account["sampled"] >= 0.5 * LINES_OF_A_CYCLE * soak.seconds / INTERVAL_S


def test_neither_threads_nor_descriptors_nor_memory_grow(soak):
    assert soak.soak.level(2).grown_since(soak.soak.level(0)) == {}


def test_no_file_is_damaged_and_none_is_left(soak):
    spool = soak.soak.spool
    assert (spool_files.damaged(spool), spool_files.batches(spool), spool_files.strangers(spool)) == ([], [], [])


def test_the_exit_code_says_whether_anything_was_lost(soak):
    assert soak.code == (1 if soak.lost else 0)


def test_the_token_is_in_no_log(soak):
    assert [path for path in soak.soak.scratch.glob("*.err") if TOKEN in path.read_text()] == []
