"""The libvirt daemon of the private host, and virsh as the independent reader of the same counters."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from harness.wait import wait_for

URI = "qemu:///system"


class Libvirtd:
    """The daemon, in the foreground below a reaper (see there); its pid is in its pid file."""

    uri = URI

    def __init__(self, directory):
        self._directory = directory
        self._pid_file = directory / "libvirtd.pid"

    def start(self):
        self.launch()
        wait_for(lambda: answers(self.uri), 90, f"libvirtd to answer; its log is {self._directory}/libvirtd.log")

    def launch(self):
        """Start it, and do not wait until it answers."""
        self._pid_file.unlink(missing_ok=True)
        with open(self._directory / "libvirtd.log", "ab") as log:
            # a session of its own, so that Ctrl-C reaches the tests and not the daemon that they still need to clean up
            subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        wait_for(self._has_pid, 30, "libvirtd to write its pid")

    def command(self, *options):
        return [sys.executable, str(Path(__file__).with_name("reaper.py")), "libvirtd", "-p", str(self._pid_file), *options]

    def kill(self, signum=signal.SIGKILL):
        """End the daemon; its QEMUs live on, as after a crash of the daemon on a real host."""
        pid = self.pid
        os.kill(pid, signum)
        wait_for(lambda: not os.path.exists(f"/proc/{pid}"), 60, "libvirtd to end")

    @property
    def pid(self):
        return int(self._pid_file.read_text())

    def _has_pid(self):
        return self._pid_file.exists() and self._pid_file.read_text().strip()


def answers(uri=URI):
    return subprocess.run(["virsh", "-c", uri, "list"], capture_output=True, timeout=60).returncode == 0


def virsh(*arguments):
    """Output of one virsh command that has to succeed."""
    done = subprocess.run(["virsh", "-q", "-c", URI, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"virsh {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


def domstats():
    """{domain name: {key: text}} of all active domains, from one bulk call."""
    domains, current = {}, {}
    for line in virsh("domstats", "--list-active").splitlines():
        if line.startswith("Domain: '"):
            current = domains.setdefault(line[len("Domain: '"):-1], {})
        elif "=" in line:
            key, _, value = line.strip().partition("=")
            current[key] = value
    return domains
