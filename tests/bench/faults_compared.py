#!/usr/bin/env python3
"""What a fault of some VMs costs the others: vmtelem beside collectd, prometheus-libvirt-exporter and `virsh domstats`.

Starts idle QEMU guests on a private libvirtd, lets each collector sample them once a second, causes a fault, and counts the
samples that arrived. One collector after the other, each with faults of its own, since a call that hangs holds the job of
its VM and so changes what the next caller meets; --together runs them side by side.

A sample of a VM counts when its CPU time and its first disk's counters arrived; a sample of a stopped VM when its CPU time
did, since only its QEMU knows the disks. A collector whose cycle takes longer than a second gives fewer.

As root, on Debian 12: apt-get install libvirt-daemon-system libvirt-clients qemu-system-x86
For the peers: apt-get install --no-install-recommends collectd-core prometheus-libvirt-exporter
One that is not installed is named and left out. All scenarios take about 3 minutes for each collector.

Scenarios:
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Named here and not read from comparing/scenarios.py, so that --help needs nothing but this file.
SCENARIOS = {
    "one-stopped": "one QEMU is stopped (SIGSTOP) for SECONDS and goes on (SIGCONT)",
    "three-stopped": "the same with three QEMUs at once",
    "burst": "three guests of five are destroyed by four `virsh destroy` at a time; each takes half a second to end",
    "lock": "libvirt holds a VM's lock for 10 s, in `virsh destroy` of a stopped QEMU; others are created meanwhile",
    "mute": "the connections that are open between two cycles pass nothing on any more, and new ones work",
}
COLLECTORS = ("vmtelem", "collectd", "prometheus-libvirt-exporter", "virsh")
GUESTS_MIN = 5


def parse_arguments():
    options = argument_parser().parse_args()
    options.scenarios = [name for name in SCENARIOS if name in (options.scenarios or SCENARIOS)]
    options.only = options.only or COLLECTORS
    return options


def argument_parser():
    description = __doc__ + "\n".join(f"  {name:14} {text}" for name, text in SCENARIOS.items())
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", metavar="BUILD_DIRECTORY", type=Path, help="where cmd/vmtelem was built")
    parser.add_argument("guests", metavar="GUESTS", type=int, nargs="?", default=20, help="how many (default: 20)")
    parser.add_argument("seconds", metavar="SECONDS", type=int, nargs="?", default=30,
                        help="how long QEMUs are stopped (default: 30)")
    parser.add_argument("--scenario", metavar="NAME", dest="scenarios", action="append", choices=SCENARIOS,
                        help="only this one; may be given more than once (default: all)")
    parser.add_argument("--only", metavar="PROGRAM", action="append", choices=COLLECTORS,
                        help=f"only this collector of {', '.join(COLLECTORS)}; may be given more than once")
    parser.add_argument("--together", action="store_true", help="run all collectors at the same time")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    return parser


def obstacles(options):
    """What keeps these options from working on this machine."""
    faults = [] if os.geteuid() == 0 else ["needs root, to start a private libvirtd"]
    paths = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    faults += [f"no {tool}" for tool in ("libvirtd", "virsh", "qemu-system-x86_64") if not shutil.which(tool, path=paths)]
    faults += [] if (options.build / "cmd" / "vmtelem").is_file() else [f"no cmd/vmtelem in {options.build}"]
    faults += [] if options.guests >= GUESTS_MIN and options.seconds > 0 else [f"at least {GUESTS_MIN} GUESTS and 1 of SECONDS"]
    return faults


def main():
    options = parse_arguments()
    if faults := obstacles(options):
        argument_parser().error("; ".join(faults))
    sys.path.insert(0, str(ROOT / "tests" / "integration"))
    from comparing.comparison import Comparison  # only now: --help works where this cannot be loaded
    try:
        comparison = Comparison(options).measure()
    except KeyboardInterrupt:
        return 130
    except AssertionError as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        return 1
    print(comparison.text(options.markdown))
    return 1 if comparison.failed else 0


if __name__ == "__main__":
    sys.exit(main())
