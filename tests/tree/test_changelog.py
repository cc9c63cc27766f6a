"""The changelog is one that Debian's tools read, and the version stands there and nowhere else."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = ROOT / "cmd" / "dist" / "changelog"


def version():
    return re.match(r"vmtelem \((\d+\.\d+\.\d+)\) ", CHANGELOG.read_text(encoding="utf-8"))[1]


def test_debians_tools_read_the_changelog_without_a_warning():
    if not shutil.which("dpkg-parsechangelog"):
        pytest.skip("no dpkg-parsechangelog (package dpkg-dev)")
    done = subprocess.run(["dpkg-parsechangelog", "-l", CHANGELOG, "--all"], capture_output=True, text=True, timeout=30)
    fields = dict(re.findall(r"^(\w+): (.+)$", done.stdout, re.MULTILINE))
    assert (done.returncode, done.stderr) == (0, "")
    assert (fields["Source"], fields["Version"]) == ("vmtelem", version())
    assert fields["Distribution"] in ("UNRELEASED", "unstable")


def test_no_other_file_names_the_version():
    found = subprocess.run(["git", "grep", "-lwF", version()], cwd=ROOT, capture_output=True, text=True)
    assert found.stdout.split() == [CHANGELOG.relative_to(ROOT).as_posix()]
