"""One `run` that lives through a fault, and everything that can be told of it afterwards."""

import signal
import time
from contextlib import contextmanager

from harness import beside
from harness.completeness import INTERVAL_S, Samples, SamplesOfCycles, is_full, tick_of, wait_for_phase
from harness.line_protocol import select
from harness.resources import Level
from harness.wait import wait_for

STEADY_CYCLES = 2
LASTING_CYCLES = 5
RECOVERY_CYCLES = 3
BETWEEN_CYCLES = 0.7  # of an interval: the cycle of this tick is over, the next one has not begun


class Observation:
    """A `run --stdout` over the given VMs, at an interval of 1 s unless another is given.

    `fault` is the window of ticks from the one in which the fault began to the one in which it ended, `after` the ones that
    follow. `told` and `told_after` are the log lines of the fault and of the recovery.
    """

    settling_s = 15  # in which resources have to be back at their level

    def __init__(self, vmtelem, vms, interval_s=INTERVAL_S, **settings):
        self.vms, self.interval_s = vms, interval_s
        self.running = vmtelem.start("run", "--stdout", POLL_INTERVAL=interval_s, **{**beside.lanes(), **settings})
        self.fault = self.after = range(0)
        self.told, self.told_after, self._calm = [], [], 0
        self.level_before = self.level_after = None

    def wait_until_steady(self):
        """Several cycles in a row with a full line of each VM. Gives the level of resources to which it must return. The reserve of
        two hypervisors is more than a level leaves out of account, so then all of it has to be there."""
        wait_for(self._is_steady, 60, f"{STEADY_CYCLES} full cycles in a row")
        self.level_before = Level.of(self.running.pid)
        return self.wait_until_all_lanes_are_connected() if beside.IS_ON else self

    def wait_until_all_lanes_are_connected(self):
        """Those in reserve come one after the other beside the cycles, later on a busy machine: until none came for a while."""
        threads, since = self.level_before.threads, self.last_tick()

        def lasts():
            nonlocal threads, since
            if (now := Level.of(self.running.pid).threads) > threads:
                threads, since = now, self.last_tick()
            return self.last_tick() >= since + LASTING_CYCLES

        wait_for(lasts, 60, "threads to stay as many as they are")
        self.level_before = Level.of(self.running.pid)
        return self

    @contextmanager
    def during_fault(self):
        """Around a fault, which begins between two cycles. On the way out: the recovery, and resources back at their level."""
        wait_for_phase(BETWEEN_CYCLES, self.interval_s)
        begin, self._calm = self._tick_of(time.time_ns()), len(self.running.log())
        yield self
        self.fault = range(begin, self._tick_of(time.time_ns()) + 1)
        self.after = range(self.fault[-1] + 1, self.fault[-1] + 1 + RECOVERY_CYCLES)
        self.wait_for_tick(self.after[-1])
        self.level_after = self._settled_level()
        self.told_after = self.running.log()[self._calm + len(self.told):]

    def outlast(self, seconds):
        """Let a fault last; the caller ends it right afterwards, which is between two cycles again."""
        time.sleep(seconds)
        wait_for_phase(BETWEEN_CYCLES, self.interval_s)
        self.told = self.running.log()[self._calm:]

    def wait_for_tick(self, tick):
        """Until the cycle of that tick, or of a later one, has been written."""
        wait_for(lambda: self.last_tick() >= tick, 30, f"the cycle of tick {tick}; the last is {self.last_tick()}")

    def last_tick(self):
        """Of the newest line of the hypervisor: it comes last in its cycle."""
        hosts = select(self.running.lines()[-2000:], "vmtelem")
        return self._tick_of(hosts[-1].time_ns) if hosts else 0

    def stop(self):
        """SIGTERM; the exit code."""
        self.running.process.send_signal(signal.SIGTERM)
        return self.running.wait(30)

    def grown(self):
        """{what: (before, after)} of the resources that have not returned to their level."""
        return self.level_after.grown_since(self.level_before)

    def describe(self):
        """All cycles and the log, for a test that failed."""
        return self.samples.describe() + "\n" + self.running.err()[-4000:]

    @property
    def samples(self):
        return self._samples_of(self.running.lines())

    def figures(self, others):
        """What is worth reporting of any row."""
        samples, ticks = self.samples, [*self.fault, *self.after]
        latencies = samples.host("poll_latency_ms", ticks)
        return {"cycles": len(ticks), "missed_by_others": sum(map(len, samples.missed(others, ticks).values())),
                "partial_of_others": sum(map(len, samples.partial(others, ticks).values())),
                "latency_ms_max": round(max(latencies, default=0)), "latency_ms_median": round(median(latencies)),
                "lanes": max(samples.host("lanes", ticks), default=0),
                "lanes_parked_max": max(samples.host("lanes_parked", ticks), default=0),
                "before": str(self.level_before), "after": str(self.level_after)}

    def _is_steady(self):
        samples = self._samples_of(self.running.lines()[-2000:])
        newest = sorted(samples.hosts)[-STEADY_CYCLES:]
        lines = [samples.totals.get(vm, {}).get(tick) for vm in self.vms for tick in newest]
        return len(newest) == STEADY_CYCLES and all(line is not None and is_full(line) for line in lines)

    def _tick_of(self, time_ns):
        return tick_of(time_ns, self.interval_s)

    def _samples_of(self, lines):
        return (Samples if self.interval_s >= INTERVAL_S else SamplesOfCycles)(lines, self.interval_s)

    def _settled_level(self):
        """The level once it is back, or what it is after a while: then a test will say what has grown."""
        deadline = time.monotonic() + self.settling_s
        while (level := Level.of(self.running.pid)).grown_since(self.level_before) and time.monotonic() < deadline:
            time.sleep(0.1)
        return level


def median(values):
    return sorted(values)[len(values) // 2] if values else 0
