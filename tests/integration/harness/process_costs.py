"""What a process has used so far, as the kernel counts it."""

import os
import re
from pathlib import Path

from harness.sampling import Sampling

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    """Of all its threads, in user and kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def disk_write_bytes(pid):
    """What it caused to be written to block devices."""
    return int(re.search(r"^write_bytes: (\d+)", Path(f"/proc/{pid}/io").read_text(), re.M)[1])


def rss_kib(pid):
    return of_status(pid, "VmRSS")


def peak_kib(pid):
    return of_status(pid, "VmHWM")


def of_status(pid, name):
    return int(re.search(rf"{name}:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


class MemoryWatch(Sampling):
    """The largest resident memory of a process while this lasts. VmHWM would also count what was before."""

    PERIOD_S = 0.02

    def __init__(self, pid):
        super().__init__()
        self.before_kib = self.most_kib = rss_kib(pid)
        self._pid = pid

    def sample(self):
        self.most_kib = max(self.most_kib, rss_kib(self._pid))
