"""What `once` says of a sample that it left to the `run` beside it: the truth, whatever becomes of the sample."""

import shutil
import signal
from contextlib import closing

import pytest
from harness import spool_files
from harness.delivery import upload
from harness.embedded_host import embedded_host
from harness.privileges import obeying_permissions
from harness.vmtelem import Vmtelem
from harness.wait import wait_for
from influx_rules import refusal_of
from influx_server import ok, status

DOWN = status(503, "busy", "text/plain")


def of_once(line):
    """Lines of a host with one VM called test; the host of `run` has two others."""
    return "vm=test," in line or " up=t,vms=1i," in line


def refuse(is_bad):
    def behave(exchange):
        exchange.read()
        lines = exchange.request.lines
        if bad := {number: line for number, line in enumerate(lines, 1) if is_bad(line)}:
            exchange.refuse(refusal_of(exchange.request.api, lines, bad))
        else:
            exchange.accept()
    return behave


@pytest.fixture
def settings(lone_program, server):
    host = embedded_host(lone_program.directory, ["one", "two"])
    return upload(server, LIBVIRT_URI=host, POLL_INTERVAL="0.1s", BATCH_MAX_SEC="0.1s", DRAIN_TIMEOUT="60s")


@pytest.fixture
def run(lone_program, settings, spool):
    """Starts a `run`, and returns it when it delivers from the spool."""
    def start(**others):
        running = lone_program.start("run", **{**settings, **others})
        wait_for(lambda: list(spool.glob("*/lock")) and "connected to" in running.err(), 30, "the run to have the spool")
        return running
    return start


@pytest.fixture
def start_once(lone_program, settings):
    return lambda **others: lone_program.start("once", **{**settings, "LIBVIRT_URI": "test:///default", **others})


@pytest.fixture
def stopped(run):
    """A `run` that has the spool, and does nothing."""
    running = run()
    running.process.send_signal(signal.SIGSTOP)
    return running


def sample_file(spool):
    """The file that `once` has left."""
    return next((path for path in spool_files.batches(spool) if any(map(of_once, spool_files.lines_of(path)))), None)


@pytest.fixture
def waiting(stopped, start_once, spool):
    """(`once`, its file): it waits for the `run` that does nothing."""
    once = start_once()
    return once, wait_for(lambda: sample_file(spool), 30, "the sample in the spool")


def stored(server):
    return any(map(of_once, list(server.lines)))


def test_a_sample_of_which_every_line_is_refused_is_refused_data(server, run, start_once):
    running = run()
    server.default = refuse(of_once)
    once = start_once()
    assert (once.wait(60), stored(server), running.stop()) == (76, False, 1), once.err()


def test_a_sample_of_which_some_lines_are_refused_is_delivered_in_part(server, run, start_once):
    running = run()
    server.default = refuse(lambda line: "vm=test," in line)
    once = start_once()
    assert (once.wait(60), "of 4 lines 1 are written, 3 refused" in once.err(), running.stop()) == (1, True, 1), once.err()


def test_a_sample_that_the_spool_gives_up_is_lost(lone_program, server, run, start_once):
    server.default = DOWN
    run(SPOOL_MAX_BYTES="1MiB", LIBVIRT_URI=embedded_host(lone_program.directory, [f"vm-{number}" for number in range(300)]))
    once = start_once()
    assert (once.wait(60), "the spool is full" in once.err()) == (1, True), once.err()


def test_a_sample_whose_file_is_damaged_is_lost(waiting, stopped, spool):
    once, path = waiting
    path.write_bytes(b"no batch")
    stopped.process.send_signal(signal.SIGCONT)
    assert (once.wait(60), "damaged" in once.err(), len(spool_files.damaged(spool))) == (1, True, 1), once.err()


def test_a_sample_whose_file_is_removed_is_lost(waiting):
    once, path = waiting
    path.unlink()
    assert (once.wait(60), "its file is gone" in once.err()) == (1, True), once.err()


def test_a_sample_is_lost_with_the_whole_spool(waiting, spool):
    once, path = waiting
    path.unlink()
    shutil.rmtree(spool)
    assert once.wait(60) == 1, once.err()


def test_a_sample_in_a_spool_that_is_moved_away_is_delivered_from_a_new_one(server, waiting, spool):
    once, _ = waiting
    spool.rename(spool.with_name("away"))
    assert (once.wait(60), stored(server)) == (0, True), once.err()


def test_a_once_delivers_itself_when_the_run_that_had_its_sample_is_killed(server, waiting, stopped, spool):
    once, _ = waiting
    stopped.kill()
    assert (once.wait(60), stored(server), spool_files.batches(spool)) == (0, True, []), once.err()


def test_a_once_that_took_the_spool_over_asks_to_be_tried_again_when_the_database_is_down(
        server, stopped, start_once, spool):
    server.default = DOWN
    once = start_once(DRAIN_TIMEOUT="3s")
    wait_for(lambda: sample_file(spool), 30, "the sample in the spool")
    stopped.kill()
    assert (once.wait(60), sample_file(spool) is not None) == (75, True), once.err()


def test_a_once_names_the_older_batches_that_cannot_be_read(binary, tmp_path, server, settings, spool):
    program = Vmtelem(obeying_permissions(binary, tmp_path), tmp_path)
    with closing(program):
        server.default = DOWN
        program("once", **{**settings, "DRAIN_TIMEOUT": "0.5s"})
        [older] = spool_files.batches(spool)
        older.chmod(0)
        server.default = ok
        finished = program("once", **{**settings, "LIBVIRT_URI": "test:///default"})
    assert (finished.code, stored(server), str(older) in finished.err) == (75, True, True), finished.err
