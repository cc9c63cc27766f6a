"""What the write endpoints of InfluxDB v3, v2 and v1 check, and the words in which each refuses. Used by influx_server.py.

Stricter than the real servers where their versions differ, so that what passes here passes on all of them.
"""

import base64
import gzip
import json
import re
import time
import zlib
from dataclasses import dataclass, field

APIS = {"/api/v3/write_lp": "v3", "/api/v2/write": "v2", "/write": "v1"}
V3_LIMIT_BYTES = 10 << 20  # of the body as sent and of the inflated one
# v3 knows no short names before 3.6. v1 before 1.8 takes any unknown name for nanoseconds without a word: only ns is safe.
PRECISIONS = {
    "v3": ("auto", "second", "millisecond", "microsecond", "nanosecond"),
    "v2": ("ns", "us", "ms", "s"),
    "v1": ("ns",),
}
UNAUTHORIZED = {
    "v3": '{"error": "the request was not authenticated"}',
    "v2": '{"code":"unauthorized","message":"unauthorized access"}',
    "v1": '{"error":"authorization failed"}',
}
_NAME = r"(?:[^,= \\\n\t]|\\.)+"
_VALUE = r'(?:-?\d+i|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|t|f|true|false|"(?:[^"\\]|\\.)*")'
_MEASUREMENT = r"(?:[^, #\\\n\t]|\\.)(?:[^, \\\n\t]|\\.)*"
_LINE = re.compile(rf"{_MEASUREMENT}(?:,{_NAME}={_NAME})* {_NAME}={_VALUE}(?:,{_NAME}={_VALUE})*(?: -?\d+)?")


class Refusal(Exception):
    """A request that the real server turns down: status and body of its answer, and the lines that it stores all the same."""

    def __init__(self, status, body, stored=()):
        super().__init__(body)
        self.status, self.body, self.stored = status, body, list(stored)


@dataclass
class Request:
    """One request as it came; `body` is inflated, `wire_bytes` is its size before that."""

    api: str
    path: str
    query: dict
    headers: dict
    body: bytes = b""
    wire_bytes: int = 0
    status: int = 0  # what was answered; 0 is nothing
    time: float = field(default_factory=time.monotonic)

    @property
    def lines(self):
        """Cut at \\n only: splitlines() would also cut at U+2028 and others, which a VM's name may hold."""
        return self.body.decode(errors="replace").removesuffix("\n").split("\n")


def inflate(raw, encoding):
    """The body as the server sees it."""
    if encoding == "identity":
        return raw
    if encoding != "gzip":
        raise Refusal(400, f"unacceptable content-encoding: {encoding}")
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise Refusal(400, f"error decoding gzip stream: {error}") from None


def accepted_lines(request, server):
    """The lines that a healthy server stores; raises Refusal for everything that it answers with an error."""
    if request.api == "":
        raise Refusal(404, "not found")
    check_token(request, server)
    check_precision(request)
    check_database(request, server)
    if request.api == "v3":
        check_v3_body(request)
    return checked_lines(request)


def check_token(request, server):
    if server.token is None:
        return
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if request.api == "v3" and scheme and scheme not in ("Bearer", "Token", "Basic"):
        raise Refusal(400, "Authorization header was malformed, the request was not in the form of "
                           "'Authorization: <auth-scheme> <token>'")
    basic = base64.b64encode(f"{server.user}:{server.token}".encode()).decode()
    if credentials != (basic if request.api == "v1" else server.token):
        raise Refusal(401, UNAUTHORIZED[request.api])


def check_precision(request):
    if request.query.get("precision") not in PRECISIONS[request.api]:
        raise Refusal(400, f"precision has to be one of {', '.join(PRECISIONS[request.api])}")


def check_database(request, server):
    """v3 creates a database when it is written to; the others answer 404."""
    name = request.query.get("bucket" if request.api == "v2" else "db")
    if not name or (request.api == "v2" and not request.query.get("org")):
        raise Refusal(400, '{"code":"invalid","message":"no database, or no bucket and org"}')
    if request.api != "v3" and server.databases is not None and name not in server.databases:
        v1 = json.dumps({"error": f'database not found: "{name}"'})
        raise Refusal(404, v1 if request.api == "v1" else '{"code":"not found","message":"bucket not found"}')


def check_v3_body(request):
    if not request.body:
        raise Refusal(400, "incoming write was empty")
    if max(request.wire_bytes, len(request.body)) > V3_LIMIT_BYTES:
        raise Refusal(413, f"max request size ({V3_LIMIT_BYTES} bytes) exceeded")
    try:
        request.body.decode()
    except UnicodeDecodeError as error:
        raise Refusal(400, f"body content is not valid utf8: {error}") from None


def checked_lines(request):
    """All lines, or a Refusal that names the malformed ones."""
    lines = request.lines
    bad = {number: line for number, line in enumerate(lines, 1) if not _LINE.fullmatch(line)}
    if bad:
        raise refusal_of(request.api, lines, bad)
    return lines


def refusal_of(api, lines, bad):
    """What the API says when these lines ({number from 1: text}) are bad: v3 and v1 store the others, v2 stores nothing."""
    good = [line for number, line in enumerate(lines, 1) if number not in bad]
    if api == "v3":
        return Refusal(400, v3_partial_body(bad), good)
    quoted = "\n".join(f"unable to parse '{line}': missing fields" for line in bad.values())
    if api == "v2":
        return Refusal(400, json.dumps({"code": "invalid", "message": quoted}))
    return Refusal(400, json.dumps({"error": f"partial write: {quoted} dropped=0" if good else quoted}), good)


def v3_partial_body(bad):
    """v3 cuts the line that it quotes to 20 bytes."""
    entries = [{"error_message": "No fields were provided", "line_number": number, "original_line": line[:20]}
               for number, line in bad.items()]
    return json.dumps({"error": "partial write of line protocol occurred", "data": entries})
