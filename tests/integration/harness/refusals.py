"""Runs whose server refuses lines, or everything, and what is looked at afterwards."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field

from harness import books, spool_files
from harness.embedded_host import embedded_host
from harness.made_spool import add_batch, target_directory
from harness.vmtelem import Vmtelem
from harness.witness import Witness

INTERVAL_S = PAUSE_S = 0.5
LATE_S = 3  # a batch waits 0.5 s, and a busy machine adds its own
VMS = ["one", "two", "three"]
OWN = {"v1": {}, "v2": {"INFLUX_TOKEN": "any", "INFLUX_ORG": "ours"}, "v3": {"INFLUX_TOKEN": "any"}}


def settings_of(directory, server, api, **settings):
    """An API and all that it wants, with short batches and pauses."""
    target = {"INFLUX_URL": server.url, "INFLUX_DB": "vmstats", "INFLUX_API": api, **OWN[api]}
    pace = {"POLL_INTERVAL": f"{INTERVAL_S}s", "BATCH_MAX_SEC": f"{INTERVAL_S}s", "RETRY_MAX": f"{PAUSE_S}s", "DRAIN_TIMEOUT": "5s"}
    return {**target, **pace, "LIBVIRT_URI": embedded_host(directory, VMS), **settings}


def let_wait(directory, server, api, batches):
    """Batches of an earlier life, each a list of lines."""
    (directory / "spool").mkdir(mode=0o700, exist_ok=True)
    target = target_directory(directory / "spool", server.url, api, org=OWN[api].get("INFLUX_ORG", ""))
    for sequence, lines in enumerate(batches, 1):
        add_batch(target, lines, sequence)


def comes_true(condition, timeout_s):
    """Waits like wait_for, but leaves it to the tests to say what it means if it does not."""
    deadline = time.monotonic() + timeout_s
    while not (true := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(true)


AT_A_TIME = 5


@contextmanager
def all_at_once(cases, binary, make_directory, live_through):
    """{name: live_through(case, a server, a program)} of all cases, several at a time: most of it is waiting."""
    with ExitStack() as stack, ThreadPoolExecutor(AT_A_TIME) as pool:
        worlds = [(stack.enter_context(Witness()), stack.enter_context(program_in(binary, make_directory("refused"))))
                  for _ in cases]
        yield dict(zip(cases, pool.map(lambda case, world: live_through(case, *world), cases.values(), worlds)))


@dataclass
class Story:
    """A `run` and its server after the end. `since_s`: from when on live lines were looked at, `until_s`: to when."""

    server: object
    running: object
    spool: object
    since_s: float = 0
    until_s: float = 0
    code: int = None
    account: dict = field(default_factory=dict)
    letters: list = field(default_factory=list)

    def end(self):
        self.until_s = time.time()
        self.code = self.running.stop()
        self.account = books.at_the_end(self.running)
        self.letters = spool_files.rejected_lines(self.spool)
        return self

    @property
    def reasons(self):
        """The comment lines above the dead letters."""
        texts = [path.read_text() for path in sorted(self.spool.glob("*/rejected/*"))]
        return [line for text in texts for line in text.splitlines() if line.startswith("#")]


def start(program, server, api, batches=(), **settings):
    let_wait(program.directory, server, api, batches)
    running = program.start("run", **settings_of(program.directory, server, api, **settings))
    return Story(server, running, program.directory / "spool")


def program_in(binary, directory):
    return closing(Vmtelem(binary, directory))
