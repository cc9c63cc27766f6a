"""Pipes, full disks, files, terminals, and the emptiness that cron gives."""

import array
import fcntl
import os
import re
import signal
import stat
import subprocess
import termios

import pytest
from conftest import BINARY, NODE, SANITIZERS, clean_environment, complete
from harness.wait import wait_for
from terminal import on_terminal

PRINTING = [["list-vms"], ["list-vms", "--format", "json"], ["once", "--stdout"], ["show-config"]]


@pytest.mark.parametrize("arguments", PRINTING, ids=str)
def test_a_full_disk_is_an_error(vmtelem, arguments):
    with open("/dev/full", "w") as full:
        done = vmtelem(*arguments, stdout=full, **complete())
    assert (done.code, done.errors()) == (74, ["cannot write to standard output: No space left on device"])


@pytest.mark.parametrize("arguments", PRINTING, ids=str)
def test_a_reader_that_has_gone_is_not_an_error(start, arguments):
    read_end, write_end = os.pipe()
    os.close(read_end)
    process = start(*arguments, stdout=write_end, **complete())
    os.close(write_end)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, b"")


def test_run_into_a_full_disk_ends_with_an_error(start):
    with open("/dev/full", "w") as full:
        process = start("run", "--stdout", "-q", "-i", "0.1", stdout=full, LIBVIRT_URI=NODE)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 74
    assert b"vmtelem: error: cannot write to standard output: No space left on device\n" in err


def test_run_ends_when_its_reader_has_gone(start):
    process = start("run", "--stdout", "-i", "0.1", LIBVIRT_URI=NODE)
    assert process.stdout.readline().startswith(b"vm")
    process.stdout.close()
    assert process.wait(20) == 0
    assert b"level=error" not in process.stderr.read()


def test_run_prints_a_sample_as_soon_as_it_is_taken(start):
    process = start("run", "--stdout", "-i", "0.1", LIBVIRT_URI=NODE, BATCH_MAX_SEC="10m")
    read_end = process.stdout.fileno()
    wait_for(lambda: _pending(read_end) > 0, 20, "the first sample")


def test_run_stops_although_its_reader_does_not_read(start):
    process = start("run", "--stdout", "-i", "0.1", LIBVIRT_URI=NODE, DRAIN_TIMEOUT="0.2s", STATS_GROUPS="state,cpu")
    read_end = process.stdout.fileno()
    fcntl.fcntl(read_end, fcntl.F_SETPIPE_SZ, 4096)
    wait_for(lambda: _pending(read_end) > 0, 20, "the pipe, which holds one write, to be full")
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) in (0, 1)


def _pending(descriptor):
    count = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, count)
    return count[0]


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_closed_standard_stream_does_no_harm(closed, tmp_path):
    done = subprocess.run(["sh", "-c", f'exec "$0" list-vms -c "$1" {closed}>&-', BINARY, NODE], env=clean_environment(),
                          capture_output=True, timeout=30)
    assert done.returncode == (74 if closed == 1 else 0)


def test_it_works_in_an_empty_environment(tmp_path):
    done = subprocess.run([BINARY, "once", "--stdout", "-c", NODE], env=SANITIZERS, cwd="/", stdin=subprocess.DEVNULL, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_output_file_is_written_whole(vmtelem, tmp_path):
    target = tmp_path / "sample"
    done = vmtelem("once", "-o", str(target), LIBVIRT_URI=NODE)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert target.read_text().endswith("\n")
    assert list(tmp_path.iterdir()) == [target]


def test_output_file_is_replaced_and_not_rewritten(vmtelem, tmp_path):
    target = tmp_path / "sample"
    target.write_text("old")
    target.chmod(0o640)
    with open(target) as reader:
        assert vmtelem("once", "--output", str(target), LIBVIRT_URI=NODE).code == 0
        assert reader.read() == "old"
    assert target.read_text().startswith("vm_")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.parametrize("length", [250, 255])
def test_output_file_may_have_the_longest_name_that_a_file_can(vmtelem, tmp_path, length):
    target = tmp_path / ("n" * length)
    for _ in range(2):  # made, then replaced
        done = vmtelem("once", "-o", str(target), LIBVIRT_URI=NODE)
        assert (done.code, done.out, done.err) == (0, "", "")
    assert list(tmp_path.iterdir()) == [target]


def test_output_file_in_the_working_directory_needs_no_path(tmp_path):
    subprocess.run([BINARY, "once", "-o", "sample", "-c", NODE], env=SANITIZERS, cwd=tmp_path, check=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["sample"]


def test_output_file_that_is_a_link_stays_one(vmtelem, tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    assert vmtelem("once", "-o", str(tmp_path / "link"), LIBVIRT_URI=NODE).code == 0
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() != "old"


def test_output_to_a_device_leaves_the_device_alone(vmtelem):
    assert vmtelem("once", "-o", "/dev/null", LIBVIRT_URI=NODE).code == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert vmtelem("once", "-o", "/dev/full", LIBVIRT_URI=NODE).code == 74


def test_an_output_file_that_cannot_be_created_is_reported(vmtelem):
    done = vmtelem("once", "-o", "/nonexistent/sample", LIBVIRT_URI=NODE)
    assert (done.code, len(done.errors())) == (73, 1)
    assert "/nonexistent/sample" in done.errors()[0]


COLOR_CASES = [
    ({}, [], True),
    ({"NO_COLOR": "1"}, [], False),
    ({"NO_COLOR": ""}, [], True),
    ({"TERM": "dumb"}, [], False),
    ({"TERM": None}, [], False),
    ({}, ["--color", "never"], False),
    ({"NO_COLOR": "1"}, ["--color", "always"], True),
    ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, [], False),
    ({"TERM": "dumb", "CLICOLOR_FORCE": "1"}, [], True),
    ({"TERM": "dumb", "CLICOLOR_FORCE": "0"}, [], False),
]


@pytest.mark.parametrize("variables, arguments, colored", COLOR_CASES, ids=str)
def test_colour_on_a_terminal(variables, arguments, colored):
    assert ("\x1b[" in on_terminal("list-vms", *arguments, LIBVIRT_URI=NODE, **variables)) == colored
    assert ("\x1b[" in on_terminal("list-vms", *arguments, LIBVIRT_URI="", **variables)) == colored


@pytest.mark.parametrize("variables, arguments, colored", [({}, [], False), ({}, ["--color", "always"], True),
                                                          ({"FORCE_COLOR": "1"}, [], True)], ids=str)
def test_colour_in_a_pipe(on_node, variables, arguments, colored):
    assert ("\x1b[" in on_node("list-vms", *arguments, **variables).out) == colored


def test_colour_changes_nothing_but_the_colour(on_node):
    plain = on_node("list-vms", "--all", "--vm", "büro-vm").out
    colored = on_node("list-vms", "--all", "--vm", "büro-vm", "--color", "always").out
    assert re.sub(r"\x1b\[\d+m", "", colored) == plain


def test_a_terminal_gets_neither_cursor_movements_nor_labels(vmtelem):
    text = on_terminal("list-vms", LIBVIRT_URI=NODE, NO_COLOR="1")
    assert "\r" not in text.replace("\r\n", "") and "\x1b" not in text
    assert not re.search(r"info|warning", text)


def test_names_are_made_safe_for_a_terminal(tmp_path):
    node = tmp_path / "node.xml"
    node.write_text("<node><domain type='test'><name>a\u009bb</name><memory>1024</memory><os><type>hvm</type></os></domain></node>")
    assert on_terminal("list-vms", "--format", "name", LIBVIRT_URI=f"test://{node}") == "a\\u009bb\r\n"


def test_a_reader_of_messages_that_has_stopped_reading_stops_neither_collecting_nor_the_end(start):
    read_end, write_end = os.pipe()
    fcntl.fcntl(read_end, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(write_end, False)
    while True:
        try:
            os.write(write_end, b"x" * 64)
        except BlockingIOError:
            break
    os.set_blocking(write_end, True)
    process = start("run", "--stdout", "-i", "0.1", LIBVIRT_URI=NODE, stderr=write_end)
    assert all(process.stdout.readline() for _ in range(50))
    process.send_signal(signal.SIGTERM)
    process.stdout.read()
    assert process.wait(10) == 0
    os.close(read_end)
    os.close(write_end)


def test_nohup_is_respected(start):
    ignoring = ["sh", "-c", 'trap "" HUP; exec "$0" run --stdout -q -i 0.1', BINARY]
    process = subprocess.Popen(ignoring, stdout=subprocess.PIPE, env=clean_environment(LIBVIRT_URI=NODE))
    try:
        assert process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        assert all(process.stdout.readline() for _ in range(100))
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
