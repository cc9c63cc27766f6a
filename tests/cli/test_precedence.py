"""Default < env-file < environment < flag, for every setting, told by show-config as the program sees it."""

import json
import os

import pytest
from conftest import complete

# Values that differ from one another and from the default; none of them is a secret or a URL.
VALUES = {
    "SHARD": ["1/2", "2/2", "1/3"],
    "VM_INCLUDE": ["a", "b", "c"],
    "VM_EXCLUDE": ["a", "b", "c"],
    "LIBVIRT_TIMEOUT": ["2s", "3s", "4s"],
    "LANES": ["2", "3", "16"],
    "LANES_PARKED_MAX": ["2", "3", "16"],
    "STATS_GROUPS": ["state", "cpu", "block"],
    "DEVICE_CACHE_TTL": ["2s", "3s", "4s"],
    "INFLUX_DB": ["a", "b", "c"],
    "INFLUX_API": ["v3", "v2", "v1"],
    "INFLUX_ORG": ["a", "b", "c"],
    "INFLUX_USER": ["a", "b", "c"],
    "INFLUX_RP": ["a", "b", "c"],
    "INFLUX_GZIP": ["off", "on", "no"],
    "INFLUX_TIMEOUT": ["2s", "3s", "4s"],
    "POLL_INTERVAL": ["2s", "3s", "4s"],
    "BATCH_MAX_LINES": ["2", "3", "4"],
    "BATCH_MAX_SEC": ["2s", "3s", "4s"],
    "WRITES_IN_FLIGHT": ["1", "3", "4"],
    "QUEUE_MAX_BYTES": ["2MiB", "3MiB", "4MiB"],
    "SPOOL_DIR": ["/a", "/b", "/c"],
    "SPOOL_MAX_BYTES": ["2MiB", "3MiB", "4MiB"],
    "BACKLOG_RATE": ["2x", "3x", "4x"],
    "RETRY_MAX": ["2s", "3s", "4s"],
    "DRAIN_TIMEOUT": ["2s", "3s", "4s"],
    "LISTEN": ["127.0.0.1:1", "[::1]:2", "unix:/s"],
    "LISTEN_HOSTS": ["a", "b:1", "c"],
    "LOG_LEVEL": ["info", "debug", "error"],
    "LOG_FORMAT": ["text", "logfmt", "json"],
}
# Not in the matrix: they are URLs, secrets, files that must exist, or mean something by being set. See the tests below.
APART = {"LIBVIRT_URI", "CONNECT_FILE", "INFLUX_URL", "INFLUX_TOKEN", "INFLUX_TOKEN_FILE", "INFLUX_CA_FILE", "LISTEN_TOKEN_FILE",
         "PER_VCPU", "NO_COLOR"}


def settings(vmtelem, *arguments, **variables):
    done = vmtelem("show-config", "--format", "json", "--show-urls", *arguments, **variables)
    return {row["variable"]: row for row in json.loads(done.out)["settings"]}


def test_the_matrix_knows_every_setting(vmtelem):
    assert set(settings(vmtelem)) == set(VALUES) | APART


@pytest.mark.parametrize("name", VALUES)
def test_each_layer_beats_those_below_it(vmtelem, tmp_path, name):
    in_file, in_environment, in_flag = VALUES[name]
    file = tmp_path / "env"
    file.write_text(f"# one line above\n{name}={in_file}\n")
    flag = settings(vmtelem)[name]["flag"]

    def shown(*arguments, **variables):
        row = settings(vmtelem, *arguments, **variables)[name]
        return row["value"], row["source"]

    default = settings(vmtelem)[name]
    assert default["default"] in (default["value"], None)
    assert shown("--env-file", file) == (in_file, f"{file}:2")
    assert shown("--env-file", file, **{name: in_environment}) == (in_environment, "environment")
    assert shown("--env-file", file, flag, in_flag, **{name: in_environment}) == (in_flag, flag)
    assert shown("--env-file", file, f"{flag}={in_flag}", **{name: in_environment}) == (in_flag, flag)


@pytest.mark.parametrize("name", ["LIBVIRT_URI", "CONNECT_FILE", "INFLUX_URL"])
def test_a_url_follows_the_same_layers(vmtelem, tmp_path, name):
    file = tmp_path / "env"
    file.write_text(f"{name}=http://file\n")
    flag = settings(vmtelem)[name]["flag"]
    rows = [settings(vmtelem, "--env-file", file)[name],
            settings(vmtelem, "--env-file", file, **{name: "http://environment"})[name],
            settings(vmtelem, "--env-file", file, flag, "http://flag", **{name: "http://environment"})[name]]
    assert [row["value"] for row in rows] == ["http://file", "http://environment", "http://flag"]


def test_a_later_env_file_wins(vmtelem, tmp_path):
    for name, value in (("a", "2s"), ("b", "3s")):
        (tmp_path / name).write_text(f"POLL_INTERVAL={value}\n")
    row = settings(vmtelem, "--env-file", tmp_path / "a", "--env-file", tmp_path / "b")["POLL_INTERVAL"]
    assert (row["value"], row["source"]) == ("3s", f"{tmp_path / 'b'}:1")


def test_a_switch_that_is_a_flag_beats_its_variable(vmtelem):
    assert settings(vmtelem, "--per-vcpu", PER_VCPU="off")["PER_VCPU"]["value"] == "1"


def test_patterns_given_by_flag_add_up_and_replace_those_of_the_environment(vmtelem):
    row = settings(vmtelem, "--vm", "a,b", "--vm", "c", VM_INCLUDE="x")["VM_INCLUDE"]
    assert row["value"] == r"a\,b,c"


@pytest.mark.parametrize("flag, value", [("-v", "info"), ("-vv", "debug"), ("-vvvvv", "trace"), ("-q", "error")])
def test_verbose_and_quiet_set_the_log_level(vmtelem, flag, value):
    row = settings(vmtelem, flag, LOG_LEVEL="warn")["LOG_LEVEL"]
    assert (row["value"], row["source"]) == (value, "--quiet" if flag == "-q" else "--verbose")


def test_the_env_file_that_show_config_prints_gives_the_same_settings(vmtelem, tmp_path):
    file = tmp_path / "env"
    given = complete(STATE_DIRECTORY="/state", VM_INCLUDE=r"it's a \, $HOME `x`,b", POLL_INTERVAL="7", NO_COLOR="1", INFLUX_ORG="a \"b\" c # d")
    file.write_text(vmtelem("show-config", "--format", "env", "--show-urls", **given).out)
    before = {name: row["value"] for name, row in settings(vmtelem, **given).items()}
    after = {name: row["value"] for name, row in settings(vmtelem, "--env-file", file, STATE_DIRECTORY="/other").items()}
    assert before.pop("INFLUX_TOKEN") == "***" and after.pop("INFLUX_TOKEN") is None
    assert after == before


@pytest.mark.parametrize("given, place, source", [
    ({"STATE_DIRECTORY": "/state", "XDG_STATE_HOME": "/xdg", "HOME": "/h/a"}, "/state", "STATE_DIRECTORY, environment"),
    ({"STATE_DIRECTORY": "/state:/more"}, "/state", "STATE_DIRECTORY, environment"),
    ({"XDG_STATE_HOME": "/xdg", "HOME": "/h/a"}, "/xdg/vmtelem", "default"),
    ({"XDG_STATE_HOME": "not/absolute", "HOME": "/h/a"}, "/h/a/.local/state/vmtelem", "default"),
    ({"HOME": "/h/a"}, "/h/a/.local/state/vmtelem", "default"),
    ({}, None, "not set"),
])
def test_the_spool_is_where_the_system_or_the_user_keeps_state(vmtelem, given, place, source):
    if os.geteuid() == 0 and "STATE_DIRECTORY" not in given:
        place, source = "/var/lib/vmtelem", "default"
    row = settings(vmtelem, **{"STATE_DIRECTORY": None, **given})["SPOOL_DIR"]
    assert (row["value"], row["source"]) == (place, source)
