"""What a process holds, and what the daemon's workers do: a fault must leave both as it found them."""

import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from harness.process_costs import rss_kib
from harness.sampling import Sampling

SLACK = {"threads": 2, "descriptors": 2, "rss_kib": 6 * 1024}
ADMIN = ("virt-admin", "-c", "libvirtd:///system")


@dataclass(frozen=True)
class Level:
    """Threads, open descriptors and resident memory of one process at one time."""

    threads: int
    descriptors: int
    rss_kib: int

    @classmethod
    def of(cls, pid):
        process = Path(f"/proc/{pid}")
        return cls(len(list((process / "task").iterdir())), len(list((process / "fd").iterdir())), rss_kib(pid))

    def grown_since(self, before):
        """{what: (before, now)} of what has not returned to its level. Of threads and descriptors a connection more or less may
        be under way when one looks; an allocator keeps a part of what the threads of a fault have used once."""
        return {name: (getattr(before, name), getattr(self, name)) for name, slack in SLACK.items()
                if getattr(self, name) - getattr(before, name) > slack}

    def __str__(self):
        return f"{self.threads} threads, {self.descriptors} fds, {self.rss_kib / 1024:.1f} MiB"


class HeldWatch(Sampling):
    """The most threads and sockets of one process while this lasts. Cheap enough for a host that is busy."""

    PERIOD_S = 0.1

    def __init__(self, pid):
        super().__init__()
        self._process = Path(f"/proc/{pid}")
        self.threads_max = self.sockets_max = 0
        self.sample()

    def sample(self):
        self.threads_max = max(self.threads_max, len(list((self._process / "task").iterdir())))
        self.sockets_max = max(self.sockets_max, sum(map(is_socket, (self._process / "fd").iterdir())))


def is_socket(descriptor):
    try:
        return os.readlink(descriptor).startswith("socket:")
    except FileNotFoundError:
        return False  # closed meanwhile


def admin(command):
    """{name: number} as virt-admin prints it; empty when the daemon does not answer."""
    try:
        done = subprocess.run([*ADMIN, command, "libvirtd"], capture_output=True, text=True, timeout=10)
    except subprocess.TimeoutExpired:
        return {}
    return {name: int(value) for name, value in re.findall(r"(\w+)\s*: (\d+)", done.stdout)}


class Workers:
    """Which of the daemon's workers are inside a call. virt-admin tells only of the ordinary ones, but lookups and `destroy` are
    also served by the priority workers, of which there are 5. So this looks at what each thread sleeps on: an idle one waits on
    the condition of its pool, where they all did when this object was made; one inside a call on whatever its call needs.
    """

    FUTEX = "202"

    def __init__(self, pid):
        self._tasks = Path(f"/proc/{pid}/task")
        self._idle = {place for place in self._places() if place}

    def busy(self):
        return sum(1 for place in self._places() if place not in self._idle)

    def _places(self):
        """For each worker what it sleeps on, or None while it runs. The two halves of a condition count as one."""
        for task in self._tasks.iterdir():
            try:
                if re.fullmatch(r"(prio-)?rpc-libvir\w*\n", (task / "comm").read_text()):
                    number, *arguments = (task / "syscall").read_text().split()
                    yield int(arguments[0], 16) & ~7 if number == self.FUTEX else None
            except (FileNotFoundError, ProcessLookupError):
                pass  # it ended meanwhile


class PressureWatch(Sampling):
    """Samples what a fault costs while it lasts: the daemon's busy workers and clients, and the threads of one process.

    To be made while all is calm. A worker that serves a healthy poll is busy for a moment, one that waits for a hung VM stays
    busy. So the number that is blocked is the smallest number of busy ones within a cycle.
    """

    PERIOD_S = 0.1
    CYCLE_S = 1.2  # a little more than one interval

    def __init__(self, pid, daemon_pid):
        super().__init__()
        self.pid = pid
        self.workers = Workers(daemon_pid)
        self.busy, self.clients, self.threads = [], [], []  # busy: (time, number)

    @property
    def blocked_max(self):
        """The largest number of workers that were inside calls for a whole cycle."""
        ends = [at for at, _ in self.busy if at - self.busy[0][0] >= self.CYCLE_S]
        assert ends, "too few samples of the daemon's workers"
        return max(min(busy for at, busy in self.busy if end - self.CYCLE_S <= at <= end) for end in ends)

    def figures(self):
        return {"workers_blocked_max": self.blocked_max, "workers_busy_max": max(busy for _, busy in self.busy),
                "clients_max": max(self.clients, default=0), "threads_max": max(self.threads)}

    def sample(self):
        self.threads.append(Level.of(self.pid).threads)
        self.busy.append((time.monotonic(), self.workers.busy()))
        if clients := admin("server-clients-info"):
            self.clients.append(clients["nclients"])
