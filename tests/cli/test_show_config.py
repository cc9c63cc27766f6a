"""show-config: what is in force and where it came from; secrets never, URLs only masked."""

import json

import pytest
from conftest import TOKEN, complete

FORMATS = ["table", "env", "json"]


@pytest.mark.parametrize("more", [[], ["--show-urls"], ["--check"]], ids=str)
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("place", ["variable", "file", "env-file", "credential"])
def test_the_token_is_masked_everywhere(vmtelem, tmp_path, form, more, place):
    (tmp_path / "influx-token").write_text(TOKEN)
    (tmp_path / "env").write_text(f"INFLUX_TOKEN={TOKEN}\n")
    (tmp_path / "influx-token").chmod(0o600)
    given = {"variable": {"INFLUX_TOKEN": TOKEN}, "file": {"INFLUX_TOKEN_FILE": str(tmp_path / "influx-token")},
             "env-file": {}, "credential": {"CREDENTIALS_DIRECTORY": str(tmp_path)}}[place]
    arguments = ["--env-file", str(tmp_path / "env")] if place == "env-file" else []
    done = vmtelem("show-config", "--format", form, *arguments, *more, **{**complete(INFLUX_TOKEN=None), **given})
    assert done.code == 0
    assert TOKEN not in done.out + done.err


@pytest.mark.parametrize("form", FORMATS)
def test_urls_are_hidden_unless_asked_for(vmtelem, form):
    settings = complete(LIBVIRT_URI="qemu+ssh://joe:hunter2@kvm.example/system?keyfile=k", INFLUX_URL="http://influx.example")
    hidden = vmtelem("show-config", "--format", form, **settings)
    shown = vmtelem("show-config", "--format", form, "--show-urls", **settings)
    assert "example" not in hidden.out
    assert "qemu+ssh://***@kvm.example/system?***" in shown.out and "http://influx.example" in shown.out
    assert "joe" not in shown.out and "hunter2" not in shown.out


def test_a_masked_value_is_a_comment_in_an_env_file(vmtelem):
    settings = complete(LIBVIRT_URI="qemu+ssh://joe@kvm.example/system")
    assert "\n# LIBVIRT_URI=***\n" in "\n" + vmtelem("show-config", "--format", "env", **settings).out
    shown = vmtelem("show-config", "--format", "env", "--show-urls", **settings).out.splitlines()
    assert "# LIBVIRT_URI=qemu+ssh://***@kvm.example/system" in shown
    assert "INFLUX_URL=http://127.0.0.1:9" in shown
    assert "# INFLUX_TOKEN=***" in shown


def test_a_password_in_a_url_that_is_refused_is_shown_nowhere(vmtelem):
    done = vmtelem("show-config", "--show-urls", **complete(INFLUX_URL="http://joe:hunter2@h"))
    assert done.code == 78
    assert "joe" not in done.out + done.err and "hunter2" not in done.out + done.err


def test_the_table_tells_setting_value_and_source(vmtelem):
    done = vmtelem("show-config", "--interval", "7s", **complete())
    rows = [line.split() for line in done.out.splitlines()]
    assert rows[0] == ["SETTING", "VALUE", "SOURCE"]
    assert ["LIBVIRT_URI", "***", "environment"] in rows
    assert ["POLL_INTERVAL", "7s", "--interval"] in rows
    assert ["RETRY_MAX", "10s", "default"] in rows


def test_the_source_of_the_token_is_shown(vmtelem, tmp_path):
    (tmp_path / "influx-token").write_text("x")
    done = vmtelem("show-config", "--format", "json", **complete(INFLUX_TOKEN=None, CREDENTIALS_DIRECTORY=str(tmp_path)))
    row, = (row for row in json.loads(done.out)["settings"] if row["variable"] == "INFLUX_TOKEN")
    assert (row["value"], row["source"]) == ("***", "credential influx-token")


def test_the_settings_are_printed_although_one_is_wrong_and_the_fault_is_reported(vmtelem):
    done = vmtelem("show-config", "--interval", "0")
    assert done.code == 78
    assert "--interval: '0' is out of range; allowed 0.1s to 1h" in done.errors()
    assert len(done.out.splitlines()) > 20


def test_check_prints_faults_only(vmtelem):
    bad = vmtelem("show-config", "--check")
    assert (bad.code, bad.out, len(bad.errors())) == (78, "", 4)
    good = vmtelem("show-config", "--check", **complete())
    assert (good.code, good.out, good.err) == (0, "", "")


def test_check_with_stdout_needs_no_database(vmtelem):
    assert vmtelem("show-config", "--check", "--stdout", LIBVIRT_URI="test:///default").code == 0


def test_the_hours_that_the_spool_lasts_are_shown(vmtelem, tmp_path):
    settings = complete(SPOOL_DIR=str(tmp_path), SPOOL_MAX_BYTES="36MiB")
    assert vmtelem("show-config", **settings).out.splitlines()[-1].startswith("The spool takes 36MiB. How many hours")
    assert vmtelem("once", **{**settings, "DRAIN_TIMEOUT": "0.1s"}).code == 75
    (target,) = tmp_path.iterdir()
    (target / "lock").write_text(f"1\n{2 * 1024}\n")
    assert vmtelem("show-config", **settings).out.splitlines()[-1] == "The spool takes 36MiB: 5.1 hours at the present 2KiB per second."
    told = json.loads(vmtelem("show-config", "--format", "json", **settings).out)["spool"]
    assert told == {"room_bytes": 36 << 20, "bytes_per_s": 2048, "hours": pytest.approx(5.12)}


def test_without_a_database_no_hours_are_shown(vmtelem):
    done = vmtelem("show-config", "--format", "json")
    assert json.loads(done.out)["spool"] is None
