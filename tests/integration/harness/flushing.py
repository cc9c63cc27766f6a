"""A database that answers each write at its next flush, as InfluxDB 3 does."""

import threading
import time

from harness.arrivals import Arrivals


class AnswersAtFlush(Arrivals):
    """A behaviour of FakeInflux that takes whatever comes and answers at the next multiple of the period."""

    def __init__(self, period_s=1):
        super().__init__()
        self._period_s = period_s
        self.most_at_once = self._under_way = 0
        self._count_lock = threading.Lock()

    def __call__(self, exchange):
        exchange.read()
        self._count(1)
        exchange.server.closing.wait(self._period_s - time.time() % self._period_s)
        self._count(-1)
        super().__call__(exchange)

    def _count(self, more):
        with self._count_lock:
            self._under_way += more
            self.most_at_once = max(self.most_at_once, self._under_way)
