"""Two services share a spool while no database answers: each keeps its fair half, however they fill it."""

import itertools

import pytest
from harness import spool_files
from harness.delivery import upload
from harness.embedded_host import embedded_host
from harness.made_spool import target_directory
from harness.wait import wait_for
from influx_server import FakeInflux, status

MAX_BYTES = 1 << 20
DATABASES = ("one", "other")
NEARLY = 0.85  # of the share or of the bound: the rest is in steps, and in batches that come and go


@pytest.fixture
def server():
    with FakeInflux() as server:
        server.default = status(503, "busy", "text/plain")
        yield server


@pytest.fixture
def start(lone_program, server):
    """Starts a service that fills its half of the spool in a few seconds."""
    host = embedded_host(lone_program.directory, [f"vm{number}" for number in range(20)])
    settings = upload(server, LIBVIRT_URI=host, POLL_INTERVAL="0.1s", BATCH_MAX_SEC="0.1s", SPOOL_MAX_BYTES="1MiB",
                      DRAIN_TIMEOUT="1s")
    return lambda database: lone_program.start("run", **{**settings, "INFLUX_DB": database})


@pytest.fixture
def held(server, spool):
    """Disk space of what waits for each database."""
    targets = [target_directory(spool, server.url, database=database) for database in DATABASES]
    return lambda: [sum(map(space_of, spool_files.batches_in(target))) for target in targets]


def space_of(path):
    """Nothing if it went to make room after it was listed."""
    try:
        return path.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


def newest(server, spool, database):
    return spool_files.batches_in(target_directory(spool, server.url, database=database))[-1]


def wait_for_newer_batches(server, spool, count):
    """So long that each has added so many, in the place of others."""
    for database in DATABASES:
        for _ in range(count):
            last = newest(server, spool, database)
            wait_for(lambda: newest(server, spool, database) != last, 30, "a newer batch")  # noqa: B023


def test_services_that_fill_it_at_the_same_time_keep_half_each(server, start, spool, held):
    running = [start(database) for database in DATABASES]
    wait_for(lambda: sum(held()) > NEARLY * MAX_BYTES, 60, "a full spool")
    watched = [held() for _ in itertools.repeat(None, 3) if not wait_for_newer_batches(server, spool, 2)]
    assert all(least > NEARLY * MAX_BYTES / 2 for least in map(min, zip(*watched)))
    assert all(sum(both) < MAX_BYTES / NEARLY for both in watched)
    assert [service.stop() for service in running] == [1, 1]  # what made room is lost, and said to be


def test_a_service_that_comes_later_gets_its_half(start, held, full):
    if not full:
        pytest.skip("takes long: with --full only")
    first = start(DATABASES[0])
    wait_for(lambda: held()[0] > NEARLY * MAX_BYTES, 60, "a full spool")
    later = start(DATABASES[1])
    wait_for(lambda: min(held()) > NEARLY * MAX_BYTES / 2, 120, "two halves")
    assert sum(held()) < MAX_BYTES / NEARLY
    assert [service.stop() for service in (first, later)] == [1, 1]
