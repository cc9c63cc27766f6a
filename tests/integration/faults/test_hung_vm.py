"""One QEMU stops answering: its monitor-bound fields are missing, and nothing of anybody else."""

from types import SimpleNamespace

import pytest
from harness.faults import frozen


@pytest.fixture(scope="module")
def hang(fleet, observe, fault_s, figures):
    victim = fleet.guests[6]
    run = observe()
    with run.during_fault(), frozen(victim):
        run.outlast(fault_s)
    code = run.stop()
    figures("one hung VM", **run.figures(fleet.others(victim)))
    hung = run.fault[1:]  # it froze after the cycle of its first tick
    return SimpleNamespace(run=run, vm=victim.name, others=fleet.others(victim), hung=hung, samples=run.samples, code=code)


def ticks(hang):
    return [*hang.run.fault, *hang.run.after]


def naming(vm, log):
    return [line for line in log if vm in line]


def disk_rates(lines):
    return [field for line in lines for field in line.fields if field.startswith("disk_") or line.measurement == "vm_disk"]


def test_no_cycle_is_missed(hang):
    assert hang.samples.missed_cycles(ticks(hang)) == []


def test_no_other_vm_misses_a_sample(hang):
    assert hang.samples.missed(hang.others, ticks(hang)) == {}


def test_every_sample_of_the_others_is_full(hang):
    assert hang.samples.partial(hang.others, ticks(hang)) == {}


def test_the_hung_vm_has_a_line_in_every_cycle(hang):
    assert hang.samples.missed([hang.vm], ticks(hang)) == {}


def test_the_hung_vm_keeps_what_needs_no_monitor(hang):
    known = ("state", "domain_id", "cpu_time_ns", "net_rx_bytes", "net_tx_packets")
    assert hang.samples.lacking([hang.vm], hang.hung, known) == {}


def test_the_hung_vm_keeps_the_lines_of_its_nics(hang):
    assert len(hang.samples.at(hang.vm, hang.hung, "vm_nic")) == 2 * len(hang.hung)


def test_the_line_of_the_hung_vm_says_that_its_monitor_does_not_answer(hang):
    assert {line.fields.get("monitor_ok") for line in hang.samples.of(hang.vm, hang.hung)} == {False}


def test_the_time_that_it_has_been_hung_grows(hang):
    blocked = [line.fields["monitor_blocked_s"] for line in hang.samples.of(hang.vm, hang.hung)]
    assert all(before < now for before, now in zip(blocked, blocked[1:]))


def test_the_time_that_it_has_been_hung_is_true(hang):
    """The first call meets it one tick after the window begins."""
    last = hang.samples.of(hang.vm, hang.hung)[-1].fields["monitor_blocked_s"]
    assert last == pytest.approx(len(hang.hung) - 1, abs=1)


def test_the_hung_vm_has_no_disk_fields(hang):
    assert disk_rates(hang.samples.of(hang.vm, hang.hung)) == []


def test_the_hung_vm_has_no_lines_of_disks(hang):
    assert hang.samples.at(hang.vm, hang.hung, "vm_disk") == []


def test_no_rate_of_its_disks_is_invented(hang):
    """Neither while they are unknown nor over the gap."""
    first_full = next(tick for tick in hang.run.after if "disk_rd_bytes" in hang.samples.totals[hang.vm][tick].fields)
    assert disk_rates(hang.samples.at(hang.vm, range(hang.hung[0], first_full + 1), "vm_features")) == []


def test_the_hung_vm_is_back_in_full_within_two_cycles(hang):
    back = hang.run.after[1:]
    assert (hang.samples.missed([hang.vm], back), hang.samples.partial([hang.vm], back)) == ({}, {})


def test_one_lane_is_parked_while_it_lasts(hang):
    assert set(hang.samples.host("lanes_parked", hang.hung)) == {1}


def test_one_vm_is_counted_as_blocked_while_it_lasts(hang):
    assert set(hang.samples.host("vms_monitor_blocked", hang.hung)) == {1}


def test_no_lane_is_parked_afterwards(hang):
    assert set(hang.samples.host("lanes_parked", hang.run.after[1:])) == {0}


def test_the_start_is_logged_once_and_nothing_else(hang):
    assert (len(naming(hang.vm, hang.run.told)), len(hang.run.told)) == (1, 1)


def test_the_end_is_logged_once_and_nothing_else(hang):
    assert (len(naming(hang.vm, hang.run.told_after)), len(hang.run.told_after)) == (1, 1)


def test_threads_descriptors_and_memory_return_to_their_level(hang):
    assert hang.run.grown() == {}


def test_the_program_ends_as_if_nothing_had_happened(hang):
    assert hang.code == 0
