#!/usr/bin/env python3
"""The cost of a cycle with real guests: starts N idle QEMU guests (1 vCPU, 2 disks, 2 NICs each) on a private libvirtd and
runs cycle_cost against it, then reads CPU time and memory of `vmtelem run` itself over a minute.

As root, on Debian 12 with libvirt-daemon-system, libvirt-clients and qemu-system-x86; takes about two minutes.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUN_SECONDS = 60
URI = "qemu:///system"


def cpu_ticks(pid):
    """User and system time of a process, in clock ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def memory_kb(pid, name):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def measure_run(binary):
    """CPU per cycle and memory of the program itself, printing to nowhere."""
    command = [binary, "run", "--stdout", "-q", "-c", URI, "-i", "1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        time.sleep(5)
        before = cpu_ticks(process.pid)
        time.sleep(RUN_SECONDS)
        used_ms = (cpu_ticks(process.pid) - before) * 1000 / os.sysconf("SC_CLK_TCK")
        print(f"vmtelem run      {used_ms / RUN_SECONDS:.2f} ms CPU per cycle over {RUN_SECONDS} cycles, "
              f"RSS {memory_kb(process.pid, 'VmRSS')} kB, peak {memory_kb(process.pid, 'VmHWM')} kB")
        process.terminate()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", metavar="BUILD_DIRECTORY", type=Path, nargs="?", default=Path("build/test"),
                        help="where cmd/vmtelem and tests/bench/cycle_cost were built (default: build/test)")
    parser.add_argument("guests", metavar="GUESTS", type=int, nargs="?", default=40, help="how many (default: 40)")
    return parser.parse_args()


def main():
    options = parse_arguments()
    sys.path.insert(0, str(ROOT / "tests" / "integration"))
    from harness.guests import idle_guest  # only now: --help works where these cannot be loaded
    from harness.libvirtd import Libvirtd
    from harness.world import World
    build, world = options.build.resolve(), World()
    Libvirtd(world.directory("libvirtd")).start()
    directory = world.directory("guests")
    for number in range(options.guests):
        idle_guest(directory, f"bench-{number}").create()
    subprocess.run([build / "tests" / "bench" / "cycle_cost", URI, "50"], check=True)
    measure_run(build / "cmd" / "vmtelem")
    world.close()


if __name__ == "__main__":
    main()
