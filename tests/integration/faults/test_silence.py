"""The daemon is silent for some seconds: each cycle ends soon and says so, nobody blames a VM, and then all is as before."""

import time
from types import SimpleNamespace

import pytest
from harness.blame import naming_vms
from harness.cycle_ends import PROMPT, CycleEnds
from harness.faults import daemon_stopped
from harness.line_protocol import select
from harness.wait import wait_for

FIRST_LINE_S = 6 + 1  # the first call may take longest, since nothing is known yet of how long an answer takes
KNOWN_AFTER_CYCLES = 3


@pytest.fixture(scope="module")
def silence(libvirtd, fleet, observe, full, figures):
    """`known`: the ticks in which the silence has lasted long enough to be called that. The last ones may see its end."""
    run = observe(**PROMPT)
    with CycleEnds(run.running) as cycles, run.during_fault(), daemon_stopped(libvirtd):
        run.outlast(20 if full else 6)
    code, samples = run.stop(), run.samples
    known = run.fault[KNOWN_AFTER_CYCLES:-2]
    figures("daemon silent", ups=samples.host("up", [*run.fault, *run.after]), log_at_start=len(run.told),
            log_at_end=len(run.told_after), cycle_end_s_max=cycles.worst_s(), pauses_s=cycles.too_long_silent(),
            **run.figures(fleet.names))
    return SimpleNamespace(run=run, vms=fleet.names, samples=samples, code=code, cycles=cycles, known=known)


def test_each_cycle_ends_in_time(silence):
    assert silence.cycles.late() == {}


def test_cycles_go_on_without_a_pause(silence):
    assert silence.cycles.too_long_silent() == []


def test_the_hypervisor_is_reported_down_as_soon_as_the_silence_is_known(silence):
    assert set(silence.samples.host("up", silence.known)) == {False}


def test_the_hypervisor_is_reported_up_again(silence):
    assert set(silence.samples.host("up", silence.run.after[1:])) == {True}


def test_all_vms_are_sampled_again(silence):
    assert silence.samples.missed(silence.vms, silence.run.after[1:]) == {}


def test_no_vm_is_called_blocked(silence):
    lines = [line for vm in silence.vms for line in silence.samples.of(vm, [*silence.run.fault, *silence.run.after])]
    assert sorted({line.tags["vm"] for line in lines if line.fields.get("monitor_ok") is False}) == []


def test_no_vm_is_blamed(silence):
    assert naming_vms(silence.run.told + silence.run.told_after) == []


def test_the_start_is_logged_once(silence):
    assert len(silence.run.told) == 1


def test_the_end_is_logged_once(silence):
    assert len(silence.run.told_after) == 1


def test_threads_descriptors_and_memory_return_to_their_level(silence):
    assert silence.run.grown() == {}


def test_the_program_ends_as_if_nothing_had_happened(silence):
    assert silence.code == 0


@pytest.fixture(scope="module")
def silent_start(libvirtd, fleet, module_vmtelem, figures):
    """A `run` that begins while the daemon is silent, which then goes on."""
    with daemon_stopped(libvirtd):
        begin = time.monotonic()
        running = module_vmtelem.start("run", "--stdout", POLL_INTERVAL=1, **PROMPT)
        first = wait_for(lambda: select(running.lines(), "vmtelem"), 40, "a first line")[0]
        first_s = time.monotonic() - begin
    begin = time.monotonic()
    wait_for(lambda: set(fleet.names) <= {line.tags["vm"] for line in select(running.lines(), "vm_totals")}, 40, "samples")
    sampled_s = time.monotonic() - begin
    log = running.log()
    figures("start with a silent daemon", first_line_s=round(first_s, 2), up=first.fields["up"], sampled_s=round(sampled_s, 2))
    return SimpleNamespace(first=first, first_s=first_s, log=log, code=running.stop())


def test_the_first_line_of_a_start_in_silence_comes_soon(silent_start):
    assert silent_start.first_s < FIRST_LINE_S


def test_the_first_line_of_a_start_in_silence_says_down(silent_start):
    assert silent_start.first.fields["up"] is False


def test_no_vm_is_blamed_for_a_start_in_silence(silent_start):
    assert naming_vms(silent_start.log) == []


def test_a_start_in_silence_ends_as_if_nothing_had_happened(silent_start):
    assert silent_start.code == 0
