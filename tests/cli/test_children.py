"""What a program gets that libvirt starts for a connection: ssh, or one that the URI names."""

import json
import os
import pty
import sys

import pytest
from conftest import BINARY, clean_environment, complete

SECRETS = {
    "INFLUX_TOKEN": "s3cr3t-token",
    "LISTEN_TOKEN_FILE": "/s3cr3t/listen-token",
    "CREDENTIALS_DIRECTORY": "/s3cr3t/credentials",
    "NOTIFY_SOCKET": "/s3cr3t/notify",
    "INFLUX_USER": "s3cr3t-user",
    "ANYTHING_ELSE": "s3cr3t-else",
}
ASKS = {"SSH_ASKPASS": "/s3cr3t/askpass", "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}
ALLOWED = {"LC_ALL", "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD", "XDG_RUNTIME_DIR", "KRB5CCNAME",
           "SSH_AUTH_SOCK", "OPENSSL_CONF", "XAUTHORITY"}
OF_PYTHON = {"LC_CTYPE"}  # it sets that for itself
SCRIPT = f"""#!{sys.executable} -IS
import json, os, pathlib, sys
links = [(number, f"/proc/self/fd/{{number}}") for number in os.listdir("/proc/self/fd")]
seen = {{"environment": dict(os.environ), "arguments": sys.argv[1:],
        "descriptors": {{number: os.readlink(link) for number, link in links if os.path.lexists(link)}}}}
pathlib.Path(__file__).with_name("seen").write_text(json.dumps(seen))
sys.exit(1)
"""
URIS = {
    "ssh": "qemu+ssh://user@node7/system",
    "ssh that the URI lets ask": "qemu+ssh://user@node7/system?no_tty=0",
    "a program in the place of ssh": "qemu+ssh://user@node7/system?command={program}",
    "a program": "qemu+ext://node7/system?command={program}",
}


@pytest.fixture(params=URIS.values(), ids=URIS)
def child(request, tmp_path):
    """It is started by a process with a controlling terminal, secrets, and a file that is open."""
    program = tmp_path / "ssh"
    program.write_text(SCRIPT)
    program.chmod(0o755)
    variables = complete(LIBVIRT_URI=request.param.format(program=program), PATH=f"{tmp_path}:{os.environ['PATH']}", HOME=str(tmp_path),
                         SSH_AUTH_SOCK="/agent", **SECRETS, **ASKS)
    pid, terminal = pty.fork()
    if pid == 0:
        os.dup2(os.open(program, os.O_RDONLY), 42)
        os.execve(BINARY, [BINARY, "once", "--stdout"], clean_environment(**variables))
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:
        pass  # the end of a terminal
    os.waitpid(pid, 0)
    os.close(terminal)
    return json.loads((tmp_path / "seen").read_text())


def test_it_gets_no_secret_and_nothing_that_would_let_it_ask(child):
    given = child["environment"]
    assert set(given) - ALLOWED - OF_PYTHON == set()
    assert [name for name, value in given.items() if "s3cr3t" in value] == []
    assert given["HOME"]


def test_it_gets_no_descriptor_but_its_connection_and_a_pipe_for_its_messages(child):
    assert {number: target.partition(":")[0] for number, target in child["descriptors"].items()} == {
        "0": "socket", "1": "socket", "2": "pipe"}


def test_ssh_is_told_not_to_ask(child, request):
    if request.node.callspec.id == "a program":
        pytest.skip("it is not ssh")
    assert "BatchMode=yes" in child["arguments"]
