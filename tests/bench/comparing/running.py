"""A collector at work: its process, what it costs, and when which counter of which VM arrived from it."""

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections import defaultdict
from pathlib import Path

from comparing.collectors import COUNTERS, CPU, clean_environment


class Running:
    """The process has a session of its own, so that it can be killed with its children."""

    def __init__(self, collector, directory, uri):
        self.collector = collector
        self.log = directory / "stderr.log"
        self._arrivals = defaultdict(list)  # (vm, counter): moments of the monotonic clock
        self._last_arrival = time.monotonic()
        command, environment = collector.command(directory, uri), clean_environment(directory)
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                             stderr=log, text=True, errors="replace", start_new_session=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for sample in self.collector.samples(self.collector.lines(self._process)):
            self._last_arrival = time.monotonic()
            self._arrivals[sample].append(self._last_arrival)

    def kill(self):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def quiet_s(self):
        """Time since the last arrival."""
        return time.monotonic() - self._last_arrival

    def has_sampled(self, vms):
        return all((vm, counter) in self._arrivals for vm in vms for counter in COUNTERS)

    def complete(self, vms, begin, end):
        """The fewest complete samples of any of these VMs in that time."""
        return min(self._count((vm, counter), begin, end) for vm in vms for counter in COUNTERS)

    def partial(self, vms, begin, end):
        """The fewest samples of any of these VMs that have at least what needs no QEMU."""
        return min(self._count((vm, CPU), begin, end) for vm in vms)

    def longest_gap_s(self, vms, begin, end):
        """The longest time in which one of these VMs had no complete sample. It may have begun before."""
        return max(self._gap_s((vm, counter), begin, end) for vm in vms for counter in COUNTERS)

    def _gap_s(self, key, begin, end):
        moments = [moment for moment in self._arrivals.get(key, ()) if moment < end]
        before = max((moment for moment in moments if moment < begin), default=begin)
        bounds = [before, *(moment for moment in moments if moment >= begin), end]
        return max(later - earlier for earlier, later in zip(bounds, bounds[1:]))

    def _count(self, key, begin, end):
        return sum(begin <= moment < end for moment in self._arrivals.get(key, ()))

    def all_back(self, vms, since, end):
        """Seconds from `since` until every VM has had a complete sample; None if that was not before `end`."""
        keys = [(vm, counter) for vm in vms for counter in COUNTERS]
        firsts = [min((moment for moment in self._arrivals.get(key, ()) if since <= moment < end), default=None) for key in keys]
        return None if None in firsts else max(firsts) - since

    def cpu_s(self):
        """CPU time of the process, to the nanosecond, and of the children that it has waited for, in clock ticks."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        children = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(cpu_clock(self._process.pid)) + children

    def memory_mb(self):
        """Resident memory; None where the work is done by children that come and go."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return None if self.collector.starts_children else pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_clock(pid):
    """The clock of a process: /proc counts in ticks of 10 ms, too coarse for a program that takes 1 ms a cycle."""
    clock = ctypes.c_int()
    error = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise OSError(error, os.strerror(error))
    return clock.value
