"""Runs the program under test as a user would: by its command line, environment, signals, standard streams and exit code."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass

from harness import beside, line_protocol
from harness.libvirtd import URI
from harness.wait import pending_signals, wait_for

INTERVAL_S = 0.5


def outlast(cycles):
    """Let that many cycles go by. For an outage that has to last: there is no condition to wait for when nothing may happen."""
    time.sleep(cycles * INTERVAL_S)


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str

    def lines(self):
        return line_protocol.printed(self.out)

    def errors(self):
        """What follows "vmtelem: error: ", line by line."""
        return self._what_follows("vmtelem: error: ")

    def hints(self):
        return self._what_follows("hint: ")

    def _what_follows(self, prefix):
        return [line.removeprefix(prefix) for line in self.err.splitlines() if line.startswith(prefix)]


class Vmtelem:
    """Starts the binary with a clean environment: nothing of the developer's own settings may leak into a test."""

    def __init__(self, binary, directory):
        self.binary = binary
        self.directory = directory
        self._running = []

    def __call__(self, *arguments, timeout_s=60, **settings):
        """Run to the end. Settings are environment variables."""
        running = self.start(*arguments, **settings)
        running.wait(timeout_s)
        return Finished(running.code, running.out(), running.err())

    def start(self, *arguments, **settings):
        """Start it and leave it running; the test's end kills it if the test does not."""
        environment = beside.added_to(self._environment(settings), arguments[0] if arguments else "")
        running = Running([str(self.binary), *arguments], environment, self.directory, len(self._running))
        self._running.append(running)
        return running

    def close(self):
        """Kill what still runs, and print every log: pytest shows it when the test failed."""
        for running in self._running:
            running.kill()
            print(f"--- {' '.join(running.command)}: exit code {running.code}\n{running.err()[-8000:]}")

    def _environment(self, settings):
        base = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.directory),
            "LIBVIRT_URI": URI,
            "POLL_INTERVAL": str(INTERVAL_S),
            "SPOOL_DIR": str(self.directory / "spool"),
            "LOG_FORMAT": "logfmt",
        }
        sanitizers = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        return {**base, **sanitizers, **{name: str(value) for name, value in settings.items()}}


class Running:
    """One process. Its streams go to files, so it never blocks on us and can be read while it runs."""

    def __init__(self, command, environment, directory, number):
        self.command = command
        self._lines, self._parsed_bytes = [], 0
        self._out, self._err = directory / f"{number}.out", directory / f"{number}.err"
        with open(self._out, "wb") as out, open(self._err, "wb") as err:
            # a session of its own, so without a controlling terminal, like a service
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            start_new_session=True)

    @property
    def code(self):
        return self.process.poll()

    @property
    def pid(self):
        return self.process.pid

    def out(self):
        return self._out.read_text()

    def err(self):
        return self._err.read_text(errors="replace")

    def log(self):
        return self.err().splitlines()

    def lines(self):
        """The complete lines printed so far. Each is parsed once: who waits asks often, and a long run has thousands."""
        with open(self._out, "rb") as out:
            out.seek(self._parsed_bytes)
            complete = out.read().rpartition(b"\n")[0]
        if complete:
            self._lines += line_protocol.parse(complete.decode())
            self._parsed_bytes += len(complete) + 1
        return list(self._lines)

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def has_taken(self, signum):
        """True when a signal that was sent has reached the program; until then a second one would merge with it."""
        return signum not in pending_signals(self.pid)

    def wait(self, timeout_s=30):
        """The exit code; a process that does not end in time fails the test."""
        wait_for(lambda: self.code is not None, timeout_s, f"{' '.join(self.command)} to end; its log:\n{self.err()[-4000:]}")
        return self.code

    def stop(self, timeout_s=30):
        """SIGINT and the exit code."""
        self.interrupt()
        return self.wait(timeout_s)

    def kill(self):
        if self.code is None:
            self.process.kill()
            self.process.wait()
