"""run: collects until a signal; what was sampled is delivered; what changes is logged, once."""

import json
import os
import re
import signal
import threading
import time

import pytest
from conftest import NODE, TOKEN, complete
from harness.flushing import AnswersAtFlush
from harness.line_protocol import parse_line, printed
from harness.made_spool import add_batch, counter_line, target_directory
from harness.wait import wait_for
from influx_server import FakeInflux, hang, ok, refuse_lines, status

FAST = {"POLL_INTERVAL": "0.1s", "BATCH_MAX_SEC": "0.1s", "RETRY_MAX": "0.1s"}


class Log:
    """stderr of a running process, read as it comes."""

    def __init__(self, process):
        self.lines = []
        self._thread = threading.Thread(target=self._read, args=(process.stderr,), daemon=True)
        self._thread.start()

    def _read(self, stream):
        for line in stream:
            self.lines.append(line.decode())

    def all(self):
        """Everything, once the process has ended."""
        self._thread.join(10)
        return "".join(self.lines)

    def has(self, text):
        return any(text in line for line in self.lines)


def cycles(server):
    return [line for line in list(server.lines) if line.startswith("vmtelem,")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_everything_delivered(start, number):
    with FakeInflux(token=TOKEN) as server:
        process = start("run", terminal=True, **complete(server.url, **FAST))
        log = Log(process)
        wait_for(lambda: len(cycles(server)) >= 3, 20, "three cycles")
        process.send_signal(number)
        assert process.wait(20) == 0
        polls = [parse_line(line).fields["polls"] for line in cycles(server)]
        sampled = re.search(r"stopped: (\d+) lines sampled, 0 recovered, (\d+) written, 0 left in the spool, 0 rejected, 0 dropped", log.all())
        assert polls == list(range(1, len(polls) + 1))
        assert sampled[1] == sampled[2] == str(len(server.lines))


def test_lines_that_could_not_be_delivered_are_no_loss(start):
    process = start("run", **complete("http://127.0.0.1:9", **FAST, DRAIN_TIMEOUT="0.2s"))
    log = Log(process)
    wait_for(lambda: log.has("started"), 20, "the start")
    time.sleep(0.3)  # a few cycles: nothing tells of them
    process.terminate()
    assert process.wait(20) == 0
    assert re.search(r"stopped: (\d+) lines sampled, 0 recovered, 0 written, \1 left in the spool, 0 rejected, 0 dropped", log.all())


def test_without_a_spool_lines_that_could_not_be_delivered_show_in_the_exit_code(start):
    process = start("run", "--no-spool", **complete("http://127.0.0.1:9", **FAST, DRAIN_TIMEOUT="0.2s"))
    log = Log(process)
    wait_for(lambda: log.has("started"), 20, "the start")
    time.sleep(0.3)  # a few cycles: nothing tells of them
    process.terminate()
    assert process.wait(20) == 1
    assert re.search(r"stopped: (\d+) lines sampled, 0 recovered, 0 written, 0 left in the spool, 0 rejected, \1 dropped", log.all())


def test_lines_that_are_refused_show_in_the_exit_code(start):
    with FakeInflux(token=TOKEN) as server:
        server.script = [refuse_lines(1)]
        process = start("run", **complete(server.url, **FAST))
        Log(process)
        wait_for(lambda: len(server.requests) >= 2, 20, "two requests")
        process.terminate()
        assert process.wait(20) == 1


def test_a_hypervisor_that_is_away_does_not_end_it(start):
    with FakeInflux(token=TOKEN) as server:
        process = start("run", **complete(server.url, **FAST, LIBVIRT_URI="qemu+unix:///system?socket=/nonexistent"))
        log = Log(process)
        wait_for(lambda: len(cycles(server)) >= 3, 20, "three cycles")
        assert parse_line(cycles(server)[-1]).fields["up"] is False
        process.terminate()
        assert process.wait(20) == 0
        assert log.all().count("/nonexistent") < 6  # a change is told once, not in each cycle


def test_a_database_that_comes_back_gets_everything(start):
    with FakeInflux(token=TOKEN, script=[status(503)] * 5) as server:
        process = start("run", **complete(server.url, **FAST))
        Log(process)
        wait_for(lambda: len(cycles(server)) >= 3, 20, "three cycles")
        process.terminate()
        assert process.wait(20) == 0
        polls = sorted({parse_line(line).fields["polls"] for line in cycles(server)})
        assert polls == list(range(1, len(polls) + 1))


def test_a_batch_is_sent_when_it_has_as_many_lines_as_are_set(start):
    with FakeInflux(token=TOKEN) as server:
        Log(start("run", **complete(server.url, **{**FAST, "BATCH_MAX_SEC": "10m", "BATCH_MAX_LINES": "5"})))
        wait_for(lambda: server.requests, 10, "a batch that neither grew old nor reached the default")


def test_no_more_requests_are_under_way_at_once_than_are_allowed(start, tmp_path):
    """Which takes more lines than two carry, and answers that take as long for many as for few."""
    answers = AnswersAtFlush(0.2)
    with FakeInflux(token=TOKEN) as server:
        server.default = answers
        for number in range(20):
            add_batch(target_directory(tmp_path, server.url), [counter_line(number)] * 10_000, number)
        Log(start("run", **complete(server.url, **FAST, WRITES_IN_FLIGHT="3", SPOOL_DIR=str(tmp_path))))
        wait_for(lambda: answers.lines >= 200_000, 60, "the backlog to be delivered")
    assert answers.most_at_once == 3


def test_the_pause_between_attempts_is_bounded(start):
    with FakeInflux(token=TOKEN, script=[status(503)] * 14) as server:
        Log(start("run", **complete(server.url, **FAST)))
        wait_for(lambda: server.lines, 15, "delivery after 14 failures with at most 0.1 s between them")


def test_memory_for_lines_that_wait_is_bounded(start, tmp_path):
    domains = "".join(f"<domain type='test'><name>vm{n}</name><memory>1024</memory><os><type>hvm</type></os></domain>" for n in range(400))
    (tmp_path / "node.xml").write_text(f"<node>{domains}</node>")
    log = Log(start("run", "--no-spool", **complete("http://127.0.0.1:9", **FAST, QUEUE_MAX_BYTES="1MiB", LIBVIRT_URI=f"test://{tmp_path / 'node.xml'}")))
    wait_for(lambda: log.has("the oldest were dropped"), 20, "the oldest lines to be dropped")


def test_sigusr1_logs_a_status_line_and_nothing_else_changes(start):
    with FakeInflux(token=TOKEN) as server:
        process = start("run", **complete(server.url, **FAST))
        log = Log(process)
        wait_for(lambda: cycles(server), 20, "a cycle")
        process.send_signal(signal.SIGUSR1)
        wait_for(lambda: log.has("3 VMs"), 20, "the status line")
        more = len(cycles(server)) + 1
        wait_for(lambda: len(cycles(server)) > more, 20, "it to go on")
        process.terminate()
        assert process.wait(20) == 0


def test_a_named_vm_that_does_not_run_is_logged_once(start):
    with FakeInflux(token=TOKEN) as server:
        process = start("run", "--vm", "web 01", "--vm", "nosuch", "--vm", "none*", **complete(server.url, **FAST))
        log = Log(process)
        wait_for(lambda: len(cycles(server)) >= 4, 20, "four cycles")
        process.terminate()
        assert process.wait(20) == 0
        told = [line for line in log.all().splitlines() if "no VM" in line]
        assert len(told) == 1 and 'level=warn msg="no VM \'nosuch\' is running; it will be collected when it starts"' in told[0]


def test_stdout_gets_line_protocol_and_stderr_the_log(start):
    process = start("run", "--stdout", LIBVIRT_URI=NODE, **FAST)
    log = Log(process)
    first = ""
    while "\nvmtelem," not in first:
        first += process.stdout.readline().decode()
    process.terminate()
    rest = process.stdout.read().decode()
    assert process.wait(20) == 0
    assert {"vm_totals", "vmtelem", "vmtelem_agent"} <= {line.measurement for line in printed(first + rest)}
    assert "started" in log.all()


def test_the_token_is_in_no_message_at_any_level(start):
    with FakeInflux(token="other", script=[status(500, f"Bearer {TOKEN}")]) as server:
        process = start("run", "--log-level", "trace", **complete(server.url, **FAST, DRAIN_TIMEOUT="0.2s"))
        log = Log(process)
        wait_for(lambda: len(server.requests) >= 2, 20, "two requests")
        with open(f"/proc/{process.pid}/cmdline", "rb") as cmdline:
            assert TOKEN.encode() not in cmdline.read()
        process.terminate()
        process.wait(20)
        assert TOKEN not in log.all()


def run_briefly(start, *arguments, **variables):
    process = start("run", "--stdout", *arguments, LIBVIRT_URI=NODE, **{**FAST, **variables})
    log = Log(process)
    process.stdout.readline()
    process.terminate()
    process.stdout.read()
    assert process.wait(20) == 0
    return log.all()


def test_the_log_is_logfmt_where_nobody_looks(start):
    for line in run_briefly(start).splitlines():
        assert re.fullmatch(r'time=\S+Z level=\w+ msg="([^"\\]|\\.)*"', line)


def test_the_log_is_json_when_asked_for(start):
    lines = [json.loads(line) for line in run_briefly(start, "--log-format", "json").splitlines()]
    assert lines and all(set(line) == {"time", "level", "msg"} for line in lines)


def test_quiet_says_nothing_when_all_is_well(start):
    assert run_briefly(start, "-q") == ""


@pytest.mark.parametrize("right_inode", [True, False])
def test_the_journal_gets_level_prefixes(start, tmp_path, right_inode):
    path = tmp_path / "stderr"
    with open(path, "wb") as stream:
        status_of = os.fstat(stream.fileno())
        journal = f"{status_of.st_dev}:{status_of.st_ino + (0 if right_inode else 1)}"
        process = start("run", "--stdout", LIBVIRT_URI=NODE, stderr=stream, JOURNAL_STREAM=journal, **FAST)
        process.stdout.readline()
        process.terminate()
        process.stdout.read()
        assert process.wait(20) == 0
    assert all(line.startswith("<6>") == right_inode for line in path.read_text().splitlines())


def test_bad_settings_end_it_before_anything_starts(vmtelem):
    with FakeInflux(token=TOKEN) as server:
        done = vmtelem("run", **complete(server.url, POLL_INTERVAL="0"))
        assert (done.code, len(server.requests)) == (78, 0)


def test_a_once_that_is_delivering_does_not_keep_it_from_starting(start, tmp_path):
    with FakeInflux(token=TOKEN) as server:
        server.default = hang
        settings = complete(server.url, SPOOL_DIR=str(tmp_path), DRAIN_TIMEOUT="60s")
        once = start("once", **settings)
        wait_for(lambda: server.requests, 20, "the sample of once under way")
        process = start("run", **{**settings, **FAST})
        log = Log(process)
        wait_for(lambda: log.has(f"process {once.pid} delivers from"), 20, "it to tell that lines are added to the spool")
        once.kill()
        wait_for(lambda: log.has("delivers now from"), 20, "the spool to be its own")
        server.default = ok
        wait_for(lambda: any("lines_recovered=10i" in line for line in server.lines), 20, "the lines that once left")


def test_a_second_one_on_the_same_spool_exits_before_it_samples(start, vmtelem, tmp_path):
    with FakeInflux(token=TOKEN) as server:
        settings = complete(server.url, SPOOL_DIR=str(tmp_path), **FAST)
        first = start("run", **settings)
        Log(first)
        wait_for(lambda: cycles(server), 20, "the first to sample")
        second = vmtelem("run", **settings)
        assert (second.code, second.out) == (75, "")
        assert re.fullmatch(rf"process {first.pid} delivers from {tmp_path}/v3_\S+", second.errors()[0])
        assert "started" not in second.err
