"""What a real InfluxDB 1.6 says when its disk is full, a retention policy is missing or a field has another type, and what becomes
of the lines. Told by queries: they are in the database, or in `rejected/`."""

import time
from contextlib import contextmanager

import pytest
from harness import spool_files
from harness.databases import InfluxDb, http
from harness.delivery import complaints
from harness.own_mounts import SmallDisk
from harness.prerequisites import find, give_up
from harness.refusals import LATE_S, comes_true, program_in, settings_of, start
from harness.wait import wait_for

DATABASE = "vmstats"
DISK_MIB = 20
MEASUREMENTS = ("vm_totals", "vm_nic", "vm_disk", "vm_features", "vmtelem", "vmtelem_agent")
ENOUGH_CYCLES, ENOUGH_BATCHES = 8, 6
MANY_REQUESTS, SERIES_OF_A_REQUEST, REFUSED_IN_A_ROW = 50, 2000, 3
STORED_WITHIN_S = 30
AT_ONCE_S, SLOW_S = 2, 1


@contextmanager
def influxdb_in(directory):
    """A server of its own, whose database is there."""
    find("influxd") or give_up("no influxd (package influxdb)")
    server = InfluxDb(directory).start()
    try:
        server.execute(f"CREATE DATABASE {DATABASE}")
        yield server
    finally:
        server.kill()


def counted(server, measurement, policy=None):
    """How many points of a measurement there are, by the field that has most."""
    source = f'"{policy}"."{measurement}"' if policy else f'"{measurement}"'
    series = server.execute(f"SELECT count(*) FROM {source}", DATABASE)
    return max((value for value in series[0]["values"][0][1:] if value is not None), default=0) if series else 0


def stored(server, policy=None):
    return sum(counted(server, measurement, policy) for measurement in MEASUREMENTS)


def newest_s(server, measurement="vmtelem", policy=None):
    source = f'"{policy}"."{measurement}"' if policy else f'"{measurement}"'
    series = server.execute(f'SELECT last("up") FROM {source}', DATABASE)
    return series[0]["values"][0][0] / 1e9 if series else 0


# The disk of the database is full.


def fill_during_the_run(disk, server, begin):
    """Every series is known: the server cannot write the points, which is 500."""
    story = begin()
    wait_for(lambda: newest_s(server), 30, "lines in the database")
    disk.fill()
    return story


def fill_before_the_run(disk, server, begin):
    """No series is known, and the server cannot write their names, which is 400 and called a partial write. A first
    point makes the files."""
    assert http(f"{server.url}/write?db={DATABASE}", b"filler v=1")[0] == 204
    disk.fill()
    codes = []
    while codes[-REFUSED_IN_A_ROW:] != [400] * REFUSED_IN_A_ROW:
        assert len(codes) < MANY_REQUESTS, f"a full disk, and InfluxDB still takes new series: {codes}"
        codes.append(write_new_series(server, len(codes)))
    return begin()


def write_new_series(server, number):
    """So many at once that each of its files for series is filled to the last block before its log is. The status."""
    lines = [f"filler,number={number},line={line} v=1" for line in range(SERIES_OF_A_REQUEST)]
    return http(f"{server.url}/write?db={DATABASE}", "\n".join(lines).encode())[0]


@pytest.fixture(scope="module", params=[fill_during_the_run, fill_before_the_run], ids=["filled during a run", "filled before it"])
def full_disk(request, binary, tmp_path_factory):
    """A `run` whose database has no room, until somebody stops it, makes room and starts it again."""
    directory = tmp_path_factory.mktemp("full")
    disk = SmallDisk(directory / "disk", DISK_MIB)
    try:
        with influxdb_in(disk.path) as server, program_in(binary, tmp_path_factory.mktemp("program")) as program:
            story = request.param(disk, server, lambda: start(program, server, "v1", DRAIN_TIMEOUT="15s"))
            story.noticed = comes_true(lambda: complaints(story.running), 30)
            comes_true(lambda: len(spool_files.batches(story.spool)) >= ENOUGH_BATCHES, 15)
            story.told = complaints(story.running)
            server.stop()
            disk.clear()
            server.start()
            well_s = time.time()
            story.again = comes_true(lambda: newest_s(server) > well_s, STORED_WITHIN_S)
            comes_true(lambda: not spool_files.older_batches(story.spool, int(well_s * 1e9)), STORED_WITHIN_S)
            story.end()
            story.stored = stored(server)
            yield story
    finally:
        disk.close()


def test_a_database_without_room_costs_no_line(full_disk):
    account = full_disk.account
    assert (account["rejected"], account["dropped"], account["left"], full_disk.letters) == (0, 0, 0, [])


def test_every_line_is_in_the_database_once_it_has_room(full_disk):
    assert full_disk.stored == full_disk.account["sampled"]


def test_delivery_goes_on_once_there_is_room(full_disk):
    assert full_disk.noticed and full_disk.again


def test_the_log_has_the_words_of_a_database_without_room(full_disk):
    assert any("no space left on device" in line for line in full_disk.told), full_disk.told


# The retention policy is missing.


POLICY = "nosuch"


@pytest.fixture(scope="module")
def policy(binary, tmp_path_factory):
    """A `run` that writes to a retention policy that somebody creates later, and a `once` that comes too early."""
    directory, scratch = tmp_path_factory.mktemp("policy"), tmp_path_factory.mktemp("program")
    with influxdb_in(directory) as server, program_in(binary, scratch) as program:
        began_s = time.monotonic()
        early = program("once", **settings_of(scratch, server, "v1", INFLUX_RP=POLICY, SPOOL_DIR=scratch / "early"))
        early_took_s = time.monotonic() - began_s
        story = start(program, server, "v1", INFLUX_RP=POLICY, DRAIN_TIMEOUT="15s")
        story.early, story.early_took_s = early, early_took_s
        story.noticed = comes_true(lambda: complaints(story.running), 30)
        comes_true(lambda: len(spool_files.batches(story.spool)) >= 6, 30)
        story.told = complaints(story.running)
        server.execute(f"CREATE RETENTION POLICY {POLICY} ON {DATABASE} DURATION 1d REPLICATION 1")
        well_s = time.time()
        story.again = comes_true(lambda: newest_s(server, policy=POLICY) > well_s, STORED_WITHIN_S)
        comes_true(lambda: not spool_files.older_batches(story.spool, int(well_s * 1e9)), STORED_WITHIN_S)
        story.end()
        story.stored = stored(server, POLICY)
        yield story


def test_a_once_says_which_setting_names_a_policy_that_is_missing(policy):
    assert (policy.early.code, "INFLUX_RP" in policy.early.err, POLICY in policy.early.err) == (78, True, True), policy.early.err


def test_a_once_does_not_wait_for_a_policy_that_is_missing(policy):
    assert policy.early_took_s <= AT_ONCE_S + SLOW_S


def test_a_run_says_which_setting_names_a_policy_that_is_missing(policy):
    assert [line for line in policy.told if "INFLUX_RP" in line], policy.told


def test_all_is_delivered_once_the_policy_is_there(policy):
    assert policy.again and policy.stored == policy.account["sampled"]


def test_a_policy_that_is_missing_costs_no_line(policy):
    account = policy.account
    assert (account["rejected"], account["dropped"], account["left"], policy.letters, policy.code) == (0, 0, 0, [], 0)


# A field has another type already.


@pytest.fixture(scope="module")
def conflict(binary, tmp_path_factory):
    """A `run` whose `vm_totals` lines are all in conflict with what somebody else wrote."""
    directory, scratch = tmp_path_factory.mktemp("conflict"), tmp_path_factory.mktemp("program")
    with influxdb_in(directory) as server, program_in(binary, scratch) as program:
        status, _ = http(f"{server.url}/write?db={DATABASE}", b"vm_totals,host=x state=1.5")
        assert status == 204
        story = start(program, server, "v1", DRAIN_TIMEOUT="15s")
        comes_true(lambda: spool_files.rejected_lines(story.spool), 30)
        story.since_s = time.time()
        comes_true(lambda: counted(server, "vmtelem") >= 2 * ENOUGH_CYCLES, 30)
        story.late_s = time.time() - newest_s(server)
        story.end()
        story.stored, story.foreign = stored(server) - 1, counted(server, "vm_totals") - 1
        yield story


def test_lines_in_conflict_are_dead_letters(conflict):
    assert len(conflict.letters) == conflict.account["rejected"] > 0 == conflict.foreign
    assert [line for line in conflict.letters if not line.startswith("vm_totals,")] == []


def test_the_reason_is_the_conflict(conflict):
    assert {"field type conflict" in reason for reason in conflict.reasons} == {True}


def test_all_other_lines_are_in_the_database(conflict):
    account = conflict.account
    assert conflict.stored == account["written"] == account["sampled"] - account["rejected"]
    assert (account["left"], account["dropped"]) == (0, 0)


def test_the_other_lines_arrive_as_they_are_sampled(conflict):
    assert conflict.late_s <= LATE_S


def test_a_run_with_conflicts_ends_with_1(conflict):
    assert conflict.code == 1
