"""The daemon is merely slow: cycles are late and say so. Asking again would make it slower, so nothing is asked twice."""

from types import SimpleNamespace

import pytest
from harness.faults import slowed
from harness.resources import PressureWatch, admin

PARKED_MAX = 8  # by default


# Running and stopped time in turn. With the smaller share a cycle cannot end within its interval, with the other it may.
SHARES = {"a fiftieth of a processor": (0.004, 0.196), "a tenth of a processor": (0.01, 0.09)}
every_share = pytest.mark.parametrize("slow", SHARES, indirect=True)
smaller_share = pytest.mark.parametrize("slow", ["a fiftieth of a processor"], indirect=True)
larger_share = pytest.mark.parametrize("slow", ["a tenth of a processor"], indirect=True)


@pytest.fixture(scope="module")
def slow(request, libvirtd, fleet, observe, fault_s, figures):
    run = observe()
    clients = admin("server-clients-info")["nclients"]
    with run.during_fault(), PressureWatch(run.running.pid, libvirtd.pid) as pressure:
        with slowed(libvirtd.pid, *SHARES[request.param]):
            run.outlast(fault_s / 2)
    code = run.stop()
    samples = run.samples
    before = samples.host("poll_latency_ms", range(run.fault[0] - 1, run.fault[0] + 1))
    late = samples.host("polls_late", [*run.fault, *run.after])
    figures(f"libvirtd with {request.param}", polls_late=late[-1] - late[0], **run.figures(fleet.names), **pressure.figures())
    return SimpleNamespace(run=run, vms=fleet.names, samples=samples, code=code, late=late, pressure=pressure, clients=clients,
                           latency_before=max(before), lanes=max(samples.host("lanes", run.after)))


@every_share
def test_the_latency_shows_that_the_daemon_is_slow(slow):
    assert max(slow.samples.host("poll_latency_ms", slow.run.fault)) > 2 * slow.latency_before


@smaller_share
def test_cycles_are_late(slow):
    assert slow.late[-1] > slow.late[0]


@every_share
def test_missed_cycles_are_counted_as_late(slow):
    """Not the other way round: a cycle that is late by less than half an interval is made."""
    missed = slow.samples.missed_cycles([*slow.run.fault, *slow.run.after])
    assert slow.late[-1] - slow.late[0] >= bool(missed)


@every_share
def test_samples_go_on(slow):
    """Each VM has some while it lasts: late is not lost."""
    assert [vm for vm in slow.vms if not slow.samples.of(vm, slow.run.fault[1:])] == []


@larger_share
def test_no_vm_is_called_hung(slow):
    """With the smaller share the daemon stands still for as long as one whose VM is locked."""
    lines = [line for vm in slow.vms for line in slow.samples.of(vm, slow.run.fault)]
    assert [line for line in lines if line.fields.get("monitor_ok") is False] == []


@larger_share
def test_the_hypervisor_never_looks_down(slow):
    """Who answers late is there."""
    assert set(slow.samples.host("up", [*slow.run.fault, *slow.run.after])) == {True}


@every_share
def test_connections_are_bounded_while_the_daemon_is_slow(slow):
    assert max(slow.pressure.clients) <= slow.clients + PARKED_MAX


@every_share
def test_threads_are_bounded_while_the_daemon_is_slow(slow):
    assert max(slow.pressure.threads) <= slow.run.level_before.threads + PARKED_MAX


@every_share
def test_the_workers_that_wait_are_bounded(slow):
    assert slow.pressure.blocked_max <= PARKED_MAX + slow.lanes


@every_share
def test_no_lane_is_parked_afterwards(slow):
    assert set(slow.samples.host("lanes_parked", slow.run.after[2:])) == {0}


@every_share
def test_no_sample_is_missed_afterwards(slow):
    assert slow.samples.missed(slow.vms, slow.run.after[1:]) == {}


@every_share
def test_everything_is_full_again_within_three_cycles(slow):
    assert slow.samples.partial(slow.vms, slow.run.after[2:]) == {}


@every_share
def test_threads_descriptors_and_memory_return_to_their_level(slow):
    assert slow.run.grown() == {}


@every_share
def test_the_program_ends_as_if_nothing_had_happened(slow):
    assert slow.code == 0
