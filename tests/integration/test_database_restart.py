"""The database goes down and comes back on the same port while `run` goes on."""

from types import SimpleNamespace

import pytest
from harness.delivery import complaints
from harness.vmtelem import outlast
from harness.wait import wait_for

OUTAGE_CYCLES = 10


def polls(database):
    """Numbers of the cycles that are in the database."""
    return [row["polls"] for row in database.rows("vmstats", "vmtelem")]


@pytest.fixture(scope="module")
def outage(influxdb, module_vmtelem, any_guest, full):
    """What a `run` went through: {log lines of the outage, log lines of the recovery, exit code}."""
    running = module_vmtelem.start("run", INFLUX_URL=influxdb.url, INFLUX_API="v1", INFLUX_DB="vmstats", RETRY_MAX="1s")
    wait_for(lambda: len(polls(influxdb)) > 2, 30, "the first cycles in the database")
    calm = len(running.log())
    influxdb.stop()
    outlast(OUTAGE_CYCLES * (6 if full else 1))
    alive, told = running.code is None, running.log()[calm:]
    influxdb.start()
    last = polls(influxdb)[-1]
    wait_for(lambda: polls(influxdb)[-1] >= last + OUTAGE_CYCLES, 30, "the cycles of the outage in the database")
    calm_again = len(running.log())
    outlast(4)
    after = running.log()[calm_again:]
    return SimpleNamespace(alive=alive, told=told, running=running, after=after, code=running.stop())


def test_the_program_survives_the_outage(outage):
    assert outage.alive


def test_every_cycle_of_the_outage_arrives(outage, influxdb):
    assert sorted(polls(influxdb)) == list(range(1, max(polls(influxdb)) + 1))


def test_the_outage_is_logged(outage):
    assert any("level=" in line for line in outage.told)


def test_the_outage_is_not_logged_with_every_attempt(outage):
    told = outage.told
    assert len(told) <= 2


def test_nothing_is_complained_of_when_it_is_over(outage):
    assert [line for line in outage.after if line in complaints(outage.running)] == []


def test_the_program_ends_as_if_nothing_had_happened(outage):
    assert outage.code == 0


def test_a_database_that_is_down_from_the_start_gets_everything_later(influxdb, vmtelem, any_guest):
    influxdb.execute("CREATE DATABASE late")
    influxdb.stop()
    running = vmtelem.start("run", INFLUX_URL=influxdb.url, INFLUX_API="v1", INFLUX_DB="late", RETRY_MAX="1s")
    wait_for(lambda: running.log(), 30, "the program to notice")
    outlast(2)
    influxdb.start()
    wait_for(lambda: influxdb.rows("late", "vmtelem"), 30, "data in the database")
    assert running.stop() == 0
    assert influxdb.rows("late", "vmtelem")[0]["polls"] == 1
