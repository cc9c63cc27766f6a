"""Ten megabytes of lines in each second: all arrive, and what the spool costs is measured against the same without one."""

import os
import time
from contextlib import closing
from types import SimpleNamespace

import pytest
from harness import beside, books, figures, spool_files
from harness.arrivals import Arrivals
from harness.delivery import missing_cycles
from harness.embedded_host import embedded_host
from harness.line_protocol import parse
from harness.process_costs import cpu_s, disk_write_bytes, rss_kib
from harness.vmtelem import Vmtelem
from harness.wait import wait_for
from influx_server import FakeInflux

VMS, VCPUS = 140, 32  # 1.1 MB in each of ten cycles a second
LASTS_S, LASTS_FULL_S = 6, 60
LINES_OF_A_VM = 3  # totals, NIC, disk
SLACK_BYTES = 4 << 20  # of what was under way when the measurement began and ended


def level(running, arrivals):
    """What was used and delivered until now."""
    return {"time_s": time.monotonic(), "cpu_s": cpu_s(running.pid), "disk_bytes": disk_write_bytes(running.pid),
            "body_bytes": arrivals.body_bytes, "wire_bytes": arrivals.wire_bytes, "requests": len(arrivals.all)}


def measure(program, flags, lasts_s):
    """Let it run for so long, from its first lines on."""
    arrivals = Arrivals()
    host = embedded_host(program.directory, [f"vm-{number:03}" for number in range(VMS)], VCPUS)
    with FakeInflux() as server:
        server.default = arrivals
        running = program.start("run", *flags, INFLUX_URL=server.url, INFLUX_DB="vmstats", INFLUX_TOKEN="any", LIBVIRT_URI=host,
                                POLL_INTERVAL="0.1s", PER_VCPU="1")
        wait_for(lambda: len(arrivals.kept) > 3, 60, "the first cycles")
        before = level(running, arrivals)
        wait_for(lambda: time.monotonic() - before["time_s"] >= lasts_s, lasts_s + 10, "the time of the measurement")
        after = level(running, arrivals)
        rss_mib = rss_kib(running.pid) / 1024
        code = running.stop()
    used = {name: after[name] - before[name] for name in after}
    return SimpleNamespace(arrivals=arrivals, used=used, rss_mib=rss_mib, code=code, account=books.at_the_end(running))


def figures_of(run):
    took_s = run.used["time_s"]
    return {"mb_per_s": round(run.used["body_bytes"] / took_s / 1e6, 1), "lines": run.arrivals.lines,
            "wire_mb": round(run.used["wire_bytes"] / 1e6, 1), "disk_mb": round(run.used["disk_bytes"] / 1e6, 1),
            "cpu_s": round(run.used["cpu_s"], 2), "requests": run.used["requests"], "rss_mib": round(run.rss_mib, 1),
            "took_s": round(took_s, 1)}


@pytest.fixture(scope="module")
def runs(binary, tmp_path_factory, full):
    """The same with and without a spool, one after the other."""
    lasts_s = LASTS_FULL_S if full else LASTS_S
    found = {}
    for name, flags in {"spool": [], "memory": ["--no-spool"]}.items():
        with closing(Vmtelem(binary, tmp_path_factory.mktemp(name))) as program:
            found[name] = measure(program, flags, lasts_s)
        found[name].left = spool_files.batches(program.directory / "spool")
        figures.record("throughput", waits_in=name, **figures_of(found[name]))
    figures.record("throughput", cores=os.cpu_count(), cpu_ratio=round(cpu_ratio(found), 2))
    return found


def cpu_ratio(runs):
    """CPU time for a byte with the spool, against that without."""
    spool, memory = runs["spool"].used, runs["memory"].used
    return spool["cpu_s"] / spool["body_bytes"] / (memory["cpu_s"] / memory["body_bytes"])


@pytest.fixture(params=["spool", "memory"])
def one(runs, request):
    return runs[request.param]


def test_every_line_arrives_once(one):
    assert one.arrivals.lines == one.account["sampled"] == one.account["written"]


def test_nothing_is_lost(one):
    assert (one.account["dropped"], one.account["rejected"], one.code) == (0, 0, 0)


def test_no_cycle_is_missing(one):
    assert missing_cycles(parse("\n".join(one.arrivals.kept))) == []


def test_every_cycle_has_all_its_lines(one):
    """And those of the host and of the program itself."""
    cycles = [line for line in one.arrivals.kept if beside.is_cycle(line)]
    assert one.arrivals.lines >= len(cycles) * VMS * (LINES_OF_A_VM + VCPUS)


def test_nothing_is_left_in_the_spool(runs):
    assert runs["spool"].left == []


def test_each_batch_is_written_to_disk_once(runs):
    """As it goes over the wire. A file takes whole blocks, its directory and the file system's journal take some more."""
    used = runs["spool"].used
    assert used["disk_bytes"] < 2 * used["wire_bytes"] + SLACK_BYTES


def test_the_spool_costs_less_than_twice_the_cpu_time(runs):
    assert cpu_ratio(runs) < 2
