"""The comparison: takes each collector through each scenario and puts what came out into one table."""

from subprocess import SubprocessError

from comparing.collectors import Collectd, Domstats, PrometheusExporter, Vmtelem
from comparing.phases import begin_between_cycles, progress, tell
from comparing.running import Running
from comparing.scenarios import SCENARIOS, Host
from comparing.table import markdown, plain
from harness.fleet import Fleet
from harness.libvirtd import Libvirtd, domstats
from harness.wait import wait_for
from harness.world import World

START_LIMIT_S = 30
FAILED = "failed"
EXPLANATION = """Samples are counted per VM, at an interval of 1 s. N / M: the fewest of any VM that goes on / of any stopped one.
N of M: the fewest of any VM that goes on, of those that are due."""


class Comparison:
    def __init__(self, options):
        self._options = options
        self._collectors = []
        self._rows = []
        self._notes = [EXPLANATION]
        self.failed = False

    def measure(self):
        """All scenarios. Whatever happens, nothing that was started is left."""
        world = World()
        try:
            self._collectors = installed_collectors(self._options.build, self._options.only)
            host = Host(start_guests(world, self._options.guests), self._options.seconds, world.directory)
            for name in self._options.scenarios:
                self._pass_through(SCENARIOS[name](host))
        finally:
            progress("")
            world.close()
        return self

    def text(self, as_markdown):
        heading = ["", *(collector.title() for collector in self._collectors)]
        return "\n".join([(markdown if as_markdown else plain)([heading, *self._rows]), "", *self._notes])

    def _pass_through(self, scenario):
        """A column of the table for each collector, with as many rows as the scenario has."""
        everyone = self._collectors
        groups = [everyone] if self._options.together else [[collector] for collector in everyone]
        self._notes += filter(None, [scenario.prepare()])
        columns = [column for group in groups for column in self._columns(scenario, group)]
        self._rows += [list(row) for row in zip(scenario.labels(), *columns)]

    def _columns(self, scenario, collectors):
        """That one collector fails in one scenario does not spoil the rest, which takes long."""
        names = ", ".join(collector.name + collector.detail for collector in collectors)
        try:
            columns = observe(scenario, collectors)
        except (AssertionError, OSError, SubprocessError) as error:  # also: it has ended, or virsh hangs
            self.failed = True
            tell(f"{scenario.name}, {names}: {error}")
            return [[FAILED] * len(scenario.labels()) for _ in collectors]
        for collector, cells in zip(collectors, columns):
            figures = "; ".join(map(": ".join, zip(scenario.labels(), cells)))
            tell(f"{collector.name}{collector.detail}, {figures}")
        return columns


def installed_collectors(build, names):
    vmtelem = Vmtelem(build.resolve() / "cmd" / "vmtelem")
    collectors = [vmtelem, Collectd(), PrometheusExporter(), Domstats(), Domstats("--nowait")]
    collectors = [collector for collector in collectors if collector.name in names]
    for missing in (collector for collector in collectors if not collector.is_installed()):
        tell(f"left out: {missing.name}{missing.detail}: install {missing.package}")
    return [collector for collector in collectors if collector.is_installed()]


def start_guests(world, number):
    Libvirtd(world.directory("libvirtd")).start()
    progress(f"starting {number} guests")
    return Fleet(world.directory("guests"), number)


def observe(scenario, collectors):
    """Run these collectors at the same time, through the scenario once; a column of figures for each."""
    host = scenario.host
    host.fleet.mend()
    wait_for(lambda: len(domstats()) == len(host.fleet.guests), 60, "all guests to answer")
    with scenario.connection() as uri:
        runs = [Running(collector, host.directory("collector"), uri) for collector in collectors]
        try:
            for run in runs:
                wait_until_sampled(run, host.fleet.names)
            begin_between_cycles(runs)
            return scenario.observe(runs)
        finally:
            for run in runs:
                run.kill()


def wait_until_sampled(run, vms):
    try:
        wait_for(lambda: run.has_sampled(vms), START_LIMIT_S, f"a sample of every guest from {run.collector.name}")
    except AssertionError as error:
        raise AssertionError(f"{error}; its log:\n{run.log.read_text(errors='replace')[-2000:]}") from None
