"""The daemon is killed and starts anew while one QEMU is stopped: it may be slow with all VMs until it has found out about that
one, which makes no other VM one that does not answer."""

import time
from types import SimpleNamespace

import pytest
from harness.blame import naming_vms
from harness.faults import frozen, slowed
from harness.libvirtd import answers
from harness.wait import wait_for

AWAY_S = 1.5
SLOW_S = 8  # of a start that is slow
SHARE = {"running_s": 0.004, "stopped_s": 0.196}  # of a processor, meanwhile
DUE_CYCLES = 5  # after the new daemon has answered somebody


def at_once(libvirtd):
    libvirtd.start()


def slowly(libvirtd):
    libvirtd.launch()
    with slowed(libvirtd.pid, **SHARE):
        time.sleep(SLOW_S)
    wait_for(answers, 60, "the new daemon to answer")


@pytest.fixture(scope="module")
def renewed(libvirtd, fleet, observe, full, figures):
    """The QEMU goes on in the end. `due`: ticks in which the last of the new daemons has answered others for some cycles."""
    victim, run = fleet.guests[13], observe()
    with run.during_fault(), frozen(victim):
        for start in (at_once, slowly, at_once) if full else (at_once,):
            libvirtd.kill()
            time.sleep(AWAY_S)
            start(libvirtd)
            back = run.last_tick()
            run.outlast(DUE_CYCLES)
    code, samples = run.stop(), run.samples
    others = fleet.others(victim)
    figures("daemon killed and started with one stopped QEMU", ups=samples.host("up", [*run.fault, *run.after]),
            log=len(run.told + run.told_after), blaming=len(naming_vms(run.told + run.told_after)), **run.figures(others))
    return SimpleNamespace(run=run, starts=3 if full else 1, vm=victim.name, others=others, samples=samples, code=code,
                           due=[*range(back + DUE_CYCLES, run.fault[-1] + 1), *run.after])


def test_no_other_vm_is_blamed(renewed):
    """Neither by its name nor in a number of several."""
    log = renewed.run.told + renewed.run.told_after
    assert [line for line in naming_vms(log) if renewed.vm not in line] == []


def test_no_other_vm_is_named(renewed):
    log = renewed.run.told + renewed.run.told_after
    assert [line for line in log if any(vm in line for vm in renewed.others)] == []


def test_no_other_vm_is_called_blocked(renewed):
    lines = [line for vm in renewed.others for line in renewed.samples.of(vm, [*renewed.run.fault, *renewed.run.after])]
    assert sorted({line.tags["vm"] for line in lines if line.fields.get("monitor_ok") is False}) == []


def test_the_others_are_sampled_again(renewed):
    assert renewed.samples.missed(renewed.others, renewed.due) == {}


def test_the_others_are_in_full_again(renewed):
    assert renewed.samples.partial(renewed.others, renewed.due) == {}


def test_the_hypervisor_is_reported_up_again(renewed):
    assert set(renewed.samples.host("up", renewed.due)) == {True}


def test_few_lines_are_logged(renewed):
    """The loss, why there is no new connection, a slow start and the return; the hang and its end."""
    assert len(renewed.run.told + renewed.run.told_after) <= 4 * renewed.starts + 2


def test_threads_descriptors_and_memory_return_to_their_level(renewed):
    assert renewed.run.grown() == {}


def test_the_program_ends_as_if_nothing_had_happened(renewed):
    assert renewed.code == 0
