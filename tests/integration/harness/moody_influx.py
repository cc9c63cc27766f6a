"""An InfluxDB that changes its mind about lines and about everything, and knows what it said of which line and when it was well."""

import random
import threading
import time
from dataclasses import dataclass
from typing import Callable

from harness.witness import Witness, stamp_s
from influx_behaviours import (close_after_body, close_before_body, hang, healthy, html_bad_gateway, ok, rate_limited, status,
                               too_large_above)
from influx_refusals import (NO_RETENTION_POLICY, all_but, disk_full, every_line_named, naming, no_permission, no_retention_policy,
                             proxy_page, unless, v1, v2)

OLD_S = 8
# Of each mood that finds fault with lines, words that no other has.
TYPE, SCHEMA, COLUMNS = "field type conflict", "schema conflict", "limit of columns"
RETENTION, PANIC = "outside of the retention period", "panic about one batch"


@dataclass(frozen=True)
class Mood:
    """`is_bad(line, now_s)`: the lines that it refuses for `words`; none if it says nothing that is true of a line. `accepts`:
    every other line is stored at once."""

    name: str
    behaviour: Callable
    words: str = ""
    is_bad: Callable = lambda line, now_s: False
    accepts: bool = False


def store_then_hang(exchange):
    exchange.read()
    exchange.server.store(exchange.request.lines)
    hang(exchange)


def one_of(*behaviours):
    """Drawn anew for each request."""
    rng = random.Random(1)
    return lambda exchange: rng.choice(behaviours)(exchange)


def is_totals(line, now_s):
    return line.startswith("vm_totals,")


def is_nic(line, now_s):
    return line.startswith("vm_nic,")


def is_totals_of_two(line, now_s):
    return line.startswith("vm_totals,") and ",vm=two," in line


def is_old(line, now_s):
    return stamp_s(line) < now_s - OLD_S


def is_disk_of_one_in_some_cycles(line, now_s):
    """Of one cycle in sixteen: the batches around it have none."""
    return line.startswith("vm_disk,") and ",vm=one," in line and stamp_s(line) % 8 < 0.5


def now(is_bad):
    return lambda line: is_bad(line, time.time())


WELL = Mood("well", ok, accepts=True)
TROUBLES = [
    Mood("silent", hang),
    Mood("silent and storing", store_then_hang),
    Mood("cutting", one_of(close_before_body, close_after_body)),
    Mood("busy", one_of(rate_limited(0), rate_limited(1), status(503, "busy", "text/plain"))),
    Mood("failing", one_of(status(500, "internal error"), html_bad_gateway, status(504))),
    Mood("failing at random", one_of(ok, status(500, "internal error at random"), close_after_body)),
    Mood("no retention policy", no_retention_policy, NO_RETENTION_POLICY),
    Mood("no permission", no_permission),
    Mood("behind a proxy", proxy_page),
    Mood("saying 200 and an error", status(200, v1("no room in the cache"))),
    Mood("refusing everything", status(400, v1("nothing is to be"))),
    Mood("not found", status(404, v2("not found", "bucket not found"))),
    Mood("taking small requests only", too_large_above(1500)),
    Mood("failing for one batch", unless(now(is_disk_of_one_in_some_cycles), status(500, v1(PANIC))), PANIC,
         is_disk_of_one_in_some_cycles),
]
RETENTION_BODY = v2("forbidden", f"dml handler error: data in table is {RETENTION}: it is older")
OF_LINES = [
    Mood("a schema conflict", unless(now(is_nic), status(400, v2("invalid", SCHEMA))), SCHEMA, is_nic, True),
    Mood("too many columns", unless(now(is_totals), status(400, v2("invalid", COLUMNS))), COLUMNS, is_totals, True),
    Mood("retention", unless(now(is_old), status(403, RETENTION_BODY)), RETENTION, is_old, True),
    Mood("retention of a part", all_but(now(is_old), 403, lambda bad: RETENTION_BODY), RETENTION, is_old, True),
]

def type_conflict(code, body):
    """A partial write that names no line."""
    words = f"partial write: {TYPE}: a field"
    refuse = all_but(now(is_totals_of_two), code, lambda bad: body(f"{words} dropped={bad}"))
    return Mood("a type conflict", refuse, TYPE, is_totals_of_two, True)


OF_API = {
    "v1": [Mood("a full disk", disk_full), type_conflict(400, v1)],
    "v2": [type_conflict(422, lambda words: v2("unprocessable entity", words))],
    "v3": [Mood("each line named", every_line_named("none of these")),
           Mood("a type conflict", naming(now(is_totals_of_two), 400, TYPE), TYPE, is_totals_of_two, True)],
}


def moods_of(api):
    return [*TROUBLES, *OF_LINES, *OF_API[api]]


class MoodyInflux(Witness):
    """`history` is [(since when, mood)]; `sent` every line that came, stored or not. Requests are not kept: there are many."""

    def __init__(self, **options):
        super().__init__(**options)
        self.history, self.sent, self.count = [(time.time(), WELL)], set(), 0

    def __exit__(self, *exception):
        self.enter(WELL)
        super().__exit__(*exception)

    def enter(self, mood):
        """From the next request on; what hangs now is reset."""
        self.history.append((time.time(), mood))
        let_go, self.closing = self.closing, threading.Event()
        let_go.set()

    def next_behaviour(self, request):
        if not request.api:
            return healthy
        behave = self.history[-1][1].behaviour
        return lambda exchange: self._watch(behave, exchange)

    def seen(self):
        return self.sent

    def was_true(self, line, reason, tolerance_s):
        """Whether it refused that line for that reason at some time. What it judges by the clock may be judged a moment later."""
        for (since_s, mood), (until_s, _) in zip(self.history, [*self.history[1:], (time.time(), None)]):
            if mood.words and mood.words in reason and mood.is_bad(line, until_s + tolerance_s):
                return True
        return False

    def well_periods(self):
        """[(begin, end)] of the times in which it stored whatever it did not find bad."""
        periods = []
        for (since_s, mood), (until_s, _) in zip(self.history, [*self.history[1:], (time.time(), None)]):
            if mood.accepts and periods and periods[-1][1] == since_s:
                periods[-1] = (periods[-1][0], until_s)
            elif mood.accepts:
                periods.append((since_s, until_s))
        return periods

    def _watch(self, behave, exchange):
        try:
            behave(exchange)
        finally:
            self.count += 1
            if exchange.request.body:
                self.sent.update(exchange.request.lines)
