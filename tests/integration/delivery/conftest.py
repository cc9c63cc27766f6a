"""Here it does not matter what is sampled, only what becomes of it: most runs look at libvirt's embedded test driver."""

import pytest
from harness.vmtelem import Vmtelem
from influx_server import FakeInflux


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A directory of the module's own."""
    return tmp_path_factory.mktemp("delivery")


@pytest.fixture(scope="module")
def program(binary, scratch):
    """The program under test, without a libvirt host of its own; killed at the end if it still runs."""
    program = Vmtelem(binary, scratch)
    yield program
    program.close()


@pytest.fixture
def lone_program(binary, tmp_path):
    """The same with a directory, and so a spool, that no other test uses."""
    program = Vmtelem(binary, tmp_path)
    yield program
    program.close()


@pytest.fixture
def spool(lone_program):
    """Where that program keeps what waits, unless it is told otherwise."""
    return lone_program.directory / "spool"


@pytest.fixture
def server():
    """A database that takes the token which upload() gives."""
    with FakeInflux(token="right") as server:
        yield server
