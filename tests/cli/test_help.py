"""Help and version: on every level, whatever else is wrong, for people and for pipes."""

import pytest

COMMANDS = ["run", "once", "list-vms", "show-config"]
LEVELS = [[], *[[command] for command in COMMANDS]]


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("level", LEVELS, ids=str)
def test_help_goes_to_stdout_and_is_a_success(vmtelem, level, flag):
    done = vmtelem(*level, flag)
    assert (done.code, done.err) == (0, "")
    assert "USAGE" in done.out


@pytest.mark.parametrize("level", LEVELS, ids=str)
def test_help_fits_a_terminal_and_is_plain_text(vmtelem, level):
    lines = vmtelem(*level, "--help").out.splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("arguments", [
    ["--interval", "abc", "--help"], ["--no-such-flag", "--help"], ["once", "stray", "-h"], ["lst-vms", "--help"],
    ["once", "--help", "--window"], ["--env-file", "/nonexistent", "--help"]
], ids=str)
def test_help_works_beside_any_other_fault(vmtelem, arguments):
    done = vmtelem(*arguments, POLL_INTERVAL="x", LOG_LEVEL="x")
    assert (done.code, done.err) == (0, "")


def test_the_value_of_an_option_is_not_taken_for_help(vmtelem):
    assert vmtelem("list-vms", "-c", "test:///default", "--vm", "--help").errors() == ["no VM '--help' is running"]


def test_help_of_a_command_may_stand_before_it(vmtelem):
    assert vmtelem("--help", "once").out == vmtelem("once", "--help").out


@pytest.mark.parametrize("level", LEVELS, ids=str)
@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_version_names_program_revision_and_libraries(vmtelem, level, flag):
    done = vmtelem(*level, flag)
    first, *libraries = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    name, version, revision = first.split(" ", 2)
    assert name == "vmtelem" and len(version.split(".")) == 3 and revision.startswith("(rev ")
    assert any(line.startswith("libvirt ") for line in libraries) and any("libcurl/" in line for line in libraries)


def test_the_sections_of_the_help_stand_in_the_order_of_their_use(vmtelem):
    titles = [line for line in vmtelem("--help").out.splitlines() if line.isupper()]
    assert titles == ["USAGE", "EXAMPLES", "COMMANDS", "OPTIONS"]


def test_without_arguments_there_is_a_short_help_on_stderr(vmtelem):
    done = vmtelem()
    assert (done.code, done.out) == (64, "")
    assert 5 < len(done.err.splitlines()) <= 20


def test_a_flag_has_the_same_description_for_every_command(vmtelem):
    descriptions = {}
    for other in COMMANDS:
        for line in vmtelem(other, "--help").out.split("HYPERVISOR")[1].splitlines():
            flag = next((word.rstrip(",") for word in line.split() if word.startswith("--")), None)
            if flag and line.startswith("  "):
                descriptions.setdefault(flag, set()).add(line)
    assert {flag: lines for flag, lines in descriptions.items() if len(lines) > 1} == {}


def test_help_into_a_full_device_is_a_failure(vmtelem):
    with open("/dev/full", "w") as full:
        assert vmtelem("--help", stdout=full).code == 74
