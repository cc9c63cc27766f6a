#!/usr/bin/env python3
"""What many hypervisors cost one process. Each is a host of libvirt's embedded test driver with VMs of its own; MUTE of them are
sockets that accept and never answer. A row each: one host as the floor, 200 hosts, and 1,000 of which 100 are mute.

Needs no root and no libvirtd; takes about six minutes. The embedded driver runs inside the process and keeps its VMs once for each
connection, so these figures hold its work and memory too: of hosts that are asked over a socket the process has less to do.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTLING_S = 60  # connections are made one after the other, beside the cycles

Scenario = namedtuple("Scenario", "hosts vms mute")
Costs = namedtuple("Costs", "cpu_percent threads descriptors rss_mib stop_s cycles_missed")
SCENARIOS = [Scenario(1, 50, 0), Scenario(200, 50, 0), Scenario(1000, 10, 100)]


def write_hosts(directory, scenario, mute_uri):
    """The file that names them, the mute ones first."""
    from harness.embedded_host import embedded_host  # only now: --help works where these cannot be loaded
    names = [f"host-{number:04}" for number in range(scenario.hosts)]
    uris = [mute_uri if number < scenario.mute else
            embedded_host(directory, [f"{name}-vm-{vm:02}" for vm in range(scenario.vms)]) for number, name in enumerate(names)]
    path = directory / f"hosts-{scenario.hosts}"
    path.write_text("".join(f"{name}={uri}\n" for name, uri in zip(names, uris)))
    return path


class Program:
    """The program, with nothing of the caller's own settings and with the hosts of that file."""

    def __init__(self, binary, connect_file, scratch):
        self._binary, self._scratch = binary, scratch
        self._environment = {"PATH": os.environ["PATH"], "CONNECT_FILE": str(connect_file), "STATE_DIRECTORY": str(scratch)}

    def start(self, *arguments):
        with open(self._scratch / "out", "wb") as out, open(self._scratch / "err", "wb") as err:
            return subprocess.Popen([self._binary, *arguments], env=self._environment, stdout=out, stderr=err, start_new_session=True)

    def lines(self):
        return (self._scratch / "out").read_bytes().splitlines()


def costs_of_run(program, scenario, options):
    from harness.process_costs import cpu_s
    from harness.resources import Level
    with program.start("run", "--stdout", "-i", str(options.interval)) as process:
        time.sleep(SETTLING_S)
        before_s, begin_s = cpu_s(process.pid), time.monotonic()
        time.sleep(options.seconds)
        cpu_percent = 100 * (cpu_s(process.pid) - before_s) / (time.monotonic() - begin_s)
        level = Level.of(process.pid)
        missed = cycles_missed(program.lines(), scenario, options)
        begin_s = time.monotonic()
        process.terminate()
        process.wait()
        return Costs(cpu_percent, level.threads, level.descriptors, level.rss_kib / 1024, time.monotonic() - begin_s, missed)


def cycles_missed(lines, scenario, options):
    """Of those due while it was measured, over all hosts that are not mute: an `up` is a cycle."""
    since_ns = (time.time() - options.seconds) * 1e9
    up = sum(line.startswith(b"vmtelem,") and b" up=t" in line and int(line.rpartition(b" ")[2]) > since_ns for line in lines)
    return max(0, round((scenario.hosts - scenario.mute) * (options.seconds // options.interval) - up))


def seconds_of_once(program):
    begin_s = time.monotonic()
    with program.start("once", "--stdout") as process:
        process.wait()
    return time.monotonic() - begin_s, process.returncode, sum(line.startswith(b"vm_totals,") for line in program.lines())


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", metavar="BUILD_DIRECTORY", type=Path, nargs="?", default=Path("build/test"),
                        help="where cmd/vmtelem was built (default: build/test)")
    parser.add_argument("--interval", metavar="S", type=float, default=10, help="between two cycles (default: 10)")
    parser.add_argument("--seconds", metavar="S", type=float, default=60, help="that are measured (default: 60)")
    parser.add_argument("--only", metavar="HOSTS,VMS,MUTE", help="this one row instead: hosts, VMs of each, mute ones of them")
    return parser.parse_args()


def measure(scenario, options, sockets):
    with tempfile.TemporaryDirectory(prefix="vmtelem-hosts-") as directory:
        scratch = Path(directory)
        program = Program(options.build.resolve() / "cmd" / "vmtelem", write_hosts(scratch, scenario, sockets.mute), scratch)
        costs = costs_of_run(program, scenario, options)
        print(f"{scenario.hosts:5} x {scenario.vms:3} VMs, {scenario.mute:3} mute  {costs.cpu_percent:6.1f} % CPU"
              f"  {costs.threads:5} threads  {costs.descriptors:5} fds  {costs.rss_mib:7.1f} MiB  stop {costs.stop_s:5.2f} s"
              f"  {costs.cycles_missed} cycles missed")
        seconds, code, vms = seconds_of_once(program)
        print(f"{'':27}once: {seconds:.2f} s, exit {code}, {vms} VMs", flush=True)
    return costs


def print_marginal(floor, costs, hosts):
    per_host = [(more - less) / (hosts - 1) for more, less in zip(costs, floor)]
    print(f"{'':27}each more: {per_host[0]:.3f} % CPU, {per_host[1]:.1f} threads, {per_host[2]:.1f} fds, {per_host[3]:.2f} MiB",
          flush=True)


def main():
    options = parse_arguments()
    sys.path.insert(0, str(ROOT / "tests" / "integration"))
    from harness.deaf_sockets import DeafSockets
    scenarios = [SCENARIOS[0], Scenario(*map(int, options.only.split(",")))] if options.only else SCENARIOS
    with tempfile.TemporaryDirectory(prefix="vmtelem-deaf-") as directory, closing(DeafSockets(Path(directory))) as sockets:
        floor = measure(scenarios[0], options, sockets)
        for scenario in scenarios[1:]:
            print_marginal(floor, measure(scenario, options, sockets), scenario.hosts)


if __name__ == "__main__":
    main()
