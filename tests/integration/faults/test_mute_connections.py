"""All connections that are open go mute, and new ones work: something between `run` and the daemon has forgotten them. No call
on them ever returns, and no VM is to blame for it."""

from types import SimpleNamespace

import pytest
from harness.blame import naming_vms
from harness.cycle_ends import PROMPT, CycleEnds
from harness.mute_proxy import MuteProxy
from harness.observation import Observation
from harness.wait import wait_for

SAMPLES_AGAIN_S = 6
SETTLING_S = 30


@pytest.fixture(scope="module")
def proxy(world, libvirtd):
    path = world.directory("proxy") / "sock"
    proxy = MuteProxy(path)
    wait_for(path.exists, 10, "the proxy to listen")
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def mute(module_vmtelem, fleet, proxy, full, figures):
    run = Observation(module_vmtelem, fleet.names, LIBVIRT_URI=proxy.uri, **PROMPT)
    run.wait_until_steady().wait_until_all_lanes_are_connected()
    run.settling_s = SETTLING_S
    with CycleEnds(run.running) as cycles, run.during_fault():
        for _ in range(3 if full else 1):
            proxy.mute()
            run.outlast(SAMPLES_AGAIN_S + 2)
    code, samples = run.stop(), run.samples
    ticks = [*run.fault, *run.after]
    figures("all connections mute", log=len(run.told + run.told_after), up_false=samples.host("up", ticks).count(False),
            cycle_end_s_max=cycles.worst_s(), pauses_s=cycles.too_long_silent(),
            first_sample_again_tick=first_complete(samples, fleet.names, run.fault[1:]), **run.figures(fleet.names))
    due = [*range(run.fault[-1] - 1, run.fault[-1] + 1), *run.after]  # the last of the fault are SAMPLES_AGAIN_S after a mute
    return SimpleNamespace(run=run, vms=fleet.names, samples=samples, code=code, cycles=cycles, due=due,
                           log=run.told + run.told_after, mutes=3 if full else 1)


def first_complete(samples, vms, ticks):
    """Number of the first of these ticks with a line of each VM."""
    return next((tick - ticks[0] for tick in ticks if samples.missed(vms, [tick]) == {}), None)


def test_each_cycle_ends_in_time(mute):
    assert mute.cycles.late() == {}


def test_cycles_go_on_without_a_pause(mute):
    assert mute.cycles.too_long_silent() == []


def test_all_vms_are_sampled_again_soon(mute):
    assert mute.samples.missed(mute.vms, mute.due) == {}


def test_the_samples_are_full_again(mute):
    assert mute.samples.partial(mute.vms, mute.due) == {}


def test_no_vm_is_blamed(mute):
    assert naming_vms(mute.log) == []


def test_no_vm_is_called_blocked(mute):
    lines = [line for vm in mute.vms for line in mute.samples.of(vm, [*mute.run.fault, *mute.run.after])]
    assert sorted({line.tags["vm"] for line in lines if line.fields.get("monitor_ok") is False}) == []


def test_the_log_mentions_it_at_most_at_its_start_and_its_end(mute):
    assert len(mute.log) <= 2 * mute.mutes


def test_the_hypervisor_is_reported_up_afterwards(mute):
    assert set(mute.samples.host("up", mute.due)) == {True}


def test_no_lane_is_parked_afterwards(mute):
    assert set(mute.samples.host("lanes_parked", mute.run.after[-1:])) == {0}


def test_threads_descriptors_and_memory_return_to_their_level(mute):
    assert mute.run.grown() == {}


def test_the_program_ends_as_if_nothing_had_happened(mute):
    assert mute.code == 0
