"""VMs die in the middle of a poll, and come and go as fast as the machine can: everybody else's data goes on."""

import itertools
import time
from contextlib import ExitStack
from functools import partial
from types import SimpleNamespace

import pytest
from harness.completeness import SECOND_NS, wait_for_phase
from harness.delivery import complaints
from harness.faults import in_background
from harness.guests import idle_guest
from harness.libvirtd import virsh
from harness.line_protocol import select
from harness.wait import wait_for

IN_A_CYCLE = (0.01, 0.04, 0.09, 0.16)  # of an interval, so that it is cut in several places
LINGER_S = (0, 0.3)  # of each maker's guests: some without a pause, some long enough to meet a cycle


def killed_in_cycles(run, fleet):
    gone = {}
    victims = fleet.guests[3:3 + len(IN_A_CYCLE)]
    with run.during_fault():
        for guest, phase in zip(victims, IN_A_CYCLE):
            wait_for_phase(phase)
            guest.kill()
            gone[guest.name] = time.time_ns()
        wait_for(lambda: not gone.keys() & set(virsh("list", "--name").split()), 10, "libvirt to notice the deaths")
        run.outlast(1)
    return gone


def churned(run, directory, seconds):
    gone, numbers = {}, itertools.count()

    def live_and_die(stop, linger_s):
        guest = idle_guest(directory, f"passing-{next(numbers):04}").create()
        stop.wait(linger_s)
        guest.destroy()
        gone[guest.name] = time.time_ns()

    with run.during_fault(), ExitStack() as makers:
        for linger_s in LINGER_S:
            makers.enter_context(in_background(partial(live_and_die, linger_s=linger_s)))
        run.outlast(seconds)
    return gone


@pytest.fixture(scope="module", params=["killed in the middle of a poll", "created and destroyed without a pause"])
def churn(request, fleet, observe, world, fault_s, figures):
    """`lives`: {vm: the time at which it was gone}."""
    fleet.mend()
    run = observe()
    if request.param.startswith("killed"):
        lives = killed_in_cycles(run, fleet)
    else:
        lives = churned(run, world.directory("passing"), fault_s)
    others = [name for name in fleet.names if name not in lives]
    code, samples = run.stop(), run.samples
    seen = {line.tags["vm"] for line in select(samples.lines, "vm_totals")} & lives.keys()
    figures(f"VMs {request.param}", vms_ended=len(lives), of_them_seen=len(seen), **run.figures(others))
    return SimpleNamespace(run=run, others=others, samples=samples, code=code, ticks=[*run.fault, *run.after], lives=lives,
                           seen=seen)


def test_some_of_the_vms_were_sampled(churn):
    """Else nothing would be shown of their end."""
    assert churn.seen


def test_no_cycle_is_missed(churn):
    assert churn.samples.missed_cycles(churn.ticks) == []


def test_no_other_vm_misses_a_sample(churn):
    assert churn.samples.missed(churn.others, churn.ticks) == {}


def test_the_samples_of_the_others_are_full(churn):
    assert churn.samples.partial(churn.others, churn.ticks) == {}


def test_the_hypervisor_never_looks_down(churn):
    assert set(churn.samples.host("up", churn.ticks)) == {True}


def test_no_poll_counts_as_failed(churn):
    assert set(churn.samples.host("poll_errors", churn.ticks)) == {0}


def test_no_line_of_a_vm_is_later_than_one_interval_after_its_end(churn):
    lines = [line for line in churn.samples.lines if line.tags.get("vm") in churn.lives]
    assert [line for line in lines if line.time_ns > churn.lives[line.tags["vm"]] + SECOND_NS] == []


def test_every_complaint_is_about_a_vm_that_ended(churn):
    assert [line for line in complaints(churn.run.running) if not any(vm in line for vm in churn.lives)] == []


def test_no_lane_is_parked_afterwards(churn):
    assert set(churn.samples.host("lanes_parked", churn.run.after[1:])) == {0}


def test_threads_descriptors_and_memory_return_to_their_level(churn):
    assert churn.run.grown() == {}


def test_the_program_ends_as_if_nothing_had_happened(churn):
    assert churn.code == 0
