#!/usr/bin/env python3
"""What one hung VM costs the others: vmtelem beside collectd, prometheus-libvirt-exporter and `virsh domstats`.

Starts idle QEMU guests on a private libvirtd, lets each collector sample them once a second, stops one QEMU (SIGSTOP),
lets it go on (SIGCONT), and counts the samples that arrived. One collector after the other, each with phases of its own,
since a call that hangs holds the job of its VM and so changes what the next caller meets; --together runs them side by side.

A sample of one of the other VMs counts when its CPU time and its first disk's counters arrived; a sample of the stopped VM
when its CPU time did, since only its QEMU knows the disks. A collector whose cycle takes longer than a second gives fewer.

As root, on Debian 12: apt-get install libvirt-daemon-system libvirt-clients qemu-system-x86
For the peers: apt-get install --no-install-recommends collectd-core prometheus-libvirt-exporter
One that is not installed is named and left out.
"""

import argparse
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from collectors import Collectd, Domstats, PrometheusExporter, Vmtelem  # noqa: E402
from comparison_table import markdown, plain  # noqa: E402
from harness.guests import idle_guest  # noqa: E402
from harness.libvirtd import Libvirtd, domstats  # noqa: E402
from harness.wait import wait_for  # noqa: E402
from harness.world import World  # noqa: E402
from running import Running  # noqa: E402

HEALTHY_S, AFTER_S = 10, 15
START_LIMIT_S = 30


@dataclass(frozen=True)
class Phases:
    """Moments of the monotonic clock. `hung` is the stopped VM, `others` are the rest."""

    hung: str
    others: list
    healthy: float
    stopped: float
    resumed: float
    end: float


def progress(text):
    """One line that is replaced by the next, for somebody who watches."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", metavar="BUILD_DIRECTORY", type=Path, help="where cmd/vmtelem was built")
    parser.add_argument("guests", metavar="GUESTS", type=int, nargs="?", default=20)
    parser.add_argument("seconds", metavar="SECONDS", type=int, nargs="?", default=30, help="how long one QEMU is stopped")
    parser.add_argument("--together", action="store_true", help="run all collectors at the same time")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args()
    faults = [] if os.geteuid() == 0 else ["needs root, to start a private libvirtd"]
    faults += [] if (options.build / "cmd" / "vmtelem").is_file() else [f"no cmd/vmtelem in {options.build}"]
    faults += [] if options.guests > 1 and options.seconds > 0 else ["at least 2 GUESTS and 1 of SECONDS"]
    if faults:
        parser.error("; ".join(faults))
    return options


def installed_collectors(build):
    vmtelem = Vmtelem(build.resolve() / "cmd" / "vmtelem")
    collectors = [vmtelem, Collectd(), PrometheusExporter(), Domstats(), Domstats("--nowait")]
    for missing in (collector for collector in collectors if not collector.is_installed()):
        print(f"left out: {missing.name}{missing.detail}: install {missing.package}", file=sys.stderr)
    return [collector for collector in collectors if collector.is_installed()]


def start_guests(world, number):
    Libvirtd(world.directory("libvirtd")).start()
    directory = world.directory("guests")
    guests = []
    for index in range(number):
        progress(f"starting guest {index + 1} of {number}")
        guests.append(idle_guest(directory, f"bench-{index}").create())
    return guests


def compare(world, collectors, guests, seconds):
    """Run these collectors at the same time, through one set of phases; a row of the table for each."""
    wait_for(lambda: len(domstats()) == len(guests), 60, "all guests to answer")
    runs = [Running(collector, world.directory("collector")) for collector in collectors]
    try:
        for run in runs:
            wait_until_sampled(run, [guest.name for guest in guests])
        begin_between_cycles(runs)
        return pass_through_phases(runs, guests, seconds)
    finally:
        for run in runs:
            run.kill()


def wait_until_sampled(run, vms):
    try:
        wait_for(lambda: run.has_sampled(vms), START_LIMIT_S, f"a sample of every guest from {run.collector.name}")
    except AssertionError as error:
        raise AssertionError(f"{error}; its log:\n{run.log.read_text(errors='replace')[-2000:]}") from None


def begin_between_cycles(runs):
    """So that a phase does not cut a cycle in two. A collector that is never quiet is not waited for longer than this."""
    deadline = time.monotonic() + 5
    while min(run.quiet_s() for run in runs) < 0.2 and time.monotonic() < deadline:
        time.sleep(0.01)


def pass_through_phases(runs, guests, seconds):
    hung = guests[len(guests) // 2]  # neither the first nor the last of what a collector walks through
    names = ", ".join(run.collector.name for run in runs)
    cpu_before = [run.cpu_s() for run in runs]
    healthy = spend(HEALTHY_S, f"{names}: all guests healthy")
    costs = [(run.cpu_s() - before, run.memory_mb()) for run, before in zip(runs, cpu_before)]
    hung.freeze()
    try:
        stopped = spend(seconds, f"{names}: {hung.name} stopped")
    finally:
        hung.thaw()
    resumed = spend(AFTER_S, f"{names}: {hung.name} resumed")
    others = [guest.name for guest in guests if guest is not hung]
    phases = Phases(hung.name, others, healthy, stopped, resumed, time.monotonic())
    return [row(run, phases, *cost) for run, cost in zip(runs, costs)]


def spend(seconds, what):
    """Let a phase go by; returns when it began."""
    begin = time.monotonic()
    while (left := begin + seconds - time.monotonic()) > 0:
        progress(f"{what}, {left:.0f} s left")
        time.sleep(min(left, 1))
    return begin


def row(run, phases, cpu_s, memory_mb):
    bounds = [phases.healthy, phases.stopped, phases.resumed, phases.end]
    counts = [(run.complete(phases.others, *span), run.partial(phases.hung, *span)) for span in zip(bounds, bounds[1:])]
    cycles = counts[0][0]
    back_s = run.all_back([*phases.others, phases.hung], phases.resumed, phases.end)
    return [run.collector.title(), *(f"{others} / {hung}" for others, hung in counts),
            f"{back_s:.1f} s" if back_s is not None else f"> {AFTER_S} s",
            f"{cpu_s * 1000 / cycles:.1f} ms" if cycles else "-",
            f"{memory_mb:.0f} MB" if memory_mb is not None else "-"]


def heading(seconds):
    phases = [f"healthy, {HEALTHY_S} s", f"one stopped, {seconds} s", f"resumed, {AFTER_S} s"]
    return ["", *phases, "all back after", "CPU per cycle", "memory"]


def measure(options):
    """The rows of the table. Whatever happens, nothing that was started is left."""
    world = World()
    try:
        collectors = installed_collectors(options.build)
        groups = [collectors] if options.together else [[collector] for collector in collectors]
        guests = start_guests(world, options.guests)
        return [line for group in groups for line in compare(world, group, guests, options.seconds)]
    finally:
        progress("")
        world.close()


def main():
    options = parse_arguments()
    try:
        rows = measure(options)
    except KeyboardInterrupt:
        return 130
    except AssertionError as error:
        print(f"hung_guest.py: {error}", file=sys.stderr)
        return 1
    print(f"Samples per VM at an interval of 1 s: the fewest of any of the {options.guests - 1} others / the stopped one\n")
    print((markdown if options.markdown else plain)([heading(options.seconds), *rows]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
