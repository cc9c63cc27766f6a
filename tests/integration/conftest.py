"""Fixtures of the integration tests: a private libvirt host, guests, databases and the program under test.

Run with `/usr/bin/python3 -m pytest tests/integration` as root on Debian 12. $VMTELEM names the binary (default
build/cmd/vmtelem). VMTELEM_REQUIRE_INTEGRATION=1 turns skips into failures, VMTELEM_FULL=1 makes the suite longer,
VMTELEM_KEEP_SCRATCH=1 leaves images and logs in /tmp/vmtelem-integration-*.
"""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fakes"))

pytest.register_assert_rewrite("harness")  # else a failed assertion in there shows no values

from harness.databases import InfluxDb, VictoriaMetrics  # noqa: E402
from harness.guests import idle_guest  # noqa: E402
from harness.inherited_signals import keep_to_this_process  # noqa: E402
from harness.libvirtd import Libvirtd  # noqa: E402
from harness.linux_guest import LinuxGuest  # noqa: E402
from harness.prerequisites import give_up, missing, vmtelem_path  # noqa: E402
from harness.vmtelem import Vmtelem  # noqa: E402
from harness.world import World  # noqa: E402

keep_to_this_process()


@pytest.fixture(scope="session")
def full():
    """True for the long variant of the suite."""
    return os.environ.get("VMTELEM_FULL") == "1"


@pytest.fixture(scope="session")
def world():
    if faults := missing():
        give_up("; ".join(faults))
    try:
        world = World()
    except OSError as error:
        give_up(f"no private libvirt host: {error}")
    yield world
    world.close()


@pytest.fixture(scope="session")
def libvirtd(world):
    """The daemon of this session. A test that kills it starts it again."""
    daemon = Libvirtd(world.directory("libvirtd"))
    daemon.start()
    return daemon


@pytest.fixture(scope="session")
def binary():
    path = vmtelem_path().resolve()
    if not os.access(path, os.X_OK):
        give_up(f"no program to test at {path}: build it, or set VMTELEM")
    return path


@pytest.fixture
def vmtelem(binary, world, libvirtd):
    """The program under test, with everything that it leaves running killed at the end."""
    program = Vmtelem(binary, world.directory("vmtelem"))
    yield program
    program.close()


@pytest.fixture(scope="module")
def module_vmtelem(binary, world, libvirtd):
    """The same for a module whose tests all look at one run."""
    program = Vmtelem(binary, world.directory("vmtelem"))
    yield program
    program.close()


@pytest.fixture(scope="session")
def linux_guest(world, libvirtd):
    """The guest whose traffic is known; booted once, since that takes 10 s of emulation."""
    guest = LinuxGuest(world.directory("linux-guest")).boot()
    yield guest
    guest.remove()


@pytest.fixture(scope="session")
def any_guest(world, libvirtd):
    """For tests that need something to sample and do not care what."""
    guest = idle_guest(world.directory("guest"), "any").create()
    yield guest
    guest.remove()


@pytest.fixture
def new_guest(world, libvirtd):
    """Function that makes an idle guest (not started) of the given name; gone at the end of the test."""
    guests = []

    def make(name, **options):
        guests.append(idle_guest(world.directory("guest"), name, **options))
        return guests[-1]

    yield make
    for guest in guests:
        guest.remove()


@pytest.fixture(scope="module")
def new_database(world):
    """Function that starts a database of the given class on a free port."""
    servers = []

    def make(kind, **options):
        servers.append(kind(world.directory(kind.__name__), **options))
        return servers[-1].start()

    yield make
    for server in servers:
        server.kill()


@pytest.fixture(scope="module")
def influxdb(new_database):
    server = new_database(InfluxDb)
    server.execute("CREATE DATABASE vmstats")
    return server


@pytest.fixture(scope="module")
def victoria_metrics(new_database):
    return new_database(VictoriaMetrics)
