"""The measuring programs are started by hand, once in a while: they have to say how."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = sorted((Path(__file__).resolve().parents[1] / "bench").glob("*.py"))


def test_there_are_programs_to_ask():
    assert len(PROGRAMS) >= 2


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_measuring_program_prints_help_when_asked(program):
    done = subprocess.run([sys.executable, program, "--help"], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr, done.stdout.startswith(f"usage: {program.name}")) == (0, "", True)
