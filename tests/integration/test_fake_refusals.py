"""The scripted refusals are yardsticks too: what they store, what they say, and of which lines."""

import gzip
import http.client
import json
import zlib

import pytest
from influx_refusals import PANIC, all_but, disk_full, encoded, every_line_named, naming, unless, v1
from influx_server import FakeInflux, status

LINES = ["good x=1i 1", "bad x=2i 2", "good x=3i 3"]


def is_bad(line):
    return line.startswith("bad ")


def post(server, lines=LINES):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", "/api/v3/write_lp?db=vmstats&precision=nanosecond", "\n".join(lines))
    response = connection.getresponse()
    return response.status, response.read(), response.headers


@pytest.fixture
def server():
    with FakeInflux() as server:
        yield server


def test_a_request_with_a_bad_line_is_refused_as_a_whole(server):
    server.default = unless(is_bad, status(500, v1(PANIC)))
    assert (post(server)[0], server.lines) == (500, [])


def test_a_request_without_a_bad_line_is_stored(server):
    server.default = unless(is_bad, status(500, v1(PANIC)))
    assert (post(server, LINES[:1])[0], server.lines) == (204, LINES[:1])


def test_all_but_the_bad_lines_are_stored_and_these_counted(server):
    server.default = all_but(is_bad, 400, lambda bad: v1(f"partial write dropped={bad}"))
    code, body, _ = post(server)
    assert (code, json.loads(body)["error"], server.lines) == (400, "partial write dropped=1", [LINES[0], LINES[2]])


def test_bad_lines_are_named_by_their_numbers(server):
    server.default = naming(is_bad, 400, "no good")
    code, body, _ = post(server)
    assert (code, [entry["line_number"] for entry in json.loads(body)["data"]], len(server.lines)) == (400, [2], 2)


def test_an_answer_can_name_every_line(server):
    server.default = every_line_named("no good")
    assert ([entry["line_number"] for entry in json.loads(post(server)[1])["data"]], server.lines) == ([1, 2, 3], [])


def test_a_full_disk_counts_every_line_as_dropped(server):
    server.default = disk_full
    code, body, _ = post(server)
    assert (code, b"no space left on device dropped=3" in body, server.lines) == (400, True, [])


@pytest.mark.parametrize("encoding, decode", [("gzip", gzip.decompress), ("deflate", zlib.decompress)])
def test_a_body_is_sent_in_the_encoding_that_it_names(server, encoding, decode):
    server.default = encoded(401, "the words", encoding)
    code, body, headers = post(server)
    assert (code, decode(body), headers["Content-Encoding"]) == (401, b"the words", encoding)
