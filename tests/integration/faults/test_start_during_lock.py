"""VMs are started while the lock of another one is held: they are sampled as soon as any new VM, not when that lock is free."""

import time
from types import SimpleNamespace

import pytest
from harness.completeness import SECOND_NS
from harness.faults import lock_held
from harness.guests import idle_guest
from harness.line_protocol import select
from harness.wait import wait_for

SOON_S = 2 + 0.5  # two intervals, and what a busy machine takes
NAMES = ("started-at-once", "started-later")  # the lock is new to `run`, or known
LATER_S = 3

every_guest = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def guests(world, libvirtd):
    directory = world.directory("started")
    guests = [idle_guest(directory, name) for name in NAMES]
    yield guests
    for guest in guests:
        guest.remove()


@pytest.fixture(scope="module")
def started(fleet, observe, guests, figures):
    """`after_s`: {vm: from the end of `virsh create` to its first sample}; `beside`: {vm: whether the lock was held then}."""
    victim, run = fleet.guests[15], observe()
    took_s, after_s, beside = {}, {}, {}
    with run.during_fault(), lock_held(victim) as destroyed:
        begin = time.monotonic()
        for guest, begin_s in zip(guests, (0, LATER_S)):
            time.sleep(max(0, begin + begin_s - time.monotonic()))
            asked = time.monotonic()
            guest.create()
            took_s[guest.name], ready_ns = time.monotonic() - asked, time.time_ns()
            first_ns = wait_for(lambda: first_stamp(run, guest.name), 30, f"a sample of {guest.name}")
            after_s[guest.name], beside[guest.name] = (first_ns - ready_ns) / SECOND_NS, not destroyed.done
    code = run.stop()
    others = fleet.others(victim)
    figures("VMs started while a lock is held", create_s=rounded(took_s), first_sample_after_s=rounded(after_s), beside=beside,
            **run.figures(others))
    return SimpleNamespace(run=run, others=others, samples=run.samples, code=code, after_s=after_s, beside=beside)


def first_stamp(run, vm):
    lines = select(run.running.lines(), "vm_totals", vm=vm)
    return lines[0].time_ns if lines else None


def rounded(values):
    return {name: round(value, 2) for name, value in values.items()}


@every_guest
def test_the_started_vm_is_sampled_within_two_cycles(started, name):
    assert started.after_s[name] <= SOON_S


@every_guest
def test_the_started_vm_is_sampled_while_the_lock_is_held(started, name):
    """Nor did its start wait for the lock."""
    assert started.beside[name]


def test_the_started_vms_are_in_full_after_the_lock(started):
    """Each of them, in all cycles after the lock: the last one is seconds old then."""
    assert started.samples.partial(NAMES, started.run.after[1:]) == {}


def test_no_other_vm_misses_more_than_one_sample(started):
    assert started.samples.missed_too_often(started.others, [*started.run.fault, *started.run.after]) == {}


def test_the_program_ends_as_if_nothing_had_happened(started):
    assert started.code == 0
