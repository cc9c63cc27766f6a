"""Runs the binary as a user would: arguments, environment and streams in; streams and exit code out."""

import atexit
import fcntl
import itertools
import os
import pathlib
import pty
import shutil
import subprocess
import sys
import tempfile
import termios

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("VMTELEM", ROOT / "build" / "cmd" / "vmtelem")).resolve()
NODE = f"test://{ROOT / 'tests' / 'fakes' / 'node.xml'}"  # web 01, db:main, paused; büro-vm is shut off
TOKEN = "s3cr3t-token"
SANITIZERS = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}

SPOOLS = tempfile.mkdtemp(prefix="vmtelem-cli-")
NUMBERS = itertools.count()

atexit.register(shutil.rmtree, SPOOLS, ignore_errors=True)
sys.path.insert(0, str(ROOT / "tests" / "fakes"))
sys.path.append(str(ROOT / "tests" / "integration"))

from harness.inherited_signals import keep_to_this_process  # noqa: E402
from harness.vmtelem import Finished  # noqa: E402

keep_to_this_process()


def clean_environment(**variables):
    """Nothing of the developer's own settings, and a spool of its own; a variable that is None is not set."""
    base = {"PATH": os.environ["PATH"], "STATE_DIRECTORY": f"{SPOOLS}/{next(NUMBERS)}", **SANITIZERS, **variables}
    return {name: value for name, value in base.items() if value is not None}


def run_vmtelem(*arguments, timeout=30, stdout=subprocess.PIPE, **variables):
    process = subprocess.run([BINARY, *arguments], env=clean_environment(**variables), stdin=subprocess.DEVNULL, stdout=stdout,
                             stderr=subprocess.PIPE, timeout=timeout)
    return Finished(process.returncode, (process.stdout or b"").decode(), process.stderr.decode())


@pytest.fixture(scope="session")
def vmtelem():
    """Runs it to its end: vmtelem("once", "--stdout", LIBVIRT_URI=...)."""
    assert BINARY.exists(), f"{BINARY} is not built; VMTELEM names another"
    return run_vmtelem


@pytest.fixture
def on_node(vmtelem):
    """The same, on the hypervisor of tests/fakes/node.xml."""
    return lambda *arguments, **variables: vmtelem(*arguments, **{"LIBVIRT_URI": NODE, **variables})


@pytest.fixture
def start():
    """Starts it and leaves it running, as a service or, with terminal=True, with a controlling terminal; what still runs at the
    end is killed."""
    running, terminals = [], []

    def run(*arguments, terminal=False, **variables):
        streams = {name: variables.pop(name) for name in ("stdout", "stderr", "stdin") if name in variables}
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        if terminal:
            primary, secondary = pty.openpty()
            terminals.extend([primary, secondary])
            streams |= {"preexec_fn": lambda: fcntl.ioctl(secondary, termios.TIOCSCTTY, 0), "pass_fds": [secondary]}
        running.append(subprocess.Popen([BINARY, *arguments], env=clean_environment(**variables), start_new_session=True, **streams))
        return running[-1]

    yield run
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()
    for each in terminals:
        os.close(each)


def complete(server_url="http://127.0.0.1:9", **more):
    """Every setting that `run` and `once` require."""
    return {"LIBVIRT_URI": NODE, "INFLUX_URL": server_url, "INFLUX_DB": "vmstats", "INFLUX_TOKEN": TOKEN, **more}
