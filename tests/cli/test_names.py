"""Names that do harm: to a database, to a log, to whoever reads a terminal."""

import pytest
from conftest import TOKEN, complete
from influx_server import FakeInflux
from terminal import on_terminal

HIDDEN = ["\u009b", "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff"]
ESCAPED = "".join(f"\\u{ord(c):04x}" for c in HIDDEN)
NAME = "a" + "".join(HIDDEN) + "z"


@pytest.fixture
def host(tmp_path):
    """The URI of a host with VMs of these names."""
    def write(names):
        domains = "".join(f"<domain type='test'><name>{name}</name><uuid>22222222-0000-4000-8000-{i:012}</uuid>"
                          "<memory>1024</memory><os><type>hvm</type></os></domain>" for i, name in enumerate(names))
        (tmp_path / "node.xml").write_text(f"<node>{domains}</node>")
        return f"test://{tmp_path / 'node.xml'}"

    return write


def changed(text):
    return [line for line in text.splitlines() if "names that not every database takes" in line]


def test_names_that_have_to_be_changed_leave_once_silent(vmtelem, host):
    done = vmtelem("once", "--stdout", "-c", host([rf"a\{i}" for i in range(130)]))
    assert (done.code, done.err) == (0, "") and "vm=a/129," in done.out


def test_names_that_have_to_be_changed_are_one_line_of_the_log(vmtelem, host):
    uri = host(["good", *(rf"a\{i}" for i in range(130))])
    with FakeInflux(token=TOKEN) as server:
        done = vmtelem("once", LOG_LEVEL="info", **complete(server.url, LIBVIRT_URI=uri))
    line, = changed(done.err)
    assert done.code == 0 and "level=info" in line
    assert "are changed: 130; the first is written as VM 'a/0'" in line


def test_run_logs_names_that_have_to_be_changed_once(start, host):
    process = start("run", "--stdout", "-i", "0.1", LIBVIRT_URI=host([r"a\b", r"c\d"]))
    lines = [process.stdout.readline() for _ in range(30)]
    process.terminate()
    _, err = process.communicate(timeout=20)
    assert len([line for line in lines if line.startswith(b"vmtelem,")]) > 2
    line, = changed(err.decode())
    assert "are changed: 2;" in line


@pytest.mark.parametrize("arguments", [["list-vms"], ["list-vms", "--format", "csv"], ["list-vms", "--format", "json"],
                                       ["list-vms", "--format", "name"], ["once", "--stdout"],
                                       ["once", "--stdout", "--format", "json"], ["once", "--stdout", "--format", "prometheus"],
                                       ["run", "--stdout", "-i", "0.1"]], ids=" ".join)
def test_nothing_of_a_name_hides_on_a_terminal(host, arguments):
    text = on_terminal(*arguments, stop_at=b"vm_totals" if "run" in arguments else None, LIBVIRT_URI=host([NAME]), NO_COLOR="1")
    assert f"a{ESCAPED}z" in text
    assert [c for c in HIDDEN if c in text] == []


@pytest.mark.parametrize("arguments", [["list-vms", "--format", "name"], ["list-vms", "--format", "csv"], ["once", "--stdout"]], ids=" ".join)
def test_a_pipe_gets_a_name_as_it_is(vmtelem, host, arguments):
    assert NAME in vmtelem(*arguments, LIBVIRT_URI=host([NAME])).out


@pytest.mark.parametrize("format", ["text", "logfmt", "json"])
def test_nothing_of_a_name_hides_in_the_log(start, host, format):
    process = start("run", "--stdout", "-i", "0.1", "--vm", NAME, LIBVIRT_URI=host(["web"]), LOG_FORMAT=format)
    assert any(line.startswith(b"vmtelem,") for line in process.stdout)
    process.terminate()
    err = process.communicate(timeout=20)[1].decode()
    assert f"no VM 'a{ESCAPED}z'" in err
    assert [c for c in HIDDEN if c in err] == []


def test_nothing_hides_in_an_error_or_a_hint(vmtelem, host):
    missing = vmtelem("list-vms", "--vm", NAME, LIBVIRT_URI=host(["web"]))
    assert missing.errors() == [f"no VM 'a{ESCAPED}z' is running"]
    refused = vmtelem("list-vms", LIBVIRT_URI=f"test:///{NAME}")
    assert refused.code != 0 and f"a{ESCAPED}z" in refused.err
    assert [c for c in HIDDEN if c in refused.err] == []
