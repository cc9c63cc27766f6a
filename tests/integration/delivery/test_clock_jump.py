"""The wall clock jumps while the database is down, forward and back: stamps jump with it, and nothing else does."""

import time
from types import SimpleNamespace

import pytest
from harness import books, spool_files
from harness.delivery import delivered, missing_cycles, missing_vm_lines, upload
from harness.embedded_host import embedded_host
from harness.line_protocol import select
from harness.vmtelem import outlast
from harness.wait import wait_for
from harness.wall_clock import WallClock
from influx_server import FakeInflux, ok, status

INTERVAL_S = 0.1
AHEAD_S, BACK_S = 3600, -5400
SECOND_NS = 10**9
JUMP_NS = 600 * SECOND_NS


def batches_of_now(spool, clock):
    """Those in which all is stamped by the clock as it is now."""
    now_ns = (time.time() + clock.shift_s) * SECOND_NS
    return [path for path in spool_files.batches(spool) if abs(spool_files.first_stamp(path) - now_ns) < JUMP_NS]


def go_through(clock, spool):
    """A few batches, and a time without any condition to wait for, in each of the three places of the clock."""
    for step in (0, AHEAD_S, BACK_S):
        clock.step(step)
        wait_for(lambda: len(batches_of_now(spool, clock)) > 2, 30, "batches with stamps of the clock as it is now")
        outlast(1)


@pytest.fixture(scope="module")
def jumps(program, scratch):
    """A `run` that saw both jumps while its database was down; then that came back, and all was delivered."""
    clock, spool = WallClock(scratch), scratch / "spool"
    with FakeInflux() as server:
        server.default = status(503, "busy", "text/plain")
        settings = upload(server, LIBVIRT_URI=embedded_host(scratch, ["one"]), POLL_INTERVAL=f"{INTERVAL_S}s", BATCH_MAX_SEC="0.2s")
        running = program.start("run", **settings, **clock.settings)
        wait_for(lambda: "connected to" in running.err(), 30, "it to start")
        began_s = time.monotonic()
        go_through(clock, spool)
        lasted_s = time.monotonic() - began_s
        server.default = ok
        wait_for(lambda: server.lines and not spool_files.batches(spool), 30, "the spool to be drained")
        code = running.stop()
        yield SimpleNamespace(lines=delivered(server), code=code, lasted_s=lasted_s, running=running)


def stamps(jumps):
    """Of the samples, in the order in which they were taken."""
    hosts = sorted(select(jumps.lines, "vmtelem"), key=lambda line: line.fields["polls"])
    return [line.time_ns for line in hosts]


def steps(jumps):
    found = stamps(jumps)
    return [after - before for before, after in zip(found, found[1:])]


def test_stamps_follow_the_clock(jumps):
    jumped = [round(step / SECOND_NS / 60) for step in steps(jumps) if abs(step) > JUMP_NS]
    assert jumped == [AHEAD_S // 60, BACK_S // 60]


def test_sampling_keeps_its_pace(jumps):
    """By the clock that did not jump. Half of the ticks allows for a busy machine."""
    assert len(stamps(jumps)) > jumps.lasted_s / INTERVAL_S / 2


def test_nothing_stops_for_long_at_a_jump(jumps):
    assert [step for step in steps(jumps) if SECOND_NS * 2 < abs(step) < JUMP_NS] == []


def test_ticks_lie_on_multiples_of_the_interval_after_a_jump(jumps):
    """Most of them: a busy machine is late at times."""
    late = [stamp % int(INTERVAL_S * SECOND_NS) for stamp in stamps(jumps)]
    assert sum(ns < 20_000_000 for ns in late) > len(late) / 2


def test_everything_is_delivered(jumps):
    assert (missing_cycles(jumps.lines), missing_vm_lines(jumps.lines)) == ([], 0)


def test_the_books_are_right(jumps):
    account = books.at_the_end(jumps.running)
    assert (books.do_not_add_up(jumps.lines), account["dropped"], account["sampled"]) == ([], 0, account["written"])


def test_the_program_ends_with_0(jumps):
    assert jumps.code == 0
