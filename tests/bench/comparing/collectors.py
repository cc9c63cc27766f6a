"""The programs under comparison: how each is started at an interval of one second, and what counts as a sample in its output.

Two counters stand for a sample, because all of them have these: a VM's CPU time, which libvirt knows by itself, and the
bytes read by its first disk, which only the VM's QEMU knows.
"""

import http.client
import os
import re
import shutil
import subprocess
import time
import urllib.request

from harness.line_protocol import parse_line
from harness.wait import free_port

INTERVAL_S = 1
VIRSH_LIMIT_S = 10
CPU, DISK = "CPU time", "bytes read by the first disk"
COUNTERS = (CPU, DISK)


class Collector:
    """Base: a program that goes on by itself and prints what it samples.

    `samples` yields (VM, counter) for each counter found in lines; it is a generator, so it may remember the VM it is at.
    """

    name = detail = program = package = ""
    starts_children = False  # then the memory of the program itself says nothing

    def title(self):
        """Name and version, for the table."""
        return f"{self.name} {package_version(self.package)}{self.detail}"

    def is_installed(self):
        return shutil.which(self.program) is not None

    def command(self, directory, uri):
        raise NotImplementedError

    def lines(self, process):
        """Complete lines of its output, as they come."""
        return (line[:-1] for line in process.stdout if line.endswith("\n"))

    def samples(self, lines):
        raise NotImplementedError


class Vmtelem(Collector):
    name = package = "vmtelem"

    def __init__(self, binary):
        self.program = str(binary)

    def title(self):
        told = subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True).stdout
        return " ".join(told.split()[:2])

    def command(self, directory, uri):
        return [self.program, "run", "--stdout", "-q", "-c", uri, "-i", str(INTERVAL_S)]

    def samples(self, lines):
        for line in lines:
            if line.startswith("vm_totals,"):
                point = parse_line(line)
                fields = (("cpu_time_ns", CPU), ("disk_rd_bytes", DISK))
                yield from ((point.tags["vm"], counter) for field, counter in fields if field in point.fields)


class Collectd(Collector):
    """With its defaults but for the interval, and with what it samples written to standard output."""

    name = program = "collectd"
    detail = ", plugin virt"
    package = "collectd-core"
    metric = re.compile(r"bench\.virt-(?P<vm>.+)\.(?P<key>virt_cpu_total|disk_octets-vda\.read) ")

    def command(self, directory, uri):
        configuration = directory / "collectd.conf"
        configuration.write_text(f"""Hostname "bench"
Interval {INTERVAL_S}
BaseDir "{directory}"
PIDFile "{directory}/collectd.pid"
LoadPlugin logfile
LoadPlugin write_log
LoadPlugin virt
<Plugin logfile>
  LogLevel info
  File stdout
  Timestamp false
</Plugin>
<Plugin write_log>
  Format Graphite
</Plugin>
<Plugin virt>
  Connection "{uri}"
  HostnameFormat hostname
  PluginInstanceFormat name
</Plugin>
""")
        return [self.program, "-f", "-C", configuration]

    def samples(self, lines):
        for found in filter(None, map(self.metric.match, lines)):
            yield found["vm"], CPU if found["key"] == "virt_cpu_total" else DISK


class PrometheusExporter(Collector):
    """Scraped once a second. As with Prometheus, the limit of a scrape is its interval, and what comes later is not stored."""

    name = program = package = "prometheus-libvirt-exporter"
    cpu = re.compile(r'libvirt_domain_info_cpu_time_seconds_total\{.*\bdomain="(?P<vm>[^"]+)"')
    disk = re.compile(r'libvirt_domain_block_stats_read_bytes_total\{.*\bdomain="(?P<vm>[^"]+)".*target_device="vda"')

    def __init__(self):
        self._address = ""

    def command(self, directory, uri):
        self._address = f"127.0.0.1:{free_port()}"
        return [self.program, f"--web.listen-address={self._address}", f"--libvirt.uri={uri}"]

    def lines(self, process):
        due = time.monotonic()
        while process.poll() is None:
            yield from scrape(f"http://{self._address}/metrics", INTERVAL_S)
            due = max(due + INTERVAL_S, time.monotonic())
            time.sleep(max(0, due - time.monotonic()))

    def samples(self, lines):
        for line in lines:
            for pattern, counter in ((self.cpu, CPU), (self.disk, DISK)):
                if found := pattern.match(line):
                    yield found["vm"], counter


def scrape(url, limit_s):
    """The lines of one scrape; none if it failed or took too long."""
    begin = time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=limit_s) as response:
            body = response.read()
    except (OSError, http.client.HTTPException):
        return []
    return body.decode().splitlines() if time.monotonic() - begin <= limit_s else []


class Domstats(Collector):
    """virsh in the loop of a script that kills a call which takes too long. `options` are more options of domstats."""

    name = program = "virsh"
    package = "libvirt-clients"
    starts_children = True
    loop = f'while :; do sleep {INTERVAL_S} & timeout --foreground {VIRSH_LIMIT_S} virsh -q "$@"; wait; done'

    def __init__(self, *options):
        self._options = options
        self.detail = " ".join([" domstats", *options])

    def command(self, directory, uri):
        return ["sh", "-c", self.loop, "sh", "-c", uri, "domstats", *self._options]

    def samples(self, lines):
        vm = ""
        for line in lines:
            if line.startswith("Domain: '"):
                vm = line[len("Domain: '"):-1]
            for key, counter in (("cpu.time=", CPU), ("block.0.rd.bytes=", DISK)):
                if line.strip().startswith(key):
                    yield vm, counter


def package_version(package):
    """Upstream's version of an installed Debian package."""
    command = ["dpkg-query", "-W", "-f", "${source:Upstream-Version}", package]
    try:
        return subprocess.check_output(command, stderr=subprocess.DEVNULL, text=True)
    except (OSError, subprocess.CalledProcessError):
        return "of unknown version"


def clean_environment(directory):
    """Nothing of the settings of whoever starts the comparison."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(directory)}
