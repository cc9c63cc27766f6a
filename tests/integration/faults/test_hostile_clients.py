"""Clients of the control server that are slow, hostile or many cost themselves only: no sample is missed, nothing grows."""

from types import SimpleNamespace

import pytest
from harness.control_client import ControlClient
from harness.hostile_clients import KINDS
from harness.line_protocol import select
from harness.process_costs import peak_kib, rss_kib
from harness.vmtelem import Vmtelem
from harness.wait import free_port, wait_for

MORE_MEMORY_KIB = 16 * 1024
FEW_DESCRIPTORS = 128
SECONDS = {"flood": 10, "slow": 5, "left": 5, "garbage": 5}


@pytest.fixture(scope="module", params=KINDS)
def attack(request, fleet, observe, full, figures):
    port = free_port()
    run = observe(LISTEN=f"127.0.0.1:{port}").wait_until_all_lanes_are_connected()
    pid = run.running.pid
    before_kib = rss_kib(pid)
    with run.during_fault():
        KINDS[request.param](port, 30 if full else SECONDS[request.param])
        run.outlast(0)
    peak = peak_kib(pid)
    answered = ControlClient(port).answers()
    code = run.stop()
    figures(f"control server: {request.param}", rss_kib_before=before_kib, peak_kib=peak, **run.figures(fleet.names))
    return SimpleNamespace(run=run, vms=fleet.names, samples=run.samples, ticks=[*run.fault, *run.after], code=code,
                           grown_kib=peak - before_kib, answered=answered)


def test_no_cycle_is_missed(attack):
    assert attack.samples.missed_cycles(attack.ticks) == []


def test_no_sample_is_missed(attack):
    assert attack.samples.missed(attack.vms, attack.ticks) == {}


def test_memory_is_bounded(attack):
    assert attack.grown_kib <= MORE_MEMORY_KIB


def test_threads_and_descriptors_return_to_their_level(attack):
    assert attack.run.grown() == {}


def test_it_answers_afterwards(attack):
    assert attack.answered


def test_it_ends_as_if_nothing_had_happened(attack):
    assert attack.code == 0


@pytest.fixture
def with_few_descriptors(binary, world, libvirtd):
    """The program under a limit that it cannot raise."""
    directory = world.directory("few-descriptors")
    script = directory / "vmtelem"
    script.write_text(f"#!/bin/sh\nulimit -n {FEW_DESCRIPTORS}\nexec {binary} \"$@\"\n")
    script.chmod(0o755)
    program = Vmtelem(script, directory)
    yield program
    program.close()


def test_with_few_descriptors_it_collects_and_answers(with_few_descriptors, fleet):
    port = free_port()
    running = with_few_descriptors.start("run", "--stdout", POLL_INTERVAL=1, LISTEN=f"127.0.0.1:{port}")
    wait_for(ControlClient(port).answers, 20, "an answer")
    wait_for(lambda: {line.tags["vm"] for line in select(running.lines(), "vm_totals")} >= set(fleet.names), 20, "all VMs")
    assert running.stop() == 0
