"""A scripted InfluxDB that remembers when it stored which line, and what can be told from that."""

import time
from itertools import accumulate

from influx_server import FakeInflux

SECOND_NS = 10**9


class Witness(FakeInflux):
    """`arrived` is {line: when it was stored first}, by the wall clock, as stamps are."""

    def __init__(self, **options):
        super().__init__(**options)
        self.arrived = {}

    def store(self, lines):
        super().store(lines)
        now_s = time.time()
        for line in lines:
            self.arrived.setdefault(line, now_s)

    def seen(self):
        """Every line that came in any request, stored or not."""
        return {line for request in list(self.requests) if request.body for line in request.lines}

    def live(self, since_s):
        """[(arrival, stamp)] in seconds of the lines sampled since then that were stored, in order of arrival."""
        pairs = [(arrived_s, stamp_s(line)) for line, arrived_s in list(self.arrived.items())]
        return sorted(pair for pair in pairs if pair[1] >= since_s)

    def latest_s(self, begin_s, end_s):
        """How late live lines were at most in that time: the oldest that arrived, or the newest when nothing newer came."""
        live = [pair for pair in self.live(begin_s) if pair[0] <= end_s]
        newest = accumulate((stamp for _, stamp in live), max, initial=begin_s)  # before each of these moments
        stale = [moment - stamp for moment, stamp in zip([*(arrived for arrived, _ in live), end_s], newest)]
        return max([*stale, *(arrived - stamp for arrived, stamp in live)])


def stamp_s(line):
    return int(line.rpartition(" ")[2]) / SECOND_NS
