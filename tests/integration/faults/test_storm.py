"""VMs are started and destroyed all the time, four at a time, and some locks are held at any moment: the VMs that only run are
sampled on, at an interval that leaves no room for a wait as well as at the usual one.

On a small machine the storm may keep the daemon itself from answering in time. So a client that does nothing else asks for the
same statistics beside it, and the ticks in which that client has to wait for longer than the interval are excused, and counted.
"""

import re
import time
from contextlib import ExitStack
from functools import partial
from types import SimpleNamespace

import pytest
from harness.bare_client import FullCalls
from harness.blame import not_answering
from harness.faults import in_background
from harness.fleet import destroy_all
from harness.guests import idle_guest
from harness.observation import Observation
from harness.resources import HeldWatch

HEALTHY = 8
LOOPS, GUESTS_PER_LOOP = 4, 6
THREADS_MAX = SOCKETS_MAX = 30
WORTH_REPORTING_S = 2
EXCUSED_MAX = 0.6  # of the ticks: with more of them excused nothing is shown

every_interval = pytest.mark.parametrize("storm", [0.2, 1], indirect=True, ids=lambda seconds: f"every {seconds} s")


@pytest.fixture(scope="module")
def healthy(fleet):
    """The rest of the crowd is away meanwhile: the machine has enough to do with the storm."""
    destroy_all(fleet.guests[HEALTHY:])
    return [guest.name for guest in fleet.guests[:HEALTHY]]


@pytest.fixture(scope="module")
def passing(world):
    directory = world.directory("storm")
    guests = [idle_guest(directory, f"storm-{number:02}", disks=0, nics=0) for number in range(LOOPS * GUESTS_PER_LOOP)]
    yield [guests[first::LOOPS] for first in range(LOOPS)]
    for guest in guests:
        guest.remove()


def start_and_destroy(guests, slow, stop):
    """All of them come, and all of them go. Those for which libvirt itself takes long enough to be reported are added to `slow`."""
    for guest in [guest.create(paused=True) for guest in guests if not stop.is_set()]:
        begin = time.monotonic()
        guest.destroy()
        if time.monotonic() - begin >= WORTH_REPORTING_S:
            slow.append(guest.name)


@pytest.fixture(scope="module")
def storm(request, module_vmtelem, healthy, passing, full, figures):
    run = Observation(module_vmtelem, healthy, interval_s=request.param).wait_until_steady()
    slow = []
    with run.during_fault(), HeldWatch(run.running.pid) as held, FullCalls(healthy, request.param) as control:
        with ExitStack() as loops:
            for guests in passing:
                loops.enter_context(in_background(partial(start_and_destroy, guests, slow)))
            run.outlast(30 if full else 8 if request.param < 1 else 5)
    code, samples = run.stop(), run.samples
    excused = control.too_slow_in()
    ticks = [*run.fault, *run.after]
    due = [tick for tick in ticks if tick not in excused]
    missed = samples.missed(healthy, due)
    figures(f"storm at an interval of {request.param} s", excused_ticks=len(ticks) - len(due),
            up_false=ups(samples, ticks).count(False), missed_worst=max(map(len, missed.values()), default=0),
            threads_max=held.threads_max, slow_destroys=len(slow), sockets_max=held.sockets_max, **run.figures(healthy), **control.figures())
    return SimpleNamespace(run=run, healthy=healthy, samples=samples, code=code, ticks=ticks, due=due, held=held,
                           log=run.told + run.told_after, slow=slow,
                           one_in=20 if full or request.param == 1 else 4)


def ups(samples, ticks):
    return samples.host("up", ticks)


@every_interval
def test_the_healthy_vms_keep_their_samples(storm):
    """Nineteen of twenty. Of the few ticks of a short storm at 0.2 s, with other work beside it, three of four."""
    if len(storm.due) < (1 - EXCUSED_MAX) * len(storm.ticks):
        pytest.skip(f"libvirtd kept a bare client waiting too: only {len(storm.due)} of {len(storm.ticks)} ticks count")
    assert storm.samples.missed_too_often(storm.healthy, storm.due, storm.one_in) == {}


@every_interval
def test_the_hypervisor_never_looks_down(storm):
    assert set(ups(storm.samples, storm.ticks)) == {True}


@every_interval
def test_no_healthy_vm_is_named_in_the_log(storm):
    assert [line for line in storm.log if any(vm in line for vm in storm.healthy)] == []


@every_interval
def test_no_vm_is_reported_as_not_answering(storm):
    """Neither one that runs nor one that comes or goes, but for those whose `virsh destroy` took as long."""
    named = {name for line in not_answering(storm.log) for name in re.findall(r"'([^']+)'", line)}
    assert named - set(storm.slow) == set()


@every_interval
def test_threads_are_bounded_during_the_storm(storm):
    assert storm.held.threads_max <= THREADS_MAX


@every_interval
def test_connections_are_bounded_during_the_storm(storm):
    assert storm.held.sockets_max <= SOCKETS_MAX


@every_interval
def test_everything_is_full_afterwards(storm):
    newest = storm.run.after[-1:]
    assert (storm.samples.missed(storm.healthy, newest), storm.samples.partial(storm.healthy, newest)) == ({}, {})


@every_interval
def test_threads_descriptors_and_memory_return_to_their_level(storm):
    assert storm.run.grown() == {}


@every_interval
def test_the_program_ends_as_if_nothing_had_happened(storm):
    assert storm.code == 0
