"""A guest whose one vCPU is always busy, while libvirtd stands still now and then and its neighbours come and go.

Whatever libvirtd delays, such a vCPU is never more than 100 % busy, and the time of a rate is known to within 10 %. Two things
come on top that are no error of time. QEMU's own threads count for the VM: each poll asks the monitor, which is 3 to 5 % at ten
polls per second. And libvirt has the CPU time of a VM in microseconds from its control group, but that of a vCPU from /proc in
clock ticks, cut off to whole ones for user and system time each: 20 % of 0.1 s.
"""

import itertools
import os
import time

import pytest
from harness.faults import daemon_stopped, in_background
from harness.figures import record
from harness.guests import busy_guest, idle_guest
from harness.line_protocol import select
from harness.wait import wait_for

NAME = "busy"
INTERVALS_S = (0.1, 1, 5)
MOST_PERCENT = 100 * 1.1
TICK_S = 1 / os.sysconf("SC_CLK_TCK")

# Every so often libvirtd stands still from just before a tick on, which is one of the shorter intervals each time and one of
# the longest every third time.
STOP_EVERY_S, STOPPED_S, BEFORE_TICK_S = 3, 0.9, 0.2


def libvirtd_stands_still(libvirtd):
    def stand_still(stop):
        if not stop.wait((-BEFORE_TICK_S - time.time()) % STOP_EVERY_S):
            with daemon_stopped(libvirtd):
                stop.wait(STOPPED_S)
    return in_background(stand_still)


def neighbours_come_and_go(directory):
    """With a pause longer than libvirtd's: a cycle that has to ask about a new VM first meets a stop before its stamp is taken."""
    numbers = itertools.count()

    def live_and_die(stop):
        guest = idle_guest(directory, f"neighbour-{next(numbers):04}").create()
        stop.wait(0.3)
        guest.destroy()
        stop.wait(1.7)
    return in_background(live_and_die)


@pytest.fixture(scope="module")
def busy(world, libvirtd):
    guest = busy_guest(world.directory("busy"), NAME).create()
    guest.prefer()
    yield guest
    guest.remove()


@pytest.fixture(scope="module")
def runs(busy, module_vmtelem, libvirtd, world, full):
    """{interval: lines of a run that lived through it}. The longest interval beside the others, which take turns."""
    def start(interval):
        running = module_vmtelem.start("run", "--stdout", "--batch-age", "100ms", "--per-vcpu", "-i", f"{interval}s")
        wait_for(lambda: select(running.lines(), "vm_totals", vm=NAME), 30, "a first line")
        return running

    running = {}
    factor = 6 if full else 1
    with neighbours_come_and_go(world.directory("neighbours")), libvirtd_stands_still(libvirtd):
        for interval, seconds in ((5, 0), (0.1, 6), (1, 12)):
            running[interval] = start(interval)
            time.sleep(factor * seconds)
    for run in running.values():
        assert run.stop() == 0
    return {interval: run.lines() for interval, run in running.items()}


def values(lines, measurement, field):
    """What was given of the busy guest."""
    return [line.fields[field] for line in select(lines, measurement, vm=NAME) if field in line.fields]


def beyond_resolution(lines):
    """What was given of the vCPU, less what its counter may be off by. A tick that was late makes the time since shorter."""
    series = select(lines, "vm_vcpu", vm=NAME)
    return [line.fields["usage_percent"] - 100 * 2 * TICK_S / ((line.time_ns - before.time_ns) / 1e9)
            for before, line in itertools.pairwise(series) if "usage_percent" in line.fields]


def with_own_threads(lines):
    """CPU time of the VM as a multiple of its vCPU's, from the first to the last sample."""
    used = [series[-1] - series[0] for field in ("cpu_time_ns", "vcpu_time_ns") if (series := values(lines, "vm_totals", field))]
    return max(1, used[0] / used[1])


def rates_uncertain(lines):
    """As counted at the end."""
    return select(lines, "vmtelem")[-1].fields.get("rates_uncertain")


@pytest.mark.parametrize("interval", INTERVALS_S)
def test_the_vm_is_never_busier_than_its_time_is_known(runs, interval):
    found = values(runs[interval], "vm_features", "cpu_percent")
    assert max(found, default=0) <= MOST_PERCENT * with_own_threads(runs[interval])


@pytest.mark.parametrize("interval", INTERVALS_S)
def test_a_vcpu_is_never_busier_than_its_time_and_its_counter_are_known(runs, interval):
    assert max(beyond_resolution(runs[interval]), default=0) <= MOST_PERCENT


@pytest.mark.parametrize("interval", INTERVALS_S)
def test_there_are_rates_all_the_same(runs, interval):
    assert values(runs[interval], "vm_features", "cpu_percent") != []


def test_the_rates_that_are_left_out_are_counted(runs):
    assert rates_uncertain(runs[1]) > 0


@pytest.fixture(scope="module", autouse=True)
def figures(runs):
    for interval, lines in runs.items():
        of_vm, of_vcpu = values(lines, "vm_features", "cpu_percent"), values(lines, "vm_vcpu", "usage_percent")
        record(f"a busy vCPU at {interval} s", own_threads=round(with_own_threads(lines), 3), samples=len(select(lines, "vm_totals", vm=NAME)), rates=len(of_vm),
               vm_percent=[min(of_vm, default=None), max(of_vm, default=None)],
               vcpu_percent=[min(of_vcpu, default=None), max(of_vcpu, default=None)], rates_uncertain=rates_uncertain(lines))
