"""Answers that no database gives, but proxies, captive portals and wrong URLs do: `run` survives, and delivers afterwards."""

import pytest
from harness.delivery import assert_complete, complaints, delivered, upload
from harness.wait import wait_for
from influx_server import (FakeInflux, close_after_body, close_before_body, html_bad_gateway, html_bad_request, huge_body,
                           make_certificate, ok, rate_limited, redirect_for_ever, refuse_lines, status, wrong_json)

ANSWERS = {
    "an HTML page with 502": html_bad_gateway,
    "an HTML page with 400": html_bad_request,
    "broken JSON": wrong_json,
    "10 MB of body": huge_body,
    "a redirect to itself": redirect_for_ever,
    "service unavailable": status(503, "busy", "text/plain"),
    "too many requests": rate_limited(1),
    "not found": status(404, "404 page not found\n", "text/plain"),
    "a reset before the body": close_before_body,
    "a reset after the body": close_after_body,
}
ATTEMPTS = 4


@pytest.fixture(params=ANSWERS)
def server(request):
    with FakeInflux(token="t") as server:
        server.everything = ANSWERS[request.param]
        yield server


def test_everything_arrives_once_the_server_behaves(vmtelem, server, any_guest):
    running = vmtelem.start("run", **upload(server))
    wait_for(lambda: len(server.requests) >= ATTEMPTS, 60, f"{ATTEMPTS} attempts")
    wait_for(lambda: complaints(running), 30, "a complaint")
    complained = complaints(running)
    server.everything = None
    behaved = len(server.requests)
    wait_for(lambda: any(request.status == 204 for request in server.requests[behaved:]), 30, "a batch to be accepted")
    assert running.stop() == 0
    assert_complete(delivered(server))
    assert len(complained) <= 2


@pytest.fixture
def certificates(vmtelem):
    return [make_certificate(vmtelem.directory, name) for name in ("trusted", "foreign")]


def test_everything_arrives_once_the_certificate_is_the_trusted_one(vmtelem, certificates, any_guest):
    trusted, foreign = certificates
    with FakeInflux(token="t", certificate=foreign) as server:
        running = vmtelem.start("run", **upload(server, INFLUX_CA_FILE=trusted[0]))
        wait_for(lambda: complaints(running), 30, "a complaint about the certificate")
        server.use_certificate(trusted)
        wait_for(lambda: server.lines, 30, "lines to be accepted")
        assert running.stop() == 0
        assert_complete(delivered(server))


def test_a_certificate_that_is_not_trusted_gets_no_data(vmtelem, certificates, any_guest):
    trusted, foreign = certificates
    with FakeInflux(token="t", certificate=foreign) as server:
        running = vmtelem.start("run", **upload(server, INFLUX_CA_FILE=trusted[0]))
        wait_for(lambda: complaints(running), 30, "a complaint about the certificate")
        assert server.requests == []


def test_the_certificate_is_named_as_the_cause(vmtelem, certificates, any_guest):
    trusted, foreign = certificates
    with FakeInflux(token="t", certificate=foreign) as server:
        failed = vmtelem("once", **upload(server, INFLUX_CA_FILE=trusted[0]))
        assert "certificate" in failed.err


def refuse_one_of_several(exchange):
    """The first line of the first request that holds others which it could hold up."""
    exchange.read()
    is_first = len(exchange.request.lines) > 1 and not exchange.server.refused
    (refuse_lines(1) if is_first else ok)(exchange)


def test_a_line_that_the_server_refuses_does_not_hold_up_the_others(vmtelem, any_guest):
    with FakeInflux(token="t") as server:
        server.default = refuse_one_of_several
        running = vmtelem.start("run", **upload(server))
        wait_for(lambda: len([request for request in server.requests if len(request.lines) > 1]) > 3, 30, "later batches")
        refused = min(server.refused)
        _, *again = [request for request in server.requests if refused in request.lines]
        assert 1 <= len(again) <= 2 and all(request.lines == [refused] for request in again)
