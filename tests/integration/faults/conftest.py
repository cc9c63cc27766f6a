"""Fixtures of the fault tests: 20 guests on one host, and runs of the program that watch all of them while some have a fault.

The guests belong to this folder alone, so that no other test has to sample them. With VMTELEM_FIGURES=FILE each row of measured
figures is appended to FILE.
"""

import pytest
from harness.figures import record
from harness.fleet import Fleet
from harness.guests import idle_guest
from harness.observation import Observation
from harness.second_host import SecondHost

GUESTS = 20


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test shows the run that it looked at: the fixture that made it may have served other tests before."""
    report = (yield).get_result()
    runs = [value.run for value in getattr(item, "funcargs", {}).values() if hasattr(value, "run")]
    if report.failed:
        report.sections += [("the run", run.describe()) for run in runs]


@pytest.fixture(scope="package")
def crowd(world, libvirtd):
    fleet = Fleet(world.directory("crowd"), GUESTS)
    yield fleet
    fleet.remove()


@pytest.fixture(scope="module")
def fleet(crowd):
    """All guests, alive at the start of each module."""
    crowd.mend()
    return crowd


@pytest.fixture(scope="package")
def second_host(world, libvirtd):
    """Another real libvirtd, with a guest of its own."""
    host = SecondHost(world.directory("second-host"))
    host.start()
    idle_guest(world.directory("second-guest"), "second-guest").create(host.uri)
    yield host
    host.kill()
    host.close()


@pytest.fixture(scope="module")
def observe(module_vmtelem, fleet):
    """Function that starts a `run` and waits until it gives full lines of every guest."""
    return lambda **settings: Observation(module_vmtelem, fleet.names, **settings).wait_until_steady()


@pytest.fixture(scope="session")
def fault_s(full):
    """How long a fault lasts."""
    return 60 if full else 10


@pytest.fixture(scope="session")
def figures():
    return record
