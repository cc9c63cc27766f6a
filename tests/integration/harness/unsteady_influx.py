"""An InfluxDB in all its moods: the scripted server (tests/fakes/influx_server.py) with a store that tells points apart, moods
from which the answer to each request is drawn, and a way to vanish from the network and come back."""

import random
import socket
import struct
import threading
import time
from collections import Counter, deque
from email.utils import formatdate

from harness.points import Points
from influx_behaviours import healthy
from influx_rules import Refusal, check_token
from influx_server import (FakeInflux, _Listener, close_after_body, close_before_body, hang, html_bad_gateway, html_ok, ok,
                           rate_limited, refuse_lines, status)

LATE_S = 0.25  # an answer that comes while the sender still waits


def store(exchange):
    exchange.read()
    exchange.server.store(exchange.request.lines)


def store_then_answer_late(exchange):
    store(exchange)
    exchange.server.closing.wait(LATE_S)
    exchange.reply(204)


def store_then_hang(exchange):
    store(exchange)
    hang(exchange)


def rate_limited_until_a_date(exchange):
    rate_limited(formatdate(time.time() + 1, usegmt=True))(exchange)


MOODS = {
    "well": [ok],
    "failing": [status(500, "internal"), status(503, "busy", "text/plain"), html_bad_gateway, html_ok],
    "busy": [rate_limited(0), rate_limited(1), rate_limited_until_a_date],
    "hanging": [hang],
    "cutting before it stores": [close_before_body],
    "cutting after it stored": [close_after_body],
    "answering late": [store_then_answer_late],
    "storing without an answer": [store_then_hang],
    "down": [],
}
# Only here lines are refused for good: who looks for lost lines has to know.
REFUSING = {"refusing a line": [refuse_lines(1), refuse_lines(2, 5)]}
MOODS["mixed"] = [behaviour for mood in MOODS.values() for behaviour in mood] + [ok] * 8


class UnsteadyInflux(FakeInflux):
    """`points` is what it stored, up to the stamp `newest_ns`; `unsure` those of which a sender that waits for `patience_s` may not
    know that; `counts` the statuses answered, 0 being none. Requests are not kept: half an hour has many."""

    IN_TRANSIT_S = 0.02  # an answer so young may be lost with its connection

    def __init__(self, seed, patience_s=0.5, **options):
        self._place = _keep_port()
        super().__init__(port=self._place.getsockname()[1], **options)
        self.points, self.unsure, self.counts = Points(), set(), Counter()
        self.newest_ns, self.patience_s = 0, patience_s
        self._mood, self._random = "well", random.Random(seed)
        self._connections, self._recent, self._exchange = set(), deque(), threading.local()

    def __exit__(self, *exception):
        self.enter("well")
        super().__exit__(*exception)
        self._place.close()

    def enter(self, mood):
        """Be in this mood from the next request on; requests that hang now are reset."""
        before, self._mood = self._mood, mood
        self._let_go()
        if mood == "down" and before != "down":
            self._vanish()
        if before == "down" and mood != "down":
            self._come_back()

    def want(self, token):
        """Accept no other from the next request on."""
        self.token = token

    def wrap(self, connection):
        with self._lock:
            self._connections = {known for known in self._connections if known.fileno() >= 0} | {connection}
        return super().wrap(connection)

    def next_behaviour(self, request):
        if not request.api:
            return healthy
        behave = self._random.choice({**MOODS, **REFUSING}[self._mood] or [hang]) if self._may_write(request) else ok
        return lambda exchange: self._watch(behave, exchange)

    def _may_write(self, request):
        """No mood stores what comes with a wrong token: `ok` refuses it."""
        try:
            check_token(request, self)
            return True
        except Refusal:
            return False

    def store(self, lines):
        with self._lock:
            points = self.points.add(lines)
            self.unsure.update(points)
            self.newest_ns = max([self.newest_ns, *(int(point.rpartition(" ")[2]) for point in points)])
        self._exchange.stored = points

    def _watch(self, behave, exchange):
        """What it stores is not sure before it has answered in time."""
        self._exchange.stored = []
        try:
            behave(exchange)
        except OSError:
            exchange.request.status = 0  # nobody took the answer
            raise
        finally:
            self._note(exchange.request, self._exchange.stored)

    def _note(self, request, stored):
        now = time.monotonic()
        with self._lock:
            self.counts[request.status] += 1
            if request.status == 0 or now - request.time > 0.9 * self.patience_s:
                return
            self.unsure.difference_update(stored)
            self._recent.append((now, stored))
            while now - self._recent[0][0] > self.IN_TRANSIT_S:
                self._recent.popleft()

    def _let_go(self):
        """A client that was killed would leave its hanging request to us for ever."""
        let_go, self.closing = self.closing, threading.Event()
        let_go.set()

    def _vanish(self):
        """As when its process is killed: no more answers, every connection reset, nobody listens."""
        self._listener.shutdown()
        self._listener.server_close()
        with self._lock:
            connections, self._connections = self._connections, set()
            self.unsure.update(point for _, stored in self._recent for point in stored)
        for connection in connections:
            _reset(connection)

    def _come_back(self):
        self._listener = _Listener(("127.0.0.1", self.port), self._listener.RequestHandlerClass)
        self._listener.fake = self
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()


def _keep_port():
    """A socket that holds a port but does not listen, so that nobody else gets it while the server is down."""
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", 0))
    return place


def _reset(connection):
    """The thread that serves it then finds it closed, and ends."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other side went first
