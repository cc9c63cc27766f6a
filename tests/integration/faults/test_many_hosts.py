"""One process collects from many hosts. Two of them are well; the others hang, are killed and started again, refuse, are not
there, and come and go: the two that are well miss nothing by that."""

import itertools
import signal
import time
from types import SimpleNamespace

import pytest
from harness import books
from harness.completeness import Samples, tick_of
from harness.deaf_sockets import DeafSockets
from harness.delivery import missing_cycles, missing_vm_lines
from harness.embedded_host import embedded_host
from harness.faults import daemon_stopped, in_background
from harness.hosts import ConnectFile, of_host
from harness.libvirtd import URI
from harness.line_protocol import select
from harness.resources import Level
from harness.wait import wait_for

LASTS_S, LASTS_FULL_S = 20, 300
HANGS_S, HANGS_FULL_S = 4, 20
STEADY_CYCLES = 3
LASTING_S = 5
STOP_S = 3
LAB_VMS = ["lab-one", "lab-two", "lab-three"]
WELL = ("kvm1", "lab")
NEVER_ANSWER = ("mute", "refusing", "absent")


@pytest.fixture(scope="module")
def deaf(world):
    sockets = DeafSockets(world.directory("deaf"))
    yield sockets
    sockets.close()


@pytest.fixture(scope="module")
def uris(world, second_host, deaf):
    """{host: URI}; those that are well come last."""
    lab = embedded_host(world.directory("lab"), LAB_VMS)
    return {"mute": deaf.mute, "refusing": deaf.refusing, "absent": deaf.absent, "second": second_host.read_only_uri,
            "kvm1": URI, "lab": lab}


class Together:
    """The run, and all that happens to its hosts."""

    def __init__(self, vmtelem, connect_file, uris, vms):
        self.connect_file, self.uris, self.vms = connect_file, uris, vms
        self.running = vmtelem.start("run", "--stdout", POLL_INTERVAL=1, **connect_file.settings)
        self.left = 0  # how often a mute host has left

    def of(self, host):
        return of_host(self.running.lines(), host)

    def wait_until_well(self, *hosts):
        """Until these have answered some times more."""
        def ups(host):
            return [line.fields.get("up") for line in select(self.of(host), "vmtelem")].count(True)

        before = {host: ups(host) for host in hosts}
        wait_for(lambda: all(ups(host) >= before[host] + STEADY_CYCLES for host in hosts), 60, f"cycles of {hosts}")

    def level(self):
        """Once no more lanes are connected, which happens one by one beside the cycles."""
        level, since = Level.of(self.running.pid), time.monotonic()

        def lasts():
            nonlocal level, since
            if (now := Level.of(self.running.pid)).grown_since(level):
                level, since = now, time.monotonic()
            return time.monotonic() > since + LASTING_S

        wait_for(lasts, 60, "threads and descriptors to stay as many as they are")
        return level

    def outlast(self, second, seconds, hang_s):
        """All troubles for so long, and then until all is well again. Gives the ticks."""
        begin = tick_of(time.time_ns())
        with in_background(lambda stop: hang_and_crash(second, hang_s, stop)), in_background(self._come_and_go):
            time.sleep(seconds)
        self.wait_until_well("second", *WELL)
        return range(begin, max(tick_of(line.time_ns) for line in select(self.of("kvm1"), "vmtelem")))

    def _come_and_go(self, stop):
        """Some leave, and others that are no better come."""
        others = {host: uri for host, uri in self.uris.items() if host not in NEVER_ANSWER}
        strangers = {f"{host}-{next(NUMBERS)}": self.uris[host] for host in NEVER_ANSWER}
        for uris in ({**strangers, **others}, self.uris):
            self.connect_file.reload(self.running, uris)
            self.left += 1
            stop.wait(1.7)

    def stop(self):
        """(seconds, exit code)"""
        begin = time.monotonic()
        self.running.process.send_signal(signal.SIGTERM)
        code = self.running.wait(30)
        return time.monotonic() - begin, code

    def describe(self):
        """For a test that failed."""
        return "\n".join(f"{host}:\n{Samples(self.of(host)).describe()}" for host in self.uris) + f"\n{self.running.err()[-4000:]}"


NUMBERS = itertools.count()


def hang_and_crash(second, hang_s, stop):
    with daemon_stopped(second):
        stop.wait(hang_s)
    stop.wait(2)
    second.kill()
    stop.wait(1)
    second.start()
    stop.wait(3)


@pytest.fixture(scope="module")
def together(module_vmtelem, world, fleet, second_host, uris, full, figures):
    vms = {"kvm1": fleet.names, "lab": LAB_VMS}
    run = Together(module_vmtelem, ConnectFile(world.directory("hosts") / "hosts", uris), uris, vms)
    run.wait_until_well("second", *WELL)
    before = run.level()
    ticks = run.outlast(second_host, LASTS_FULL_S if full else LASTS_S, HANGS_FULL_S if full else HANGS_S)
    after = run.level()
    with daemon_stopped(second_host):
        time.sleep(2)  # so that a cycle hangs
        seconds, code = run.stop()
    samples = {host: Samples(run.of(host)) for host in uris}
    figures("many hosts", ticks=len(ticks), stop_s=round(seconds, 2), before=str(before), after=str(after),
            mute_left=run.left, second_up_false=samples["second"].host("up", ticks).count(False),
            missed={host: sum(map(len, samples[host].missed(vms[host], ticks).values())) for host in WELL})
    return SimpleNamespace(run=run, vms=vms, samples=samples, ticks=ticks, code=code, seconds=seconds, before=before, after=after,
                           running=run.running)


well = pytest.mark.parametrize("host", WELL)


def known_ups(lines):
    """What they say of `up`: one of a cycle for which this machine had no time says nothing."""
    return {line.fields["up"] for line in lines if "up" in line.fields}


@well
def test_no_sample_is_missed_of_a_host_that_is_well(together, host):
    assert together.samples[host].missed(together.vms[host], together.ticks) == {}


@well
def test_its_cycles_are_numbered_without_a_gap_and_each_has_all_its_vms(together, host):
    lines = together.run.of(host)
    assert (missing_cycles(lines), missing_vm_lines(lines)) == ([], 0)


@well
def test_it_is_reported_up_in_every_cycle(together, host):
    assert known_ups(select(together.run.of(host), "vmtelem")) == {True}


def test_its_samples_are_full(together):
    """But for one in a hundred: on a busy machine the daemon itself may be at the monitor of a guest."""
    partial = together.samples["kvm1"].partial(together.vms["kvm1"], together.ticks)
    assert sum(map(len, partial.values())) <= len(together.vms["kvm1"]) * len(together.ticks) / 100, partial


@well
def test_its_first_sample_comes_before_anybody_has_given_up_a_host_that_is_mute(together, host):
    order = [line.tags["host"] for line in select(together.running.lines(), "vmtelem")]
    assert order.index(host) < order.index("mute")


@pytest.mark.parametrize("host", NEVER_ANSWER)
def test_a_host_that_never_answers_is_reported_down_in_each_cycle(together, host):
    lines = together.run.of(host)
    assert lines and {line.measurement for line in lines} == {"vmtelem"}
    assert known_ups(lines) == {False}


def test_a_host_that_hangs_and_crashes_was_down_and_is_sampled_again_afterwards(together):
    ups = together.samples["second"].host("up", together.ticks)
    assert False in ups and ups[-1] is True


def test_each_vm_has_the_tag_of_its_host(together):
    expected = {vm: host for host, vms in {**together.vms, "second": ["second-guest"]}.items() for vm in vms}
    found = {(line.tags["vm"], line.tags["host"]) for line in select(together.running.lines(), "vm_totals")}
    assert {(vm, host) for vm, host in found if vm in expected} == set(expected.items())  # other tests may have left guests


def test_the_run_ends_soon_while_a_host_hangs(together):
    assert together.seconds < STOP_S


def test_every_line_is_accounted_for(together):
    account = books.at_the_end(together.running)
    assert account["sampled"] == account["written"] == len(together.running.lines())


def test_the_books_add_up_in_every_line_of_the_agent(together):
    lines = together.running.lines()
    assert select(lines, "vmtelem_agent") and books.do_not_add_up(lines) == []


def test_nothing_is_lost(together):
    assert together.code == 0


def test_threads_descriptors_and_memory_return_to_their_level(together):
    """However often a mute host has left."""
    assert together.after.grown_since(together.before) == {}
