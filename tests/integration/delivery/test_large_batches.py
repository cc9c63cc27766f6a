"""Batch files with much more text than the program ever seals, which somebody else put into the spool: they are delivered whole,
and go through memory in parts."""

from types import SimpleNamespace

import pytest
from harness import books, figures, spool_files
from harness.delivery import upload
from harness.embedded_host import embedded_host
from harness.made_spool import FIRST_NS, SECOND_NS, add_batch, target_directory
from harness.process_costs import MemoryWatch
from harness.vmtelem import Vmtelem
from harness.wait import wait_for
from influx_server import FakeInflux

TEXT_BYTES, LINE_BYTES, FILES = 52 << 20, 1000, 2
LINES = TEXT_BYTES // LINE_BYTES
QUEUE_MAX_BYTES = 64 << 20
OWN_BYTES = 24 << 20  # what the program takes whatever it holds


def large_lines(number):
    """Of one file."""
    text = "x" * (LINE_BYTES - 60)
    first = FIRST_NS + number * LINES * SECOND_NS
    return [f'large,host=earlier value="{text}" {first + line * SECOND_NS}' for line in range(LINES)]


def is_large(line):
    return line.startswith("large,")


@pytest.fixture(scope="module")
def story(binary, tmp_path_factory):
    """A `run` that found such files, until they were gone."""
    directory = tmp_path_factory.mktemp("large")
    with FakeInflux() as server:
        program = Vmtelem(binary, directory)
        spool = directory / "spool"
        put = [add_batch(target_directory(spool, server.url), large_lines(number)) for number in range(FILES)]
        settings = upload(server, LIBVIRT_URI=embedded_host(directory, ["one"]), SPOOL_DIR=spool, BACKLOG_RATE="1000")
        running = program.start("run", **{**settings, "QUEUE_MAX_BYTES": "64MiB"})
        with MemoryWatch(running.process.pid) as memory:
            wait_for(lambda: not any(path.exists() for path in put), 60, "the large files to be delivered")
        sizes = [sum(len(line) + 1 for line in request.lines) for request in list(server.requests)]
        code = running.stop()
        figures.record("52 MiB of text in each of two files", rss_mib=memory.most_kib // 1024, largest_request_mib=max(sizes) >> 20)
        yield SimpleNamespace(rss_bytes=memory.most_kib << 10, largest=max(sizes), code=code, account=books.at_the_end(running),
                              arrived=[line for line in server.lines if is_large(line)], left=spool_files.batches(spool))
        program.close()


def test_every_line_arrives_once(story):
    assert (len(story.arrived), len(set(story.arrived))) == (FILES * LINES, FILES * LINES)


def test_lines_take_no_more_memory_than_they_may(story):
    assert story.rss_bytes < QUEUE_MAX_BYTES + OWN_BYTES


def test_no_request_is_larger_than_that_of_a_batch_that_is_sealed(story):
    assert story.largest <= 4 << 20


def test_the_books_say_that_all_was_found_and_written(story):
    assert (story.account["recovered"], story.account["dropped"], story.code) == (FILES * LINES, 0, 0)


def test_nothing_is_left_on_the_disk(story):
    assert story.left == []
