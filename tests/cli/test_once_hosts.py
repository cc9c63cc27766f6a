"""once with several hypervisors, of which some do not answer."""

import json
import os
import subprocess
import time

import pytest
from conftest import BINARY, TOKEN, clean_environment, complete
from influx_server import FakeInflux
from many_hosts import GONE, host, mute, uuid_of


@pytest.fixture
def two(tmp_path):
    """Hypervisors that answer, b before a, with a VM that is on both."""
    return f"{host(tmp_path, 'b', web=1, moving=7)} {host(tmp_path, 'a', db=2, moving=7)}"


def totals(lines):
    return [(line.tags["host"], line.tags["vm"]) for line in lines if line.measurement == "vm_totals"]


def hosts_up(lines):
    return {line.tags["host"]: line.fields["up"] for line in lines if line.measurement == "vmtelem"}


def test_the_hosts_come_in_the_order_given_and_their_vms_by_name(vmtelem, two):
    done = vmtelem("once", "--stdout", LIBVIRT_URI=two)
    assert (done.code, done.err) == (0, "")
    assert totals(done.lines()) == [("b", "moving"), ("b", "web"), ("a", "db"), ("a", "moving")]


def test_a_host_that_is_down_costs_its_own_part_and_is_named(vmtelem, two):
    done = vmtelem("once", "--stdout", LIBVIRT_URI=f"gone={GONE} {two}")
    assert done.code == 1
    assert len(done.errors()) == 1 and done.errors()[0].startswith("gone: cannot connect to qemu+unix:///system?***")
    assert totals(done.lines()) == [("b", "moving"), ("b", "web"), ("a", "db"), ("a", "moving")]
    assert hosts_up(done.lines()) == {"gone": False, "b": True, "a": True}


def test_what_was_read_of_some_is_delivered(vmtelem, two):
    with FakeInflux(token=TOKEN) as server:
        done = vmtelem("once", **complete(server.url, LIBVIRT_URI=f"{two} gone={GONE}"))
        assert (done.code, done.out, len(done.errors())) == (1, "", 1)
        assert len([line for line in server.lines if line.startswith("vm_totals,")]) == 4
        assert any(line.startswith("vmtelem,host=gone up=f,") for line in server.lines)


def test_success_with_several_hosts_is_silent(vmtelem, two):
    with FakeInflux(token=TOKEN) as server:
        done = vmtelem("once", **complete(server.url, LIBVIRT_URI=two))
        assert (done.code, done.out, done.err) == (0, "", "")
        assert len(server.requests) == 1


def test_hosts_none_of_which_answers_are_unavailable_and_nothing_is_delivered(vmtelem):
    with FakeInflux(token=TOKEN) as server:
        done = vmtelem("once", **complete(server.url, LIBVIRT_URI=f"a={GONE} b={GONE}"))
        assert (done.code, done.out, len(done.errors()), server.lines) == (69, "", 2, [])


@pytest.fixture
def denied(tmp_path):
    """Runs it as somebody who may not reach the socket of the URI that it is called with."""
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "socket").touch()
    closed.chmod(0)
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}

    def run(*more):
        uris = " ".join([f"denied=qemu+unix:///system?socket={closed}/socket", *more])
        return subprocess.run([BINARY, "once", "--stdout"], env=clean_environment(LIBVIRT_URI=uris), capture_output=True, text=True,
                              timeout=30, **user)

    yield run
    closed.chmod(0o700)


def test_hosts_none_of_which_answers_and_one_of_which_refuses_access_are_denied(denied):
    assert denied().returncode == 77
    assert denied(f"gone={GONE}").returncode == 77


def test_a_host_that_refuses_access_beside_one_that_answers_is_a_part_not_read(denied):
    done = denied("ok=test:///default")
    assert (done.returncode, "host=ok" in done.stdout) == (1, True)


def test_silent_hosts_take_their_time_out_together(vmtelem, tmp_path, two):
    with mute(tmp_path) as uri:
        begin = time.monotonic()
        done = vmtelem("once", "--stdout", "--timeout", "2", LIBVIRT_URI=" ".join([two, *(f"mute{i}={uri}" for i in range(15))]))
        assert time.monotonic() - begin < 15  # one after the other they take 30 s
    assert (done.code, len(totals(done.lines()))) == (1, 4)


def test_hosts_that_fail_alike_are_reported_in_one_line_each_cause(vmtelem, tmp_path, two):
    with mute(tmp_path) as uri:
        hosts = [two, *(f"mute{i}={uri}" for i in range(30)), *(f"gone{i}={GONE}" for i in range(40))]
        done = vmtelem("once", "--stdout", "--timeout", "2", LIBVIRT_URI=" ".join(hosts))
    gone, silent = done.errors()
    assert gone.startswith("40 of 72 hypervisors cannot be reached: gone0, gone1, gone2 and 37 more; the first: cannot connect to ")
    assert silent.startswith("30 of 72 hypervisors do not answer: mute0, mute1, mute2 and 27 more; the first: ")
    reported = [line for line in done.err.splitlines() if "vmtelem: warning: " not in line]  # of a URI that comes many times
    assert len(reported) == 3  # and one hint


def test_the_same_vm_on_two_hosts_is_kept_apart(vmtelem, two):
    lines = vmtelem("once", "--stdout", "--window", "0.2", LIBVIRT_URI=two).lines()
    features = [line for line in lines if line.measurement == "vm_features" and line.tags["uuid"] == uuid_of(7)]
    assert sorted(line.tags["host"] for line in features) == ["a", "b"]
    assert all(line.fields["cpu_percent"] > 0 for line in features)


def test_a_second_host_of_the_same_name_gets_a_number(vmtelem, tmp_path):
    uri = host(tmp_path, "a", web=1).partition("=")[2]
    done = vmtelem("once", "--stdout", LIBVIRT_URI=f"{uri} {uri}")
    first, second = hosts_up(done.lines())
    assert (done.code, second) == (0, f"{first}#2")


def test_json_tells_the_hosts(vmtelem, two):
    done = vmtelem("once", "--stdout", "--format", "json", LIBVIRT_URI=f"{two} gone={GONE}")
    items = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 1
    assert {item["tags"]["host"]: item["fields"]["up"] for item in items if item["measurement"] == "vmtelem"} == {"b": True, "a": True, "gone": False}


def samples(text):
    return [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]


def test_prometheus_families_are_announced_once_and_stand_together(vmtelem, two):
    done = vmtelem("once", "--stdout", "--format", "prometheus", LIBVIRT_URI=f"{two} gone={GONE}")
    lines = done.out.splitlines()
    announced = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    families = [line.split("{")[0] for line in lines if not line.startswith("#")]
    together = [name for i, name in enumerate(families) if i == 0 or families[i - 1] != name]
    assert done.code == 1
    assert together == announced and len(set(announced)) == len(announced)
    names = [name for name, _, _ in samples(done.out)]
    assert len(names) == len(set(names))


def test_prometheus_text_of_a_host_that_is_down_says_so_and_no_more(vmtelem, two):
    done = vmtelem("once", "--stdout", "--format", "prometheus", LIBVIRT_URI=f"{two} gone={GONE}")
    assert [(name, value) for name, _, value in samples(done.out) if 'host="gone"' in name] == [('libvirt_up{host="gone"}', "0")]


@pytest.mark.parametrize("hosts", [f"a={GONE}", f"a={GONE} b={GONE}"], ids=["one", "two"])
def test_a_text_file_for_prometheus_is_replaced_although_no_host_answers(vmtelem, tmp_path, hosts):
    file = tmp_path / "vmtelem.prom"
    file.write_text("old\n")
    assert vmtelem("once", "--format", "prometheus", "-o", str(file), LIBVIRT_URI=hosts).code == 69
    assert {value for name, _, value in samples(file.read_text()) if name.startswith("libvirt_")} == {"0"}
    assert 'libvirt_up{host="a"} 0' in file.read_text()


def test_a_file_of_lines_stays_as_it_is_when_no_host_answers(vmtelem, tmp_path):
    file = tmp_path / "lines"
    file.write_text("old\n")
    assert vmtelem("once", "-o", str(file), LIBVIRT_URI=f"a={GONE} b={GONE}").code == 69
    assert file.read_text() == "old\n"


def test_a_file_is_replaced_by_what_was_read_of_some(vmtelem, tmp_path, two):
    file = tmp_path / "lines"
    assert vmtelem("once", "-o", str(file), LIBVIRT_URI=f"gone={GONE} {two}").code == 1
    assert file.read_text().count("vm_totals,") == 4


@pytest.mark.parametrize("command", [["once", "--stdout"], ["list-vms"]], ids=str)
def test_a_vm_is_missing_only_if_it_is_on_none_of_the_hosts(vmtelem, two, command):
    done = vmtelem(*command, "--vm", "web", "--vm", "db", "--vm", "nosuch", LIBVIRT_URI=two)
    assert (done.code, done.errors()) == (1, ["no VM 'nosuch' is running"])


@pytest.mark.parametrize("command", [["once", "--stdout"], ["list-vms"]], ids=str)
def test_a_vm_may_be_on_a_host_that_is_down(vmtelem, two, command):
    done = vmtelem(*command, "--vm", "nosuch", LIBVIRT_URI=f"{two} gone={GONE}")
    assert (done.code, len(done.errors())) == (1, 1)
    assert done.errors()[0].startswith("gone: ")


@pytest.mark.parametrize("command", [["once", "--stdout"], ["list-vms"]], ids=str)
def test_a_vm_may_be_on_a_host_of_another_shard(vmtelem, two, command):
    for shard in ("1/2", "2/2"):
        assert vmtelem(*command, "-q", "--vm", "web", "--vm", "db", "--shard", shard, LIBVIRT_URI=two).err == ""


def test_run_calls_no_vm_missing_that_may_be_on_a_host_of_another_shard(start, tmp_path):
    uris = " ".join(host(tmp_path, f"h{number}", web=number) for number in range(6))
    process = start("run", "--stdout", "-i", "0.1", "--vm", "web", "--vm", "nosuch", LIBVIRT_URI=uris, SHARD="1/2")
    for _ in range(40):
        process.stdout.readline()
    process.terminate()
    assert b"no VM" not in process.communicate(timeout=20)[1]


def empty_shard(vmtelem, uris):
    """The shard that has none of the hypervisors."""
    return next(shard for shard in ("1/2", "2/2")
                if "none of the" in vmtelem("show-config", "--check", "--stdout", LIBVIRT_URI=uris, SHARD=shard).err)


def test_an_empty_shard_has_nothing_to_sample(vmtelem, tmp_path):
    uris = host(tmp_path, "a", web=1)
    with FakeInflux(token=TOKEN) as server:
        done = vmtelem("once", **complete(server.url, LIBVIRT_URI=uris, SHARD=empty_shard(vmtelem, uris)))
        assert (done.code, done.errors(), server.lines) == (0, [], [])
