#!/usr/bin/env python3
"""What builds cost, side by side in one table: a cycle, `run` at work, and a backlog that is delivered.

Each build is measured in each round, one after the other, so that whatever else the machine does falls on all. A figure is the
median of the rounds and, in brackets, the least and the most: a difference within these is noise.

With guests: as root, on Debian 12 with libvirt-daemon-system and qemu-system-x86. With --guests 0 the VMs are those of libvirt's
test driver, which is asked for each one, and no root is needed. A round takes about a minute for each build.
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("cmd/vmtelem", "tests/bench/cycle_cost")
CYCLES, RUN_S = 100, 30
TEST_DRIVER_VMS = [f"vm{number}" for number in range(40)]
ROWS = {"cycle, CPU": (2, "ms"), "cycle, wall": (1, "ms"), "run, CPU of a cycle": (2, "ms"), "run, RSS": (1, "MiB"),
        "backlog": (0, "lines/s"), "backlog, CPU": (2, "s"), "backlog, peak memory": (1, "MiB")}  # decimals, unit


def argument_parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("builds", metavar="BUILD_DIRECTORY", type=Path, nargs="+", help=f"where {' and '.join(PROGRAMS)} are")
    parser.add_argument("--guests", metavar="N", type=int, default=20, help="how many QEMU guests (default: 20)")
    parser.add_argument("--rounds", metavar="N", type=int, default=3, help="how many rounds (default: 3)")
    parser.add_argument("--batches", metavar="N", type=int, default=20_000, help="of 10 lines in the backlog (default: 20000)")
    return parser


@contextmanager
def host_of(guests, directory):
    """URI of a host with that many VMs."""
    if guests == 0:
        from harness.embedded_host import embedded_host
        yield embedded_host(directory, TEST_DRIVER_VMS)
        return
    from with_guests import idle_host
    with idle_host(guests) as uri:
        yield uri


def cycle(build, uri):
    """cycle_cost's medians of a whole cycle: collected, derived, encoded."""
    out = subprocess.run([build / "tests/bench/cycle_cost", uri, str(CYCLES)], check=True, capture_output=True, text=True).stdout
    cpu_ms, wall_ms = map(float, re.search(r"^whole cycle .* ms +(\S+) ms +(\S+) ms$", out, re.M).groups())
    return {"cycle, CPU": cpu_ms, "cycle, wall": wall_ms}


def at_work(build, uri):
    from with_guests import costs_of_run
    cpu_ms, rss_mib, _ = costs_of_run(build / "cmd/vmtelem", uri, RUN_S)
    return {"run, CPU of a cycle": cpu_ms, "run, RSS": rss_mib}


def backlog(build, batches):
    """spool_drain's figures, into the scripted server."""
    import spool_drain
    found = spool_drain.measure(spool_drain.argument_parser().parse_args([str(build), str(batches)]))
    return {"backlog": batches * 10 / found["took_s"], "backlog, CPU": found["cpu_s"], "backlog, peak memory": found["peak_mib"]}


def rounds(options):
    """{build: [figures of a round]}"""
    figures = {build: [] for build in options.builds}
    with tempfile.TemporaryDirectory(prefix="builds-compared-") as directory, host_of(options.guests, Path(directory)) as uri:
        for number in range(options.rounds):
            for build in options.builds:
                print(f"round {number + 1}: {build}", file=sys.stderr)
                figures[build].append({**cycle(build, uri), **at_work(build, uri), **backlog(build, options.batches)})
    return figures


def table(figures):
    lines = ["| | " + " | ".join(map(str, figures)) + " |", "| :-- |" + " --: |" * len(figures)]
    for name, (decimals, unit) in ROWS.items():
        columns = [[found[name] for found in of_build] for of_build in figures.values()]
        cells = [f"{statistics.median(values):.{decimals}f} {unit} ({min(values):.{decimals}f} to {max(values):.{decimals}f})"
                 for values in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    options = argument_parser().parse_args()
    missing = [build / program for build in options.builds for program in PROGRAMS if not (build / program).is_file()]
    if missing:
        argument_parser().error(f"no {', '.join(map(str, missing))}")
    options.builds = [build.resolve() for build in options.builds]
    for folder in ("integration", "fakes"):
        sys.path.insert(0, str(ROOT / "tests" / folder))
    print(table(rounds(options)))


if __name__ == "__main__":
    main()
