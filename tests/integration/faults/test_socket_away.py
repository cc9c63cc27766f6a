"""The daemon hesitates for less than a second while nobody can connect to it: the connections that are open are as good as
before, so samples go on over them."""

import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from harness.blame import naming_vms
from harness.completeness import SECOND_NS, wait_for_phase
from harness.faults import daemon_stopped
from harness.guests import idle_guest
from harness.libvirtd import answers
from harness.line_protocol import select
from harness.observation import BETWEEN_CYCLES
from harness.wait import wait_for

SOCKETS = [Path("/run/libvirt", name) for name in ("libvirt-sock", "libvirt-sock-ro")]
AWAY = ".away"
AWAY_URI = f"qemu+unix:///system?socket={SOCKETS[0]}{AWAY}"
HESITATES_S = 0.8
NEW_SAMPLED_S = 3


@contextmanager
def sockets_away():
    """Whoever knows the new name still gets through, as the test has to."""
    moved = [(path, Path(f"{path}{AWAY}")) for path in SOCKETS]
    for path, away in moved:
        path.rename(away)
    try:
        yield
    finally:
        for path, away in moved:
            away.rename(path)


@pytest.fixture(scope="module")
def created(world, libvirtd):
    guest = idle_guest(world.directory("meanwhile"), "meanwhile")
    yield guest
    guest.remove()


@pytest.fixture(scope="module")
def away(libvirtd, fleet, observe, created, full, figures):
    run, hesitations = observe(), []
    with run.during_fault():
        with sockets_away():
            assert not answers(), "one can connect by the old name"
            for _ in range(5 if full else 1):
                wait_for_phase(BETWEEN_CYCLES)
                hesitations.append(int(time.time()) + 1)  # the tick that it meets
                with daemon_stopped(libvirtd):
                    time.sleep(HESITATES_S)
                run.outlast(10 if full else 7)
            created.create(AWAY_URI)
        back = time.time()
        first = wait_for(lambda: select(run.running.lines(), "vm_totals", vm=created.name), 30, "a sample of the new guest")[0]
        new_after_s = first.time_ns / SECOND_NS - back
        run.outlast(1)
    code, samples = run.stop(), run.samples
    due = [tick for tick in [*run.fault, *run.after] if tick not in hesitations]
    figures("sockets away, daemon stopped for 0.8 s", up_false=samples.host("up", due).count(False),
            log=len(run.told + run.told_after), new_guest_after_s=round(new_after_s, 2), **run.figures(fleet.names))
    return SimpleNamespace(run=run, vms=fleet.names, samples=samples, code=code, due=due, new_after_s=new_after_s,
                           log=run.told + run.told_after)


def test_samples_go_on_but_in_the_cycle_of_the_stop(away):
    assert away.samples.missed(away.vms, away.due) == {}


def test_the_samples_are_full(away):
    """A call that the stop cut short may hold some jobs for a cycle more."""
    lacking = away.samples.partial(away.vms, away.due)
    assert {vm: ticks for vm, ticks in lacking.items() if len(ticks) > 1} == {}


def test_the_hypervisor_is_reported_up_in_all_cycles_but_that_of_the_stop(away):
    assert set(away.samples.host("up", away.due)) == {True}


def test_no_vm_is_blamed(away):
    assert naming_vms(away.log) == []


def test_the_log_mentions_it_at_most_at_its_start_and_its_end(away):
    """Also why there is no new connection may be told."""
    assert len(away.log) <= 3


def test_a_guest_created_meanwhile_is_sampled_soon_after_the_return(away):
    assert away.new_after_s < NEW_SAMPLED_S


def test_no_lane_is_parked_afterwards(away):
    assert set(away.samples.host("lanes_parked", away.run.after[1:])) == {0}


def test_threads_descriptors_and_memory_return_to_their_level(away):
    assert away.run.grown() == {}


def test_the_program_ends_as_if_nothing_had_happened(away):
    assert away.code == 0
