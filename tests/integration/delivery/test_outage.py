"""The database was down for a day, of which each second left a batch of 40 VMs in the spool; now it is up again. New lines go
first, the old ones follow in order beside them, and no more of them is in memory than a few requests hold."""

import shutil
import time
from contextlib import closing
from dataclasses import dataclass

import pytest
from harness import books, figures, spool_files
from harness.arrivals import Arrivals
from harness.delivery import missing_cycles
from harness.embedded_host import embedded_host
from harness.line_protocol import parse
from harness.made_spool import FIRST_NS, SECOND_NS, add_body, target_directory
from harness.process_costs import MemoryWatch, cpu_s
from harness.vmtelem import Vmtelem
from harness.wait import wait_for
from influx_server import FakeInflux, status

VMS, LINES_PER_BATCH = 40, 240
INTERVAL_S = 1
LIVE_WITHIN_S = 2
FLAT_KIB = 48 * 1024  # requests of up to 4 MiB, two of them, each with its parts and its gzip
LEAST_LINES_PER_S = 100_000  # the pace of old lines where the multiple of new ones is less
IN_FLIGHT = 16  # requests at once: so far one may overtake another


@dataclass
class Case:
    """How long the outage was, in CI and at full length, and at which multiple of the new lines the old ones follow."""

    rate: str
    seconds: int
    seconds_full: int


CASES = [Case("10x", 2000, 3600), Case("10000x", 3600, 86_400)]


def body(second):
    """The lines of a second as the program writes them: counters that grow, each at a rate of its own."""
    stamp = FIRST_NS + second * SECOND_NS
    return "".join(line.format(counter=second * (number * 7919 + 1), stamp=stamp) for number, line in enumerate(TEMPLATES))


def templates():
    totals = ("vm_totals,host=node-1,vm=guest-{vm:02},uuid=6695eb01-f6a4-8304-79aa-{vm:012x} state=1i,cpu_time_ns={{counter}}114i,"
              "cpu_pct=12.{vm},vcpus=2i,mem_current_bytes=2147483648i,mem_rss_bytes=1073741824i,net_rx_bytes={{counter}}77i,"
              "net_tx_bytes={{counter}}1i,disk_rd_bytes={{counter}}4i,disk_wr_bytes={{counter}}9i {{stamp}}\n")
    device = ("vm_{kind},host=node-1,vm=guest-{vm:02},uuid=6695eb01-f6a4-8304-79aa-{vm:012x},device=dev{number} "
              "rd_reqs={{counter}}i,rd_bytes={{counter}}512i,wr_reqs=71{{counter}}i,wr_bytes={{counter}}4096i,errors=0i {{stamp}}\n")
    devices = [("disk", 0), ("disk", 1), ("disk", 2), ("nic", 0), ("nic", 1)]
    lines = []
    for vm in range(VMS):
        lines += [totals.format(vm=vm)] + [device.format(kind=kind, vm=vm, number=number) for kind, number in devices]
    return lines


TEMPLATES = templates()
assert len(TEMPLATES) == LINES_PER_BATCH


@dataclass
class Outage:
    """What was found, and what was seen of the drain."""

    seconds: int
    arrivals: Arrivals
    began_s: float
    drained_s: float = 0
    rss_before_kib: int = 0
    rss_most_kib: int = 0
    running: object = None
    code: int = None

    @property
    def old(self):
        """What arrived of the time of the outage, in order of arrival."""
        return [arrival for arrival in self.arrivals.all if arrival.last_ns < self.began_s * SECOND_NS - SECOND_NS]

    @property
    def new(self):
        return [arrival for arrival in self.arrivals.all if arrival.first_ns >= self.began_s * SECOND_NS - SECOND_NS]

    @property
    def first_s(self):
        return self.arrivals.all[0].time_s


def make_spool(root, server, seconds):
    directory = target_directory(root, server.url)
    for second in range(seconds):
        stamp = FIRST_NS + second * SECOND_NS
        add_body(directory, body(second), stamp, stamp, second)
    return sum(path.stat().st_size for path in spool_files.batches(root))


def drain(outage, server, spool):
    """Let the database come back, and wait until nothing of the outage is left."""
    with MemoryWatch(outage.running.pid) as memory:
        server.default = outage.arrivals
        wait_for(lambda: sum(arrival.lines for arrival in outage.old) >= outage.seconds * LINES_PER_BATCH, 3000, "the old lines")
        outage.drained_s = time.time()
    outage.rss_before_kib, outage.rss_most_kib = memory.before_kib, memory.most_kib


def go_through(program, server, case, seconds):
    spool = program.directory / "spool"
    spool_bytes = make_spool(spool, server, seconds)
    host = embedded_host(program.directory, [f"guest-{number}" for number in range(VMS * 6 // 4)])
    settings = {"INFLUX_URL": server.url, "INFLUX_DB": "vmstats", "INFLUX_TOKEN": "any", "LIBVIRT_URI": host,
                "POLL_INTERVAL": f"{INTERVAL_S}s", "BACKLOG_RATE": case.rate, "RETRY_MAX": "2s"}
    outage = Outage(seconds, Arrivals(), time.time())
    outage.running = program.start("run", **settings)
    wait_for(lambda: len(server.requests) > 2, 60, "attempts while the database is down")
    drain(outage, server, spool)
    used_s = cpu_s(outage.running.pid)
    outage.code = outage.running.stop()
    tell(outage, case, spool_bytes, used_s)
    return outage


def tell(outage, case, spool_bytes, used_s):
    took_s = outage.drained_s - outage.first_s
    lines = outage.seconds * LINES_PER_BATCH
    figures.record("outage", rate=case.rate, files=outage.seconds, spool_bytes=spool_bytes, lines=lines, drain_s=round(took_s, 1),
                   lines_per_s=round(lines / took_s), requests=len(outage.old), cpu_s=round(used_s, 1),
                   rss_before_kib=outage.rss_before_kib, rss_most_kib=outage.rss_most_kib,
                   first_new_s=round(first_new_s(outage), 2), oldest_new_s=round(oldest_new_s(outage), 2))


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.rate)
def outage(request, binary, tmp_path_factory, full):
    case = request.param
    with FakeInflux() as server, closing(Vmtelem(binary, tmp_path_factory.mktemp("outage"))) as program:
        server.default = status(503, "busy", "text/plain")
        yield go_through(program, server, case, case.seconds_full if full else case.seconds)
    shutil.rmtree(program.directory / "spool")


def first_new_s(outage):
    """From the first request that was accepted to the first with a line of a sample that was the newest then, or a newer one."""
    newest_ns = (outage.first_s - INTERVAL_S) * SECOND_NS
    return next(arrival.time_s for arrival in outage.new if arrival.last_ns >= newest_ns) - outage.first_s


def oldest_new_s(outage):
    """How old the oldest new line of any request was when it arrived, of those sampled since the first was accepted."""
    later = [arrival for arrival in outage.new if arrival.first_ns >= outage.first_s * SECOND_NS]
    return max(arrival.time_s - arrival.first_ns / SECOND_NS for arrival in later)


def test_new_lines_arrive_soon_after_the_first_request_is_accepted(outage):
    assert first_new_s(outage) <= LIVE_WITHIN_S


def test_new_lines_keep_arriving_soon_while_the_old_ones_follow(outage):
    assert oldest_new_s(outage) <= LIVE_WITHIN_S


def test_new_lines_arrive_before_all_old_ones_have(outage):
    assert outage.new[0].time_s < outage.drained_s


def test_old_lines_arrive_once_and_in_order_of_their_age(outage):
    """Each request begins with the second after the last of the one before it, and has all lines of its seconds. Those that are under
    way at the same time may overtake each other."""
    seconds = [((arrival.first_ns - FIRST_NS) // SECOND_NS, (arrival.last_ns - FIRST_NS) // SECOND_NS) for arrival in outage.old]
    in_order = sorted(seconds)
    assert [first for first, _ in in_order] == [0] + [last + 1 for _, last in in_order[:-1]]
    assert max(abs(place - in_order.index(each)) for place, each in enumerate(seconds)) < IN_FLIGHT
    assert [arrival.lines for arrival in outage.old] == [(last - first + 1) * LINES_PER_BATCH for first, last in seconds]


def test_waiting_batches_go_together(outage):
    """One request each would cost the database more than the lines."""
    assert len(outage.old) < outage.seconds / 10


def test_no_request_is_larger_than_the_limit(outage):
    assert max((arrival.lines, arrival.body_bytes) for arrival in outage.old) <= (10_000, 4 << 20)


def test_memory_stays_flat(outage):
    assert outage.rss_most_kib - outage.rss_before_kib < FLAT_KIB


@pytest.mark.parametrize("outage", CASES[:1], ids=lambda case: case.rate, indirect=True)
def test_old_lines_keep_to_their_pace(outage):
    """So few new lines come that ten times as many are less than what any database takes in a second. The first request was made
    up before the database came back, and nothing had to wait for the last."""
    paced = outage.old[1:]
    took_s = paced[-1].time_s - paced[0].time_s
    assert sum(arrival.lines for arrival in paced[:-1]) / took_s < LEAST_LINES_PER_S * 2


def test_nothing_is_lost(outage):
    account = books.at_the_end(outage.running)
    assert (account["recovered"], account["dropped"], account["rejected"]) == (outage.seconds * LINES_PER_BATCH, 0, 0)
    assert missing_cycles(parse("\n".join(outage.arrivals.kept))) == [] and outage.code == 0
