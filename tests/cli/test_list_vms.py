"""list-vms: a table for people, JSON, CSV and names for programs."""

import csv
import io
import json
import unicodedata

import pytest
from conftest import NODE
from many_hosts import GONE, host

ALL = ["büro-vm", "db:main", "paused", "web 01"]
KEYS = ["host", "id", "name", "uuid", "state", "vcpus", "memory_max_bytes", "memory_bytes", "cpu_time_ns"]


def width(text):
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def test_running_vms_are_listed_by_name(on_node):
    done = on_node("list-vms", "--format", "name")
    assert (done.code, done.out, done.err) == (0, "db:main\npaused\nweb 01\n", "")


def test_all_vms_include_those_that_are_shut_off(on_node):
    assert on_node("list-vms", "--all", "--format", "name").out.splitlines() == ALL


def test_the_table_has_titles_and_a_row_for_each_vm(on_node):
    lines = on_node("list-vms", "--all").out.splitlines()
    assert lines[0].split() == ["NAME", "STATE", "VCPUS", "MEMORY", "MAXMEM", "CPU-TIME", "ID"]
    off = lines[1].split()
    assert off == ["büro-vm", "shutoff", "1", "-", "512MiB", "-", "-"]
    assert lines[2].split()[:5] == ["db:main", "running", "3", "2.0GiB", "2.0GiB"]


def test_columns_begin_at_the_same_place_on_the_screen(on_node):
    lines = on_node("list-vms", "--all").out.splitlines()
    starts = {width(line[:line.rindex(word)]) for line, word in zip(lines, ["STATE", "shutoff", "running", "paused", "running"])}
    assert len(starts) == 1
    assert len({width(line) for line in lines}) == 1


def test_wide_and_combining_characters_keep_the_columns_in_line(vmtelem, tmp_path):
    names = ["\u3042\u3042", "e\u0301", "longest-name"]
    domains = "".join(f"<domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os></domain>" for name in names)
    (tmp_path / "node.xml").write_text(f"<node>{domains}</node>")
    lines = vmtelem("list-vms", "--no-headers", "-c", f"test://{tmp_path / 'node.xml'}").out.splitlines()
    assert {width(line[:line.index("running")]) for line in lines} == {len("longest-name") + 3}


def test_no_headers_leaves_the_titles_out(on_node):
    assert len(on_node("list-vms", "--all", "--no-headers").out.splitlines()) == len(ALL)
    assert on_node("list-vms", "--format", "csv", "--no-headers").out.splitlines()[0].split(",")[2] == "db:main"


def test_names_are_never_cut(on_node):
    assert "büro-vm" in on_node("list-vms", "--all", COLUMNS="5").out


def test_json_has_every_key_for_every_vm(on_node):
    listed = json.loads(on_node("list-vms", "--all", "--format", "json").out)
    assert listed["count"] == 4
    assert [list(vm) for vm in listed["vms"]] == [KEYS] * 4
    assert [vm["name"] for vm in listed["vms"]] == ALL


def test_json_has_raw_units_and_null_for_what_is_not_known(on_node):
    off, database, *_ = json.loads(on_node("list-vms", "--all", "--format", "json").out)["vms"]
    assert (off["id"], off["state"], off["memory_bytes"], off["cpu_time_ns"]) == (None, "shutoff", None, None)
    assert (database["memory_max_bytes"], database["vcpus"]) == (2 << 30, 3)
    assert database["uuid"] == "22222222-0000-4000-8000-000000000002"
    assert isinstance(database["cpu_time_ns"], int)


def test_csv_has_a_line_of_titles_and_the_same_columns_as_json(on_node):
    rows = list(csv.DictReader(io.StringIO(on_node("list-vms", "--all", "--format", "csv").out)))
    assert list(rows[0]) == KEYS
    assert [row["name"] for row in rows] == ALL
    assert rows[0]["cpu_time_ns"] == ""


def test_a_name_with_odd_characters_survives_in_each_format(vmtelem, tmp_path):
    name = 'a,"b" \u009b31m \u202edlo\u3042'
    node = tmp_path / "node.xml"
    node.write_text(f"""<node><domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os></domain>
        </node>""")

    def listed(*arguments):
        return vmtelem("list-vms", "-c", f"test://{node}", *arguments).out

    assert json.loads(listed("--format", "json"))["vms"][0]["name"] == name
    assert next(csv.DictReader(io.StringIO(listed("--format", "csv"))))["name"] == name
    assert listed("--format", "name") == name + "\n"
    assert listed("--no-headers").startswith('a,"b" \\u009b31m \\u202edlo\u3042   running')


def test_the_order_is_the_same_each_time(on_node):
    assert on_node("list-vms", "--format", "name").out == on_node("list-vms", "--format", "name").out


def test_patterns_choose_among_the_vms(on_node):
    def names(*arguments, **variables):
        return on_node("list-vms", "--format", "name", "--all", *arguments, **variables).out.splitlines()

    assert names("--vm", "web*") == ["web 01"]
    assert names("--vm", "web 01", "--vm", "db:main") == ["db:main", "web 01"]
    assert names("--vm", "22222222-0000-4000-8000-000000000003") == ["büro-vm"]
    assert names("--exclude-vm", "*:*") == ["büro-vm", "paused", "web 01"]
    assert names(VM_INCLUDE="web 01,db:main", VM_EXCLUDE="db*") == ["web 01"]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "de_DE.ISO-8859-1"])
@pytest.mark.parametrize("arguments, expected", [
    (["--vm", "b?ro"], ["buro", "büro"]), (["--vm", "b[üö]ro"], ["büro"]), (["--vm", "b??ro"], []),
    (["--exclude-vm", "b?ro"], ["web"]), (["--exclude-vm", "b[!u]ro"], ["buro", "web"])], ids=str)
def test_patterns_match_characters_in_any_locale(vmtelem, tmp_path, locale, arguments, expected):
    domains = "".join(f"<domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os></domain>"
                      for name in ["buro", "büro", "web"])
    (tmp_path / "node.xml").write_text(f"<node>{domains}</node>")
    done = vmtelem("list-vms", "-c", f"test://{tmp_path / 'node.xml'}", "--format", "name", *arguments, LC_ALL=locale)
    assert (done.code, done.out.split(), done.err) == (0, expected, "")


def test_a_glob_that_matches_nothing_is_an_empty_list(on_node):
    done = on_node("list-vms", "--vm", "nosuch*", "--format", "name")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_vm_that_does_not_exist_is_reported(on_node):
    done = on_node("list-vms", "--vm", "nosuch", "--vm", "web 01", "--format", "name")
    assert (done.code, done.out) == (1, "web 01\n")
    assert done.errors() == ["no VM 'nosuch' is running"]
    assert done.hints() == ["'--all' also lists the VMs that are shut off"]
    assert on_node("list-vms", "--all", "--vm", "nosuch").errors() == ["no VM 'nosuch'"]


def test_libvirt_default_uri_counts(vmtelem):
    assert vmtelem("list-vms", "--format", "name", LIBVIRT_DEFAULT_URI=NODE).code == 0


def test_a_hypervisor_that_is_named_gives_its_name_as_host(vmtelem):
    done = vmtelem("list-vms", "-c", f"alpha={NODE}", "--format", "json")
    assert {vm["host"] for vm in json.loads(done.out)["vms"]} == {"alpha"}


def test_a_hypervisor_that_is_not_there_is_unavailable(vmtelem):
    done = vmtelem("list-vms", "-c", "qemu+unix:///system?socket=/nonexistent")
    assert (done.code, done.out, len(done.errors()), len(done.hints())) == (69, "", 1, 1)


@pytest.mark.parametrize("excluded", ["web 01", "web*"])
def test_a_vm_that_is_named_and_excluded_by_its_name_is_not_missed(on_node, excluded):
    done = on_node("list-vms", "--vm", "web 01", "--vm", "db:main", "--exclude-vm", excluded, "--format", "name")
    assert (done.code, done.out, done.err) == (0, "db:main\n", "")


def test_a_vm_that_may_be_excluded_by_another_name_is_not_reported_as_off(on_node):
    by_uuid = ["--vm", "web 01", "--exclude-vm", "22222222-0000-4000-8000-000000000001", "--format", "name"]
    assert on_node("list-vms", *by_uuid).errors() == ["no VM 'web 01' that is not excluded is running"]
    assert on_node("list-vms", "--all", *by_uuid).errors() == ["no VM 'web 01' that is not excluded"]


def test_a_vm_that_is_named_by_its_uuid_in_capitals_is_not_missed(vmtelem, tmp_path):
    uuid = "abcdef00-0000-4000-8000-000000000001"
    (tmp_path / "node.xml").write_text(f"""<node><domain type='test'><name>a</name><uuid>{uuid}</uuid><memory>1024</memory>
        <os><type>hvm</type></os></domain></node>""")
    done = vmtelem("list-vms", "-c", f"test://{tmp_path / 'node.xml'}", "--vm", uuid.upper(), "--format", "name")
    assert (done.code, done.out, done.err) == (0, "a\n", "")


@pytest.mark.parametrize("words, is_of_ssh", [
    ("root@host7: Permission denied (publickey,password).", True), ("Host key verification failed.", True),
    ("nc: unix connect failed: No such file or directory", False), ("sh: 1: nc: not found", False),
    ("virt-ssh-helper: cannot connect to '/run/libvirt/libvirt-sock-ro': Permission denied", False)])
def test_ssh_is_to_be_looked_at_only_if_it_failed_itself(vmtelem, tmp_path, words, is_of_ssh):
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\nhead -c 1 > /dev/null\ncat >&2 << 'END'\n{words}\nEND\nexit 1\n")
    ssh.chmod(0o755)
    done = vmtelem("list-vms", "-c", f"qemu+ssh://host7/system?command={ssh}")
    assert done.code == 69 and words in done.errors()[0]
    assert ["ssh must work without asking" in hint for hint in done.hints()] == [True] * is_of_ssh


@pytest.fixture
def two(tmp_path):
    return f"{host(tmp_path, 'b', web=1, app=3)} {host(tmp_path, 'a', db=2)}"


def test_from_two_hosts_on_the_table_has_a_column_for_them(vmtelem, two):
    lines = vmtelem("list-vms", LIBVIRT_URI=two).out.splitlines()
    assert lines[0].split()[:3] == ["HOST", "NAME", "STATE"]
    assert [line.split()[:2] for line in lines[1:]] == [["b", "app"], ["b", "web"], ["a", "db"]]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_the_hosts_come_in_the_order_given(vmtelem, two, form):
    text = vmtelem("list-vms", "--format", form, LIBVIRT_URI=two).out
    rows = json.loads(text)["vms"] if form == "json" else csv.DictReader(io.StringIO(text))
    assert [(row["host"], row["name"]) for row in rows] == [("b", "app"), ("b", "web"), ("a", "db")]


def test_the_vms_of_the_hosts_that_answer_are_listed(vmtelem, two):
    done = vmtelem("list-vms", "--format", "name", LIBVIRT_URI=f"gone={GONE} {two}")
    assert (done.code, done.out.split(), len(done.errors())) == (1, ["app", "web", "db"], 1)
    assert done.errors()[0].startswith("gone: ")


def test_a_host_of_two_that_is_down_leaves_the_column(vmtelem, tmp_path):
    done = vmtelem("list-vms", LIBVIRT_URI=f"gone={GONE} {host(tmp_path, 'a', db=2)}")
    assert (done.code, done.out.splitlines()[0].split()[0]) == (1, "HOST")


def test_hosts_none_of_which_answers_are_unavailable(vmtelem):
    done = vmtelem("list-vms", LIBVIRT_URI=f"a={GONE} b={GONE}")
    assert (done.code, done.out, len(done.errors())) == (69, "", 2)
