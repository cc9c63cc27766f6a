"""Several QEMUs stop answering at once, or one again and again: nobody else misses a sample, and nothing piles up."""

from types import SimpleNamespace

import pytest
from harness.faults import flapping, frozen
from harness.resources import PressureWatch

FAULTS = {
    "three at once": (3, frozen),
    "six at once": (6, frozen),
    "one again and again": (1, flapping),
}
every_fault = pytest.mark.parametrize("hangs", FAULTS, indirect=True)
lasting_faults = pytest.mark.parametrize("hangs", ["three at once", "six at once"], indirect=True)


@pytest.fixture(scope="module")
def hangs(request, libvirtd, fleet, observe, fault_s, figures):
    count, fault = FAULTS[request.param]
    victims = fleet.guests[2:20:3][:count]
    run = observe()
    with run.during_fault(), PressureWatch(run.running.pid, libvirtd.pid) as pressure, fault(*victims):
        run.outlast(fault_s)
    code = run.stop()
    others = fleet.others(*victims)
    figures(f"hung VMs: {request.param}", **run.figures(others), **pressure.figures())
    return SimpleNamespace(run=run, vms=[guest.name for guest in victims], others=others, samples=run.samples, code=code,
                           ticks=[*run.fault, *run.after], pressure=pressure)


@every_fault
def test_no_cycle_is_missed(hangs):
    assert hangs.samples.missed_cycles(hangs.ticks) == []


@every_fault
def test_no_other_vm_misses_a_sample(hangs):
    assert hangs.samples.missed(hangs.others, hangs.ticks) == {}


@every_fault
def test_every_sample_of_the_others_is_full(hangs):
    assert hangs.samples.partial(hangs.others, hangs.ticks) == {}


@every_fault
def test_the_hung_vms_have_a_line_in_every_cycle(hangs):
    assert hangs.samples.missed(hangs.vms, hangs.ticks) == {}


@every_fault
def test_the_hung_vms_keep_what_needs_no_monitor(hangs):
    assert hangs.samples.lacking(hangs.vms, hangs.ticks, ("state", "cpu_time_ns", "net_rx_bytes")) == {}


@every_fault
def test_no_line_of_a_hung_vm_has_half_of_what_needs_the_monitor(hangs):
    lines = [line for vm in hangs.vms for line in hangs.samples.of(vm, hangs.ticks)]
    assert [line for line in lines if line.fields.get("monitor_ok") is not ("disk_rd_bytes" in line.fields)] == []


@lasting_faults
def test_the_lines_of_the_hung_vms_say_that_their_monitors_do_not_answer(hangs):
    lines = [line for vm in hangs.vms for line in hangs.samples.of(vm, hangs.run.fault[1:])]
    assert {line.fields.get("monitor_ok") for line in lines} == {False}


@every_fault
def test_all_are_back_in_full_within_two_cycles(hangs):
    back = hangs.run.after[1:]
    assert (hangs.samples.missed(hangs.vms, back), hangs.samples.partial(hangs.vms, back)) == ({}, {})


@every_fault
def test_no_more_lanes_are_parked_than_vms_are_hung(hangs):
    assert max(hangs.samples.host("lanes_parked", hangs.ticks)) <= len(hangs.vms)


@every_fault
def test_no_lane_is_parked_afterwards(hangs):
    assert set(hangs.samples.host("lanes_parked", hangs.run.after[1:])) == {0}


@every_fault
def test_no_more_workers_of_the_daemon_wait_than_vms_are_hung(hangs):
    assert hangs.pressure.blocked_max <= len(hangs.vms)


def times_told(hangs):
    log = hangs.run.told + hangs.run.told_after
    return {vm: sum(1 for line in log if vm in line) for vm in hangs.vms}


@lasting_faults
def test_a_hang_is_logged_when_it_starts_and_when_it_ends(hangs):
    assert times_told(hangs) == {vm: 2 for vm in hangs.vms}


@every_fault
def test_each_start_that_is_logged_has_its_end(hangs):
    """None at all if a hang is too short to be worth it."""
    assert {vm: times for vm, times in times_told(hangs).items() if times % 2 != 0} == {}


@every_fault
def test_threads_descriptors_and_memory_return_to_their_level(hangs):
    assert hangs.run.grown() == {}


@every_fault
def test_the_program_ends_as_if_nothing_had_happened(hangs):
    assert hangs.code == 0
