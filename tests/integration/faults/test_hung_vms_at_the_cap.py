"""More QEMUs hang than calls may block: what needs no monitor comes of all VMs, and the daemon keeps its workers."""

from types import SimpleNamespace

import pytest
from harness.completeness import NEEDS_NO_MONITOR
from harness.faults import frozen
from harness.resources import PressureWatch

CAP = 2
LANES = 2
HUNG = 4


@pytest.fixture(scope="module")
def capped(libvirtd, fleet, observe, fault_s, figures):
    victims = fleet.guests[1:20:5][:HUNG]
    run = observe(LANES=LANES, LANES_PARKED_MAX=CAP)
    with run.during_fault(), PressureWatch(run.running.pid, libvirtd.pid) as pressure, frozen(*victims):
        run.outlast(fault_s)
    code = run.stop()
    figures(f"{HUNG} hung VMs, cap {CAP}, lanes {LANES}", **run.figures(fleet.others(*victims)), **pressure.figures())
    return SimpleNamespace(run=run, vms=fleet.names, others=fleet.others(*victims), hung=[guest.name for guest in victims],
                           samples=run.samples, code=code, ticks=[*run.fault, *run.after], pressure=pressure)


def test_no_cycle_is_missed(capped):
    assert capped.samples.missed_cycles(capped.ticks) == []


def test_every_vm_has_what_needs_no_monitor_in_every_cycle(capped):
    """But in one that was not over when the next was due: a busy machine takes a second to find out that all those VMs hang."""
    in_time = capped.samples.in_time(capped.ticks)
    assert capped.samples.lacking(capped.vms, in_time, NEEDS_NO_MONITOR) == {}


def test_at_most_the_cycle_of_the_fault_takes_longer_than_an_interval(capped):
    assert len(capped.samples.in_time(capped.ticks)) >= len(capped.ticks) - 1


def test_a_line_without_the_monitors_part_does_not_call_the_monitor_good(capped):
    lines = [line for vm in capped.vms for line in capped.samples.of(vm, capped.ticks) if "disk_rd_bytes" not in line.fields]
    assert [line for line in lines if line.fields.get("monitor_ok") is True] == []


def test_only_hung_vms_are_reported_hung(capped):
    lines = [line for vm in capped.others for line in capped.samples.of(vm, capped.ticks)]
    assert [line for line in lines if line.fields.get("monitor_ok") is False] == []


def test_never_more_lanes_are_parked_than_allowed(capped):
    assert max(capped.samples.host("lanes_parked", capped.ticks)) <= CAP


def test_as_many_lanes_are_parked_as_allowed(capped):
    """Else this module would not have reached the cap, and show nothing."""
    assert max(capped.samples.host("lanes_parked", capped.ticks)) == CAP


def test_no_more_workers_of_the_daemon_wait_than_the_cap_and_the_lanes(capped):
    assert capped.pressure.blocked_max <= CAP + LANES


def test_everything_is_back_within_two_cycles(capped):
    back = capped.run.after[1:]
    assert (capped.samples.missed(capped.vms, back), capped.samples.partial(capped.vms, back)) == ({}, {})


def test_no_lane_is_parked_afterwards(capped):
    assert set(capped.samples.host("lanes_parked", capped.run.after[1:])) == {0}


def test_threads_descriptors_and_memory_return_to_their_level(capped):
    assert capped.run.grown() == {}


def test_the_program_ends_as_if_nothing_had_happened(capped):
    assert capped.code == 0
