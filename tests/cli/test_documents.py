"""README, manual page, completions, .env.example and the program's own tables say the same."""

import json
import re
import shutil
import subprocess

import pytest
from conftest import BINARY, ROOT, clean_environment

COMMANDS = ["run", "once", "list-vms", "show-config"]
FLAG = re.compile(r"(?<![\w-])(--[a-z][a-z0-9-]*)")


@pytest.fixture(scope="module")
def settings(vmtelem):
    return json.loads(vmtelem("show-config", "--format", "json").out)["settings"]


@pytest.fixture(scope="module")
def variables(settings):
    return {row["variable"] for row in settings}


@pytest.fixture(scope="module")
def flags_of(vmtelem):
    """The flags that the help of each command lists, as the first thing on a line."""
    line = re.compile(r"^  (?:-\w, |    )(--[a-z-]+)", re.MULTILINE)
    return {command: set(line.findall(vmtelem(command, "--help").out)) for command in COMMANDS}


@pytest.fixture(scope="module")
def flags(flags_of):
    return set().union(*flags_of.values())


@pytest.fixture(scope="module")
def exit_codes(vmtelem):
    rows = vmtelem("run", "--help").out.split("EXIT STATUS\n")[1].split("\n\n")[0]
    return {line.split()[0] for line in rows.splitlines()}


def manual():
    """The manual page as plain text: no roff escapes, no font requests."""
    text = (ROOT / "man" / "vmtelem.1").read_text()
    return text.replace("\\-", "-").replace("\\fI", "").replace("\\fR", "")


def section(text, title):
    return text.split(f"\n.SH {title}\n")[1].split("\n.SH ")[0]


def test_help_names_every_setting(vmtelem, settings):
    text = vmtelem("run", "--help").out
    assert [row["variable"] for row in settings if row["variable"] not in text] == []
    assert [row["flag"] for row in settings if row["flag"] and row["flag"] not in text] == []


def test_no_flag_takes_the_token(flags):
    assert "--influx-token" not in flags and "--token" not in flags


def test_readme_names_every_setting_flag_and_exit_code(variables, flags, exit_codes):
    readme = ROOT / "README.md"
    if not readme.exists() or "@SETTINGS@" in readme.read_text():
        pytest.skip("README.md is not complete yet")
    text = readme.read_text()
    assert {name for name in variables if not re.search(rf"\b{name}\b", text)} == set()
    assert flags - set(FLAG.findall(text)) == set()
    listed = text.split("## Exit status")[1].split("\n## ")[0]
    codes = {code for row in re.findall(r"^\| ([^|]+) \|", listed, re.MULTILINE) for code in row.split(", ")}
    assert exit_codes - codes == set()


def test_readme_names_no_setting_that_does_not_exist(variables):
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"\b((?:LIBVIRT|INFLUX|VM|BATCH|POLL|QUEUE|RETRY|DRAIN|LOG|SPOOL|LANES|LISTEN)_[A-Z_]+)\b", readme))
    assert named - variables - {"INFLUX_", "LIBVIRT_DEFAULT_URI"} == set()


def test_the_manual_page_names_every_flag_and_no_other(flags):
    described = set()
    for heading in re.findall(r"^\.TP\n(\..*)$", section(manual(), "OPTIONS"), re.MULTILINE):
        described |= set(FLAG.findall(heading))
    assert described == flags


def test_the_manual_page_names_every_variable_and_no_other(variables):
    listed = section(manual(), "ENVIRONMENT")
    named = set(re.findall(r"^([A-Z_]+)\t", listed, re.MULTILINE)) | set(re.findall(r"^\.B ([A-Z_]+)$", listed, re.MULTILINE))
    others = {"CREDENTIALS_DIRECTORY", "STATE_DIRECTORY", "LIBVIRT_DEFAULT_URI", "TERM", "JOURNAL_STREAM"}
    assert named == variables | others


def test_the_manual_page_pairs_each_variable_with_its_flag(settings):
    listed = section(manual(), "ENVIRONMENT")
    pairs = dict(re.findall(r"^([A-Z_]+)\t(--[a-z-]+)", listed, re.MULTILINE))
    assert pairs == {row["variable"]: row["flag"] for row in settings if row["flag"] and row["variable"] != "NO_COLOR"}


def test_the_manual_page_tells_each_default(settings):
    options = section(manual(), "OPTIONS")
    for row in settings:
        if row["default"] and row["flag"] and re.fullmatch(r"[\d.]+\w*", row["default"]) and not row["default"].startswith("v"):
            entry = re.search(rf"^\.B\w* .*{row['flag']}\b.*\n(?:(?!\.TP).*\n)*", options, re.MULTILINE)
            assert f"Default {row['default']}." in entry[0], row["variable"]


def test_the_manual_page_names_every_exit_code(exit_codes):
    assert set(re.findall(r"^\.B (\S+)$", section(manual(), "EXIT STATUS"), re.MULTILINE)) - {"run"} == exit_codes


def test_the_manual_page_that_is_installed_has_the_version_of_the_program(vmtelem):
    page = BINARY.parents[1] / "man" / "vmtelem.1"
    assert f'"{" ".join(vmtelem("--version").out.split()[:2])}"' in page.read_text().splitlines()[1]


def test_the_program_has_the_version_of_the_changelog(vmtelem):
    changelog = (ROOT / "cmd" / "dist" / "changelog").read_text()
    assert re.match(r"vmtelem \((.+?)\) ", changelog)[1] == vmtelem("--version").out.split()[1]


def test_the_manual_page_has_its_sections_in_the_usual_order():
    titles = re.findall(r"^\.SH (.+)$", manual(), re.MULTILINE)
    usual = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "NOTES", "BUGS", "EXAMPLES",
             "SEE ALSO"]
    assert titles == usual


@pytest.mark.parametrize("command, package", [(["groff", "-t", "-man", "-Tutf8", "-ww", "-b", "-z"], "groff-base"),
                                              (["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"], "man-db"),
                                              (["mandoc", "-Tlint", "-Wwarning"], "mandoc")], ids=["groff", "man", "mandoc"])
def test_the_manual_page_has_no_warnings(command, package):
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]} to read it with: tests/run installs it, package {package}")
    done = subprocess.run([*command, ROOT / "man" / "vmtelem.1"], capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"})
    told = done.stderr if command[0] != "mandoc" else done.stdout
    assert (done.returncode, told) == (0, "")


def example():
    return (ROOT / ".env.example").read_text()


def test_the_example_has_every_variable_and_no_other(variables):
    assert set(re.findall(r"^#?([A-Z_]+)=", example(), re.MULTILINE)) == variables


def test_the_example_shows_the_defaults(settings):
    shown = dict(re.findall(r"^#([A-Z_]+)=(.*)$", example(), re.MULTILINE))
    wrong = {row["variable"]: shown[row["variable"]] for row in settings
             if row["default"] and row["variable"] != "NO_COLOR" and shown[row["variable"]] != row["default"]}
    assert wrong == {}


def test_the_example_holds_no_secret():
    assert re.findall(r"^#?INFLUX_TOKEN=(.*)$", example(), re.MULTILINE) == [""]
    assert not re.search(r"[A-Za-z0-9_-]{40,}", example())


def test_the_example_is_accepted_with_every_line_in_force(vmtelem, tmp_path):
    file = tmp_path / "env"
    file.write_text(re.sub(r"^#([A-Z_]+=)", r"\1", example(), flags=re.MULTILINE))
    done = vmtelem("show-config", "--env-file", str(file))
    assert done.errors() == ["INFLUX_TOKEN_FILE: cannot read /etc/vmtelem/influx-token: No such file or directory",
                             "CONNECT_FILE: cannot read /etc/vmtelem/hypervisors: No such file or directory",
                             "LISTEN_TOKEN_FILE: cannot read /etc/vmtelem/listen-token: No such file or directory"]


def test_the_example_means_the_same_to_a_shell(vmtelem, tmp_path):
    file = tmp_path / "env"
    file.write_text(re.sub(r"^#([A-Z_]+=)", r"\1", example(), flags=re.MULTILINE))
    script = "set -a; . \"$1\"; set +a; exec \"$0\" show-config --format json --show-urls"
    sourced = subprocess.run(["sh", "-c", script, BINARY, file], env=clean_environment(), capture_output=True, text=True)
    read = vmtelem("show-config", "--format", "json", "--show-urls", "--env-file", str(file))
    values = [{row["variable"]: row["value"] for row in json.loads(out)["settings"]} for out in (sourced.stdout, read.out)]
    assert values[0] == values[1]
