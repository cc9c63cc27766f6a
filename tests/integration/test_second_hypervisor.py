"""That there is a second hypervisor with VMTELEM_BESIDE=1: else no test that passes beside it would show anything."""

import pytest
from harness import beside
from harness.wait import wait_for


def hosts_sampled(running, times):
    """Those that have so many cycles."""
    return {line.tags["host"] for line in running.lines() if line.measurement == "vmtelem" and line.fields["polls"] == times}


@pytest.mark.skipif(not beside.IS_ON, reason="with VMTELEM_BESIDE=1 only")
def test_a_run_samples_both_hypervisors(vmtelem, any_guest):
    running = vmtelem.start("run", "--stdout", "--batch-age", "100ms")
    wait_for(lambda: len(hosts_sampled(running, 3)) == 2, 30, "a third cycle of two hypervisors")
    assert beside.HOST in hosts_sampled(running, 3)
