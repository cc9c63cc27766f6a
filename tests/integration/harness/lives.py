"""A program that is killed and started again and again, and what must be true of each of its lives."""

import re
import statistics
import time
from bisect import bisect
from dataclasses import dataclass, field

from harness import beside, spool_files
from harness.line_protocol import parse_line
from harness.points import Points
from harness.wait import wait_for

POLLS = re.compile(r"[ ,]polls=(\d+)i")


@dataclass
class Life:
    """From start to kill. `kept`: stamp -> number of each of its cycles of which a line was found anywhere afterwards."""

    mood: str
    began_ns: int
    killed_ns: int
    found_unfinished: bool
    kept: dict = field(default_factory=dict)

    @property
    def lasted_s(self):
        return (self.killed_ns - self.began_ns) / 1e9

    @property
    def lost_s(self):
        """How long before its end the last cycle was sampled that was kept."""
        return (self.killed_ns - max(self.kept, default=self.began_ns)) / 1e9

    @property
    def gaps(self):
        """Numbers of cycles that are missing before the last one that was kept."""
        numbers = [self.kept[stamp] for stamp in sorted(self.kept)]
        return [] if numbers == list(range(1, len(numbers) + 1)) else numbers


class Lives:
    """Runs `start` (a function that starts the program) life after life. `promised` is every line that a life left in the
    spool: durable, so it has to be stored in the end."""

    def __init__(self, start, spool, rng):
        self.start, self.spool, self.rng = start, spool, rng
        self.lives, self.promised = [], Points()

    def live(self, mood, seconds):
        """One life of that length, ended by SIGKILL: every other time when a file has just been begun, named or removed."""
        began_ns = time.time_ns()
        running = self.start()
        time.sleep(seconds)
        for _ in range(self.rng.choice((0, 0, 0, 1, 2, 3))):
            outlast_a_change(self.spool)
        assert running.code is None, running.err()[-4000:]
        killed_ns = time.time_ns()
        running.kill()
        self.lives.append(Life(mood, began_ns, killed_ns, bool(spool_files.unfinished(self.spool))))
        self.promised.add(spool_files.spooled_lines(self.spool))

    def settle(self, numbers):
        """Give each life the cycles that were kept of it ({stamp: number}), once all is over. Later ones are nobody's."""
        beginnings = [life.began_ns for life in self.lives]
        for stamp, number in numbers.items():
            if stamp <= self.lives[-1].killed_ns:
                self.lives[bisect(beginnings, stamp) - 1].kept[stamp] = number

    def figures(self):
        lost_s = [life.lost_s for life in self.lives if life.kept]
        return {"kills": len(self.lives), "kills_while_writing": sum(life.found_unfinished for life in self.lives),
                "lives_without_a_cycle": len(self.lives) - len(lost_s), "lost_ms_max": round(max(lost_s) * 1e3),
                "lost_ms_median": round(statistics.median(lost_s) * 1e3), "promised": len(self.promised)}


def deliver_all(start, spool):
    """One more life, until nothing waits that is older: (the running program, when it began)."""
    began_ns = time.time_ns()
    running = start()
    wait_for(lambda: running.log() and spool_files.older_batches(spool, began_ns) == [], 120, "the spool to be delivered")
    return running, began_ns


def outlast_a_change(spool, at_most_s=0.3):
    """Until the spool is not as it was. Does not sleep: what it waits for is over in less than a millisecond."""
    before, deadline = names_in(spool), time.monotonic() + at_most_s
    while names_in(spool) == before and time.monotonic() < deadline:
        pass


def names_in(spool):
    return {path.name for path in spool.glob("*/*")}


def cycle_numbers(points):
    """{stamp: number of the cycle in its life}, by the hypervisor's count of its polls."""
    hosts = [line for line in list(points.lines.values()) if beside.is_cycle(line)]
    return {int(line.rpartition(" ")[2]): int(POLLS.search(line)[1]) for line in hosts}


def cycles(points):
    """{stamp: lines}, parsed. The hypervisor's line of a cycle has the earliest stamp: each VM is asked in its turn. The lines of
    the process itself belong to no cycle."""
    stamps, found = sorted(cycle_numbers(points)), {}
    for line in map(parse_line, points.lines.values()):
        if line.measurement != "vmtelem_agent" and line.tags.get("host") != beside.HOST:
            found.setdefault(stamps[bisect(stamps, line.time_ns) - 1], []).append(line)
    return found


def agent_lines(points):
    return [parse_line(line) for line in points.lines.values() if line.startswith("vmtelem_agent,")]
