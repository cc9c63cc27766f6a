"""Settings out of range, missing or unreadable: exit code 78, all of them at once, each with its source."""

import subprocess

import pytest
from conftest import BINARY, NODE, clean_environment, complete

BAD = {
    "POLL_INTERVAL": ["0", "0.09", "3601", "-1", "1 s", "abc", "1e9"],
    "LIBVIRT_TIMEOUT": ["0", "2h"],
    "LANES": ["0", "17", "many"],
    "LANES_PARKED_MAX": ["0", "17", "adaptive"],
    "SPOOL_DIR": ["spool", "./spool", "~/spool"],
    "SPOOL_MAX_BYTES": ["0", "1023KiB", "64", "Auto"],
    "BACKLOG_RATE": ["0x", "0", "10001", "auto", "10 x"],
    "DEVICE_CACHE_TTL": ["0.5", "2d"],
    "BATCH_MAX_LINES": ["0", "10001", "1.5", "many"],
    "BATCH_MAX_SEC": ["0", "11m"],
    "WRITES_IN_FLIGHT": ["0", "17"],
    "QUEUE_MAX_BYTES": ["64", "1023KiB", "17GiB"],
    "RETRY_MAX": ["0", "2h"],
    "DRAIN_TIMEOUT": ["-1", "2h"],
    "INFLUX_URL": ["influx:8181", "ftp://h", "http://", "http://h:0", "http://h?db=x"],
    "INFLUX_DB": ["my db", "_internal", "a/b/c"],
    "INFLUX_API": ["v4", "3"],
    "INFLUX_GZIP": ["perhaps"],
    "INFLUX_TIMEOUT": ["0", "2h"],
    "INFLUX_CA_FILE": ["/nonexistent/ca.pem"],
    "STATS_GROUPS": ["perf", ","],
    "PER_VCPU": ["both"],
    "LISTEN": [":9177", "localhost:9177", "127.0.0.1:0", "[::1]:70000", "127.0.0.1:http", "unix:", "unix:/" + 107 * "p"],
    "LISTEN_HOSTS": ["https://vm.example", "a b"],
    "LOG_LEVEL": ["loud"],
    "LOG_FORMAT": ["xml"],
    "LIBVIRT_URI": ["nonsense", "=qemu:///system", " ", "a/b=qemu:///system", "qemu:///system x"],
    "SHARD": ["0/1", "2/1", "1", "1/1001", "a/b"],
}
CASES = [(name, value) for name, values in BAD.items() for value in values]


@pytest.mark.parametrize("name, value", CASES)
def test_a_value_out_of_range_is_reported_with_its_name_and_source(vmtelem, name, value):
    done = vmtelem("run", **complete(**{name: value}))
    assert (done.code, done.out, len(done.errors())) == (78, "", 1)
    assert done.errors()[0].startswith(f"{name}: ")
    assert done.errors()[0].endswith("(environment)")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_an_env_file_whose_lines_end_with_carriage_returns_is_refused_without_any_value(vmtelem, tmp_path, mark):
    settings = tmp_path / "env"
    settings.write_bytes(mark + b"POLL_INTERVAL=1\rINFLUX_TOKEN=hunter2-hunter2\rRETRY_MAX=5\r")
    done = vmtelem("once", "--env-file", str(settings), **complete(INFLUX_TOKEN=None, POLL_INTERVAL=None))
    assert done.code == 78
    assert f"--env-file: {settings}:1: a carriage return within the line; lines end with LF or CR LF" in done.errors()
    assert "hunter2" not in done.out + done.err


def test_an_env_file_with_a_byte_order_mark_is_read(vmtelem, tmp_path):
    settings = tmp_path / "env"
    settings.write_bytes(b"\xef\xbb\xbfPOLL_INTERVAL=7\n")
    done = vmtelem("show-config", "--env-file", str(settings), **complete(POLL_INTERVAL=None))
    assert done.code == 0
    assert ["POLL_INTERVAL", "7", f"{settings}:1"] in [line.split() for line in done.out.splitlines()]


def test_all_faults_are_reported_in_one_go(vmtelem, tmp_path):
    settings = tmp_path / "env"
    settings.write_text("RETRY_MAX=never\n")
    done = vmtelem("once", "--env-file", str(settings), "--batch-age", "x", POLL_INTERVAL="0", INFLUX_DB="d", INFLUX_TOKEN="t")
    assert done.code == 78
    assert done.errors() == [
        "LIBVIRT_URI is not set; for example qemu:///system or qemu+ssh://user@host/system",
        "INFLUX_URL is not set; for example http://127.0.0.1:8181",
        "POLL_INTERVAL: '0' is out of range; allowed 0.1s to 1h (environment)",
        "--batch-age: 'x' is not understood; allowed 0.01s to 10m",
        f"RETRY_MAX: 'never' is not understood; allowed 0.1s to 1h ({settings}:1)",
    ]
    assert done.hints() == ["'vmtelem once --stdout' prints the sample and needs no INFLUX_ settings"]


@pytest.mark.parametrize("command, count", [(["run"], 4), (["once"], 4), (["list-vms"], 1), (["run", "--stdout"], 1),
                                            (["once", "--stdout"], 1), (["once", "-o", "/tmp/x"], 1)], ids=str)
def test_the_command_decides_which_settings_are_required(vmtelem, command, count):
    done = vmtelem(*command)
    assert (done.code, len(done.errors())) == (78, count)


def test_v2_needs_an_organisation(vmtelem):
    assert vmtelem("once", **complete(INFLUX_API="v2")).errors() == ["INFLUX_ORG is not set; for example my-org"]


def test_a_token_from_two_places_is_refused(vmtelem, tmp_path):
    (tmp_path / "token").write_text("x")
    done = vmtelem("once", **complete(INFLUX_TOKEN_FILE=str(tmp_path / "token")))
    assert done.code == 78
    assert done.errors() == ["INFLUX_TOKEN and INFLUX_TOKEN_FILE are set at the same time; keep one"]


@pytest.mark.parametrize("content, problem", [(None, "No such file"), ("", "is empty"), ("a\nb\n", "more than one line")])
def test_a_token_file_that_cannot_be_used_is_refused(vmtelem, tmp_path, content, problem):
    token = tmp_path / "token"
    if content is not None:
        token.write_text(content)
    done = vmtelem("once", "--influx-token-file", str(token), **complete(INFLUX_TOKEN=None))
    assert (done.code, len(done.errors())) == (78, 1)
    assert problem in done.errors()[0] and str(token) in done.errors()[0]


def test_a_token_file_that_others_may_read_is_warned_of(vmtelem, tmp_path):
    token = tmp_path / "token"
    token.write_text("x\n")
    token.chmod(0o644)
    settings = complete(INFLUX_TOKEN=None, INFLUX_TOKEN_FILE=str(token))
    assert "permissions" in vmtelem("show-config", "--check", **settings).err
    token.chmod(0o600)
    assert vmtelem("show-config", "--check", **settings).err == ""


def test_a_command_that_delivers_nothing_does_not_read_the_token_file(vmtelem):
    assert vmtelem("list-vms", LIBVIRT_URI=NODE, INFLUX_TOKEN_FILE="/nonexistent").code == 0


@pytest.mark.parametrize("line, problem", [("no equals sign", "no '='"), ("export A=1", "'export'"), ("A='x", "not closed"),
                                           ("A = 1", "white space")])
def test_a_faulty_line_of_an_env_file_is_reported_with_its_place(vmtelem, tmp_path, line, problem):
    settings = tmp_path / "env"
    settings.write_text(f"# comment\n{line}\n")
    done = vmtelem("list-vms", "--env-file", str(settings), LIBVIRT_URI=NODE)
    assert (done.code, len(done.errors())) == (78, 1)
    assert f"{settings}:2: " in done.errors()[0] and problem in done.errors()[0]


def test_an_env_file_that_cannot_be_read_is_reported(vmtelem):
    done = vmtelem("list-vms", "--env-file", "/nonexistent/env", LIBVIRT_URI=NODE)
    assert (done.code, done.errors()) == (78, ["--env-file: cannot read /nonexistent/env: No such file or directory"])


def test_a_setting_that_is_mistyped_in_an_env_file_is_warned_of(vmtelem, tmp_path):
    settings = tmp_path / "env"
    settings.write_text("POLL_INTERVALL=5\nHTTPS_PROXY=x\n")
    done = vmtelem("list-vms", "--env-file", str(settings), LIBVIRT_URI=NODE)
    assert done.code == 0
    assert done.err == f"vmtelem: warning: {settings}:1: 'POLL_INTERVALL' is not a setting; did you mean 'POLL_INTERVAL'?\n"


def test_no_file_of_the_working_directory_is_read(tmp_path):
    (tmp_path / ".env").write_text(f"LIBVIRT_URI={NODE}\n")
    done = subprocess.run([BINARY, "list-vms"], cwd=tmp_path, env=clean_environment(), capture_output=True)
    assert done.returncode == 78


def test_control_characters_of_a_value_do_not_reach_the_terminal(vmtelem):
    done = vmtelem("list-vms", LIBVIRT_URI=NODE, POLL_INTERVAL="\x1b[31m\n0")
    assert done.errors() == [r"POLL_INTERVAL: '\u001b[31m\u000a0' is not understood; allowed 0.1s to 1h (environment)"]
