"""once --format prometheus: what Prometheus' own parsers make of it, and the file that a collector of text files reads."""

import os
import re
import shutil
import subprocess
import time
from xml.sax.saxutils import escape

import pytest
from many_hosts import GONE, host, uuid_of

# Names that libvirt takes and that other programs tripped over.
ODD = ['a"b', "a\\b", 'x{y="z"},w}', "<img src=x onerror=__x=1>", "<svg onload=__x=1>", "it's $x (1)", "a.b", "axb", "日本語テスト",
       "e\u0301", "\U0001F468\u200d\U0001F469\u200d\U0001F467", "r\u202ev", "c\u009b31m", "l\u2028e", "n" * 200]
STAMP = "vmtelem_hypervisor_last_collection_timestamp_seconds"
DEVICES = "".join(f"<disk type='file' device='disk'><source file='/{disk}.img'/><target dev='{disk}' bus='virtio'/></disk>" for disk in ("vda", "vdb")) + \
    "<interface type='ethernet'><mac address='52:54:00:00:00:01'/><target dev='vnet0'/></interface>"


def names_of(count):
    return [*ODD, *(f"vm{number}" for number in range(count))][:count]


@pytest.fixture
def text_of(vmtelem, tmp_path):
    """The text of one sample of a host with VMs of these names."""
    def once(names):
        domains = "".join(f"<domain type='test'><name>{escape(name)}</name><uuid>{uuid_of(number)}</uuid><memory>1024</memory>"
                          f"<os><type>hvm</type></os><devices>{DEVICES}</devices></domain>" for number, name in enumerate(names))
        (tmp_path / "node.xml").write_text(f"<node>{domains}</node>", encoding="utf-8")
        done = vmtelem("once", "--stdout", "--format", "prometheus", "-c", f"odd=test://{tmp_path / 'node.xml'}", timeout=120)
        assert (done.code, done.err) == (0, "")
        return done.out

    return once


def families(text):
    parser = pytest.importorskip("prometheus_client.parser", reason="no python3-prometheus-client: tests/run installs it")
    return list(parser.text_string_to_metric_families(text))


def values(text, name):
    """Of the samples of one name, by host."""
    return {sample.labels["host"]: sample.value for family in families(text) for sample in family.samples if sample.name == name}


@pytest.mark.parametrize("count", [1, 40, 1000])
def test_prometheus_linter_finds_nothing_wrong(text_of, count):
    if not shutil.which("promtool"):
        pytest.skip("no promtool: tests/run installs it")
    done = subprocess.run(["promtool", "check", "metrics"], input=text_of(names_of(count)), capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_each_name_is_read_back_as_libvirt_gives_it_and_once_in_each_family(text_of):
    names = names_of(40)
    read = [family for family in families(text_of(names)) if family.name.startswith("libvirt_domain_")]
    by_domain = [family for family in read if "target_device" not in family.samples[0].labels]
    assert len(by_domain) > 3 and len(read) > len(by_domain)
    for family in by_domain:
        assert sorted(sample.labels["domain"] for sample in family.samples) == sorted(names)
    for family in read:
        assert {sample.labels["domain"] for sample in family.samples} == set(names)


def test_what_says_which_program_it_was_has_no_host(text_of):
    build, = (family for family in families(text_of(["a"])) if family.name == "vmtelem_build_info")
    assert [sorted(sample.labels) for sample in build.samples] == [["revision", "version"]]


@pytest.fixture
def once_to(vmtelem, tmp_path):
    """Takes a sample of these hosts into the file, which it gives, and checks the exit status."""
    file = tmp_path / "vmtelem.prom"

    def once(uris, code):
        assert vmtelem("once", "--format", "prometheus", "-o", str(file), LIBVIRT_URI=uris).code == code
        return file.read_text()

    once.file = file
    return once


def test_a_good_sample_says_when_it_was_taken(once_to, tmp_path):
    before = time.time()
    text = once_to(f"{host(tmp_path, 'a', web=1)} {host(tmp_path, 'b', db=2)}", 0)
    stamps = values(text, STAMP)
    assert list(stamps) == ["a", "b"]
    assert all(before - 0.001 <= stamp <= time.time() for stamp in stamps.values())


def test_a_host_that_is_down_keeps_the_time_of_its_last_sample_and_nothing_else(once_to, tmp_path):
    stamp = values(once_to(host(tmp_path, "a", web=1), 0), STAMP)
    for _ in range(2):  # it is read from a file of a sample that failed, too
        text = once_to(f"a={GONE}", 69)
        assert values(text, STAMP) == stamp
        assert values(text, "libvirt_up") == {"a": 0}
        assert {family.name for family in families(text)} == {STAMP, "libvirt_up", "vmtelem_build_info"}


def test_each_host_has_its_own_time(once_to, tmp_path):
    a, b = host(tmp_path, "a", web=1), host(tmp_path, "b", db=2)
    first = values(once_to(f"{a} {b}", 0), STAMP)
    second = values(once_to(f"{a} b={GONE} c={GONE}", 1), STAMP)
    assert second["a"] > first["a"] and second["b"] == first["b"] and "c" not in second
    assert set(values(once_to(f"a={GONE}", 69), STAMP)) == {"a"}


def test_a_host_that_answers_again_has_the_time_of_now(once_to, tmp_path):
    a = host(tmp_path, "a", web=1)
    first = values(once_to(a, 0), STAMP)
    once_to(f"a={GONE}", 69)
    assert values(once_to(a, 0), STAMP)["a"] > first["a"]


GARBAGE = [b"", b"\0" * 5000, b"vm_totals,host=a up=t 1\n", b"\xff\xfe{host=\"a\"}\n", STAMP.encode(), STAMP.encode() + b'{host="a"} NaN\n',
           STAMP.encode() + b'{host="a"} -1\n', STAMP.encode() + b'{host="a', b"\n" * 100_000]


@pytest.mark.parametrize("content", GARBAGE)
def test_a_file_that_holds_something_else_gives_no_time(once_to, content):
    once_to.file.write_bytes(content)
    text = once_to(f"a={GONE}", 69)
    assert STAMP not in text and values(text, "libvirt_up") == {"a": 0}


def test_the_time_is_found_amid_something_else(once_to):
    once_to.file.write_bytes(b"\xff\n# HELP x\n" + STAMP.encode() + b'{host="a"} 1700000000.25\nrest')
    assert re.search(STAMP + r'\{host="a"\} 1700000000.25\n', once_to(f"a={GONE}", 69))


def test_a_fifo_is_not_read(vmtelem, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = subprocess.Popen(["cat", str(fifo)], stdout=subprocess.PIPE, text=True)
    assert vmtelem("once", "--format", "prometheus", "-o", str(fifo), LIBVIRT_URI=f"a={GONE}").code == 69
    text = reader.communicate(timeout=20)[0]
    assert STAMP not in text and 'libvirt_up{host="a"} 0' in text


def test_a_link_is_followed_to_the_time(once_to, tmp_path):
    target = tmp_path / "target.prom"
    target.write_text(f'{STAMP}{{host="a"}} 1700000000.25\n')
    once_to.file.symlink_to(target)
    assert values(once_to(f"a={GONE}", 69), STAMP) == {"a": 1700000000.25}


def test_without_a_file_a_host_that_is_down_has_no_time(vmtelem):
    assert STAMP not in vmtelem("once", "--stdout", "--format", "prometheus", LIBVIRT_URI=f"a={GONE}").out
