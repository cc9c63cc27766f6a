"""Refusals as real servers, and what stands before them, word them; and servers that refuse some lines only. Behaviours for
influx_server.py."""

import gzip
import json
import zlib

from influx_behaviours import HTML_PAGE, ok, status

COMPRESS = {"gzip": gzip.compress, "deflate": zlib.compress}

OUTSIDE_RETENTION = ("dml handler error: data in table vm_totals is outside of the retention period: minimum acceptable timestamp "
                     "is 2026-11-26 12:00:00 UTC, but observed timestamp 2026-11-26 11:00:00 UTC is older.")
COLUMN_LIMIT = ("dml handler error: service limit reached: couldn't create columns in table vm_totals; table contains 199 existing "
                "columns, applying this write would result in 201 columns, limit is 200")
SCHEMA_CONFLICT = ("dml handler error: schema conflict: schema conflict in table vm_nic: column rx_bytes is type f64 but write has "
                   "type i64")
TYPE_CONFLICT = ('partial write: field type conflict: input field "state" on measurement "vm_totals" is type integer, already '
                 "exists as type float dropped={dropped}")
DISK_FULL = ("partial write: write /var/lib/influxdb/data/vmstats/_series/06/0002: no space left on device dropped={dropped}")
NO_RETENTION_POLICY = "retention policy not found: nosuch"
NO_PERMISSION = "insufficient permissions for write"
DATABASE_LIMIT = "Adding a new database would exceed limit of 5 databases"
PANIC = "engine: panic while it wrote a point"


def v1(words):
    return json.dumps({"error": words})


def v2(code, words):
    return json.dumps({"code": code, "message": words})


def v3_partial(numbers, lines, words):
    """These lines are refused, numbered from 1; a quotation is cut to 20 bytes."""
    entries = [{"error_message": words, "line_number": number, "original_line": lines[number - 1][:20]} for number in numbers]
    return json.dumps({"error": "partial write of line protocol occurred", "data": entries})


def unless(is_bad, behave):
    """`behave` with a request that holds such a line, of which nothing is stored; any other is stored."""
    def choose(exchange):
        exchange.read()
        (behave if any(map(is_bad, exchange.request.lines)) else ok)(exchange)
    return choose


def unnamed(is_bad):
    """Says of a request that holds such a line no more than that it takes nothing of it."""
    return unless(is_bad, lambda exchange: exchange.reply(400, '{"error":"partial write of line protocol occurred"}'))


def all_but(is_bad, code, body):
    """Stores what is not bad. If anything is: this status, and as body what `body` makes of the number of bad lines."""
    def store_in_part(exchange):
        exchange.read()
        good = [line for line in exchange.request.lines if not is_bad(line)]
        bad = len(exchange.request.lines) - len(good)
        if not bad:
            ok(exchange)
            return
        exchange.server.store(good)
        exchange.reply(code, body(bad))
    return store_in_part


def naming(is_bad, code, words, encoding=None):
    """v3: stores what is not bad and names the others, in a body that is compressed if there is an encoding."""
    def store_in_part(exchange):
        exchange.read()
        lines = exchange.request.lines
        bad = [number for number, line in enumerate(lines, 1) if is_bad(line)]
        if not bad:
            ok(exchange)
            return
        exchange.server.store([line for line in lines if not is_bad(line)])
        encoded(code, v3_partial(bad, lines, words), encoding)(exchange)
    return store_in_part


def encoded(code, body, encoding, content_type="application/json"):
    if encoding is None:
        return status(code, body, content_type)
    return status(code, COMPRESS[encoding](body.encode()), content_type, Content_Encoding=encoding)


def counting(code, body):
    """Refuses everything; the body is what `body` makes of the number of lines."""
    def behave(exchange):
        exchange.read()
        exchange.reply(code, body(len(exchange.request.lines)))
    return behave


def every_line_named(words):
    """v3 that finds fault with each line it is sent, and stores none."""
    return naming(lambda line: True, 400, words)


disk_full = counting(400, lambda lines: v1(DISK_FULL.format(dropped=lines)))
no_retention_policy = status(500, v1(NO_RETENTION_POLICY))
no_permission = status(401, v2("unauthorized", NO_PERMISSION))
proxy_page = status(403, HTML_PAGE.replace("502 Bad Gateway", "403 Forbidden"), "text/html")
