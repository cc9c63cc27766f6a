#!/usr/bin/env python3
"""clang-tidy on files, with the compiler's arguments that a build directory has for them. Where there is a ccache it keeps the
answers: what has not changed since it passed, with the headers and the rules, is not read again."""

import argparse
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AS_COMPILER = ROOT / "tests" / "tidy_as_compiler"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", metavar="BUILD_DIRECTORY", type=Path, help="where compile_commands.json is, of clang")
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+")
    parser.add_argument("--checks", default="", help="as clang-tidy's (default: those of .clang-tidy)")
    return parser.parse_args()


def version_of_rules(checks):
    """Another one for whatever else than the file may change the answer."""
    version = subprocess.run(["clang-tidy", "--version"], check=True, capture_output=True).stdout
    parts = [version, checks.encode(), (ROOT / ".clang-tidy").read_bytes(), AS_COMPILER.read_bytes()]
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def environment(checks):
    """CCACHE_COMMENTS: a NOLINT that goes is a change."""
    return {**os.environ, "TIDY_CHECKS": f"--checks={checks}", "CCACHE_COMPILERTYPE": "clang", "CCACHE_COMMENTS": "1",
            "CCACHE_COMPILERCHECK": f"string:{version_of_rules(checks)}"}


def read(entry, settings):
    """What is found in a file; empty when nothing is."""
    _, *arguments = shlex.split(entry["command"])
    arguments[arguments.index("-o") + 1] += ".tidy"
    command = [*filter(None, [shutil.which("ccache")]), AS_COMPILER, *arguments]
    done = subprocess.run(command, cwd=entry["directory"], env=settings, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode != 0 else ""


def main():
    options = parse_arguments()
    commands = {entry["file"]: entry for entry in json.loads((options.build / "compile_commands.json").read_text())}
    entries, settings = [commands[str(path.resolve())] for path in options.files], environment(options.checks)
    with ThreadPoolExecutor(os.cpu_count()) as readers:
        found = list(filter(None, readers.map(lambda entry: read(entry, settings), entries)))
    print("\n".join(found), end="")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
