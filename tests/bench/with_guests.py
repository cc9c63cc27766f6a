#!/usr/bin/env python3
"""The cost of a cycle with real guests: starts N idle QEMU guests (1 vCPU, 2 disks, 2 NICs each) on a private libvirtd and
runs cycle_cost against it, then reads CPU time and memory of `vmtelem run` itself over a minute.

As root: tests/bench/with_guests.py BUILD_DIRECTORY [GUESTS]     default: build/test 40
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from harness.guests import idle_guest  # noqa: E402
from harness.libvirtd import Libvirtd  # noqa: E402
from harness.world import World  # noqa: E402

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


def main(build="build/test", guests="40"):
    build = Path(build).resolve()
    world = World()
    Libvirtd(world.directory("libvirtd")).start()
    directory = world.directory("guests")
    for number in range(int(guests)):
        idle_guest(directory, f"bench-{number}").create()
    subprocess.run([build / "tests" / "bench" / "cycle_cost", URI, "50"], check=True)
    measure_run(build / "cmd" / "vmtelem")
    world.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
