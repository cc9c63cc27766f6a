"""kill -9 of the program and of a real InfluxDB 1.6, both at random: told by queries, nothing is missing but open batches."""

import random
import statistics
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from harness import books, figures, spool_files
from harness.embedded_host import embedded_host
from harness.line_protocol import Line, parse_line
from harness.lives import Lives, deliver_all

SEED = 6
ROUNDS, ROUNDS_FULL = 12, 300
VMS = ["a", "b", "c", "d"]
MEASUREMENTS = ("vm_totals", "vm_nic", "vm_disk", "vm_features", "vmtelem", "vmtelem_agent")
INTERVAL_S, BATCH_MAX_S = 0.1, 0.2
OPEN_BATCH_S = INTERVAL_S + BATCH_MAX_S
SLOW_S, STALL_S = 0.3, 2  # what a busy machine adds as a rule, and at worst
DATABASE = "vmstats"


@pytest.fixture(scope="module")
def ordeal(program, scratch, influxdb, full):
    """What the database held after both had been killed so often, and the program had been left alone and stopped."""
    print(f"seed {SEED}")
    settings = {"LIBVIRT_URI": embedded_host(scratch, VMS), "INFLUX_URL": influxdb.url, "INFLUX_API": "v1",
                "INFLUX_DB": DATABASE, "POLL_INTERVAL": f"{INTERVAL_S}s", "BATCH_MAX_SEC": f"{BATCH_MAX_S}s",
                "RETRY_MAX": "0.3s", "BACKLOG_RATE": "100x"}
    rng = random.Random(SEED)
    lives = Lives(lambda: program.start("run", **settings), scratch / "spool", rng)
    with killed_at_random(influxdb, rng.random()) as database_kills:
        for _ in range(ROUNDS_FULL if full else ROUNDS):
            lives.live("killed as well", rng.uniform(0.8, 1.6))
    code = deliver_all(lives.start, lives.spool)[0].stop()
    rows = {name: influxdb.rows_of_all(DATABASE, name) for name in MEASUREMENTS}
    lives.settle({row["time"]: row["polls"] for row in influxdb.rows(DATABASE, "vmtelem")})
    figures.record("kill -9 with InfluxDB 1.6", **lives.figures(), database_kills=len(database_kills),
                   rows=sum(map(len, rows.values())))
    return SimpleNamespace(lives=lives.lives, promised=lives.promised, code=code, rows=rows, spool=lives.spool)


@contextmanager
def killed_at_random(database, seed):
    """Kills it and starts it again all the time; it runs when this ends. Gives a list with an entry for each kill."""
    over, kills = threading.Event(), []
    thread = threading.Thread(target=keep_killing, args=(database, random.Random(seed), over, kills))
    thread.start()
    try:
        yield kills
    finally:
        over.set()
        thread.join()


def keep_killing(database, rng, over, kills):
    while not over.wait(rng.uniform(0.2, 2)):
        database.kill()
        kills.append(time.time())
        over.wait(rng.uniform(0, 1))
        database.start()


def test_both_were_killed(ordeal):
    assert len(ordeal.lives) >= ROUNDS and len(ordeal.promised) > 0


def test_every_line_that_the_spool_held_after_a_kill_is_in_the_database(ordeal):
    stored = {(name, row.get("host"), row.get("vm"), row["time"]): row for name, rows in ordeal.rows.items() for row in rows}
    promised = {(line.measurement, line.tags.get("host"), line.tags.get("vm"), line.time_ns): line
                for line in map(parse_line, ordeal.promised.lines.values())}
    assert [line for point, line in promised.items() if not is_row(line, stored.get(point))] == []


def is_row(line: Line, row):
    return row is not None and all(row[name] == value for name, value in {**line.tags, **line.fields}.items())


def test_within_a_life_no_cycle_is_missing_before_the_last_that_was_kept(ordeal):
    assert [life for life in ordeal.lives if life.gaps] == []


@pytest.mark.parametrize("measurement", ["vm_totals", "vm_nic", "vm_disk"])
def test_each_vm_has_a_row_for_every_cycle(ordeal, influxdb, measurement):
    field = {"vm_totals": "state", "vm_nic": "rx_bytes", "vm_disk": "rd_bytes"}[measurement]
    counted = influxdb.execute(f'SELECT count("{field}") FROM "{measurement}" GROUP BY "vm"', DATABASE)
    cycles = len(influxdb.rows(DATABASE, "vmtelem"))
    assert {series["tags"]["vm"]: series["values"][0][1] for series in counted} == dict.fromkeys(VMS, cycles)


def test_a_kill_costs_the_open_batch(ordeal):
    """The median: any single life may be held up by the machine."""
    assert statistics.median(life.lost_s for life in ordeal.lives) <= OPEN_BATCH_S + SLOW_S


def test_no_kill_costs_more_than_the_open_batch_and_a_stall_of_the_machine(ordeal):
    assert [life for life in ordeal.lives if life.lost_s > OPEN_BATCH_S + STALL_S] == []


def test_the_books_add_up_in_every_row(ordeal):
    agents = [Line("vmtelem_agent", {}, row, row["time"]) for row in ordeal.rows["vmtelem_agent"]]
    assert books.do_not_add_up(agents) == []


def test_the_last_life_leaves_an_empty_spool(ordeal):
    spool = ordeal.spool
    assert (spool_files.batches(spool), spool_files.strangers(spool), spool_files.damaged(spool)) == ([], [], [])


def test_the_last_life_ends_as_if_nothing_had_happened(ordeal):
    assert ordeal.code == 0
