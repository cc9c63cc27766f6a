"""The token is in nothing that the program shows, at the most talkative log level, in success and in every kind of failure."""

import secrets

import pytest
from harness.delivery import upload
from harness.wait import free_port, wait_for
from influx_server import FakeInflux, redirect_for_ever, status

TOKEN = f"s3cr3t-{secrets.token_hex(8)}"
COMMANDS = {
    "once with upload": ["once"],
    "once to standard output": ["once", "--stdout"],
    "list-vms": ["list-vms"],
    "show-config as a table": ["show-config"],
    "show-config as environment": ["show-config", "--format", "env"],
    "show-config as JSON": ["show-config", "--format", "json"],
    "show-config with URLs": ["show-config", "--show-urls"],
    "show-config as a check": ["show-config", "--check"],
    "a wrong command": ["lst-vms"],
    "a wrong flag": ["once", "--no-such-flag"],
}
ANSWERS = {
    "accepted": None,
    "refused": status(401, f'{{"error": "the token {TOKEN} was not authenticated"}}'),
    "echoed in an error": status(500, f"Authorization: Bearer {TOKEN}", "text/plain"),
    "redirected": redirect_for_ever,
}


def assert_secret(running):
    assert [name for name, text in (("stdout", running.out()), ("stderr", running.err())) if TOKEN in text] == []


def settings(server, **more):
    return upload(server, INFLUX_TOKEN=TOKEN, LOG_LEVEL="trace", DRAIN_TIMEOUT="1s", **more)


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_no_command_shows_the_token(vmtelem, arguments, any_guest):
    with FakeInflux(token=TOKEN) as server:
        running = vmtelem.start(*arguments, "--log-level", "trace", **settings(server))
        running.wait(60)
        assert_secret(running)


@pytest.mark.parametrize("api", ["v3", "v2", "v1"])
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_once_does_not_show_the_token_whatever_the_server_says(vmtelem, answer, api, any_guest):
    with FakeInflux(token=TOKEN, user="writer") as server:
        server.everything = answer
        running = vmtelem.start("once", **settings(server, INFLUX_API=api, INFLUX_ORG="lab", INFLUX_USER="writer"))
        running.wait(60)
        assert_secret(running)


def test_run_does_not_show_the_token(vmtelem, any_guest):
    with FakeInflux(token=TOKEN, script=[status(401), status(503), status(404)]) as server:
        running = vmtelem.start("run", **settings(server))
        wait_for(lambda: server.lines, 60, "lines to be accepted")
        running.stop()
        assert_secret(running)


def test_a_database_that_is_unreachable_does_not_bring_the_token_out(vmtelem, any_guest):
    url = f"http://127.0.0.1:{free_port()}"
    running = vmtelem.start("once", INFLUX_URL=url, INFLUX_DB="vmstats", INFLUX_TOKEN=TOKEN,
                            LOG_LEVEL="trace", DRAIN_TIMEOUT="1s")
    running.wait(60)
    assert_secret(running)


def test_a_faulty_configuration_does_not_bring_the_token_out(vmtelem):
    running = vmtelem.start("run", INFLUX_URL="not a url", INFLUX_DB="", INFLUX_TOKEN=TOKEN + "\r\nX: y", POLL_INTERVAL="0")
    running.wait(60)
    assert_secret(running)


def test_the_password_in_the_url_is_not_shown(vmtelem, any_guest):
    url = f"http://writer:{TOKEN}@127.0.0.1:{free_port()}"
    running = vmtelem.start("once", INFLUX_URL=url, INFLUX_DB="vmstats", INFLUX_TOKEN="any",
                            LOG_LEVEL="trace", DRAIN_TIMEOUT="1s")
    running.wait(60)
    assert_secret(running)


def test_the_token_is_not_on_the_command_line_of_the_process(vmtelem, any_guest):
    with FakeInflux(token=TOKEN) as server:
        running = vmtelem.start("run", **settings(server))
        wait_for(lambda: server.lines, 30, "lines to be accepted")
        with open(f"/proc/{running.pid}/cmdline", "rb") as cmdline:
            assert TOKEN.encode() not in cmdline.read()
