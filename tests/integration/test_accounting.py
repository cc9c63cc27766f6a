"""The program's books on its own lines: what was sampled is queued, spooled, on its way, written, rejected or dropped."""

import pytest
from harness.delivery import delivered, upload
from harness.line_protocol import select
from harness.wait import wait_for
from influx_server import FakeInflux, close_before_body, ok, refuse_lines, status

WHERE_LINES_ARE = ("lines_queued", "lines_spooled", "lines_in_flight", "lines_written", "lines_rejected", "lines_dropped",
                   "lines_handed_over")


@pytest.fixture(scope="module")
def books(module_vmtelem, any_guest):
    """The fields of every `vmtelem_agent` line of a run that met a refused line, a reset and a server that was busy."""
    with FakeInflux(script=[ok, refuse_lines(2), close_before_body, status(503)]) as server:
        running = module_vmtelem.start("run", **upload(server))
        wait_for(lambda: len([request for request in server.requests if request.status == 204]) > 3, 30, "some batches")
        wait_for(lambda: any(book["lines_rejected"] for book in books_in(server)), 30, "the refused line in the books")
        running.stop()
        return books_in(server)


def books_in(server):
    return [line.fields for line in select(delivered(server), "vmtelem_agent")]


def test_the_sum_holds_in_every_line(books):
    assert [book for book in books if came_in(book) != sum(book[name] for name in WHERE_LINES_ARE)] == []


def came_in(book):
    return book["lines_sampled"] + book["lines_recovered"]


def test_the_refused_line_is_counted(books):
    assert books[-1]["lines_rejected"] == 1


def test_nothing_is_dropped(books):
    assert books[-1]["lines_dropped"] == 0


def test_a_failed_attempt_is_counted(books):
    """Only the 503 for certain: libcurl itself repeats a request on a kept connection that turns out to be dead."""
    assert books[-1]["write_retries"] >= 1
