"""kill -9, again and again, at any moment, while the database is in one of many moods: what a spool held is never lost."""

import random
import signal
import statistics
from types import SimpleNamespace

import pytest
from harness import books, figures, spool_files
from harness.delivery import upload
from harness.embedded_host import embedded_host
from harness.lives import Lives, agent_lines, cycle_numbers, cycles, deliver_all
from harness.made_spool import stamp_of
from harness.unsteady_influx import MOODS, UnsteadyInflux
from harness.wait import wait_for

SEED = 20
ROUNDS, ROUNDS_FULL = 60, 2000
VMS = ["a", "b", "c", "d"]
LINES_OF_A_VM = {"vm_totals", "vm_nic", "vm_disk"}
INTERVAL_S, BATCH_MAX_S = 0.1, 0.2
OPEN_BATCH_S = INTERVAL_S + BATCH_MAX_S
SHORT_S, LONG_S = (0, 0.6), (0.8, 1.6)  # lives: the short ones meet the start, the long ones have sealed several batches
SLOW_S, STALL_S = 0.3, 2  # what a busy machine adds as a rule, and at worst
TOKEN = "t0ken-of-the-kill-test"


@pytest.fixture(scope="module")
def kills(program, scratch, full):
    """What became of a program that was killed so often; then it was started once more, and stopped when all was delivered."""
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    with UnsteadyInflux(SEED, token=TOKEN) as server:
        settings = run_settings(server, embedded_host(scratch, VMS))
        lives = Lives(lambda: program.start("run", **settings), scratch / "spool", rng)
        for number in range(ROUNDS_FULL if full else ROUNDS):
            mood = list(MOODS)[number % len(MOODS)]
            live_once(lives, server, mood, LONG_S if number // len(MOODS) % 2 else SHORT_S)
        live_once(lives, server, "down", LONG_S)  # so that the last life finds something
        last = last_life(lives, server)
        lives.settle(cycle_numbers(server.points))
        figures.record("kill -9 with a scripted server", **lives.figures(), points=len(server.points),
                       stored_again=server.points.repeats, found_at_last_start=last.found, answers=dict(server.counts))
        yield SimpleNamespace(lives=lives.lives, last=last, promised=lives.promised, points=server.points, spool=lives.spool,
                              scratch=scratch, cycles=cycles(server.points))


def run_settings(server, host):
    return upload(server, LIBVIRT_URI=host, POLL_INTERVAL=f"{INTERVAL_S}s", BATCH_MAX_SEC=f"{BATCH_MAX_S}s", RETRY_MAX="0.3s",
                  INFLUX_TIMEOUT="0.5s", BACKLOG_RATE="100x")


def live_once(lives, server, mood, between_s):
    server.enter(mood)
    lives.live(mood, lives.rng.uniform(*between_s))


def last_life(lives, server):
    """With a server that is well, and ended by SIGTERM: its books have to tell the whole truth."""
    server.enter("well")
    found = sum(map(spool_files.lines_named, spool_files.batches(lives.spool)))
    running, began_ns = deliver_all(lives.start, lives.spool)
    wait_for(lambda: any(stamp > began_ns for stamp in cycle_numbers(server.points)), 30, "a cycle of the last life")
    running.process.send_signal(signal.SIGTERM)
    code = running.wait(30)
    return SimpleNamespace(found=found, began_ns=began_ns, code=code, account=books.at_the_end(running))


def test_every_line_that_the_spool_held_after_a_kill_is_stored(kills):
    assert len(kills.promised) > 0
    assert kills.points.lacking(kills.promised) == []


def test_a_line_that_comes_again_is_the_same_line(kills):
    assert kills.points.repeats > 0
    assert (kills.points.differing, kills.promised.differing) == ([], [])


def test_within_a_life_no_cycle_is_missing_before_the_last_that_was_kept(kills):
    assert [life for life in kills.lives if life.gaps] == []


def test_every_cycle_has_all_its_lines(kills):
    assert {stamp: lines for stamp, lines in kills.cycles.items() if not is_whole(lines)} == {}


def is_whole(lines):
    names = sorted((line.measurement, line.tags.get("vm", "")) for line in lines if line.measurement != "vm_features")
    return names == sorted([(name, vm) for name in LINES_OF_A_VM for vm in VMS] + [("vmtelem", "")])


def test_no_rate_is_invented_over_a_restart(kills):
    firsts = [stamp for stamp, number in cycle_numbers(kills.points).items() if number == 1]
    assert [line for stamp in firsts for line in kills.cycles[stamp] if line.measurement == "vm_features"] == []


@pytest.mark.parametrize("mood", MOODS)
def test_a_kill_costs_the_open_batch(kills, mood):
    """The median of the lives that had more to lose: any single one may be held up by the machine."""
    lost_s = [life.lost_s for life in kills.lives if life.mood == mood and life.lasted_s > LONG_S[0]]
    assert statistics.median(lost_s) <= OPEN_BATCH_S + SLOW_S


def test_no_kill_costs_more_than_the_open_batch_and_a_stall_of_the_machine(kills):
    assert [life for life in kills.lives if life.lost_s > OPEN_BATCH_S + STALL_S] == []


def test_after_the_last_life_the_spool_is_empty(kills):
    assert (spool_files.batches(kills.spool), spool_files.strangers(kills.spool)) == ([], [])


def test_no_kill_damages_a_file(kills):
    assert spool_files.damaged(kills.spool) == []


def test_the_last_life_ends_as_if_nothing_had_happened(kills):
    assert kills.last.code == 0


def test_the_books_add_up_in_every_line(kills):
    agents = agent_lines(kills.points)
    assert agents
    assert books.do_not_add_up(agents) == []


def test_the_last_life_recovers_just_what_the_files_held(kills):
    assert kills.last.account["recovered"] == kills.last.found > 0


def test_the_last_account_names_all_lines_of_the_last_life_as_sampled(kills):
    """Those of the process, which belong to no cycle, as well, and of every hypervisor."""
    lines = [line for line in kills.points.lines.values() if stamp_of(line) > kills.last.began_ns]
    assert kills.last.account["sampled"] == len(lines)


def test_the_last_account_names_all_that_came_in_as_written(kills):
    account = kills.last.account
    assert account == {**account, "written": account["sampled"] + account["recovered"], "left": 0, "rejected": 0, "dropped": 0}


def test_the_token_is_in_no_log_and_in_no_file(kills):
    files = [path for path in kills.scratch.rglob("*") if path.is_file()]
    assert [path for path in files if TOKEN.encode() in path.read_bytes() or TOKEN in path.name] == []
