"""The faults under comparison: what each does to the guests, and what is read from the collectors meanwhile."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Callable

from comparing.phases import begin_between_cycles, spend
from harness.faults import destroy_slowly, frozen, lock_held
from harness.fleet import Fleet
from harness.guests import idle_guest
from harness.libvirtd import URI
from harness.mute_proxy import MuteProxy
from harness.wait import wait_for

HEALTHY_S, AFTER_S = 10, 15
AT_A_TIME, BURST_S = 4, 10
LOCK_S = 10  # libvirt uses SIGKILL then
MET_S, LAST_CREATION_S = 1.2, 8  # into the lock: a cycle has met it; a creation that begins later is not all beside it
MUTE_LIMIT_S = 45  # more than the 30 s after which libvirt's own keepalive gives up


@dataclass(frozen=True)
class Host:
    """What a scenario works on. `seconds` is how long QEMUs are stopped; `directory` makes a new one."""

    fleet: Fleet
    seconds: int
    directory: Callable


class Scenario:
    """Base. `observe` passes through it once, and gives a cell for each label and each of the collectors that run."""

    name = ""

    def __init__(self, host):
        self.host = host

    def labels(self):
        raise NotImplementedError

    def prepare(self):
        """Before the first collector; what it returns is a note below the table."""
        return ""

    @contextmanager
    def connection(self):
        """The URI by which collectors reach libvirt."""
        yield URI

    def observe(self, runs):
        raise NotImplementedError

    def stay_healthy(self, runs):
        """Every collector has seen the guests for a while when the fault comes, and it comes between two cycles."""
        spend(HEALTHY_S, f"{self.name}, {names_of(runs)}: all guests healthy")
        begin_between_cycles(runs)


class ThreeStopped(Scenario):
    """QEMUs that are neither first nor last in what a collector walks through."""

    name, number, word = "three-stopped", 3, "three"

    def labels(self):
        return [f"{self.word} stopped, {self.host.seconds} s", f"{self.word} resumed, {AFTER_S} s",
                f"{self.word} resumed: all back after"]

    def observe(self, runs):
        self.stay_healthy(runs)
        return self._stop_and_resume(runs)

    def _stop_and_resume(self, runs):
        guests = self.host.fleet.guests
        hung = [guests[len(guests) * place // (self.number + 1)] for place in range(1, self.number + 1)]
        with frozen(*hung):
            stopped = spend(self.host.seconds, f"{self.name}, {names_of(runs)}: stopped")
        resumed = spend(AFTER_S, f"{self.name}, {names_of(runs)}: resumed")
        spans = [(stopped, resumed), (resumed, time.monotonic())]
        return [self._cells(run, hung, spans) for run in runs]

    def _cells(self, run, hung, spans):
        others, stopped = self.host.fleet.others(*hung), [guest.name for guest in hung]
        counts = [f"{run.complete(others, *span)} / {run.partial(stopped, *span)}" for span in spans]
        return [*counts, seconds_or_more(run.all_back(self.host.fleet.names, *spans[1]), AFTER_S)]


class OneStopped(ThreeStopped):
    """With what the collectors cost, which is read while all guests are healthy."""

    name, number, word = "one-stopped", 1, "one"

    def labels(self):
        return ["CPU per cycle", "memory", f"healthy, {HEALTHY_S} s", *super().labels()]

    def observe(self, runs):
        cpu_before = [run.cpu_s() for run in runs]
        begin = spend(HEALTHY_S, f"{self.name}, {names_of(runs)}: all guests healthy")
        end = time.monotonic()
        used_s = [run.cpu_s() - before for run, before in zip(runs, cpu_before)]
        healthy = [self._healthy_cells(run, cpu_s, (begin, end)) for run, cpu_s in zip(runs, used_s)]
        return [[*cells, *more] for cells, more in zip(healthy, self._stop_and_resume(runs))]

    def _healthy_cells(self, run, cpu_s, span):
        cycles, memory_mb = run.complete(self.host.fleet.names, *span), run.memory_mb()
        return [f"{cpu_s * 1000 / cycles:.1f} ms" if cycles else "-",
                f"{memory_mb:.0f} MB" if memory_mb is not None else "-", f"{cycles} of {HEALTHY_S}"]


class Burst(Scenario):
    """Nothing is wrong with any guest: many are shut off, and the lock of each is held for half a second."""

    name = "burst"

    def labels(self):
        return [f"{len(self._victims())} destroyed, {AT_A_TIME} at a time: samples in {BURST_S} s", "longest gap then"]

    def _victims(self):
        return [guest for number, guest in enumerate(self.host.fleet.guests) if number % 5 < 3]

    def observe(self, runs):
        self.stay_healthy(runs)
        begin, victims = time.monotonic(), self._victims()
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            list(pool.map(destroy_slowly, victims))
        spend(begin + BURST_S - time.monotonic(), f"{self.name}, {names_of(runs)}: afterwards")
        others = self.host.fleet.others(*victims)
        return [[samples_of_due(run, others, begin, BURST_S), f"{run.longest_gap_s(others, begin, begin + BURST_S):.1f} s"]
                for run in runs]


class Lock(Scenario):
    """Who waits for a VM's lock may keep others from creating VMs, so also that is measured."""

    name = "lock"

    def __init__(self, host):
        super().__init__(host)
        self._newcomer = idle_guest(host.directory("newcomer"), "newcomer")

    def labels(self):
        return [f"lock held, {LOCK_S} s: samples", "virsh create beside it: median / longest"]

    def prepare(self):
        """How long a creation takes anyway."""
        self.host.fleet.mend()
        _, times = self._create_beside_a_lock()
        return f"Without a collector `virsh create` beside a held lock takes {median_and_longest(times)}."

    def observe(self, runs):
        self.stay_healthy(runs)
        begin, times = self._create_beside_a_lock()
        others = self.host.fleet.others(self._victim())
        return [[samples_of_due(run, others, begin, LOCK_S), median_and_longest(times)] for run in runs]

    def _victim(self):
        return self.host.fleet.guests[len(self.host.fleet.guests) // 2]

    def _create_beside_a_lock(self):
        """When the lock began, and how long each creation took."""
        times = []
        with lock_held(self._victim()) as destroyed:
            begin = time.monotonic()
            spend(MET_S, f"{self.name}: held")
            while time.monotonic() < begin + LAST_CREATION_S:
                times.append(self._create_newcomer())
            assert not destroyed.done or times[-1] > 1, "the lock was free too early"
            spend(begin + LOCK_S - time.monotonic(), f"{self.name}: held")
        return begin, times

    def _create_newcomer(self):
        """Paused, since what its BIOS does would cost the collectors CPU time."""
        begin = time.monotonic()
        try:
            self._newcomer.create(paused=True)
            return time.monotonic() - begin
        finally:
            self._newcomer.remove()


class Mute(Scenario):
    """A firewall or a balancer has forgotten the connections. A collector that connects anew each time has none open then."""

    name = "mute"

    def __init__(self, host):
        super().__init__(host)
        self._proxy = None

    def labels(self):
        return ["connections mute: all back after"]

    @contextmanager
    def connection(self):
        path = self.host.directory("proxy") / "sock"
        self._proxy = MuteProxy(path)
        try:
            wait_for(path.exists, 10, "the proxy to listen")
            yield self._proxy.uri
        finally:
            self._proxy.stop()

    def observe(self, runs):
        self.stay_healthy(runs)
        vms, muted = self.host.fleet.names, time.monotonic()
        limit = muted + MUTE_LIMIT_S
        self._proxy.mute()
        while None in [run.all_back(vms, muted, limit) for run in runs] and time.monotonic() < limit:
            spend(0.1, f"{self.name}, {names_of(runs)}: mute")
        return [[seconds_or_more(run.all_back(vms, muted, limit), MUTE_LIMIT_S)] for run in runs]


def names_of(runs):
    return ", ".join(run.collector.name for run in runs)


def seconds_or_more(seconds, limit_s):
    return f"> {limit_s} s" if seconds is None else f"{seconds:.1f} s"


def samples_of_due(run, vms, begin, seconds):
    return f"{run.complete(vms, begin, begin + seconds)} of {seconds}"


def median_and_longest(times):
    return f"{median(times):.1f} s / {max(times):.1f} s"


SCENARIOS = {scenario.name: scenario for scenario in (OneStopped, ThreeStopped, Burst, Lock, Mute)}
