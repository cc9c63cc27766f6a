"""The libvirt daemon dies and comes back while `run` goes on; its guests live on all the while."""

from types import SimpleNamespace

import pytest
from harness.line_protocol import select
from harness.vmtelem import outlast
from harness.wait import wait_for

OUTAGE_CYCLES = 10


def ups(running):
    """The history of the hypervisor's `up`, one value per cycle."""
    return [line.fields.get("up") for line in select(running.lines(), "vmtelem")]


@pytest.fixture(scope="module")
def outage(libvirtd, module_vmtelem, any_guest, full):
    """A `run` that lived through it: its lines, what it logged of the loss and of the return, and its exit code."""
    running = module_vmtelem.start("run", "--stdout", "--batch-age", "100ms")
    wait_for(lambda: len(ups(running)) > 2, 30, "some cycles")
    calm = len(running.log())
    libvirtd.kill()
    try:
        wait_for(lambda: ups(running)[-1] is False, 30, "a line that says down")
        outlast(OUTAGE_CYCLES * (6 if full else 1))
        told = running.log()[calm:]
    finally:
        libvirtd.start()
    wait_for(lambda: ups(running)[-1] is True, 30, "a line that says up again")
    outlast(4)
    return_told = running.log()[calm + len(told):]
    return SimpleNamespace(running=running, lines=running.lines(), told=told, return_told=return_told, code=running.stop())


def down_times(outage):
    return [line.time_ns for line in select(outage.lines, "vmtelem") if line.fields.get("up") is False]


def test_every_cycle_of_the_outage_has_a_line_that_says_down(outage):
    assert len(down_times(outage)) >= OUTAGE_CYCLES - 2


def test_the_hypervisor_is_down_for_one_period(outage):
    history = ups(outage.running)
    assert sum(1 for before, now in zip(history, history[1:]) if before != now) == 2


def test_no_vm_has_a_line_while_the_daemon_is_down(outage):
    first, last = down_times(outage)[0], down_times(outage)[-1]
    assert [line for line in select(outage.lines, "vm_totals") if first < line.time_ns < last] == []


def test_vms_have_lines_again_afterwards(outage):
    assert [line for line in select(outage.lines, "vm_totals", vm="any") if line.time_ns > down_times(outage)[-1]]


def test_the_first_line_after_the_outage_has_no_rate(outage):
    after = [line for line in outage.lines if line.time_ns > down_times(outage)[-1] and line.tags.get("vm") == "any"]
    first = [line for line in after if line.time_ns == after[0].time_ns]
    assert [field for line in first for field in line.fields if field.endswith("_rate")] == []


def test_the_outage_is_logged(outage):
    assert outage.told


def test_the_outage_is_logged_at_most_twice(outage):
    """That the daemon is lost, and why there is no new connection; not with every cycle, and nothing in other words again."""
    told = outage.told
    assert len(told) <= 2


def test_the_return_is_logged_once(outage):
    told = outage.return_told
    assert len(told) == 1


def test_the_program_ends_as_if_nothing_had_happened(outage):
    assert outage.code == 0


def test_a_daemon_that_is_down_from_the_start_is_waited_for(libvirtd, vmtelem, any_guest):
    libvirtd.kill()
    try:
        running = vmtelem.start("run", "--stdout", "--batch-age", "100ms")
        wait_for(lambda: False in ups(running), 30, "a line that says down")
    finally:
        libvirtd.start()
    wait_for(lambda: select(running.lines(), "vm_totals", vm="any"), 30, "a line of the VM")
    assert running.stop() == 0
