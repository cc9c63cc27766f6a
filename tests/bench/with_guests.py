#!/usr/bin/env python3
"""The cost of a cycle with real guests: starts N idle QEMU guests (1 vCPU, 2 disks, 2 NICs each) on a private libvirtd and
runs cycle_cost against it, then reads CPU time and memory of `vmtelem run` itself over a minute.

As root, on Debian 12 with libvirt-daemon-system, libvirt-clients and qemu-system-x86; takes about two minutes.
"""

import argparse
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUN_SECONDS = 60


@contextmanager
def idle_host(guests):
    """A private libvirtd with that many idle guests; its URI."""
    from harness.guests import idle_guest  # only now: --help works where these cannot be loaded
    from harness.libvirtd import URI, Libvirtd
    from harness.world import World
    world = World()
    Libvirtd(world.directory("libvirtd")).start()
    directory = world.directory("guests")
    for number in range(guests):
        idle_guest(directory, f"bench-{number}").create()
    yield URI
    world.close()


def costs_of_run(binary, uri, seconds):
    """CPU time of a cycle in ms, resident memory and its peak in MiB, of a `run` that samples once a second and prints to nowhere."""
    from harness.process_costs import cpu_s, peak_kib, rss_kib
    command = [binary, "run", "--stdout", "-q", "-c", uri, "-i", "1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        time.sleep(5)
        before_s = cpu_s(process.pid)
        time.sleep(seconds)
        costs = (cpu_s(process.pid) - before_s) / seconds * 1000, rss_kib(process.pid) / 1024, peak_kib(process.pid) / 1024
        process.terminate()
        return costs


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", metavar="BUILD_DIRECTORY", type=Path, nargs="?", default=Path("build/test"),
                        help="where cmd/vmtelem and tests/bench/cycle_cost were built (default: build/test)")
    parser.add_argument("guests", metavar="GUESTS", type=int, nargs="?", default=40, help="how many (default: 40)")
    return parser.parse_args()


def main():
    options = parse_arguments()
    sys.path.insert(0, str(ROOT / "tests" / "integration"))
    build = options.build.resolve()
    with idle_host(options.guests) as uri:
        subprocess.run([build / "tests" / "bench" / "cycle_cost", uri, "50"], check=True)
        cpu_ms, rss_mib, peak_mib = costs_of_run(build / "cmd" / "vmtelem", uri, RUN_SECONDS)
        print(f"vmtelem run      {cpu_ms:.2f} ms CPU per cycle over {RUN_SECONDS} cycles, RSS {rss_mib:.1f} MiB, peak {peak_mib:.1f} MiB")


if __name__ == "__main__":
    main()
