"""When the cycles of a `run --stdout` end, by the clock of whoever reads its output: a stamp tells only when a cycle began."""

import time

from harness import beside
from harness.completeness import INTERVAL_S, tick_of
from harness.line_protocol import parse_line
from harness.sampling import Sampling

PROMPT = {"BATCH_MAX_SEC": "0.1s"}  # settings for a run that is watched: a line is printed as soon as its cycle has ended
LATEST_S = max(2 * INTERVAL_S, 2)  # after its tick
SLACK_S = 0.5  # until the line is printed and seen, on a machine that is busy


class CycleEnds(Sampling):
    """Notes when each line of the hypervisor appears, from now on. To be begun between two cycles."""

    PERIOD_S = 0.02

    def __init__(self, running):
        super().__init__()
        self._output = open(f"/proc/{running.pid}/fd/1", "rb")  # opened anew, so with a place of its own
        self._output.seek(0, 2)
        self._rest = b""
        self.begun_s = time.time()
        self.ends = []  # (tick, time of its end)

    def __exit__(self, *_):
        super().__exit__(*_)
        self._output.close()

    def sample(self):
        *complete, self._rest = (self._rest + self._output.read()).split(b"\n")
        now_s = time.time()
        self.ends += [(tick_of(parse_line(line.decode()).time_ns), now_s) for line in complete if beside.is_cycle(line.decode())]

    def late(self):
        """{tick: seconds} of the cycles that ended too late."""
        return {tick: seconds for tick, seconds in self._seconds().items() if seconds > LATEST_S + SLACK_S}

    def too_long_silent(self):
        """The times without the end of a cycle that no allowed cycle explains: also one that never gave a line is seen here."""
        times = [self.begun_s, *(end_s for _, end_s in self.ends)]
        pauses = [round(after - before, 2) for before, after in zip(times, times[1:])]
        return [pause for pause in pauses if pause > LATEST_S + INTERVAL_S + SLACK_S]

    def worst_s(self):
        return max(self._seconds().values(), default=None)

    def _seconds(self):
        return {tick: round(end_s - tick * INTERVAL_S, 2) for tick, end_s in self.ends}
