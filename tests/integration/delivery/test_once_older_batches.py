"""The exit status of a `once` that finds older batches in the spool is that of its own sample."""

import pytest
from harness import made_spool, spool_files
from harness.delivery import upload
from influx_refusals import unnamed
from influx_server import status


def is_older(line):
    return line.startswith(("queue,", "poison,"))


def is_poison(line):
    return line.startswith("poison,")


@pytest.fixture
def backlog(server, spool):
    """Adds a batch of lines that another `once` has left; those whose numbers are given are poison."""
    directory = made_spool.target_directory(spool, server.url)
    spool.chmod(0o700)

    def add(lines, poison=(), sequence=1):
        made_spool.add_batch(directory, [made_spool.counter_line(number, "poison" if number in poison else "queue")
                                         for number in range(lines)], sequence)
    return add


@pytest.fixture
def once(lone_program, server):
    return lambda **others: lone_program(
        "once", **{**upload(server, LIBVIRT_URI="test:///default", DRAIN_TIMEOUT="10s"), **others})


def own_stored(server):
    return sum(not is_older(line) for line in set(server.lines))


@pytest.mark.parametrize("lines, poison", [(1, [0]), (100, [50])])
def test_a_stored_sample_is_a_success_although_an_older_line_is_rejected(server, once, backlog, spool, lines, poison):
    backlog(lines, poison)
    server.default = unnamed(is_poison)
    finished = once()
    assert (finished.code, own_stored(server), len(spool_files.rejected_lines(spool)), spool_files.batches(spool)) == \
        (0, 4, 1, []), finished.err


def test_several_older_lines_that_are_refused_each_in_a_batch_of_its_own_are_rejected_at_once(server, once, backlog, spool):
    for sequence in range(1, 4):
        backlog(1, [0], sequence)
    server.default = unnamed(is_poison)
    finished = once()
    assert (finished.code, len(spool_files.rejected_lines(spool)), spool_files.batches(spool)) == (0, 3, []), finished.err


def test_a_warning_names_the_older_line_that_was_rejected_and_where_it_is(server, once, backlog, spool):
    backlog(1, [0])
    server.default = unnamed(is_poison)
    err = once().err
    [target] = spool.iterdir()
    assert "poison,host=earlier" in err and f"warning: the database has rejected 1 line of older batches, kept in {target}/rejected" in err


def test_an_older_line_that_was_rejected_is_not_mentioned_again(server, once, backlog):
    backlog(1, [0])
    server.default = unnamed(is_poison)
    once()
    finished = once()
    assert (finished.code, finished.err) == (0, "")


def test_a_sample_of_which_all_is_refused_is_refused_data_beside_older_lines_that_are_stored(server, once, backlog):
    backlog(100)
    server.default = unnamed(lambda line: not is_older(line))
    finished = once()
    assert (finished.code, len(set(server.lines))) == (76, 100), finished.err


def test_a_sample_of_which_one_line_is_refused_is_delivered_in_part_beside_older_lines(server, once, backlog):
    backlog(100)
    server.default = unnamed(lambda line: line.startswith("vm_totals,"))
    finished = once()
    assert (finished.code, "of this sample's 4 lines 3 are written, 1 refused" in finished.err) == (1, True), finished.err


def test_the_error_has_the_words_about_the_lines_of_the_sample_also_if_older_ones_are_rejected_later(server, once, backlog):
    backlog(100, [10, 50, 90])

    def refuse_both(exchange):
        exchange.read()
        lines = exchange.request.lines
        if any(map(is_poison, lines)):
            exchange.server.closing.wait(0.5 if len(lines) == 100 else 0)  # till the other is searched
            exchange.reply(400, '{"error":"words about older lines"}')
        elif any(line.startswith("vm_totals,") for line in lines):
            exchange.reply(400, '{"error":"words about the sample"}')
        else:
            exchange.accept()
    server.default = refuse_both
    finished = once()
    errors = [line for line in finished.err.splitlines() if line.startswith("vmtelem: error:")]
    assert (finished.code, "words about the sample" in errors[-1]) == (1, True), finished.err


@pytest.mark.parametrize("answer, code", [(status(401, '{"error":"denied"}'), 77), (status(404, '{"error":"database not found"}'), 78)])
def test_a_database_that_refuses_everything_keeps_its_code_beside_older_batches(server, once, backlog, spool, answer, code):
    backlog(1)
    server.default = answer
    finished = once()
    assert (finished.code, len(spool_files.batches(spool))) == (code, 2), finished.err
