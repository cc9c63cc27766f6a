"""What it means that no sample is missing: each VM has a line of totals for each tick of the schedule.

Ticks lie on whole multiples of the interval of the wall clock. A sample belongs to the tick at or before its stamp, so a cycle
that is late by more than an interval counts as missed, however many lines it wrote in the end.
"""

import time

from harness import beside
from harness.line_protocol import select

INTERVAL_S = 1
SECOND_NS = 10**9
# The schedule runs on the monotonic clock, so a wall clock that a time daemon slews may be a little behind it.
EARLY_NS = 20 * 10**6

NEEDS_MONITOR = ("mem_rss_bytes", "disk_rd_bytes", "disk_wr_reqs")
SHOWN = ("up", "vms_monitor_blocked", "lanes", "lanes_parked", "polls_late", "poll_errors", "poll_latency_ms")
NEEDS_NO_MONITOR = ("state", "domain_id", "net_rx_bytes", "net_tx_packets")


def tick_of(time_ns, interval_s=INTERVAL_S):
    """Number of the tick at or before that time."""
    return (time_ns + EARLY_NS) // round(interval_s * SECOND_NS)


def is_full(totals):
    """Whether the monitor-bound part is there, and marked as such. An idle guest never lacks it by nature."""
    return totals.fields.get("monitor_ok") is True and all(field in totals.fields for field in NEEDS_MONITOR)


def wait_for_phase(phase, interval_s=INTERVAL_S):
    """Until that part of an interval has gone by since a tick, so that a fault meets a cycle in a chosen place."""
    time.sleep((phase * interval_s - time.time()) % interval_s)


class Samples:
    """The lines of a run, by VM and tick. Ticks in results count from the first one asked for."""

    def __init__(self, lines, interval_s=INTERVAL_S):
        self.lines = lines
        self.hosts = {tick_of(line.time_ns, interval_s): line for line in select(lines, "vmtelem")}
        self.totals = {}
        for line, tick in self._totals_by_tick(interval_s):
            self.totals.setdefault(line.tags["vm"], {})[tick] = line

    def missed(self, vms, ticks):
        """{vm: [ticks without a line]} of the VMs that miss any."""
        return self._lacking(vms, ticks, lambda line: line is not None)

    def missed_too_often(self, vms, ticks, one_in=20):
        """Those of `missed` that miss more than one sample in so many; of a few ticks each VM may miss one."""
        allowed = max(1, len(ticks) // one_in)
        return {vm: missed for vm, missed in self.missed(vms, ticks).items() if len(missed) > allowed}

    def partial(self, vms, ticks):
        """{vm: [ticks with a line that is not full]}; a missing line is not partial."""
        return self._lacking(vms, ticks, lambda line: line is None or is_full(line))

    def lacking(self, vms, ticks, fields):
        """{vm: [ticks without a line that has all these fields]}."""
        return self._lacking(vms, ticks, lambda line: line is not None and set(fields) <= line.fields.keys())

    def missed_cycles(self, ticks):
        """Ticks without the hypervisor's own line."""
        return [tick - ticks[0] for tick in ticks if tick not in self.hosts]

    def in_time(self, ticks, interval_s=INTERVAL_S):
        """Those ticks whose cycle was over before the next one was due."""
        return [tick for tick in ticks if tick in self.hosts and self.hosts[tick].fields["poll_latency_ms"] < 1000 * interval_s]

    def of(self, vm, ticks):
        """The lines of totals of one VM."""
        return [line for tick in ticks if (line := self.totals.get(vm, {}).get(tick))]

    def host(self, field, ticks):
        """The values of one field of the hypervisor's line, where it has that."""
        return [self.hosts[tick].fields[field] for tick in ticks if tick in self.hosts and field in self.hosts[tick].fields]

    def at(self, vm, ticks, measurement):
        """All lines of one VM and measurement in these ticks."""
        return [line for line in select(self.lines, measurement, vm=vm) if tick_of(line.time_ns) in ticks]

    def describe(self):
        """A text line per tick of the run: what the hypervisor's line says, and how many VMs have lines, and full ones."""
        first, last = min(self.hosts, default=0), max(self.hosts, default=-1)
        return "\n".join(self._describe_tick(tick) for tick in range(first, last + 1))

    def _describe_tick(self, tick):
        lines = [line for by_tick in self.totals.values() if (line := by_tick.get(tick))]
        host = " ".join(f"{field}={self.hosts[tick].fields.get(field)}" for field in SHOWN) if tick in self.hosts else "no cycle"
        return f"tick {tick}: {len(lines)} lines, {sum(map(is_full, lines))} full; {host}"

    def _totals_by_tick(self, interval_s):
        return [(line, tick_of(line.time_ns, interval_s)) for line in select(self.lines, "vm_totals")]

    def _lacking(self, vms, ticks, suffices):
        found = {vm: [tick - ticks[0] for tick in ticks if not suffices(self.totals.get(vm, {}).get(tick))] for vm in vms}
        return {vm: lacking for vm, lacking in found.items() if lacking}


class SamplesOfCycles(Samples):
    """The same with each sample at the tick of its cycle, whose line of the hypervisor comes last. For intervals that are not
    much longer than a cycle: in those a VM may be stamped after the next tick, in one cycle and not in the other."""

    def _totals_by_tick(self, interval_s):
        cycle = []
        for line in self.lines:
            if line.measurement == "vm_totals":
                cycle.append(line)
            elif line.measurement == "vmtelem" and line.tags.get("host") != beside.HOST:
                yield from ((totals, tick_of(line.time_ns, interval_s)) for totals in cycle)
                cycle = []
