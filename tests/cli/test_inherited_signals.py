"""The suite itself: who starts it must not change its verdict, be it `nohup`, a job control of its own or a container's init."""

import os
import signal
import subprocess
import sys

import pytest
from conftest import BINARY, ROOT

IGNORED = [signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD]
# Of each harness a test that no program passes that was started with signals ignored.
OF_COMMAND_LINE = "tests/cli/test_run.py::test_a_signal_ends_it_with_everything_delivered"
OF_INTEGRATION = "tests/integration/test_started_programs.py"


def run_pytest(test, prepare):
    """In a child that has done this first."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "VMTELEM": str(BINARY), "VMTELEM_REQUIRE_INTEGRATION": "1"},
                          preexec_fn=prepare, capture_output=True, text=True, timeout=300)


def ignore_signals():
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)


def block_signals():
    signal.pthread_sigmask(signal.SIG_BLOCK, IGNORED)


@pytest.mark.parametrize("prepare", [ignore_signals, block_signals])
@pytest.mark.parametrize("test", [OF_COMMAND_LINE, OF_INTEGRATION], ids=["command line", "integration"])
def test_the_suite_passes_whatever_signals_its_parent_ignores_or_blocks(test, prepare):
    done = run_pytest(test, prepare)
    assert done.returncode == 0, done.stdout
