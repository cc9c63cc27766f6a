"""The token is wrong, then right: nothing sampled meanwhile is lost, and nobody has to restart anything."""

import pytest
from harness.delivery import assert_complete, complaints, delivered, upload
from harness.vmtelem import outlast
from harness.wait import wait_for
from influx_server import FakeInflux


@pytest.fixture
def token_file(vmtelem):
    path = vmtelem.directory / "token"
    path.write_text("wrong\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def server():
    with FakeInflux(token="right") as server:
        yield server


def start(vmtelem, server, token_file):
    settings = upload(server, INFLUX_TOKEN_FILE=token_file)
    del settings["INFLUX_TOKEN"]
    return vmtelem.start("run", **settings)


def test_everything_arrives_when_the_token_file_becomes_right(vmtelem, server, token_file, any_guest):
    running = start(vmtelem, server, token_file)
    wait_for(lambda: any(request.status == 401 for request in server.requests), 30, "a refusal")
    outlast(4)
    token_file.write_text("right\n")
    wait_for(lambda: server.lines, 30, "lines to be accepted")
    assert running.stop() == 0
    assert_complete(delivered(server))


def test_a_refusal_is_logged_once_and_not_with_every_attempt(vmtelem, server, token_file, any_guest):
    running = start(vmtelem, server, token_file)
    wait_for(lambda: len(server.requests) >= 3, 60, "three attempts")
    assert 1 <= len(complaints(running)) <= 2


def test_a_token_that_is_withdrawn_and_given_back_costs_nothing(vmtelem, server, token_file, any_guest):
    token_file.write_text("right\n")
    running = start(vmtelem, server, token_file)
    wait_for(lambda: server.lines, 30, "lines to be accepted")
    server.token = "rotated"
    wait_for(lambda: server.requests[-1].status == 401, 30, "a refusal")
    token_file.write_text("rotated\n")
    before = len(server.lines)
    wait_for(lambda: len(server.lines) > before, 30, "lines to be accepted again")
    assert running.stop() == 0
    assert_complete(delivered(server))


def test_once_with_a_wrong_token_says_that_access_is_refused(vmtelem, server, token_file, any_guest):
    settings = upload(server, INFLUX_TOKEN="wrong")
    assert vmtelem("once", **settings).code == 77
