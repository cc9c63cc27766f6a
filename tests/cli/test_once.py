"""once: one sample, printed or delivered; silent on success; the exit code says what happened."""

import json
import re
import socket
import time

import pytest
from conftest import NODE, TOKEN, complete
from influx_server import FakeInflux, hang, make_certificate, refuse_lines, status

DEFAULT = {"LIBVIRT_URI": "test:///default"}


def sample(vmtelem, *arguments, **variables):
    done = vmtelem("once", "--stdout", *arguments, **{**DEFAULT, **variables})
    assert (done.code, done.err) == (0, "")
    return done.lines()


def test_every_line_is_line_protocol(vmtelem):
    assert {line.measurement for line in sample(vmtelem)} == {"vm_totals", "vm_nic", "vm_disk", "vmtelem"}


def test_the_tags_name_host_vm_and_uuid(on_node):
    lines = on_node("once", "--stdout").lines()
    totals = [line.tags for line in lines if line.measurement == "vm_totals"]
    assert {tags["vm"] for tags in totals} == {"web 01", "db:main", "paused"}
    assert all(list(tags) == ["host", "vm", "uuid"] for tags in totals)


def test_the_stamp_is_the_time_of_the_sample(vmtelem):
    before = time.time_ns()
    stamps = {line.time_ns for line in sample(vmtelem)}
    assert all(before <= stamp <= time.time_ns() for stamp in stamps)


def test_without_a_window_there_are_no_rates(vmtelem):
    assert [name for line in sample(vmtelem) for name in line.fields if name.endswith("_rate")] == []


def test_a_window_gives_rates(vmtelem):
    begin = time.monotonic()
    lines = sample(vmtelem, "--window", "200ms")
    assert time.monotonic() - begin >= 0.2
    features = [line.fields for line in lines if line.measurement == "vm_features"]
    assert features and all("net_rx_bytes_rate" in fields for fields in features)
    assert any("rd_bytes_rate" in line.fields for line in lines if line.measurement == "vm_disk")


def test_a_window_gives_the_lines_of_one_sample_only(vmtelem):
    lines = sample(vmtelem, "--window", "200ms")
    assert len([line for line in lines if line.measurement == "vm_totals"]) == 1


def test_per_vcpu_adds_a_line_for_each_vcpu(vmtelem):
    lines = sample(vmtelem, "--per-vcpu", LIBVIRT_URI=NODE)
    assert len([line for line in lines if line.measurement == "vm_vcpu" and line.tags["vm"] == "web 01"]) == 2


def test_groups_choose_what_is_asked_for(vmtelem):
    assert {line.measurement for line in sample(vmtelem, "--groups", "state,cpu")} == {"vm_totals", "vmtelem"}


def test_json_is_one_object_per_line_with_the_same_values(vmtelem):
    done = vmtelem("once", "--stdout", "--format", "json", "--vm", "web 01", LIBVIRT_URI=NODE)
    assert (done.code, done.err) == (0, "")
    objects = [json.loads(line) for line in done.out.splitlines()]
    assert all(list(item) == ["measurement", "tags", "fields", "time_ns"] for item in objects)
    totals, = (item for item in objects if item["measurement"] == "vm_totals")
    assert totals["tags"]["vm"] == "web 01" and totals["fields"]["vcpus"] == 2


PROMETHEUS = re.compile(r'(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="([^"\\\n]|\\.)*",?)*\})? -?[0-9.e+-]+)')


def test_prometheus_text_is_well_formed(on_node):
    done = on_node("once", "--stdout", "--format", "prometheus")
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "") and done.out.endswith("\n")
    assert [line for line in lines if not PROMETHEUS.fullmatch(line)] == []
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(families) == len(set(families))
    assert any(re.fullmatch(r'libvirt_up\{host="[^"]+"\} 1', line) for line in lines)
    assert [line for line in lines if line.startswith("libvirt_") and '{host="' not in line] == []
    assert any(line.startswith("libvirt_domain_info_virtual_cpus{") and 'domain="web 01"' in line for line in lines)
    assert any(line.startswith("vmtelem_build_info{") for line in lines)


def test_a_named_vm_that_does_not_run_is_reported(on_node):
    done = on_node("once", "--stdout", "--vm", "büro-vm", "--vm", "web 01")
    assert (done.code, done.errors()) == (1, ["no VM 'büro-vm' is running"])
    assert any(line.tags.get("vm") == "web 01" for line in done.lines())


def test_an_unreachable_hypervisor_is_reported_once(vmtelem):
    done = vmtelem("once", "--stdout", LIBVIRT_URI="qemu+unix:///system?socket=/nonexistent")
    assert (done.code, done.out, len(done.errors())) == (69, "", 1)
    assert len(done.err.splitlines()) <= 2


def test_a_hypervisor_that_does_not_answer_is_given_up_in_time(vmtelem):
    with socket.create_server(("127.0.0.1", 0)) as server:  # accepts and says nothing
        begin = time.monotonic()
        done = vmtelem("once", "--stdout", "--timeout", "0.5", "-c", f"qemu+tcp://127.0.0.1:{server.getsockname()[1]}/system")
    assert done.code == 69 and time.monotonic() - begin < 5
    assert len(done.errors()) == 1


def test_delivery_is_silent(vmtelem):
    with FakeInflux(token=TOKEN) as server:
        done = vmtelem("once", **complete(server.url))
        assert (done.code, done.out, done.err) == (0, "", "")
        assert {line.split(",")[0] for line in server.lines} == {"vm_totals", "vm_nic", "vm_disk", "vmtelem"}


@pytest.mark.parametrize("api, more", [("v3", {}), ("v2", {"INFLUX_ORG": "lab"}), ("v1", {"INFLUX_USER": "joe"})])
def test_delivery_works_for_each_api(vmtelem, api, more):
    with FakeInflux(token=TOKEN, user="joe") as server:
        assert vmtelem("once", **complete(server.url, INFLUX_API=api, **more)).code == 0
        assert server.lines and {request.api for request in server.requests} == {api}


def test_gzip_can_be_turned_off(vmtelem):
    with FakeInflux(token=TOKEN) as server:
        assert vmtelem("once", "--influx-gzip", "off", **complete(server.url)).code == 0
        assert [request.headers.get("content-encoding", "identity") for request in server.requests] == ["identity"]


def test_a_token_from_a_file_is_used(vmtelem, tmp_path):
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    token.chmod(0o600)
    with FakeInflux(token=TOKEN) as server:
        assert vmtelem("once", "--influx-token-file", str(token), **complete(server.url, INFLUX_TOKEN=None)).code == 0


@pytest.mark.parametrize("source", ["INFLUX_TOKEN", "INFLUX_TOKEN_FILE", "credential influx-token"])
def test_a_token_that_is_refused_is_reported_with_its_source(vmtelem, tmp_path, source):
    (tmp_path / "influx-token").write_text("wrong")
    (tmp_path / "influx-token").chmod(0o600)
    given = {"INFLUX_TOKEN": {"INFLUX_TOKEN": "wrong"}, "INFLUX_TOKEN_FILE": {"INFLUX_TOKEN_FILE": str(tmp_path / "influx-token")},
             "credential influx-token": {"CREDENTIALS_DIRECTORY": str(tmp_path)}}[source]
    with FakeInflux(token=TOKEN) as server:
        done = vmtelem("once", **{**complete(server.url, INFLUX_TOKEN=None), **given})
        assert done.code == 77
        assert server.url in done.errors()[0] and "401" in done.errors()[0]
        assert done.hints()[0].startswith(f"the token came from {source}; may it write to database 'vmstats'?; 10 lines kept in ")
        assert len(done.err.splitlines()) == 2
        assert "wrong" not in done.err


def test_a_database_that_is_not_there_is_to_be_tried_again(vmtelem, tmp_path):
    done = vmtelem("once", **complete("http://127.0.0.1:9", DRAIN_TIMEOUT="0.5s", SPOOL_DIR=str(tmp_path)))
    assert (done.code, done.out) == (75, "")
    assert "http://127.0.0.1:9" in done.errors()[0]
    assert done.hints() == [f"10 lines kept in {tmp_path}, for the next 'vmtelem once' or 'vmtelem run' to deliver"]


def test_a_database_that_is_not_there_is_unavailable_without_a_spool(vmtelem):
    done = vmtelem("once", "--no-spool", **complete("http://127.0.0.1:9", DRAIN_TIMEOUT="0.5s"))
    assert (done.code, done.out, done.hints()) == (69, "", [])
    assert done.errors()[0] == "of 10 lines 0 are written, 0 refused, 0 kept in the spool, 10 lost"
    assert "http://127.0.0.1:9" in done.errors()[1]


def test_a_spool_that_cannot_be_used_is_reported_and_nothing_is_reported_twice(vmtelem, tmp_path):
    (tmp_path / "file").write_text("")
    done = vmtelem("once", **complete("http://127.0.0.1:9", DRAIN_TIMEOUT="0.3s", SPOOL_DIR=str(tmp_path / "file")))
    assert done.code == 69
    warning, *errors = done.err.splitlines()
    assert "cannot use the spool, what is not delivered now is lost" in warning and len(errors) == 2


def test_waiting_batches_are_delivered_although_the_hypervisor_is_away(vmtelem, tmp_path):
    spool = {"SPOOL_DIR": str(tmp_path)}
    with FakeInflux(token=TOKEN, script=[status(503)] * 100) as server:
        assert vmtelem("once", **complete(server.url, DRAIN_TIMEOUT="0.3s", **spool)).code == 75
        server.script = []
        done = vmtelem("once", **complete(server.url, LIBVIRT_URI="qemu+unix:///system?socket=/nonexistent", **spool))
        assert (done.code, len(done.errors()), len(server.lines)) == (69, 1, 10)


def test_a_database_that_does_not_answer_is_given_up_in_time(vmtelem):
    with FakeInflux(token=TOKEN) as server:
        server.default = hang
        begin = time.monotonic()
        done = vmtelem("once", **complete(server.url, DRAIN_TIMEOUT="0.5s", INFLUX_TIMEOUT="0.3s"))
        assert done.code == 75 and time.monotonic() - begin < 5


def test_a_database_that_was_away_for_a_moment_gets_everything(vmtelem):
    with FakeInflux(token=TOKEN, script=[status(503)]) as server:
        done = vmtelem("once", **complete(server.url, RETRY_MAX="0.1s"))
        assert done.code == 0 and len(server.requests) == 2
        assert any(line.startswith("vmtelem,") for line in server.lines)


def test_lines_that_are_refused_are_reported(vmtelem):
    with FakeInflux(token=TOKEN) as server:
        server.default = refuse_lines(2)
        done = vmtelem("once", **complete(server.url))
        assert done.code == 1
        stored = len(set(server.lines))
        assert done.errors()[0] == f"of {stored + 1} lines {stored} are written, 1 refused, 0 kept in the spool, 0 lost"
        assert "the first 'vm_" in done.err  # the log names the line


def test_a_database_that_refuses_every_line_is_at_fault_itself(vmtelem):
    with FakeInflux(token=TOKEN) as server:
        server.default = refuse_lines(*range(1, 100))
        done = vmtelem("once", **complete(server.url))
        assert (done.code, len(done.errors())) == (78, 1)
        assert "refuses whatever it is sent" in done.err


def test_the_log_of_a_failed_delivery_is_there_when_asked_for(vmtelem):
    with FakeInflux(token=TOKEN, script=[status(503)] * 100) as server:
        settings = complete(server.url, DRAIN_TIMEOUT="0.3s")
        assert "level=warn" not in vmtelem("once", **settings).err
        assert "level=warn" in vmtelem("once", LOG_LEVEL="warn", **settings).err


def test_nothing_of_the_environment_lets_keys_be_written_down(vmtelem, tmp_path):
    certificate = make_certificate(tmp_path, "influx")
    with FakeInflux(token=TOKEN, certificate=certificate) as server:
        settings = complete(server.url, INFLUX_CA_FILE=str(certificate[0]))
        assert vmtelem("once", SSLKEYLOGFILE=str(tmp_path / "keys"), **settings).code == 0
    assert not (tmp_path / "keys").exists()


def test_once_is_silent_when_the_second_attempt_succeeds(vmtelem):
    with FakeInflux(token=TOKEN, script=[status(503)]) as server:
        done = vmtelem("once", **complete(server.url))
        assert (done.code, done.out, done.err) == (0, "", "")
        assert len(server.lines) > 0


def test_once_delivers_although_a_service_is_to_stop_without_delivering(vmtelem):
    with FakeInflux(token=TOKEN) as server:
        assert vmtelem("once", **complete(server.url, DRAIN_TIMEOUT="0")).code == 0
        assert len(server.lines) > 0


def test_the_vms_are_in_the_order_of_their_names(on_node):
    totals = [line for line in on_node("once", "--stdout").lines() if line.measurement == "vm_totals"]
    assert [line.tags["vm"] for line in totals] == ["db:main", "paused", "web 01"]
