"""A QEMU hangs before the program starts: the short commands answer all the same, and `run` begins with everybody else."""

import time
from types import SimpleNamespace

import pytest
from harness.completeness import SECOND_NS, is_full, tick_of
from harness.faults import frozen
from harness.guests import PLUGGED_NIC_XML, idle_guest
from harness.line_protocol import by_vm, select
from harness.observation import Observation
from harness.wait import wait_for

LIST_S, ONCE_S = 1, 6
FIRST_SAMPLE_S = 7  # nothing is known yet of how long an answer takes, so the first call may take longest
WATCHED_CYCLES = 4
HANGS_S = 1.2  # a command of another client is believed to hang after a second


@pytest.fixture(scope="module")
def victim(fleet):
    """A guest that is frozen as long as this module lasts."""
    with frozen(fleet.guests[12]):
        yield fleet.guests[12]


@pytest.fixture(scope="module")
def listing(module_vmtelem, victim, figures):
    return timed(lambda: module_vmtelem("list-vms", "--format", "name"), figures, "list-vms with one hung VM")


@pytest.fixture(scope="module", params=["the first", "one more"])
def sample(request, listing, module_vmtelem, victim, figures):
    if request.param == "one more":
        time.sleep(HANGS_S)  # the call of the first one, which still blocks, is another client's to this one
    return timed(lambda: module_vmtelem("once", "--stdout"), figures, f"once with one hung VM, {request.param}")


def timed(command, figures, row):
    begin = time.monotonic()
    finished = command()
    seconds = time.monotonic() - begin
    figures(row, seconds=round(seconds, 2), code=finished.code)
    return SimpleNamespace(finished=finished, seconds=seconds)


def test_list_vms_answers_at_once(listing):
    assert listing.seconds < LIST_S


def test_list_vms_shows_all_vms(listing, fleet):
    assert set(fleet.names) <= set(listing.finished.out.split())


def test_list_vms_has_no_complaint(listing):
    assert (listing.finished.code, listing.finished.err) == (0, "")


def test_once_ends_in_time(sample):
    assert sample.seconds < ONCE_S


def test_once_has_all_others_in_full(sample, fleet, victim):
    totals = by_vm(sample.finished.lines(), "vm_totals")
    assert [vm for vm in fleet.others(victim) if vm not in totals or not is_full(totals[vm])] == []


def test_once_does_not_invent_what_the_hung_vm_does_not_tell(sample, victim):
    totals = by_vm(sample.finished.lines(), "vm_totals")[victim.name]
    assert (totals.fields.get("monitor_ok"), "disk_rd_bytes" in totals.fields) == (False, False)


def test_once_names_the_hung_vm(sample, victim):
    assert victim.name in sample.finished.err


def test_once_names_no_other_vm(sample, fleet, victim):
    assert [vm for vm in fleet.others(victim) if vm in sample.finished.err] == []


def test_once_says_by_its_exit_code_that_a_part_is_missing(sample):
    assert sample.finished.code == 1


@pytest.fixture(scope="module")
def fresh_victim(fleet):
    """One more, which no call has met: on the other one a call of `once` waits in the daemon, so nobody else has to."""
    with frozen(fleet.guests[4]):
        yield fleet.guests[4]


@pytest.fixture(scope="module")
def newcomer(module_vmtelem, fleet, victim, fresh_victim, world, figures):
    """A `run` that started with hung VMs there; a guest comes, gets a NIC, and goes."""
    begin = time.monotonic()
    run = Observation(module_vmtelem, fleet.others(victim, fresh_victim))
    wait_for(lambda: select(run.running.lines(), "vm_totals", vm=fleet.names[0]), 60, "a first sample")
    first_s = time.monotonic() - begin
    run.wait_for_tick(run.last_tick() + 2)
    directory = world.directory("newcomer")
    guest = idle_guest(directory, "newcomer", nics=1).create()
    made = time.time_ns()
    run.wait_for_tick(tick_of(made) + WATCHED_CYCLES)
    guest.attach(PLUGGED_NIC_XML, directory)
    plugged = time.time_ns()
    run.wait_for_tick(tick_of(plugged) + WATCHED_CYCLES)
    guest.destroy()
    gone = time.time_ns()
    run.wait_for_tick(tick_of(gone) + WATCHED_CYCLES)
    code, samples = run.stop(), run.samples
    others = fleet.others(victim, fresh_victim)
    first = max(min(samples.totals.get(vm, {0: None})) for vm in others)
    ticks = range(first + 1, tick_of(gone) + WATCHED_CYCLES)
    figures("run with two VMs hung from before its start", first_sample_s=round(first_s, 2), cycles=len(ticks),
            missed_by_others=sum(map(len, samples.missed(others, ticks).values())),
            newcomer_after_ticks=min(samples.totals["newcomer"], default=0) - tick_of(made))
    return SimpleNamespace(run=run, first_s=first_s, samples=samples, code=code, ticks=ticks, others=others, made=tick_of(made),
                           plugged=tick_of(plugged), gone_ns=gone)


def test_the_first_sample_comes_soon(newcomer):
    assert newcomer.first_s < FIRST_SAMPLE_S


def test_no_other_vm_misses_a_sample_from_then_on(newcomer):
    """The first cycle itself may be late: how long an answer takes is not known yet."""
    assert newcomer.samples.missed(newcomer.others, newcomer.ticks) == {}


def test_the_samples_of_the_others_are_full(newcomer):
    assert newcomer.samples.partial(newcomer.others, newcomer.ticks) == {}


def test_the_hung_vms_have_lines_as_well(newcomer, victim, fresh_victim):
    assert newcomer.samples.missed([victim.name, fresh_victim.name], newcomer.ticks) == {}


def test_a_new_vm_appears_within_one_cycle(newcomer):
    assert newcomer.samples.missed(["newcomer"], range(newcomer.made + 1, newcomer.made + WATCHED_CYCLES)) == {}


def test_a_plugged_nic_appears_within_two_cycles(newcomer):
    for tick in range(newcomer.plugged + 2, newcomer.plugged + WATCHED_CYCLES):
        assert len(newcomer.samples.at("newcomer", [tick], "vm_nic")) == 2


def test_a_vm_that_is_gone_has_no_line_later_than_one_interval(newcomer):
    lines = [line for line in newcomer.samples.lines if line.tags.get("vm") == "newcomer"]
    assert [line for line in lines if line.time_ns > newcomer.gone_ns + SECOND_NS] == []


def test_the_program_ends_as_if_nothing_had_happened(newcomer):
    assert newcomer.code == 0
