"""One `run` delivers from a spool, and any process may add to it: a `run` beside a `once` that has it, and many at once."""

import re
from collections import Counter
from contextlib import closing

import pytest
from harness import spool_files
from harness.delivery import missing_cycles, upload
from harness.embedded_host import embedded_host
from harness.line_protocol import parse_line
from harness.own_mounts import SmallDisk
from harness.wait import wait_for
from influx_server import ok, status

DOWN = status(503, "busy", "text/plain")
ONCES, RUNS = 20, 3


@pytest.fixture
def settings(lone_program, server):
    host = embedded_host(lone_program.directory, ["one", "two"])
    return upload(server, LIBVIRT_URI=host, POLL_INTERVAL="0.1s", BATCH_MAX_SEC="0.1s", DRAIN_TIMEOUT="15s")


def of_run(lines):
    return [line for line in map(parse_line, lines) if line.measurement == "vmtelem" and line.fields["vms"] == 2]


@pytest.fixture
def once(lone_program, server, settings, spool):
    """A `once` that has the spool and does not get rid of its sample."""
    server.default = DOWN
    started = lone_program.start("once", **{**settings, "LIBVIRT_URI": "test:///default", "DRAIN_TIMEOUT": "60s"})
    wait_for(lambda: spool_files.batches(spool), 30, "its sample in the spool")
    return started


@pytest.fixture
def run_beside(lone_program, settings, once, spool):
    """A `run` that was started while the `once` has the spool, and has added to it."""
    running = lone_program.start("run", **settings)
    wait_for(lambda: len(of_run(spool_files.spooled_lines(spool))) >= 3, 30, "its lines in the spool")
    return running


def test_lines_that_a_run_samples_beside_a_once_are_in_the_spool_when_the_run_is_stopped(run_beside, spool):
    code = run_beside.stop()
    sampled, written, left, dropped = map(int, re.search(
        r"stopped: (\d+) lines sampled, 0 recovered, (\d+) written, (\d+) left in the spool, 0 rejected, (\d+) dropped",
        run_beside.err()).groups())
    assert (code, written, left, dropped) == (0, 0, sampled, 0), run_beside.err()


def test_a_run_beside_a_once_loses_nothing_of_what_it_has_added_when_it_is_killed(run_beside, spool):
    before = spool_files.spooled_lines(spool)
    run_beside.kill()
    assert set(before) <= set(spool_files.spooled_lines(spool))


def test_a_run_beside_a_once_lets_that_deliver_and_knows_that_it_did(server, once, run_beside, spool):
    server.default = ok
    assert once.wait(60) == 0
    code = run_beside.stop()
    assert (code, missing_cycles(of_run(list(server.lines))), spool_files.batches(spool)) == (0, [], []), run_beside.err()


def test_a_run_takes_the_spool_over_when_the_once_is_killed(server, once, run_beside, spool):
    once.kill()
    server.default = ok
    wait_for(lambda: any("vm=test," in line for line in list(server.lines)), 30, "the sample of the `once`")
    code = run_beside.stop()
    assert (code, missing_cycles(of_run(list(server.lines))), spool_files.batches(spool)) == (0, [], []), run_beside.err()


def test_a_second_run_that_is_started_while_a_once_has_the_spool_is_turned_away(lone_program, settings, run_beside):
    second = lone_program("run", **{**settings, "LOG_LEVEL": "trace"})
    assert (second.code, str(run_beside.pid) in second.err, "connected" in second.err) == (75, True, False), second.err


def test_a_run_that_was_turned_away_is_let_in_when_the_first_has_ended(lone_program, settings, run_beside):
    run_beside.stop()
    second = lone_program.start("run", **settings)
    wait_for(lambda: "connected to" in second.err(), 30, "it to start")
    assert second.stop() == 0


def test_a_copy_of_the_spool_that_is_made_of_links_lets_no_second_run_in(lone_program, settings, run_beside, spool):
    for path in [*spool.glob("*/lock"), *spool.glob("*/service")]:
        path.with_name(f"copy-of-{path.name}").hardlink_to(path)
    second = lone_program("run", **settings)
    assert (second.code, str(run_beside.pid) in second.err, "connected" in second.err) == (75, True, False), second.err


def test_a_run_uses_a_spool_of_which_a_copy_is_made_of_links(lone_program, server, settings, spool):
    server.default = DOWN
    assert lone_program("once", **{**settings, "DRAIN_TIMEOUT": "0.5s"}).code == 75
    for path in [*spool.glob("*/lock"), *spool_files.batches(spool)]:
        (spool.parent / path.name).hardlink_to(path)
    server.default = ok
    assert (lone_program("once", **settings).code, spool_files.batches(spool)) == (0, [])


def test_a_second_run_is_turned_away_where_no_inode_is_left_for_any_file(lone_program, server, settings, tmp_path):
    server.default = DOWN
    with closing(SmallDisk(tmp_path / "disk", options=",nr_inodes=3")) as disk:
        settings = {**settings, "SPOOL_DIR": disk.path / "spool"}
        first = lone_program.start("run", **settings)
        wait_for(lambda: "cannot write to the spool" in first.err(), 30, "the first run to have its directory")
        second = lone_program("run", **settings)
        assert (list(disk.path.glob("spool/*/*")), second.code, "connected" in second.err) == ([], 75, False), second.err
        first.kill()


# Many at once.


@pytest.mark.parametrize("behaviour, code", [(ok, 0), (DOWN, 75)], ids=["healthy", "down"])
def test_of_many_processes_at_once_one_run_stays_and_every_code_is_true(lone_program, server, settings, full, behaviour, code):
    for number in range(25 if full else 1):
        server.default, server.lines = behaviour, []
        crowd = Crowd(lone_program, {**settings, "SPOOL_DIR": lone_program.directory / f"spool-{number}"})
        codes = Counter(once.wait(120) for once in crowd.onces)
        turned_away = crowd.turned_away()
        assert codes == {code: ONCES}, [once.err() for once in crowd.onces]
        assert [(run.code, "connected" in run.err()) for run in turned_away] == [(75, False)] * (RUNS - 1)
        assert crowd.stop() == 0
        assert crowd.missing(server) == []


class Crowd:
    """Twenty `once` and three `run` that are started at once, each `once` with a VM of its own."""

    def __init__(self, program, settings):
        self.spool = settings["SPOOL_DIR"]
        self.names = [f"once-{number}" for number in range(ONCES)]
        hosts = [embedded_host(program.directory, [name]) for name in self.names]
        settings = {**settings, "DRAIN_TIMEOUT": "5s"}
        start = lambda host: program.start("once", **{**settings, "LIBVIRT_URI": host})
        self.onces = [start(host) for host in hosts[: ONCES // 2]]
        self.runs = [program.start("run", **settings) for _ in range(RUNS)]
        self.onces += [start(host) for host in hosts[ONCES // 2:]]

    def turned_away(self):
        return wait_for(lambda: self._two_that_ended(), 60, "two runs to end")

    def _two_that_ended(self):
        ended = [run for run in self.runs if run.code is not None]
        return ended if len(ended) == RUNS - 1 else None

    def stop(self):
        [stays] = [run for run in self.runs if run.code is None]
        wait_for(lambda: "connected to" in stays.err(), 30, "the run that stays to sample")
        return stays.stop(60)

    def missing(self, server):
        """Names of the VMs of `once` whose sample is neither stored nor waits, and numbers of cycles of `run`."""
        lines = list(server.lines) + spool_files.spooled_lines(self.spool)
        text = "\n".join(lines)
        return [name for name in self.names if f"vm={name}," not in text] + missing_cycles(of_run(lines))
