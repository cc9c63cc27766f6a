"""What keeps clang-tidy's answers keeps none that is not true any more."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOOD = "int* Nowhere() { return nullptr; }\n"
BAD = "int* Nowhere() { return 0; }\n"


@pytest.fixture
def tidy(tmp_path):
    """Function that reads a file of this text, always the same one, and gives the exit status."""
    if not shutil.which("clang-tidy"):
        pytest.skip("no clang-tidy (tests/run installs it)")
    source, build = tmp_path / "source.cc", tmp_path / "build"
    build.mkdir()
    shutil.copy(ROOT / ".clang-tidy", tmp_path)
    command = {"directory": str(build), "file": str(source), "command": f"clang++ -std=c++20 -o source.o -c {source}"}
    (build / "compile_commands.json").write_text(json.dumps([command]))
    settings = {**os.environ, "CCACHE_DIR": str(tmp_path / "ccache")}

    def read(text, *arguments):
        source.write_text(text)
        return subprocess.run([ROOT / "tests" / "tidy.py", build, source, *arguments], env=settings, capture_output=True).returncode

    return read


def test_what_was_right_and_is_wrong_now_is_found(tidy):
    assert [tidy(GOOD), tidy(BAD), tidy(BAD)] == [0, 1, 1]


def test_a_comment_that_allowed_something_is_missed_when_it_goes(tidy):
    assert [tidy(BAD.replace("\n", "  // NOLINT\n")), tidy(BAD)] == [0, 1]


def test_what_was_right_is_read_again_by_other_rules(tidy):
    assert [tidy(BAD, "--checks=-modernize-use-nullptr"), tidy(BAD)] == [0, 1]
