#!/usr/bin/env python3
"""What it costs `vmtelem run` to deliver what an outage has left: a spool of many small batches, drained into a database.

Leaves BATCHES batches of LINES lines in a spool, starts `run` on it, and tells how long it takes to find and to deliver them,
in how many requests, and with how much memory. The floor is the same lines in batches of 10,000 that this program sends one
after the other, packed beforehand, to another database of the same kind.

No root needed. The default takes about two minutes, most of it to make the spool.

Databases:
"""

import argparse
import gzip
import http.client
import re
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATABASES = {
    "fake": "the scripted server of the tests, which counts lines and keeps none",
    "influxdb": "InfluxDB 1.6 (apt-get install influxdb)",
    "victoria-metrics": "VictoriaMetrics (apt-get install victoria-metrics)",
}
LINES_OF_A_REQUEST = 10_000
VMS = [f"vm{number}" for number in range(20)]  # so many new lines that their multiple is no limit for the old ones
DRAINED_WITHIN_S = 1800


def parse_arguments():
    return argument_parser().parse_args()


def argument_parser():
    description = __doc__ + "\n".join(f"  {name:18}{text}" for name, text in DATABASES.items())
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", metavar="BUILD_DIRECTORY", type=Path, help="where cmd/vmtelem was built")
    parser.add_argument("batches", metavar="BATCHES", type=int, nargs="?", default=50_000, help="how many (default: 50000)")
    parser.add_argument("lines", metavar="LINES", type=int, nargs="?", default=10, help="of each batch (default: 10)")
    parser.add_argument("--database", metavar="NAME", choices=DATABASES, default="fake",
                        help=f"one of {', '.join(DATABASES)} (default: fake)")
    parser.add_argument("--rate", metavar="N", default="10000x", help="as BACKLOG_RATE (default: 10000x, as fast as it can)")
    return parser


def body_of(batch, lines, first_ns, interval_ns):
    stamp = first_ns + batch * interval_ns
    return "".join(f"before,host=node-1,vm=guest-{line:02} cpu_time_ns={batch * 7919 + line}114i,net_rx_bytes={batch}77i,"
                   f"disk_wr_bytes={batch * 31}512i,state=1i {stamp}\n" for line in range(lines))


class Fake:
    """Counts what it is sent."""

    def __init__(self, directory):
        from harness.arrivals import Arrivals
        from influx_server import FakeInflux
        self._server, self._arrivals = FakeInflux(), Arrivals(of_interest=b"none,")
        self._server.default = self._arrivals

    def start(self):
        self._server.__enter__()
        self.url = self._server.url
        return self

    def kill(self):
        self._server.__exit__()

    def requests(self):
        return len(self._arrivals.all)

    def old_lines(self, before_ns):
        return sum(arrival.lines for arrival in self._arrivals.all if arrival.last_ns < before_ns)


def influxdb(directory):
    from harness.databases import InfluxDb

    class Database(InfluxDb):
        def start(self):
            super().start().execute("CREATE DATABASE vmstats")
            return self

        def requests(self):
            [statistics] = self.execute("SHOW STATS FOR 'httpd'")
            return dict(zip(statistics["columns"], statistics["values"][0]))["writeReq"]

        def old_lines(self, _):
            [count] = self.rows_of("SELECT COUNT(state) FROM before")
            return count[1]

        def rows_of(self, query):
            return self.execute(query, "vmstats")[0]["values"]

    return Database(directory)


def victoria_metrics(directory):
    from harness.databases import VictoriaMetrics, http as get

    class Database(VictoriaMetrics):
        def command(self):
            command, settings = super().command()
            return [*command, "-retentionPeriod=100y"], settings  # else it drops what is so old

        def requests(self):
            return self._metric(r'vm_http_requests_total\{path="/influx/write"[^}]*\}')

        def old_lines(self, _):
            get(self.url + "/internal/force_flush")
            _, body = get(self.url + "/api/v1/export?match[]=before_state")
            return sum(series.count(b",", *span_of_values(series)) + 1 for series in body.splitlines())

        def _metric(self, name):
            return sum(int(value) for value in re.findall(rf"^{name} (\d+)$", get(self.url + "/metrics")[1].decode(), re.M))

    return Database(directory)


def span_of_values(series):
    begin = series.index(b'"values":[')
    return begin, series.index(b"]", begin)


MAKERS = {"fake": Fake, "influxdb": influxdb, "victoria-metrics": victoria_metrics}


@contextmanager
def started(options):
    """A database of that kind, with nothing in it."""
    with tempfile.TemporaryDirectory(prefix="spool-drain-") as directory:
        database = MAKERS[options.database](Path(directory)).start()
        try:
            yield database
        finally:
            database.kill()


def bodies(options):
    from harness.made_spool import FIRST_NS, SECOND_NS
    return (body_of(batch, options.lines, FIRST_NS, SECOND_NS) for batch in range(options.batches))


def make_spool(options, root, database):
    from harness.made_spool import FIRST_NS, SECOND_NS, add_body, target_directory
    directory = target_directory(root, database.url, "v1")
    for batch, body in enumerate(bodies(options)):
        stamp = FIRST_NS + batch * SECOND_NS
        add_body(directory, body, stamp, stamp, batch)


def found_after_s(running, began_s):
    """By the clock of its log."""
    told = re.search(r'^time=(\S+)Z .*lines? found in the spool', running.err(), re.M)
    assert told, running.err()
    return datetime.fromisoformat(told[1] + "+00:00").timestamp() - began_s


@contextmanager
def closing_process(running):
    try:
        yield
    finally:
        running.kill()


def drain(options, database, directory):
    """A `run` on that spool until nothing older than its start is left: {what: value}."""
    from harness import books, spool_files
    from harness.embedded_host import embedded_host
    from harness.process_costs import cpu_s, peak_kib
    from harness.vmtelem import Vmtelem
    from harness.wait import wait_for
    program, host = Vmtelem((options.build / "cmd" / "vmtelem").resolve(), directory), embedded_host(directory, VMS)
    began_s, began_ns = time.time(), time.time_ns()
    running = program.start("run", INFLUX_URL=database.url, INFLUX_API="v1", INFLUX_DB="vmstats", SPOOL_MAX_BYTES="64GiB",
                            LIBVIRT_URI=host, POLL_INTERVAL="1s", BACKLOG_RATE=options.rate)
    with closing_process(running):
        wait_for(lambda: not spool_files.older_batches(directory / "spool", began_ns), DRAINED_WITHIN_S, "the spool to be drained")
        took_s, peak, used_s = time.time() - began_s, peak_kib(running.pid) / 1024, cpu_s(running.pid)
        requests, stored = database.requests(), database.old_lines(began_ns)
        code, account = running.stop(), books.at_the_end(running)
        assert (code, stored, account["dropped"]) == (0, options.batches * options.lines, 0), (code, stored, account)
        return {"found_s": found_after_s(running, began_s), "took_s": took_s, "requests": requests, "peak_mib": peak,
                "cpu_s": used_s}


def floor_s(options, database):
    """To send the same lines in large batches."""
    lines = "".join(bodies(options)).splitlines(keepends=True)
    parts = [gzip.compress("".join(lines[begin:begin + LINES_OF_A_REQUEST]).encode(), 1)
             for begin in range(0, len(lines), LINES_OF_A_REQUEST)]
    began_s, connection = time.monotonic(), http.client.HTTPConnection(database.url.removeprefix("http://"))
    for part in parts:
        connection.request("POST", "/write?db=vmstats&precision=ns", part, {"Content-Encoding": "gzip"})
        answer = connection.getresponse()
        assert answer.status == 204, answer.read()
        answer.read()
    return time.monotonic() - began_s


def measure(options):
    with started(options) as database:
        floor = floor_s(options, database)
    with started(options) as database, tempfile.TemporaryDirectory(prefix="spool-drain-") as directory:
        make_spool(options, Path(directory) / "spool", database)
        return {**drain(options, database, Path(directory)), "floor_s": floor}


def text_of(options, found):
    lines = options.batches * options.lines
    rows = [("left in the spool", f"{options.batches} batches, {lines} lines; {options.database}"),
            ("found after", f"{found['found_s']:.2f} s"),
            ("delivered after", f"{found['took_s']:.2f} s, {lines / found['took_s']:.0f} lines/s, {found['requests']} requests"),
            ("peak memory, CPU time", f"{found['peak_mib']:.1f} MiB, {found['cpu_s']:.2f} s"),
            ("floor", f"{found['floor_s']:.2f} s for batches of {LINES_OF_A_REQUEST} lines"),
            ("ratio", f"{found['took_s'] / found['floor_s']:.1f}")]
    return "\n".join(f"{name:24}{value}" for name, value in rows)


def main():
    options = parse_arguments()
    if not (options.build / "cmd" / "vmtelem").is_file():
        argument_parser().error(f"no cmd/vmtelem in {options.build}")
    for folder in ("integration", "fakes"):
        sys.path.insert(0, str(ROOT / "tests" / folder))
    print(text_of(options, measure(options)))


if __name__ == "__main__":
    main()
