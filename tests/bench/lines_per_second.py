#!/usr/bin/env python3
"""How many lines a second `vmtelem run` delivers to a database that answers each write at its next whole second, as InfluxDB 3 does.

Live: as many VMs as make LIVE new lines a second. Backlog: OLD lines in the spool, beside NEW new ones a second. A line is late by the
time from its stamp to the answer to the request that it was in: the age of its batch and the wait for the flush are in it. The floor
is what the server takes from this program, packed beforehand, on forty connections.

No root needed. Each build takes about a minute and a half.
"""

import argparse
import gzip
import http.client
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVER = "tests/bench/flushing_server"
LINES_OF_A_VM, VCPUS = 35, 32  # totals, NIC and disk, and one of each vCPU
LINES_OF_A_BATCH = 10_000
FLOOR_CONNECTIONS, FLOOR_S = 40, 5
LIVE_S = 30
DRAINED_WITHIN_S = 600


def argument_parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("builds", metavar="BUILD_DIRECTORY", type=Path, nargs="+",
                        help=f"where cmd/vmtelem was built; the last one has {SERVER} too")
    parser.add_argument("--live", metavar="N", type=int, default=63_000, help="new lines a second (default: 63000)")
    parser.add_argument("--old", metavar="N", type=int, default=1_000_000, help="lines of the backlog (default: 1000000)")
    parser.add_argument("--new", metavar="N", type=int, default=6_000, help="new lines a second beside it (default: 6000)")
    return parser


@dataclass(frozen=True)
class Write:
    """A request that was answered; see flushing_server.cc."""

    came_ns: int
    answered_ns: int
    first_ns: int
    last_ns: int
    lines: int
    bytes: int
    under_way: int

    @property
    def late_s(self):
        return (self.answered_ns - self.first_ns) / 1e9


class Server:
    """The server, and all requests that it has answered until now."""

    def __init__(self, program):
        self._process = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
        self.url, self.writes = self._process.stdout.readline().strip(), []
        threading.Thread(target=self._read, daemon=True).start()

    def close(self):
        self._process.kill()
        self._process.wait()

    def _read(self):
        for line in self._process.stdout:
            self.writes.append(Write(*map(int, line.split())))


@contextmanager
def started_server(program):
    server = Server(program)
    try:
        yield server
    finally:
        server.close()


def body_of(number, lines=LINES_OF_A_BATCH):
    from harness.made_spool import FIRST_NS, SECOND_NS
    stamp = FIRST_NS + number * SECOND_NS
    return "".join(f"before,host=node-1,vm=guest-{line:05},uuid=22222222-0000-4000-8000-{line:012x} cpu_time_ns={number * 7919 + line}114i,"
                   f"net_rx_bytes={number}77i,net_tx_bytes={line * 13}5i,disk_wr_bytes={number * 31}512i,state=1i {stamp}\n"
                   for line in range(lines))


def floor(program):
    """Lines a second that the server takes."""
    packed = gzip.compress(body_of(0).encode(), 1)
    with started_server(program) as server:
        began_s = time.monotonic()
        threads = [threading.Thread(target=send_for_a_while, args=(server.url, packed)) for _ in range(FLOOR_CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took_s = time.monotonic() - began_s
        return sum(write.lines for write in list(server.writes)) / took_s


def send_for_a_while(url, packed):
    connection, until_s = http.client.HTTPConnection(url.removeprefix("http://")), time.monotonic() + FLOOR_S
    while time.monotonic() < until_s:
        connection.request("POST", "/api/v3/write_lp?db=vmstats", packed, {"Content-Encoding": "gzip"})
        connection.getresponse().read()


class Run:
    """`run` with so many new lines in each tick."""

    def __init__(self, build, directory, server, new_lines, interval_s):
        from harness.embedded_host import embedded_host
        from harness.vmtelem import Vmtelem
        vms = [f"vm-{number:04}" for number in range(max(round(new_lines * interval_s / LINES_OF_A_VM), 1))]
        self.directory, self._server = directory, server
        self.began_ns, self._first_mib = time.time_ns(), None
        self.running = Vmtelem((build / "cmd" / "vmtelem").resolve(), directory).start(
            "run", INFLUX_URL=server.url, INFLUX_DB="vmstats", INFLUX_TOKEN="any", POLL_INTERVAL=str(interval_s), PER_VCPU="1",
            LIBVIRT_URI=embedded_host(directory, vms, VCPUS), SPOOL_MAX_BYTES="16GiB")

    def wait_for_first(self):
        from harness.process_costs import rss_kib
        from harness.wait import wait_for
        wait_for(lambda: self.writes(False), 60, "the first lines")
        self._first_mib = rss_kib(self.running.pid) / 1024

    def writes(self, old):
        return [write for write in list(self._server.writes) if (write.first_ns < self.began_ns) == old]

    def end(self):
        """What it used, and what it says of its lines."""
        from harness import books
        from harness.process_costs import cpu_s, peak_kib
        used = {"first_mib": self._first_mib, "peak_mib": peak_kib(self.running.pid) / 1024, "cpu_s": cpu_s(self.running.pid)}
        code, account = self.running.stop(), books.at_the_end(self.running)
        assert (code, account["dropped"], account["rejected"]) == (0, 0, 0), (code, account)
        return used


def lateness(writes):
    late = [write.late_s for write in writes]
    return {"late_s": statistics.median(late), "latest_s": max(late)}


def live(build, server, directory, options):
    """After twenty seconds to start, to find how many requests it takes, and to catch up."""
    run = Run(build, directory, server, options.live, 0.1)
    run.wait_for_first()
    time.sleep(20)
    begin_ns = time.time_ns()
    time.sleep(LIVE_S)
    writes = [write for write in run.writes(False) if write.answered_ns >= begin_ns]
    sampled = sum(write.lines for write in writes if write.answered_ns < begin_ns + LIVE_S * 1e9)
    return {"lines_per_s": sampled / LIVE_S, "most": max(write.under_way for write in writes), **lateness(writes), **run.end()}


def backlog(build, server, directory, options):
    from harness.made_spool import FIRST_NS, SECOND_NS, add_body, target_directory
    from harness.wait import wait_for
    batches = options.old // LINES_OF_A_BATCH
    for number in range(batches):
        stamp = FIRST_NS + number * SECOND_NS
        add_body(target_directory(directory / "spool", server.url), body_of(number), stamp, stamp, number)
    run = Run(build, directory, server, options.new, 1)
    run.wait_for_first()
    wait_for(lambda: sum(write.lines for write in run.writes(True)) >= batches * LINES_OF_A_BATCH, DRAINED_WITHIN_S, "the backlog")
    old, new = run.writes(True), run.writes(False)
    took_s = (max(write.answered_ns for write in old) - run.began_ns) / 1e9
    return {"took_s": took_s, "lines_per_s": options.old / took_s, "most": max(write.under_way for write in old),
            "requests": len(old), **lateness(new), **run.end()}


def measured(measure, build, options):
    with started_server(options.builds[-1] / SERVER) as server, tempfile.TemporaryDirectory(prefix="lines-per-second-") as directory:
        return measure(build, server, Path(directory), options)


def print_figures(what, found):
    print(f"  {what:10}" + ", ".join(f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}"
                                     for name, value in found.items()))


def main():
    options = argument_parser().parse_args()
    if not (options.builds[-1] / SERVER).is_file():
        argument_parser().error(f"no {SERVER} in {options.builds[-1]}: configure with -DVMTELEM_BENCH=ON")
    for folder in ("integration", "fakes"):
        sys.path.insert(0, str(ROOT / "tests" / folder))
    print(f"floor: {floor(options.builds[-1] / SERVER):.0f} lines/s")
    for build in options.builds:
        print(f"{build}", flush=True)
        print_figures("live", measured(live, build, options))
        print_figures("backlog", measured(backlog, build, options))


if __name__ == "__main__":
    main()
