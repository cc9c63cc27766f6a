"""A list of hosts that changes every second: what stays misses nothing, and nothing is left of what has gone."""

import random
import signal
import statistics
import time
from types import SimpleNamespace

import pytest
from harness import books, figures
from harness.delivery import delivered, missing_cycles, missing_vm_lines, upload
from harness.embedded_host import embedded_host
from harness.hosts import ConnectFile, of_host
from harness.line_protocol import select
from harness.resources import Level
from harness.wait import wait_for
from influx_server import FakeInflux

SEED = 14
HOSTS, AWAY, STAY = 40, 10, 5  # of all known; of those, not in the list; always in it
EXCHANGE_S = 1
WARM_UP_S, LASTS_S, LASTS_FULL_S = 6, 18, 600
VMS = 3
INTERVAL_S = 0.5


@pytest.fixture(scope="module")
def uris(scratch):
    names = [f"host-{number:02}" for number in range(HOSTS)]
    return {name: embedded_host(scratch, [f"{name}-vm-{vm}" for vm in range(VMS)]) for name in names}


@pytest.fixture(scope="module")
def exchanges(program, scratch, uris, full):
    print(f"seed {SEED}")
    rng, levels = random.Random(SEED), []
    with FakeInflux(token="any") as server:
        connect_file = ConnectFile(scratch / "hosts", chosen(uris, rng))
        running = program.start("run", POLL_INTERVAL=INTERVAL_S, **upload(server, **connect_file.settings))
        wait_for(lambda: select(delivered(server), "vmtelem"), 30, "a first cycle to be stored")
        end = time.monotonic() + WARM_UP_S + (LASTS_FULL_S if full else LASTS_S)
        while time.monotonic() < end:
            time.sleep(EXCHANGE_S)
            levels.append(Level.of(running.pid))
            connect_file.reload(running, chosen(uris, rng))
        running.process.send_signal(signal.SIGTERM)
        code = running.wait(30)
        lines = delivered(server)
    levels = levels[round(WARM_UP_S / EXCHANGE_S):]
    first, last = level(levels[:len(levels) // 3]), level(levels[-(len(levels) // 3):])
    account = books.at_the_end(running)
    figures.record("hosts come and go", exchanges=len(levels), first=str(first), last=str(last), **account)
    return SimpleNamespace(lines=lines, code=code, first=first, last=last, account=account, running=running)


def chosen(uris, rng):
    """Those that stay, and all others but ten: about eight leave at each exchange and as many join."""
    names = list(uris)
    gone = set(rng.sample(names[STAY:], AWAY))
    return {name: uris[name] for name in names if name not in gone}


def level(levels):
    """Of a while: the usual one, since what comes and goes is there at some moments."""
    return Level(*(statistics.median_low(getattr(each, name) for each in levels) for name in ("threads", "descriptors", "rss_kib")))


@pytest.mark.parametrize("number", range(STAY))
def test_a_host_that_stays_misses_no_cycle_and_no_vm(exchanges, number):
    lines = of_host(exchanges.lines, f"host-{number:02}")
    assert select(lines, "vmtelem")[-1].fields["polls"] > 10
    assert (missing_cycles(lines), missing_vm_lines(lines)) == ([], 0)


def test_its_rates_have_no_gap(exchanges):
    """Each of its samples but the first has rates: none comes of another host's counters or of a fresh start."""
    lines = of_host(exchanges.lines, "host-00")
    assert len(select(lines, "vm_features", vm="host-00-vm-0")) == len(select(lines, "vm_totals", vm="host-00-vm-0")) - 1


def test_every_vm_is_reported_by_its_own_host(exchanges):
    assert [line for line in select(exchanges.lines, "vm_totals") if not line.tags["vm"].startswith(line.tags["host"])] == []


def test_every_host_has_been_there(exchanges, uris):
    assert {line.tags["host"] for line in select(exchanges.lines, "vmtelem")} == set(uris)


def test_every_line_that_was_sampled_is_stored(exchanges):
    assert exchanges.account["sampled"] == exchanges.account["written"] == len(exchanges.lines)


def test_the_books_add_up_in_every_line_of_the_agent(exchanges):
    assert select(exchanges.lines, "vmtelem_agent") and books.do_not_add_up(exchanges.lines) == []


def test_neither_threads_nor_descriptors_nor_memory_grow(exchanges):
    assert exchanges.last.grown_since(exchanges.first) == {}


def test_nothing_is_lost(exchanges):
    assert exchanges.code == 0
