"""Many healthy VMs are shut off at the same time: nothing is wrong with any of them, nor with the daemon, and nothing says so.

Each `virsh destroy` holds the lock of its VM for more than half a second, and several do at any time while it lasts.
"""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from harness.blame import not_answering
from harness.delivery import WARNING
from harness.faults import destroy_slowly
from harness.guests import idle_guest
from harness.line_protocol import select
from harness.observation import Observation

OF_THE_CROWD, LASTING = 8, 4  # how many are shut off: transient ones, which are gone then, and persistent ones, which stay
AT_A_TIME = 4
SHUT_OFF = 5
SET_ASIDE = {"monitor_ok", "monitor_blocked_s"}


@pytest.fixture(scope="module")
def lasting(world, fleet):
    directory = world.directory("lasting")
    guests = [idle_guest(directory, f"lasting-{number}").define() for number in range(LASTING)]
    yield guests
    for guest in guests:
        guest.remove()


@pytest.fixture(scope="module")
def burst(module_vmtelem, fleet, lasting, full, figures):
    victims = fleet.guests[1::2][:OF_THE_CROWD]
    victims = [*victims[::2], *lasting, *victims[1::2]]
    others = fleet.others(*victims)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        list(pool.map(lambda guest: guest.start(), lasting))
        run = Observation(module_vmtelem, fleet.names + [guest.name for guest in lasting]).wait_until_steady()
        with run.during_fault():
            for _ in range(2 if full else 0):
                list(pool.map(destroy_slowly, victims))
                list(pool.map(lambda guest: guest.start(), lasting))
                fleet.mend()
            took_s = list(pool.map(destroy_slowly, victims))
            run.outlast(1)
    code, samples = run.stop(), run.samples
    ticks = [*run.fault, *run.after]
    totals = [line for guest in victims for line in samples.of(guest.name, ticks)]
    figures("12 VMs destroyed, 4 at a time", destroy_s_max=max(took_s), up_false=samples.host("up", ticks).count(False),
            blocked_lines=sum(line.fields.get("monitor_ok") is False for line in totals),
            shut_off_lines=sum(line.fields.get("state") == SHUT_OFF for line in totals), log=len(run.told + run.told_after),
            **run.figures(others))
    return SimpleNamespace(run=run, samples=samples, code=code, ticks=ticks, others=others, log=run.told + run.told_after)


def test_at_most_one_cycle_in_twenty_is_missed(burst):
    assert len(burst.samples.missed_cycles(burst.ticks)) <= max(1, len(burst.ticks) // 20)


def test_the_hypervisor_never_looks_down(burst):
    assert set(burst.samples.host("up", burst.ticks)) == {True}


def test_no_other_vm_misses_more_than_one_sample_in_twenty(burst):
    assert burst.samples.missed_too_often(burst.others, burst.ticks) == {}


def test_no_poll_counts_as_failed(burst):
    assert set(burst.samples.host("poll_errors", burst.ticks)) == {0}


def test_no_vm_is_reported_as_not_answering(burst):
    assert not_answering(burst.log) == []


def test_there_is_no_warning(burst):
    """That VMs are shut off is no trouble."""
    assert [line for line in burst.log if WARNING.search(line)] == []


def test_no_other_vm_is_called_blocked(burst):
    lines = [line for vm in burst.others for line in burst.samples.of(vm, burst.ticks)]
    assert [line for line in lines if line.fields.get("monitor_ok") is False] == []


def test_a_vm_that_is_reported_blocked_has_the_time_for_which_it_has_been(burst):
    lines = select(burst.samples.lines, "vm_totals")
    assert [line for line in lines if line.fields.get("monitor_ok") is False and "monitor_blocked_s" not in line.fields] == []


def test_a_vm_that_was_shut_off_is_not_written(burst):
    assert [line for line in select(burst.samples.lines, "vm_totals") if line.fields.get("state") == SHUT_OFF] == []


def test_a_line_without_the_number_of_the_vm_says_only_that_it_is_blocked(burst):
    """A VM that is shut off has no number: a line of statistics without one is of a VM that does not run."""
    lines = [line for line in select(burst.samples.lines, "vm_totals") if "domain_id" not in line.fields]
    assert [line for line in lines if line.fields.keys() != SET_ASIDE] == []


def test_no_lane_is_parked_afterwards(burst):
    assert set(burst.samples.host("lanes_parked", burst.run.after[1:])) == {0}


def test_threads_descriptors_and_memory_return_to_their_level(burst):
    assert burst.run.grown() == {}


def test_the_program_ends_as_if_nothing_had_happened(burst):
    assert burst.code == 0
