"""A process whose limit of descriptors is lowered while it runs: connections that are open go on, new ones are not tried, and
it says whose fault that is."""

import os
import resource

import pytest
from harness.delivery import delivered, upload
from harness.line_protocol import select
from harness.wait import wait_for
from influx_server import FakeInflux


def lower(pid, left):
    """Leaves so many descriptors; gives the limit that there was."""
    open_now = len(os.listdir(f"/proc/{pid}/fd"))
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_now + left, before[1]))
    return before


def count(server, name):
    return len(select(delivered(server), "vm_totals", vm=name))


@pytest.fixture
def exhausted(vmtelem, libvirtd, any_guest):
    """The daemon is started anew while there are descriptors for the spool and the database only."""
    with FakeInflux() as server:
        running = vmtelem.start("run", **upload(server))
        wait_for(lambda: count(server, "any") > 5, 30, "samples")
        before = lower(running.pid, 12)
        sampled = count(server, "any")
        wait_for(lambda: count(server, "any") > sampled + 5, 30, "samples over the connections that are open")
        libvirtd.kill()
        libvirtd.start()
        wait_for(lambda: "descriptors open" in running.err(), 60, "the reason why nothing is sampled")
        agent = len(select(delivered(server), "vmtelem_agent"))
        wait_for(lambda: len(select(delivered(server), "vmtelem_agent")) > agent + 5, 30, "lines that are delivered")
        low = running.err()
        resource.prlimit(running.pid, resource.RLIMIT_NOFILE, before)
        sampled = count(server, "any")
        wait_for(lambda: count(server, "any") > sampled + 5, 60, "samples when the limit is back")
        running.stop()
        yield running, low


def test_it_says_that_it_is_its_own_limit_and_goes_on_when_that_is_raised(exhausted):
    running, low = exhausted
    assert "ulimit -n" in low and "keeps" in low
    assert "does not answer" not in low[low.index("descriptors open"):]
    assert running.code == 0 and "0 dropped" in running.err()
