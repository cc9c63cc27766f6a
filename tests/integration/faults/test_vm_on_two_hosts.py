"""A VM that moves is on two hosts for a while: it runs on one and is paused on the other, and then it is the other way round. Each is
a series of its own, with rates of that host's counters only."""

import uuid
from itertools import pairwise
from types import SimpleNamespace

import pytest
from harness.guests import idle_guest
from harness.hosts import ConnectFile, of_host
from harness.libvirtd import URI, virsh
from harness.line_protocol import select
from harness.wait import wait_for

NAME = "mover"
CYCLES = 4
INTERVAL_S = 0.5
HOSTS = ("source", "target")


@pytest.fixture(scope="module")
def moved(module_vmtelem, world, second_host):
    """What was sampled of it before, while and after it was on both."""
    directory, identity = world.directory(NAME), str(uuid.uuid4())
    guest, arriving = (idle_guest(directory, NAME).with_uuid(identity) for _ in range(2))
    hosts = ConnectFile(directory / "hosts", {"source": URI, "target": second_host.read_only_uri})
    guest.create()
    running = module_vmtelem.start("run", "--stdout", "--vm", NAME, POLL_INTERVAL=INTERVAL_S, **hosts.settings)
    await_cycles(running, "source", since=has_read)
    arriving.create(second_host.uri, paused=True)
    await_cycles(running, *HOSTS)
    guest.destroy()
    virsh("-c", second_host.uri, "resume", NAME)
    await_cycles(running, "target", since=has_read)
    code = running.stop()
    virsh("-c", second_host.uri, "destroy", NAME)
    return SimpleNamespace(identity=identity, code=code, lines=running.lines())


def await_cycles(running, *hosts, since=lambda line: True):
    def counts():
        return [sum(map(since, of_vm(running.lines(), host))) for host in hosts]

    before = counts()
    wait_for(lambda: all(now >= then + CYCLES for now, then in zip(counts(), before)), 30, f"samples from {hosts}")


def has_read(totals):
    """Its boot sector, so that counters are no longer those of a guest that is paused from the start."""
    return totals.fields.get("disk_rd_bytes", 0) > 0


def of_vm(lines, host, measurement="vm_totals"):
    return select(of_host(lines, host), measurement, vm=NAME)


def test_it_has_a_series_on_each_host(moved):
    assert {line.series for line in select(moved.lines, "vm_totals")} == {
        ("vm_totals", ("host", host), ("vm", NAME), ("uuid", moved.identity)) for host in HOSTS}


def test_it_was_on_both_at_a_time(moved):
    """And its counters differed, so that what follows shows something."""
    source, target = (of_vm(moved.lines, host) for host in HOSTS)
    assert sum(line.time_ns < source[-1].time_ns for line in target) >= CYCLES - 1
    assert has_read(source[-1]) and not has_read(target[0])


@pytest.mark.parametrize("host", HOSTS)
def test_its_rates_are_those_of_that_hosts_counters(moved, host):
    rates = {line.time_ns: line.fields for line in of_vm(moved.lines, host, "vm_features")}
    pairs = [(before, after) for before, after in pairwise(of_vm(moved.lines, host)) if after.time_ns in rates]
    percents = {after.time_ns: rates[after.time_ns]["cpu_percent"] for _, after in pairs if "cpu_percent" in rates[after.time_ns]}
    bytes_read = {after.time_ns: rates[after.time_ns]["disk_rd_bytes_rate"] for _, after in pairs
                  if "disk_rd_bytes_rate" in rates[after.time_ns]}
    assert len(percents) >= CYCLES - 2 and len(bytes_read) >= CYCLES - 2
    assert percents == pytest.approx({time_ns: value / 1e7 for time_ns, value in own(pairs, "cpu_time_ns", percents)}, rel=0.01, abs=0.01)
    assert bytes_read == pytest.approx(dict(own(pairs, "disk_rd_bytes", bytes_read)), rel=0.01, abs=0.01)


def own(pairs, counter, wanted):
    """(stamp, what the counter grew by per second) of these pairs of samples of one host."""
    return [(after.time_ns, (after.fields[counter] - before.fields[counter]) * 1e9 / (after.time_ns - before.time_ns))
            for before, after in pairs if after.time_ns in wanted]


@pytest.mark.parametrize("host", HOSTS)
def test_its_first_sample_on_a_host_has_no_rates(moved, host):
    first = of_vm(moved.lines, host)[0].time_ns
    assert [line for line in of_vm(moved.lines, host, "vm_features") if line.time_ns <= first] == []


def test_nothing_is_lost(moved):
    assert moved.code == 0
