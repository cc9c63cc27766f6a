"""What it means that nothing was lost: the cycles that arrived are numbered without a gap, and each has all its VMs."""

import re

from harness.line_protocol import parse_line, select

WARNING = re.compile(r"level=(warn|warning|error|err|critical)\b")


def upload(server, **settings):
    """Settings that deliver to a FakeInflux, with batches and pauses short enough for a test."""
    target = {"INFLUX_URL": server.url, "INFLUX_DB": "vmstats", "INFLUX_TOKEN": server.token or "any"}
    return {**target, "BATCH_MAX_SEC": "0.5s", "RETRY_MAX": "1s", **settings}


def delivered(server):
    return [parse_line(line) for line in list(server.lines)]


def missing_cycles(lines):
    """Numbers of cycles that were sampled and did not arrive, judged by each hypervisor's count of its polls."""
    polls = {}
    for line in (line for line in lines if line.measurement == "vmtelem"):
        polls.setdefault(line.tags["host"], set()).add(line.fields["polls"])
    return sorted(number for numbers in polls.values() for number in set(range(1, max(numbers))) - numbers)


def missing_vm_lines(lines):
    """How many VMs the cycles had, less how many lines of VMs there are. A line that arrived twice is one line."""
    vms = {line.time_ns: line.fields["vms"] for line in select(lines, "vmtelem")}
    totals = {(line.series, line.time_ns) for line in select(lines, "vm_totals")}
    return sum(vms.values()) - len(totals)


def assert_complete(lines):
    assert (missing_cycles(lines), missing_vm_lines(lines)) == ([], 0)


def complaints(running):
    """Log lines of level warning and above."""
    return [line for line in running.log() if WARNING.search(line)]
