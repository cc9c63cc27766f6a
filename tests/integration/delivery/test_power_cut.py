"""After a power cut the last files of a spool may be missing, empty or cut, and a bad medium may alter any of them: that costs
the batches that were hit, which are named, and nothing else."""

import gzip
import os
import time
import zlib
from contextlib import closing
from types import SimpleNamespace

import pytest
from harness import figures, spool_files
from harness.delivery import delivered, upload
from harness.embedded_host import embedded_host
from harness.line_protocol import select
from harness.made_spool import FIRST_NS, SECOND_NS, add_batch, counter_line, file_name, stamp_of
from harness.vmtelem import Vmtelem
from harness.wait import wait_for
from influx_server import FakeInflux, ok, status

DAMAGED_KEPT = 64  # as the program bounds what it sets aside
WHOLE = 40


def real_file(program, server):
    """What the program itself leaves when the database does not answer: a batch of few lines."""
    server.default = status(503)
    program("once", **{**settings_of(program, server), "DRAIN_TIMEOUT": "0.1s"})
    [path] = spool_files.batches(program.directory / "spool")
    return path


def settings_of(program, server):
    return upload(server, LIBVIRT_URI=embedded_host(program.directory, ["one"]), POLL_INTERVAL="0.2s", DRAIN_TIMEOUT="20s")


def damages(whole):
    """Each way in which that file can be cut short, and one altered bit in each of its bytes."""
    cuts = [whole[:size] for size in range(len(whole))]
    flips = [whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1:] for at in range(len(whole))]
    return cuts + flips


def reads_as(data, text):
    """Whether gzip cannot tell that file from a whole one: some bits of its header mean nothing."""
    reader = zlib.decompressobj(wbits=31)
    try:
        return reader.decompress(data) == text and reader.eof
    except zlib.error:
        return False


def add_damaged(directory, contents, lines):
    """Files of which each has a name that promises a batch of its own. Older than what the program samples."""
    for number, data in enumerate(contents, 1):
        stamp = FIRST_NS + number * SECOND_NS
        (directory / file_name(stamp, stamp, lines)).write_bytes(data)


def add_whole(directory):
    """Batches before, between and after the damaged ones."""
    whole = [[counter_line(number, f"whole{kind}") for kind in "ab"] for number in range(0, WHOLE * 20, 20)]
    for lines in whole:
        add_batch(directory, lines, 2)
    return [line for lines in whole for line in lines]


def add_unfinished(directory):
    """What stays of files that were being written."""
    for number, data in enumerate([b"", b"\x1f\x8b", b"x" * 5000]):
        (directory / f".writing-{file_name(number + 1, number + 1, 3)}").write_bytes(data)


def wait_until_empty(spool):
    wait_for(lambda: not spool_files.batches(spool), 60, "the spool to be empty")


def deliver(program, server, command):
    """Run the command until it has emptied the spool, and end it."""
    began_ns = time.time_ns()
    running = program.start(command, **settings_of(program, server))
    if command == "run":
        wait_until_empty(program.directory / "spool")
        wait_for(lambda: sampled_since(server, began_ns), 30, "what it sampled itself")
        running.interrupt()
    running.wait(60)
    return running


def sampled_since(server, time_ns):
    return [line for line in select(delivered(server), "vmtelem") if line.time_ns >= time_ns]


@pytest.fixture(scope="module", params=["run", "once"])
def cut(request, binary, tmp_path_factory):
    """A spool after the worst of power cuts, and what the program made of it."""
    with FakeInflux() as server, closing(Vmtelem(binary, tmp_path_factory.mktemp("cut"))) as program:
        path = real_file(program, server)
        whole, lines = path.read_bytes(), spool_files.lines_of(path)
        contents = damages(whole)
        add_damaged(path.parent, contents, len(lines))
        kept = add_whole(path.parent)
        add_unfinished(path.parent)
        server.default = ok
        began_ns = time.time_ns()
        running = deliver(program, server, request.param)
        readable = sum(reads_as(data, gzip.decompress(whole)) for data in contents)
        figures.record("power cut", command=request.param, files=len(contents), readable=readable)
        yield SimpleNamespace(running=running, server=server, stored=list(server.lines), real=lines, whole=kept,
                              readable=readable, broken=len(contents) - readable, began_ns=began_ns,
                              ended_ns=time.time_ns(), spool=program.directory / "spool")


def test_every_whole_batch_is_delivered(cut):
    assert [line for line in cut.whole if cut.stored.count(line) != 1] == []


def test_files_that_can_still_be_read_whole_are_delivered(cut):
    assert [cut.stored.count(line) for line in cut.real] == [1 + cut.readable] * len(cut.real)


def test_nothing_altered_is_delivered(cut):
    """What is neither sampled now nor in a file as it was written."""
    known = {*cut.whole, *cut.real}
    assert [line for line in cut.stored if line not in known and not cut.began_ns <= stamp_of(line) <= cut.ended_ns] == []


def test_the_program_samples_as_ever(cut):
    assert sampled_since(cut.server, cut.began_ns)


def test_every_line_that_is_lost_is_counted(cut):
    lost = cut.broken * len(cut.real)
    assert f"{lost} dropped" in cut.running.err() or f"{lost} lost" in cut.running.err()


def test_a_loss_shows_in_the_exit_code(cut):
    assert cut.running.code == 1


def test_the_newest_damaged_files_are_set_aside(cut):
    assert len(spool_files.damaged(cut.spool)) == DAMAGED_KEPT


def test_nothing_else_is_left(cut):
    assert spool_files.batches(cut.spool) + spool_files.strangers(cut.spool) == []


@pytest.fixture(scope="module", params=["run", "once"])
def few(request, binary, tmp_path_factory):
    """A spool in which the last three files are damaged in three ways, and things that are no part of it."""
    with FakeInflux() as server, closing(Vmtelem(binary, tmp_path_factory.mktemp("few"))) as program:
        path = real_file(program, server)
        whole, lines = path.read_bytes(), len(spool_files.lines_of(path))
        damaged = {FIRST_NS + number * SECOND_NS: data for number, data in enumerate([b"", whole[:-1], altered(whole)], 1)}
        add_damaged(path.parent, damaged.values(), lines)
        add_strangers(path.parent)
        server.default = ok
        running = deliver_past_strangers(program, server, request.param)
        files = {file_name(stamp, stamp, lines): data for stamp, data in damaged.items()}
        yield SimpleNamespace(running=running, files=files, directory=path.parent)


def altered(whole):
    middle = len(whole) // 2
    return whole[:middle] + bytes([whole[middle] ^ 4]) + whole[middle + 1:]


def add_strangers(directory):
    """With the names of batches, but no files: to open them would hang, follow a link or fail."""
    os.mkfifo(directory / file_name(1, 1, 1))
    (directory / file_name(2, 2, 1)).mkdir()
    (directory / file_name(3, 3, 1)).symlink_to("/etc/hostname")


def deliver_past_strangers(program, server, command):
    running = program.start(command, **settings_of(program, server))
    if command == "run":
        wait_for(lambda: len(select(delivered(server), "vmtelem")) > 3, 30, "samples")
        wait_for(lambda: "damaged" in running.err(), 30, "the damage to be noticed")
        running.interrupt()
    running.wait(60)
    return running


def test_each_damaged_file_is_named(few):
    assert [name for name in few.files if name not in few.running.err()] == []


def test_each_damaged_file_is_kept_as_it_is(few):
    assert {path.name: path.read_bytes() for path in (few.directory / "damaged").iterdir()} == few.files


def test_entries_that_are_no_files_stay_untouched(few):
    strangers = [few.directory / file_name(number, number, 1) for number in (1, 2, 3)]
    assert (strangers[0].is_fifo(), strangers[1].is_dir(), strangers[2].is_symlink()) == (True, True, True)
