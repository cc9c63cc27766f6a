"""One line in ten thousand is refused: that line goes to the dead letters with its reason, all others are written."""

from contextlib import closing
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from harness import books, figures, spool_files
from harness.delivery import upload
from harness.embedded_host import embedded_host
from harness.made_spool import add_batch, counter_line, target_directory
from harness.vmtelem import Vmtelem
from harness.wait import wait_for
from influx_rules import refusal_of
from influx_server import FakeInflux, ok, status

LINES, POISON = 10_000, 6_789
UNNAMED = '{"error":"cannot unmarshal a field of the line protocol"}'
FAILURE = '{"error":"engine: panic"}'


def is_poison(line):
    return "poison" in line


def named(exchange):
    """Refused in the words of the API, which say which line it is."""
    exchange.read()
    lines = exchange.request.lines
    bad = {number: line for number, line in enumerate(lines, 1) if is_poison(line)}
    if bad:
        exchange.refuse(refusal_of(exchange.request.api, lines, bad))
    else:
        exchange.accept()


def unless_poisoned(behave):
    """The whole request fails in that way, and nothing of it is stored."""
    def choose(exchange):
        exchange.read()
        (behave if any(map(is_poison, exchange.request.lines)) else ok)(exchange)
    return choose


def reset(exchange):
    exchange.read()
    exchange.drop()


@dataclass(frozen=True)
class Server:
    """How it refuses, which words of it make the reason, and how many requests may be needed."""

    api: str
    behaviour: object
    reason: str
    most_requests: int


HALVINGS = 14  # of ten thousand lines down to one
# Of a failure it takes five in a row, each between two lines that are stored, to tell it from an outage; and libcurl itself
# tries once more on a connection that was in use before.
UNANSWERED = 10 * HALVINGS + 20
SERVERS = {
    "v3 that names it": Server("v3", named, "No fields were provided", 5),
    "v2 that names it": Server("v2", named, "unable to parse", 5),
    "v1 that names it": Server("v1", named, "unable to parse", 5),
    "v3 that does not name it": Server("v3", unless_poisoned(status(400, UNNAMED)), "cannot unmarshal", 2 * HALVINGS),
    "v2 that does not name it": Server("v2", unless_poisoned(status(400, UNNAMED)), "cannot unmarshal", 2 * HALVINGS),
    "v1 that does not name it": Server("v1", unless_poisoned(status(400, UNNAMED)), "cannot unmarshal", 2 * HALVINGS),
    "v3 that resets the connection": Server("v3", unless_poisoned(reset), "broke off the connection", UNANSWERED),
    "v1 that fails inside": Server("v1", unless_poisoned(status(500, FAILURE)), "engine: panic", UNANSWERED),
}


def old_lines():
    return [counter_line(number, "poison" if number == POISON else "queue") for number in range(LINES)]


def settings_of(program, server, api):
    host = embedded_host(program.directory, ["one"])
    settings = upload(server, LIBVIRT_URI=host, POLL_INTERVAL="0.1s", BATCH_MAX_SEC="0.1s", INFLUX_API=api, RETRY_MAX="0.5s")
    return {**settings, "INFLUX_ORG": org_of(api)} if org_of(api) else settings


def org_of(api):
    return "ours" if api == "v2" else ""


def requests_with(server, lines):
    """How many requests held any of these lines."""
    return sum(not lines.isdisjoint(request.lines) for request in list(server.requests))


@pytest.fixture(scope="module", params=SERVERS)
def meal(request, binary, tmp_path_factory):
    """A `run` that found a batch of ten thousand lines in its spool, of which one is bad, and samples on while it delivers them."""
    kind, lines = SERVERS[request.param], old_lines()
    with FakeInflux() as server, closing(Vmtelem(binary, tmp_path_factory.mktemp("poison"))) as program:
        spool = program.directory / "spool"
        server.default = kind.behaviour
        add_batch(target_directory(spool, server.url, kind.api, org=org_of(kind.api)), lines)
        running = program.start("run", **settings_of(program, server, kind.api))
        wait_for(lambda: spool_files.rejected_lines(spool), 60, "the line to be found")
        wait_for(lambda: len(set(lines) & set(server.lines)) == LINES - 1, 60, "the other lines")
        code = running.stop()
        requests = requests_with(server, set(lines))
        figures.record("poison line", server=request.param, requests=requests)
        yield SimpleNamespace(kind=kind, lines=lines, stored=list(server.lines), spool=spool, code=code,
                              running=running, requests=requests)


def test_exactly_that_line_is_a_dead_letter(meal):
    assert spool_files.rejected_lines(meal.spool) == [meal.lines[POISON]]


def test_the_dead_letter_has_its_reason(meal):
    [path] = meal.spool.glob("*/rejected/*")
    reason = path.read_text().splitlines()[0]
    assert reason.startswith("# 20") and meal.kind.reason in reason


def test_all_other_lines_are_written(meal):
    assert set(meal.lines) - set(meal.stored) == {meal.lines[POISON]}


def test_the_poison_line_is_found_with_few_requests(meal):
    assert meal.requests <= meal.kind.most_requests


def test_the_poison_line_is_counted_once(meal):
    account = books.at_the_end(meal.running)
    assert (account["rejected"], account["dropped"], meal.code) == (1, 0, 1)


def test_the_poison_line_is_logged(meal):
    assert any("rejected" in line and "poison" in line for line in meal.running.log())


# What the program samples itself.


@pytest.fixture
def poisoned_once(lone_program):
    """A `once` on a host with a VM whose lines are refused: (what became of it, the lines that were stored)."""
    with FakeInflux() as server:
        server.default = named
        host = embedded_host(lone_program.directory, ["good", "poison"])
        finished = lone_program("once", **upload(server, LIBVIRT_URI=host))
        yield finished, list(server.lines)


def test_a_once_says_that_a_part_was_refused(poisoned_once):
    assert poisoned_once[0].code == 1


def test_a_once_delivers_what_is_good(poisoned_once):
    assert any("vm=good," in line for line in poisoned_once[1]) and not any(map(is_poison, poisoned_once[1]))


def test_a_once_keeps_what_was_refused(poisoned_once, lone_program):
    lines = spool_files.rejected_lines(lone_program.directory / "spool")
    assert len(lines) == 3 and all(map(is_poison, lines))
