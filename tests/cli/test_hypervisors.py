"""Which hypervisors a command works with: LIBVIRT_URI, --connect, a file of them, shards."""

import json
import subprocess

import pytest
from conftest import BINARY, NODE, clean_environment, complete


def hypervisors(vmtelem, *arguments, **variables):
    """How many there are and how many are this shard's, as show-config counts them."""
    done = vmtelem("show-config", "--stdout", "--format", "json", *arguments, **variables)
    assert (done.code, done.errors()) == (0, [])
    return json.loads(done.out)["hypervisors"]


@pytest.fixture
def hosts(tmp_path):
    """A connect file of what is given."""
    def write(*lines):
        file = tmp_path / "hosts"
        file.write_text("".join(f"{line}\n" for line in lines))
        return str(file)
    return write


def test_hypervisors_of_the_environment_and_of_a_file_add_up(vmtelem, hosts):
    file = hosts("# two", "c=test:///default", "", "test:///default # again")
    assert hypervisors(vmtelem, LIBVIRT_URI="test:///default\tb=test:///default\n", CONNECT_FILE=file) == {"in_all": 4, "in_shard": 4}


def test_connect_may_be_repeated(vmtelem):
    assert hypervisors(vmtelem, "-c", "test:///default", "-c", NODE, "--connect=b=test:///default") == {"in_all": 3, "in_shard": 3}


def test_a_file_is_enough(vmtelem, hosts):
    assert vmtelem("list-vms", "--connect-file", hosts(NODE)).code == 0


def test_all_faults_of_a_file_are_reported_with_their_lines_and_without_passwords(vmtelem, hosts):
    file = hosts("test:///default", "qemu+ssh://joe:hunter2@a/system qemu:///system", "nonsense:hunter2", "=test:///default", "x=hunter2")
    done = vmtelem("list-vms", LIBVIRT_URI="nonsense", CONNECT_FILE=file)
    assert (done.code, done.out) == (78, "")
    assert done.errors() == [
        "LIBVIRT_URI: 'nonsense' is not a URI such as qemu:///system (environment)",
        f"CONNECT_FILE: {file}:2: the line holds white space, which is %20 in a URI",
        f"CONNECT_FILE: {file}:4: the line has an empty name before '='",
        f"CONNECT_FILE: {file}:5: the line is not a URI such as qemu:///system",
    ]
    assert "hunter2" not in done.err


@pytest.mark.parametrize("content, problem", [(None, "cannot read {}: No such file or directory"), ("", "{} names no hypervisor"),
                                              ("#" * (1 << 20) + "\n", "{} is larger than 1 MiB")], ids=["missing", "empty", "large"])
def test_a_file_that_cannot_be_used_is_refused(vmtelem, tmp_path, content, problem):
    file = tmp_path / "hosts"
    if content is not None:
        file.write_text(content)
    done = vmtelem("list-vms", "--connect-file", str(file), LIBVIRT_URI=NODE)
    assert (done.code, done.errors()) == (78, ["--connect-file: " + problem.format(file)])


def test_a_directory_is_no_file_of_hypervisors(vmtelem, tmp_path):
    done = vmtelem("list-vms", CONNECT_FILE=str(tmp_path))
    assert (done.code, done.errors()) == (78, [f"CONNECT_FILE: cannot read {tmp_path}: Is a directory"])


def test_a_file_of_hypervisors_may_come_from_a_pipe():
    done = subprocess.run(["bash", "-c", f"{BINARY} list-vms --format name --connect-file <(sleep 0.2; echo {NODE})"],
                          env=clean_environment(), capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["db:main", "paused", "web 01"])


def test_two_hypervisors_of_one_name_are_refused_with_both_places(vmtelem, hosts):
    file = hosts("rack7=test:///default")
    done = vmtelem("list-vms", "--connect-file", file, LIBVIRT_URI=f"rack7={NODE}")
    assert (done.code, done.errors()) == (
        78, [f"two hypervisors have the name 'rack7': LIBVIRT_URI number 1 (environment) and {file}:1"])


def test_each_hypervisor_is_in_one_shard(vmtelem, hosts):
    names = [f"kvm{number}=test:///default" for number in range(20)]
    counts = [hypervisors(vmtelem, "--shard", f"{index}/3", CONNECT_FILE=hosts(*names)) for index in (1, 2, 3)]
    assert [count["in_all"] for count in counts] == [20, 20, 20]
    assert sum(count["in_shard"] for count in counts) == 20
    assert max(count["in_shard"] for count in counts) < 20


def test_a_shard_without_hypervisors_is_warned_of(vmtelem):
    done = [vmtelem("show-config", "--check", "--stdout", LIBVIRT_URI="a=test:///default", SHARD=f"{index}/2") for index in (1, 2)]
    assert [each.code for each in done] == [0, 0]
    assert sorted(each.err for each in done)[0] == ""
    assert "none of the 1 hypervisor belongs to shard" in sorted(each.err for each in done)[1]


@pytest.mark.parametrize("form", ["table", "env"])
def test_show_config_counts_the_hypervisors(vmtelem, form):
    done = vmtelem("show-config", "--format", form, "-c", "a=test:///default b=test:///default", **complete())
    assert "2 hypervisors, 2 of them in shard 1/1." in done.out


def test_show_config_counts_no_hypervisors_while_some_are_wrong(vmtelem):
    done = vmtelem("show-config", "--format", "json", "-c", "a=test:///default nonsense", **complete())
    assert json.loads(done.out)["hypervisors"] is None


@pytest.mark.parametrize("form", ["table", "env", "json"])
def test_several_urls_are_hidden_or_each_masked(vmtelem, form):
    settings = complete(LIBVIRT_URI="a=qemu+ssh://joe:hunter2@kvm.example/system?keyfile=k qemu+ssh://jim@kvm2.example/system")
    hidden = vmtelem("show-config", "--format", form, **settings).out
    shown = vmtelem("show-config", "--format", form, "--show-urls", **settings).out
    assert "example" not in hidden
    assert "a=qemu+ssh://***@kvm.example/system?*** qemu+ssh://***@kvm2.example/system" in shown
    assert all(secret not in shown for secret in ("joe", "jim", "hunter2", "keyfile"))
