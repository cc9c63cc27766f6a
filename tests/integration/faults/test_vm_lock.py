"""`virsh destroy` of a QEMU that is stopped: libvirt holds the VM's lock for 10 s, and every call that names the VM waits for it,
with NOWAIT or without. A few calls may find that out; then the VM is left alone until its lock is free."""

import time
from types import SimpleNamespace

import pytest
from harness.completeness import tick_of
from harness.faults import Destroyed
from harness.resources import PressureWatch
from harness.wait import wait_for

LANES = 4
DESTROYING = 1  # virsh's own call is inside a worker as well
WAITING_MAX = 4


@pytest.fixture(scope="module")
def lock(libvirtd, fleet, observe, figures):
    victim = fleet.guests[9]
    run = observe(LANES=LANES)
    with run.during_fault(), PressureWatch(run.running.pid, libvirtd.pid) as pressure:
        begin = time.monotonic()
        destroyed = Destroyed(victim)
        wait_for(lambda: destroyed.done, 60, "virsh destroy to end")
        held_s, free_ns = time.monotonic() - begin, time.time_ns()
        destroyed.wait()
    code = run.stop()
    others = fleet.others(victim)
    figures("virsh destroy of a stopped QEMU", held_s=round(held_s, 1), **run.figures(others), **pressure.figures())
    return SimpleNamespace(run=run, vm=victim.name, others=others, samples=run.samples, code=code, held_s=held_s, free_ns=free_ns,
                           ticks=[*run.fault, *run.after], held=range(run.fault[1], tick_of(free_ns)), pressure=pressure)


def test_the_lock_was_held_for_long(lock):
    """Else this module would show nothing."""
    assert lock.held_s > 8


def test_no_cycle_is_missed(lock):
    assert lock.samples.missed_cycles(lock.ticks) == []


def test_no_other_vm_misses_more_than_one_sample(lock):
    assert {vm: ticks for vm, ticks in lock.samples.missed(lock.others, lock.ticks).items() if len(ticks) > 1} == {}


def test_the_vms_of_other_lanes_miss_no_sample(lock):
    """Only those that were asked in the same call as the VM whose lock is held may miss one."""
    assert len(lock.samples.missed(lock.others, lock.ticks)) <= (len(lock.others) + 1) // LANES - 1


def test_the_samples_of_the_others_are_full(lock):
    assert lock.samples.partial(lock.others, lock.ticks) == {}


def test_the_vm_that_is_set_aside_keeps_a_line(lock):
    """From the second cycle on; in the first it may be what the call waits for."""
    assert lock.samples.missed([lock.vm], lock.held[1:]) == {}


def test_the_line_of_the_vm_that_is_set_aside_says_only_that_it_is_blocked(lock):
    found = {tuple(sorted(line.fields)) for line in lock.samples.of(lock.vm, lock.held)}
    assert found == {("monitor_blocked_s", "monitor_ok")}


def test_the_vm_is_reported_blocked(lock):
    assert {line.fields["monitor_ok"] for line in lock.samples.of(lock.vm, lock.held)} == {False}


def test_the_time_that_it_has_been_blocked_grows(lock):
    blocked = [line.fields["monitor_blocked_s"] for line in lock.samples.of(lock.vm, lock.held)]
    assert all(before < now for before, now in zip(blocked, blocked[1:]))


def test_a_vm_that_is_destroyed_has_no_more_lines(lock):
    lines = [line for line in lock.samples.lines if line.tags.get("vm") == lock.vm]
    assert [line for line in lines if line.time_ns > lock.free_ns + 1e9] == []


def test_at_most_four_workers_of_the_daemon_wait_for_it(lock):
    assert lock.pressure.blocked_max <= WAITING_MAX + DESTROYING


def test_no_lane_is_parked_afterwards(lock):
    assert set(lock.samples.host("lanes_parked", lock.run.after[1:])) == {0}


def test_every_complaint_is_about_the_vm(lock):
    log = lock.run.told + lock.run.told_after
    assert [line for line in log if lock.vm not in line] == []


def test_the_log_mentions_the_lock_at_its_start_and_its_end_only(lock):
    assert 1 <= len(lock.run.told + lock.run.told_after) <= 2


def test_threads_descriptors_and_memory_return_to_their_level(lock):
    assert lock.run.grown() == {}


def test_the_program_ends_as_if_nothing_had_happened(lock):
    assert lock.code == 0
