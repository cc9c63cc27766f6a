"""A guest that moved a known number of bytes, through the program under test, into real databases, and read back from there."""

import pytest
from harness.databases import InfluxDb, VictoriaMetrics, http
from harness.initramfs import FRAME_SENT_BYTES, FRAMES_SENT, READ_MIB, WRITE_MIB
from harness.linux_guest import FRAME_RECEIVED_BYTES, FRAMES_RECEIVED, MEMORY_MIB, NAME
from harness.wait import wait_for

MIB = 1 << 20
BALLOON_FIELDS = ("mem_current_bytes", "mem_max_bytes", "mem_rss_bytes", "mem_usable_bytes", "mem_available_bytes",
                  "mem_unused_bytes", "mem_disk_caches_bytes", "mem_swap_in_bytes", "mem_swap_out_bytes",
                  "mem_major_faults", "mem_minor_faults", "mem_stats_age_s")


class InfluxReader:
    """Last value of a field, as InfluxDB 1.6 gives it back."""

    def __init__(self, database):
        self.database = database

    def last(self, measurement, field, **tags):
        rows = self.database.rows("vmstats", measurement, **tags)
        values = [row[field] for row in rows if row.get(field) is not None]
        return values[-1] if values else None


class VictoriaReader:
    """The same from VictoriaMetrics, where a field is a series of its own."""

    def __init__(self, database):
        self.database = database

    def last(self, measurement, field, **tags):
        found = [values for labels, values in self.database.series(f"{measurement}_{field}") if tags.items() <= labels.items()]
        assert len(found) < 2, f"several series of {measurement}_{field} for {tags}"
        return found[0][-1] if found else None


TARGETS = {"influxdb-v1": (InfluxDb, InfluxReader, "v1"), "victoriametrics-v1": (VictoriaMetrics, VictoriaReader, "v1"),
           "victoriametrics-v2": (VictoriaMetrics, VictoriaReader, "v2")}


@pytest.fixture(scope="module", params=TARGETS)
def stored(request, new_database, module_vmtelem, linux_guest):
    """The guest's counters in one database, written by a `run` that was then stopped."""
    kind, reader, api = TARGETS[request.param]
    database = new_database(kind)
    if kind is InfluxDb:
        database.execute("CREATE DATABASE vmstats")
    running = module_vmtelem.start("run", INFLUX_URL=database.url, INFLUX_API=api, INFLUX_DB="vmstats", INFLUX_ORG="lab",
                                   INFLUX_TOKEN="unused", INFLUX_USER="unused")
    found = reader(database)
    wait_for(lambda: found.last("vm_features", "disk_wr_bytes_rate", vm=NAME) is not None, 30, "a rate in the database")
    assert running.stop() == 0
    return found


def total(stored, field):
    return stored.last("vm_totals", field, vm=NAME)


def test_the_name_of_the_vm_comes_through_unchanged(stored):
    assert total(stored, "state") == 1


def test_written_bytes_are_exact(stored):
    assert total(stored, "disk_wr_bytes") == WRITE_MIB * MIB


def test_write_requests_are_exact(stored):
    assert total(stored, "disk_wr_reqs") == WRITE_MIB


def test_read_bytes_cover_what_the_guest_read(stored):
    assert READ_MIB * MIB <= total(stored, "disk_rd_bytes") < (READ_MIB + 1) * MIB


def test_the_disk_carries_the_same_number_as_the_total(stored):
    assert stored.last("vm_disk", "wr_bytes", vm=NAME, device="vda") == WRITE_MIB * MIB


def test_frames_sent_to_the_guest_count_as_received(stored):
    counted = (total(stored, "net_rx_packets"), total(stored, "net_rx_bytes"))
    assert counted == (FRAMES_RECEIVED, FRAMES_RECEIVED * FRAME_RECEIVED_BYTES)


def test_frames_sent_by_the_guest_count_as_transmitted(stored):
    counted = (total(stored, "net_tx_packets"), total(stored, "net_tx_bytes"))
    assert counted == (FRAMES_SENT, FRAMES_SENT * FRAME_SENT_BYTES)


def test_the_nic_carries_the_tap_as_its_device(stored, linux_guest):
    assert stored.last("vm_nic", "rx_packets", vm=NAME, device=linux_guest.tap()) == FRAMES_RECEIVED


@pytest.mark.parametrize("field", BALLOON_FIELDS)
def test_figures_that_the_balloon_reports_arrive(stored, field):
    assert total(stored, field) is not None


def test_memory_is_in_bytes(stored):
    assert total(stored, "mem_max_bytes") == MEMORY_MIB * MIB


def test_used_memory_is_a_percentage_of_what_the_guest_has(stored):
    assert 0 < stored.last("vm_features", "mem_used_percent", vm=NAME) < 100


def test_the_report_of_the_balloon_is_fresh(stored):
    """The guest is asked every second; the stamp is in whole seconds."""
    assert 0 <= total(stored, "mem_stats_age_s") < 30


def test_counters_at_rest_have_a_rate_of_zero(stored):
    assert stored.last("vm_features", "disk_wr_bytes_rate", vm=NAME) == 0


@pytest.mark.parametrize("stored", [name for name in TARGETS if name.startswith("victoria")], indirect=True)
def test_victoriametrics_finds_no_line_invalid(stored):
    """It answers 204 even when it skips a line; only its own counter tells."""
    metrics = http(stored.database.url + "/metrics")[1].decode()
    assert [line for line in metrics.splitlines() if line.startswith('vm_rows_invalid_total{type="influx"}')][0].endswith(" 0")
