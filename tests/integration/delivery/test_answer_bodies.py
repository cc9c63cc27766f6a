"""What the body of an answer may be: an error below a 2xx, compressed, or full of characters that do things to a terminal."""

import json
import re
import time

import pytest
from harness import spool_files
from harness.delivery import missing_cycles, parse_line
from harness.refusals import program_in, settings_of, start
from harness.wait import wait_for
from harness.witness import Witness
from influx_behaviours import ok, status
from influx_refusals import NO_PERMISSION, encoded, naming, v1, v2

FULL = "engine: cache maximum memory size exceeded"
ERRORS_BELOW_2XX = {"v1 200": ("v1", status(200, v1(FULL))), "v2 200": ("v2", status(200, v2("internal error", FULL))),
                    "v3 200": ("v3", status(200, v1(FULL))), "v3 202": ("v3", status(202, v1(FULL)))}
HARMLESS = {"200 without a body": (200, "", "text/plain"), "200 OK": (200, "OK", "text/plain"),
            "200 of JSON": (200, "{}", "application/json"), "201": (201, "", "text/plain"),
            "202": (202, '{"status":"accepted"}', "application/json")}
ENCODINGS = ["gzip", "deflate"]
TYPE = "invalid column type for column 'state'"


@pytest.fixture
def server():
    with Witness() as server:
        yield server


@pytest.fixture
def program(binary, tmp_path):
    with program_in(binary, tmp_path) as program:
        yield program


@pytest.fixture
def spool(program):
    return program.directory / "spool"


def once(program, server, api="v3", **settings):
    return program("once", **settings_of(program.directory, server, api, **{"DRAIN_TIMEOUT": "1s", **settings}))


def is_totals_of_two(line):
    return line.startswith("vm_totals,") and ",vm=two," in line


# An error below a 2xx.


@pytest.fixture(params=ERRORS_BELOW_2XX)
def accepting(request, server):
    """Says 2xx and an error, and stores nothing: (the server, its API)."""
    api, server.default = ERRORS_BELOW_2XX[request.param]
    return server, api


def test_a_once_asks_to_be_tried_again_when_a_2xx_has_an_error(program, accepting):
    assert once(program, *accepting).code == 75


def test_a_once_keeps_its_sample_when_a_2xx_has_an_error(program, accepting, spool):
    once(program, *accepting)
    assert any(line.startswith("vmtelem,") for line in spool_files.spooled_lines(spool))


def test_a_once_tells_the_error_of_a_2xx(program, accepting):
    assert FULL in once(program, *accepting).err


def test_a_run_stores_all_when_no_2xx_has_an_error_any_more(program, accepting):
    server, api = accepting
    story = start(program, server, api)
    wait_for(lambda: len(server.requests) >= 4, 30, "attempts")
    server.default, well_s = ok, time.time()
    wait_for(lambda: server.live(well_s), 30, "a new line to be stored")
    story.end()
    assert missing_cycles(map(parse_line, server.lines)) == []
    assert (story.account["rejected"], story.account["written"]) == (0, len(set(server.lines)))


def stores_and_says(code, body, kind):
    def behave(exchange):
        exchange.read()
        exchange.server.store(exchange.request.lines)
        exchange.reply(code, body, kind)
    return behave


@pytest.mark.parametrize("answer", HARMLESS.values(), ids=HARMLESS)
def test_any_2xx_without_an_error_means_stored(program, server, spool, answer):
    server.default = stores_and_says(*answer)
    finished = once(program, server)
    assert (finished.code, len(server.requests), spool_files.batches(spool)) == (0, 1, []), finished.err


# Compressed.


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_lines_that_a_compressed_body_names_are_found_by_their_numbers(program, server, spool, encoding):
    server.default = naming(is_totals_of_two, 400, TYPE, encoding)
    finished = once(program, server)
    assert (finished.code, list(map(is_totals_of_two, spool_files.rejected_lines(spool)))) == (1, [True]), finished.err
    assert len(server.requests) <= 5  # the batch, and the line alone between two that are stored


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_reason_of_a_dead_letter_is_what_the_compressed_body_says(program, server, spool, encoding):
    server.default = naming(is_totals_of_two, 400, TYPE, encoding)
    once(program, server)
    assert [TYPE in path.read_text() for path in spool.glob("*/rejected/*")] == [True]


@pytest.mark.parametrize("code", [400, 401, 403, 404, 503])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_words_of_a_compressed_body_are_reported(program, server, encoding, code):
    server.default = encoded(code, v2("any", NO_PERMISSION), encoding)
    assert NO_PERMISSION in once(program, server).err


def test_a_body_in_another_encoding_than_it_names_costs_no_line(program, server, spool):
    server.default = status(503, "this is no gzip", "text/plain", Content_Encoding="gzip")
    assert (once(program, server).code, len(spool_files.batches(spool))) == (75, 1)


# Characters that do things to a terminal.

# C0 with ESC, DEL, C1 as U+009B, bidi overrides, a zero-width space, a line separator and a byte order mark.
UNSAFE = "\x1b[2J\x07\r\x08\x7f\x9b31m\u202e\u2066\u200b\u2028\ufeff"
WORDS = f"begin {UNSAFE} end of the words"
FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
BODIES = {"JSON with escapes": json.dumps({"error": WORDS}), "JSON as it is": json.dumps({"error": WORDS}, ensure_ascii=False),
          "text": WORDS, "a page": f"<html>{WORDS}</html>", "bytes": WORDS.encode() + b"\x9b\xff\x00"}
ANSWERS = [400, 401, 403, 404, 422, 500, 503]


def written(program):
    """stderr of all that was started, byte by byte: read_text() would make \\n of \\r."""
    return "".join(path.read_bytes().decode(errors="replace") for path in sorted(program.directory.glob("*.err")))


@pytest.mark.parametrize("code", ANSWERS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_control_character_of_a_body_reaches_the_terminal(program, server, code, body):
    server.default = status(code, body, "text/plain")
    once(program, server, DRAIN_TIMEOUT="0.3s", LOG_LEVEL="trace", LOG_FORMAT="text")
    assert FORBIDDEN.findall(written(program)) == []


@pytest.mark.parametrize("code", ANSWERS)
def test_no_control_character_of_a_body_reaches_a_structured_log(program, server, code):
    server.default = status(code, BODIES["JSON with escapes"], "text/plain")
    once(program, server, DRAIN_TIMEOUT="0.3s", LOG_LEVEL="trace", LOG_FORMAT="logfmt")
    assert FORBIDDEN.findall(written(program)) == []


@pytest.fixture(params=[400, 401, 500])
def log_of_a_run(request, program, server):
    server.default = status(request.param, BODIES["JSON with escapes"])
    story = start(program, server, "v3", LOG_LEVEL="trace")
    wait_for(lambda: len(server.requests) >= 4, 30, "attempts")
    server.default = ok
    story.end()
    return written(program)


def test_no_control_character_of_a_body_reaches_the_log_of_a_run(log_of_a_run):
    assert FORBIDDEN.findall(log_of_a_run) == []


def test_the_other_characters_of_such_a_body_reach_the_log_of_a_run(log_of_a_run):
    assert "end of the words" in log_of_a_run


def test_no_control_character_of_a_body_reaches_a_dead_letter(program, server, spool):
    server.default = naming(is_totals_of_two, 400, WORDS)
    once(program, server)
    [text] = [path.read_bytes().decode() for path in spool.glob("*/rejected/*")]
    assert FORBIDDEN.findall(text) == []


def test_a_line_break_in_the_words_of_the_server_begins_no_line_of_the_log(program, server):
    """A line break in the server's words does not begin a line of the log."""
    server.default = status(400, '{"error":"one\\nvmtelem: error: two"}')
    assert [line for line in once(program, server).err.splitlines() if line.startswith("vmtelem: error: two")] == []
