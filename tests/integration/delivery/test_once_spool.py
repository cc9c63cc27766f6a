"""What `once` cannot deliver waits in the spool, for the next `once` or a `run`; who may use a spool; and what goes without."""

import stat
from contextlib import closing

import pytest
from harness import spool_files
from harness.delivery import delivered, missing_cycles, upload
from harness.embedded_host import embedded_host
from harness.line_protocol import select
from harness.privileges import obeying_permissions
from harness.vmtelem import Vmtelem
from harness.wait import free_port, wait_for
from influx_server import ok, status

DOWN = status(503, "busy", "text/plain")


@pytest.fixture
def settings(lone_program, server):
    host = embedded_host(lone_program.directory, ["one"])
    return upload(server, LIBVIRT_URI=host, POLL_INTERVAL="0.1s", BATCH_MAX_SEC="0.1s", DRAIN_TIMEOUT="0.5s")


@pytest.fixture
def once(lone_program, settings):
    """Runs `once` to its end, with other settings where they are given."""
    return lambda *flags, **others: lone_program("once", *flags, **{**settings, **others})


@pytest.fixture
def run(lone_program, settings):
    """Starts a `run` and returns when it has sampled."""
    def start(*flags, **others):
        running = lone_program.start("run", *flags, **{**settings, "DRAIN_TIMEOUT": "15s", **others})
        wait_for(lambda: "connected to" in running.err() or running.code is not None, 30, "it to start")
        return running
    return start


def stamps(server):
    """Of the samples that were delivered."""
    return sorted(line.time_ns for line in select(delivered(server), "vmtelem"))


def error_lines(finished):
    return [line for line in finished.err.splitlines() if line.startswith("vmtelem: error: ")]


# The database is down.


def test_once_asks_to_be_tried_again_when_the_database_is_down(server, once):
    server.default = DOWN
    assert once().code == 75


def test_once_says_in_one_message_what_is_wrong_and_where_the_lines_are(server, once, spool):
    server.default = DOWN
    finished = once()
    assert len(error_lines(finished)) == 1 and server.url in finished.err and str(spool) in finished.err, finished.err


def test_once_asks_to_be_tried_again_when_nobody_listens(once):
    assert once(INFLUX_URL=f"http://127.0.0.1:{free_port()}").code == 75


def test_a_once_leaves_one_private_file(server, once, spool):
    server.default = DOWN
    once()
    [path] = spool_files.batches(spool)
    assert [stat.S_IMODE(part.stat().st_mode) for part in (path, path.parent, spool)] == [0o600, 0o700, 0o700]


def test_the_next_once_delivers_both_samples(server, once, spool):
    server.default = DOWN
    once()
    server.default = ok
    finished = once()
    assert (finished.code, finished.err, len(stamps(server)), spool_files.batches(spool)) == (0, "", 2, [])


def test_two_samples_wait_when_the_database_stays_down(server, once, spool):
    server.default = DOWN
    assert (once().code, once().code, len(spool_files.batches(spool))) == (75, 75, 2)


def test_the_next_run_delivers_the_sample(server, once, run, spool):
    server.default = DOWN
    once()
    left = spool_files.spooled_lines(spool)
    server.default = ok
    running = run()
    wait_for(lambda: set(left) <= set(server.lines), 30, "the sample")
    assert (running.stop(), spool_files.batches(spool)) == (0, [])


@pytest.mark.parametrize("code", [401, 403])
def test_a_sample_is_kept_when_access_is_refused(server, once, spool, code):
    server.default = status(code, '{"error":"denied"}')
    assert (once().code, len(spool_files.batches(spool))) == (77, 1)


def test_a_sample_that_is_refused_access_is_delivered_with_the_right_token(server, once, spool):
    refused = once(INFLUX_TOKEN="wrong")
    left = spool_files.spooled_lines(spool)
    delivered_now = once()
    assert (refused.code, delivered_now.code, set(left) <= set(server.lines)) == (77, 0, True)


# A `once` beside a `run`.


def test_a_once_beside_a_run_ends_when_its_sample_is_delivered(server, once, run):
    running = run()
    finished = once(LIBVIRT_URI="test:///default", DRAIN_TIMEOUT="15s")
    assert (finished.code, "vm=test," in "".join(server.lines), running.stop()) == (0, True, 0)


def test_a_run_delivers_what_a_once_beside_it_could_not(server, once, run):
    """The server refuses only what comes with the token of `once`, which is wrong."""
    running = run()
    finished = once(LIBVIRT_URI="test:///default", INFLUX_TOKEN="wrong", DRAIN_TIMEOUT="15s")
    assert (finished.code, "vm=test," in "".join(server.lines), running.stop()) == (0, True, 0)


def test_a_once_beside_a_run_asks_to_be_tried_again_when_the_database_is_down(server, once, run, spool):
    server.default = DOWN
    running = run()
    finished = once(LIBVIRT_URI="test:///default")
    left = spool_files.spooled_lines(spool)
    server.default = ok
    wait_for(lambda: "vm=test," in "".join(server.lines), 30, "the sample of `once`")
    assert (finished.code, any("vm=test," in line for line in left), running.stop()) == (75, True, 0)


def test_a_once_beside_a_run_takes_a_spool_that_it_may_not_look_into_for_one_that_still_holds_its_sample(
        binary, tmp_path, server, settings, spool):
    server.default = DOWN
    program = Vmtelem(obeying_permissions(binary, tmp_path), tmp_path)
    with closing(program):
        program.start("run", **settings)
        wait_for(lambda: spool_files.batches(spool), 30, "the run to have the spool")
        beside = program.start("once", **{**settings, "LIBVIRT_URI": "test:///default", "DRAIN_TIMEOUT": "2s"})
        wait_for(lambda: any("vm=test," in line for line in spool_files.spooled_lines(spool)), 30, "its sample in the spool")
        [target] = spool.iterdir()
        target.chmod(0)
        code = beside.wait()
        target.chmod(0o700)
    assert code == 75


# A second `run`.


@pytest.fixture
def second(lone_program, run, settings):
    """(process id of the first `run`, what became of a second one on the same spool, which would look at another host)."""
    first = run()
    return first.pid, lone_program("run", **{**settings, "LIBVIRT_URI": "test:///default", "LOG_LEVEL": "trace"})


def test_a_second_run_on_the_same_spool_is_turned_away(second):
    assert second[1].code == 75


def test_a_second_run_names_the_process_that_uses_the_spool(second):
    assert str(second[0]) in second[1].err


def test_a_second_run_samples_nothing(second, server):
    assert "connected" not in second[1].err and "vm=test," not in "".join(server.lines)


def test_a_second_run_may_write_to_another_database_from_the_same_spool(server, run):
    first, other = run(), run(INFLUX_DB="other")
    wait_for(lambda: {request.query["db"] for request in server.requests} == {"vmstats", "other"}, 30, "lines for both")
    assert (first.stop(), other.stop()) == (0, 0)


def test_a_spool_can_be_used_again_at_once_after_kill_9(server, run):
    run().kill()
    again = run()
    wait_for(lambda: stamps(server), 30, "lines")
    assert again.stop() == 0


# No spool.


@pytest.mark.parametrize("command", [["once", "--stdout"], ["run", "--stdout"], ["once", "--no-spool"], ["run", "--no-spool"]])
def test_no_directory_is_made_where_no_spool_is_used(lone_program, settings, spool, command):
    running = lone_program.start(*command, **settings)
    if command[0] == "run":
        wait_for(lambda: "connected to" in running.err(), 30, "it to start")
        running.interrupt()
    assert (running.wait(), spool.exists()) == (0, False)


def test_once_without_a_spool_says_that_the_database_is_unreachable(server, once):
    server.default = DOWN
    assert once("--no-spool").code == 69


def test_lines_wait_in_memory_without_a_spool(server, run):
    server.default = DOWN
    running = run("--no-spool")
    wait_for(lambda: len(server.requests) > 1, 30, "attempts")
    server.default = ok
    wait_for(lambda: stamps(server), 30, "lines")
    assert running.stop() == 0
    assert missing_cycles(delivered(server)) == []


@pytest.fixture
def unusable(lone_program):
    """A path for a spool at which none can be made, for root either."""
    (lone_program.directory / "file").write_text("")
    return lone_program.directory / "file" / "spool"


def test_a_run_without_a_usable_directory_warns_and_delivers(server, run, unusable):
    running = run(SPOOL_DIR=unusable)
    wait_for(lambda: stamps(server), 30, "lines")
    assert (running.stop(), sum("level=warn" in line and str(unusable) in line for line in running.log())) == (0, 1)


def test_a_once_without_a_usable_directory_warns_and_delivers(server, once, unusable):
    finished = once(SPOOL_DIR=unusable)
    assert (finished.code, len(stamps(server)), str(unusable) in finished.err) == (0, 1, True)


def test_a_once_that_can_neither_deliver_nor_keep_its_sample_says_so(server, once, unusable):
    server.default = DOWN
    assert once(SPOOL_DIR=unusable).code == 69
