"""What a database was sent, when and in which order, without keeping it: for millions of lines."""

import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Arrival:
    """A request that was accepted. Its first line is the oldest of it, its last the newest."""

    time_s: float  # of the wall clock, as stamps are
    first_ns: int
    last_ns: int
    lines: int
    body_bytes: int
    wire_bytes: int


class Arrivals:
    """A behaviour of FakeInflux that takes whatever comes. `of_interest`: begin of the lines that are kept as they are."""

    def __init__(self, of_interest=b"vmtelem,"):
        self.all, self.kept = [], []
        self._of_interest, self._lock = of_interest, threading.Lock()

    def __call__(self, exchange):
        exchange.read()
        body, exchange.request.body = exchange.request.body, b""
        exchange.reply(204)
        self._note(body, exchange.request.wire_bytes)

    @property
    def lines(self):
        return sum(arrival.lines for arrival in list(self.all))

    @property
    def body_bytes(self):
        return sum(arrival.body_bytes for arrival in list(self.all))

    @property
    def wire_bytes(self):
        return sum(arrival.wire_bytes for arrival in list(self.all))

    def _note(self, body, wire_bytes):
        lines = body.splitlines()
        arrival = Arrival(time.time(), stamp_of(lines[0]), stamp_of(lines[-1]), len(lines), len(body), wire_bytes)
        kept = [line.decode() for line in lines if line.startswith(self._of_interest)]
        with self._lock:
            self.all.append(arrival)
            self.kept += kept


def stamp_of(line):
    return int(line.rpartition(b" ")[2])
