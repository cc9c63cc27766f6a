"""While the lock of one VM is held, other VMs are created, defined and undefined as fast with `run` at work as without it.

libvirt holds the lock for the 10 s that `virsh destroy` of a stopped QEMU takes. A client that looks that VM up waits for the
lock with the daemon's list of VMs locked for reading, and then nobody can add a VM to the list or take one from it: an agent
that only reads would keep the host from creating VMs.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from types import SimpleNamespace

import pytest
from harness.faults import lock_held
from harness.guests import idle_guest

KINDS = ("create", "define", "undefine")
TIMES_MAX, MORE_S = 1.5, 0.3  # what is allowed of what it takes without `run`
MET_S = 1.2  # into the lock: a cycle of `run` has met it
SEEN_HUNG_S = 3.2
LOCK_LASTS_AT_LEAST_S = 2  # after the last of them has begun

every_kind = pytest.mark.parametrize("kind", KINDS)


class Changes:
    """Three guests, prepared: one to create, one to define and one to undefine, all at the same time, and again and again."""

    def __init__(self, directory):
        self.guests = [idle_guest(directory, f"to-{kind}") for kind in KINDS]
        to_create, to_define, to_undefine = self.guests
        to_undefine.define()
        self._changes = (to_create.create, to_define.define, to_undefine.undefine)
        self._undo = (to_create.destroy, to_define.undefine, to_undefine.define)

    def beside_a_lock(self, victim, seconds):
        """{kind: how long each took}, and whether the lock was still held at the end. They begin while it is held."""
        times = {kind: [] for kind in KINDS}
        with ThreadPoolExecutor(len(KINDS)) as pool, lock_held(victim) as destroyed:
            begin = time.monotonic()
            time.sleep(MET_S)
            while time.monotonic() < begin + seconds:
                for kind, took_s in zip(KINDS, pool.map(timed, self._changes)):
                    times[kind].append(took_s)
                list(pool.map(timed, self._undo))
            return times, not destroyed.done


def timed(work):
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


@pytest.fixture(scope="module")
def held_s(full):
    """Less than the 10 s after which libvirt uses SIGKILL."""
    return 8 if full else 4


@pytest.fixture(scope="module")
def changes(world, libvirtd):
    changes = Changes(world.directory("changes"))
    yield changes
    for guest in changes.guests:
        guest.remove()


@pytest.fixture(scope="module")
def without(fleet, changes, held_s, figures):
    times, held = changes.beside_a_lock(fleet.guests[3], held_s)
    assert held, "the lock was free too early"
    figures("changes beside a lock, without run", **in_figures(times))
    return times


@pytest.fixture(scope="module", params=["at once", "of a VM that was seen to hang"])
def beside(request, without, observe, fleet, changes, held_s, figures):
    """The same with `run` at work. `without` goes first, so that it is measured without."""
    fleet.mend()
    run, victim = observe(), fleet.guests[11]
    with run.during_fault():
        if request.param != "at once":
            victim.freeze()
            run.outlast(SEEN_HUNG_S)
        times, _ = changes.beside_a_lock(victim, held_s)
    code = run.stop()
    figures(f"changes beside a lock {request.param}, with run", **in_figures(times), **run.figures(fleet.others(victim)))
    return SimpleNamespace(run=run, times=times, code=code, others=fleet.others(victim), samples=run.samples)


def in_figures(times):
    return {f"{kind}_{name}": round(of(values), 2) for kind, values in times.items()
            for name, of in (("s_median", median), ("s_max", max), ("times", len))}


def allowed_s(seconds):
    return TIMES_MAX * seconds + MORE_S


@every_kind
def test_there_are_times_without_run_to_compare_with(without, kind):
    """Else there is nothing to compare with."""
    assert len(without[kind]) >= 3


@every_kind
def test_usually_a_creation_takes_no_longer_with_run_at_work(beside, without, kind):
    assert median(beside.times[kind]) <= allowed_s(median(without[kind]))


@every_kind
def test_all_creations_but_one_take_hardly_longer_with_run_at_work(beside, without, kind):
    """One may meet whatever else the machine does."""
    *most, _ = sorted(beside.times[kind])
    assert max(most) <= allowed_s(max(without[kind])) + MORE_S


@every_kind
def test_none_waits_for_the_lock(beside, kind):
    assert max(beside.times[kind]) < LOCK_LASTS_AT_LEAST_S


def test_no_other_vm_misses_more_than_one_sample(beside):
    ticks = [*beside.run.fault, *beside.run.after]
    assert beside.samples.missed_too_often(beside.others, ticks) == {}


def test_the_hypervisor_never_looks_down(beside):
    assert set(beside.samples.host("up", [*beside.run.fault, *beside.run.after])) == {True}


def test_the_program_ends_as_if_nothing_had_happened(beside):
    assert beside.code == 0
